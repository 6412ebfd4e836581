import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../machines/index.ts';
import { isAnswer } from '../domain/answer.ts';
import { type Fate, leavesAlone } from '../domain/departing.ts';
import { grantOf, ownUserName, removing, userName } from '../domain/grant.ts';
import { updatePooler, withdrawAnswer } from './connection.ts';
import { type HookError, render } from './errors.ts';
import type { Attempt } from './ports.ts';
import { removeSecrets } from './secrets.ts';
import { flagKey, type Session } from './session.ts';
import { attempt, halt, take } from './steps.ts';

/** Whether this unit leaves while the relation lives on for the others. */
export const isLeaving = async (
  session: Session,
  { flagged, listed }: Pick<Fate, 'flagged' | 'listed'>,
): Promise<boolean> =>
  leavesAlone({
    flagged,
    listed,
    unit: session.adapters.model.unit,
    plannedUnits: await take(session.adapters.model.plannedUnits),
  });

export const addFlag = ({ adapters, remember }: Session, relation: number): void =>
  remember({ [flagKey(relation)]: adapters.model.unit });

export const forgetFlag = ({ remember }: Session, relation: number): void =>
  remember({ [flagKey(relation)]: '' });

/** The removal is on record before anything is done, and the password leaves the ledger with it. */
export async function markRemoving(session: Session, relation: number): Promise<Grant | null> {
  const ledger = await session.ledger();
  const grant = grantOf(ledger.records.get(relation));
  if (grant === null || grant.state === 'removing') return grant;
  // A consumer that is late would fail on a secret that is gone. Where the relation is gone as well,
  // nobody is late.
  const own = await attempt(() => session.own(relation))();
  if (E.isRight(own) && isAnswer(own.right)) await withdrawAnswer(session, relation);
  await removeSecrets(session.adapters.model.secrets, grant);
  const marked = removing(grant);
  ledger.put(marked);
  return marked;
}

/** Takes the relation out of PgBouncer. A pooler that cannot be reached does not stop the removal. */
export async function removeData(session: Session, relation: number): Promise<void> {
  const grant = await markRemoving(session, relation);
  if (grant === null) return;
  await noteUnavailable(
    session,
    grant,
    attempt(() => updatePooler(session)),
  );
}

/** Deletes the role, then the record. What cannot be done now stays on record, with the reason. */
export async function deleteUser(session: Session, relation: number): Promise<void> {
  const { backend } = session.adapters;
  const ledger = await session.ledger();
  const grant = await markRemoving(session, relation);
  const isGone = grant === null || (await noteUnavailable(session, grant, backend.remove(grant)));
  if (isGone && ledger.records.has(relation)) ledger.drop(relation);
}

/** Deletes a role that no record speaks of: its hook was lost, and then its relation. */
export async function deleteOrphan(session: Session, relation: number): Promise<void> {
  const { backend, model } = session.adapters;
  const { owner } = model;
  for (const user of [userName(relation), ownUserName(relation, owner)])
    await take(backend.remove({ relation, user, owner }));
}

/** True where it worked; where the world is not ready, the record says why. */
async function noteUnavailable(
  session: Session,
  grant: Grant,
  removal: Attempt<unknown>,
): Promise<boolean> {
  const outcome = await removal();
  if (E.isRight(outcome)) return true;
  if (!isPassing(outcome.left)) halt(outcome.left);
  (await session.ledger()).put({ ...grant, error: render(outcome.left) });
  return false;
}

/** A database that refuses for good is as good a reason to keep the record as one that is down. */
const isPassing = ({ _tag, class: kind }: HookError): boolean =>
  kind === 'unavailable' || _tag === 'SqlFailed' || _tag === 'ConfigRejected';
