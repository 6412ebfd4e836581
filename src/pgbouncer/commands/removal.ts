import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
import { type HookError, render } from '../errors.ts';
import { flagKey } from '../keys.ts';
import type { Attempt } from '../ports.ts';
import { isAnswer } from '../relation/answer.ts';
import { grantOf, removing } from '../relation/grant.ts';
import { withdrawAnswer } from './connection.ts';
import { removeSecrets } from './secrets.ts';
import type { Session } from './session.ts';
import { attempt, halt, take } from './steps.ts';

export const addFlag = ({ juju }: Session, relation: number): void =>
  juju.remember({ [flagKey(relation)]: juju.name });

export const forgetFlag = ({ juju }: Session, relation: number): void =>
  juju.remember({ [flagKey(relation)]: '' });

/**
 * The removal is on record before anything is done, and the password leaves the ledger with it. Two
 * steps of the chart begin with it: who goes on at the second from a stored state may have lost what
 * the first has put on record.
 */
export async function markRemoving(session: Session, relation: number): Promise<Grant | null> {
  const ledger = session.ledger();
  const grant = grantOf(ledger.records.get(relation));
  if (grant === null || grant.state === 'removing') return grant;
  // A consumer that is late would fail on a secret that is gone. Where the relation is gone as well,
  // nobody is late.
  const own = await attempt(() => session.juju.own(relation))();
  if (E.isRight(own) && isAnswer(own.right)) await withdrawAnswer(session, relation);
  await removeSecrets(session.juju.secrets, grant);
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
    attempt(async () => {
      await session.serving.configure();
      await session.serving.confirm();
    }),
  );
}

/**
 * Deletes the role, then the record. What cannot be done now stays on record, with the reason, which
 * is the result.
 */
export async function deleteUser(session: Session, relation: number): Promise<HookError | null> {
  const { backend } = session;
  const ledger = session.ledger();
  const grant = await markRemoving(session, relation);
  if (grant !== null) {
    const removal = backend.remove(grant, await session.holdings());
    const outcome = await noteUnavailable(session, grant, removal);
    if (E.isLeft(outcome)) return outcome.left;
    note(session, relation, outcome.right);
  }
  if (ledger.records.has(relation)) ledger.drop(relation);
  return null;
}

const note = ({ juju }: Session, relation: number, what: readonly string[]): void => {
  juju.notes.push(...what.map((sentence) => `relation ${relation}: ${sentence}`));
};

/** Whether the whole application goes; asked only where something hints at it. */
export const isEnding = async (session: Session): Promise<boolean> =>
  session.mayGo() && (await session.fate()) === 'ends';

/**
 * What an application that goes leaves on its backend, in a sentence; null where it leaves nothing.
 * A unit that does not lead says it last of all: until then another may do it.
 */
export async function leftBehind(session: Session, hook: string): Promise<string | null> {
  const isLast = hook === 'stop' || hook.endsWith('-peers-relation-broken');
  if (!isLast && !session.leads()) return null;
  if (!(await isEnding(session))) return null;
  const { records } = session.ledger();
  const users = [...records.values()].flatMap((record) => grantOf(record)?.user ?? []);
  if (users.length === 0) return null;
  const { owner } = session.juju;
  return `the application goes and leaves ${users.join(', ')} on PostgreSQL: run "hookchart leftovers URI --owner ${owner} --remove" once it can be reached`;
}

/** As `deleteUser`; what it could not do it says, to whom it may concern beside the record. */
export async function finishRemoval(session: Session, relation: number): Promise<void> {
  const why = await deleteUser(session, relation);
  if (why !== null) halt(why);
}

/** Deletes a role that no record speaks of: its hook was lost, and then its relation. */
export async function deleteStrayRole(
  session: Session,
  relation: number,
  user: string,
): Promise<void> {
  const { backend } = session;
  const orphan = { relation, user, database: '' };
  note(session, relation, await take(backend.remove(orphan, await session.holdings())));
}

/** The login of version 0.1 goes, and with it the secret that kept its password. */
export async function retireLookup(session: Session): Promise<void> {
  const ledger = session.ledger();
  const { lookup } = ledger;
  if (lookup === null) return;
  const { backend, juju } = session;
  await take(backend.retireLookup(lookup.user));
  if (juju.secrets !== null && lookup.secret !== null)
    await take(juju.secrets.remove(lookup.secret));
  ledger.retire();
}

/** Where the world is not ready, the record says why. */
async function noteUnavailable<Result>(
  session: Session,
  grant: Grant,
  removal: Attempt<Result>,
): Promise<E.Either<HookError, Result>> {
  const outcome = await removal();
  if (E.isRight(outcome)) return outcome;
  if (!isPassing(outcome.left)) halt(outcome.left);
  session.ledger().put({ ...grant, error: render(outcome.left) });
  return outcome;
}

/** A database that refuses for good is as good a reason to keep the record as one that is down. */
const isPassing = ({ _tag, class: kind }: HookError): boolean =>
  kind === 'unavailable' || _tag === 'SqlFailed' || _tag === 'ConfigRejected';
