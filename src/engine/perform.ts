import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Answer, Command, Granted, Question } from '../../machines/index.ts';
import { updateConnectionInfo } from './connection.ts';
import type { Attempt } from './ports.ts';
import {
  addUser,
  createUserAndDatabase,
  readRequest,
  updateDatabag,
  updatePgbouncer,
} from './provisioning.ts';
import { addFlag, deleteUser, isLeaving, removeData } from './removal.ts';
import type { Session } from './session.ts';
import { steps, take } from './steps.ts';

/** Answers one request against the world. */
export function perform(session: Session, request: Question | Command): Attempt<Answer> {
  switch (request._tag) {
    case 'BackendReady':
      return asYesOrNo(session.backendReady);
    case 'Leader':
      return asYesOrNo(session.leader);
    case 'BackendReadyAndLeader':
      return asYesOrNo(
        steps(async () => (await take(session.backendReady)) && (await take(session.leader))),
      );
    case 'UnitDeparting':
      return TE.right({
        _tag: request.departingUnit === session.adapters.model.unit ? 'Yes' : 'No',
      });
    case 'DepartingFlagged':
      return asYesOrNo(
        steps(async () => {
          const flags = await take(session.flags);
          return take(isLeaving(session, flags.includes(request.relation)));
        }),
      );
    case 'GetUser':
      return asGranted(readRequest(session, request.relation));
    case 'CreateUserAndDatabase':
      return asGranted(createUserAndDatabase(session, request));
    case 'AddUser':
      return asDone(addUser(session, request));
    case 'UpdatePgbouncer':
      return asDone(updatePgbouncer(session, request));
    case 'UpdateDatabag':
      return asDone(updateDatabag(session, request));
    case 'UpdateConnectionInfo':
      return asDone(updateConnectionInfo(session, request.relation));
    case 'AddDepartingFlag':
      addFlag(session, request.relation);
      return TE.right(done);
    case 'RemoveData':
      return asDone(removeData(session, request.relation));
    case 'DeleteUser':
      return asDone(deleteUser(session, request.relation));
  }
}

const done: Answer = { _tag: 'Done' };
const asDone = TE.map((): Answer => done);
const asYesOrNo = TE.map((answer: boolean): Answer => ({ _tag: answer ? 'Yes' : 'No' }));
const asGranted = TE.map((granted: Granted) => ({
  _tag: 'Done' as const,
  granted,
}));
