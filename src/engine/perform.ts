import type { Answer, Command, Granted, Question } from '../../machines/index.ts';
import { auditBackend } from './audit.ts';
import {
  configurePooler,
  confirmServing,
  updateConnections,
  updateReadable,
} from './connection.ts';
import {
  addUser,
  createUserAndDatabase,
  readRequest,
  updateDatabag,
  updatePgbouncer,
} from './provisioning.ts';
import { addFlag, deleteUser, removeData } from './removal.ts';
import type { Session } from './session.ts';

/** Answers one request against the world. */
export async function perform(session: Session, request: Question | Command): Promise<Answer> {
  switch (request._tag) {
    case 'BackendReady':
      return yesOrNo(await session.backendReady());
    case 'Leader':
      return yesOrNo(await session.leader());
    case 'BackendReadyAndLeader':
      return yesOrNo((await session.leader()) && (await session.backendReady()));
    case 'UnitDeparting':
      return yesOrNo(request.departingUnit === session.adapters.model.unit);
    case 'DepartingFlagged':
      return yesOrNo((await session.fate()) === 'leaves');
    case 'GetUser':
      return learned(await readRequest(session, request.relation));
    case 'CreateUserAndDatabase':
      return learned(await createUserAndDatabase(session, request));
    case 'AddUser':
      await addUser(session, request);
      return done;
    case 'UpdatePgbouncer':
      await updatePgbouncer(session, request);
      return done;
    case 'UpdateDatabag':
      await updateDatabag(session, request);
      return done;
    case 'UpdateConnectionInfo':
      await updateReadable(session, request.relation);
      return done;
    case 'AddDepartingFlag':
      addFlag(session, request.relation);
      return done;
    case 'RemoveData':
      await removeData(session, request.relation);
      return done;
    case 'DeleteUser':
      await deleteUser(session, request.relation);
      return done;
    case 'ConfigurePooler':
      await configurePooler(session);
      return done;
    case 'ConfirmServing':
      await confirmServing(session);
      return done;
    case 'UpdateConnections':
      await updateConnections(session);
      return done;
    case 'AuditBackend':
      await auditBackend(session);
      return done;
  }
}

const learned = (granted: Granted): Answer => ({ label: 'done', learned: { granted } });
const done: Answer = { label: 'done' };
const yesOrNo = (answer: boolean): Answer => ({ label: answer ? 'yes' : 'no' });
