import * as E from 'fp-ts/lib/Either.js';
import type { Command, ConnectionInfo, PgbouncerWords } from '../../../machines/index.ts';
import type { Masked } from '../../hook/index.ts';
import type { HookError } from '../errors.ts';
import { isAnswer } from '../relation/answer.ts';
import { notAllowed } from '../relation/extra-roles.ts';
import { grantOf } from '../relation/grant.ts';
import { reconcile, reconcileFollower, type Work } from '../relation/reconcile.ts';
import type { ChartRun, Reconciled } from '../run.ts';
import { updateConnectionInfo, updatePooler, withdrawAnswer } from './connection.ts';
import { recordRefusal, restoreGrant, roleNotAllowed } from './provisioning.ts';
import { deleteOrphan, deleteUser, forgetFlag, markRemoving, retireLookup } from './removal.ts';
import type { Session } from './session.ts';
import { attempt, halt } from './steps.ts';
import { relieve } from './telling.ts';

/** What the charts of a hook have ordered. */
type Ordered = readonly Masked<Command>[];

/** Goes through one of the charts; the result is what kept it from its end. */
type Through = (
  hook: 'database-requested',
  event: PgbouncerWords['event'],
) => Promise<HookError | null>;

/**
 * Does what is left to do; what the hook's charts have ordered is not tried a second time. A piece
 * of work that fails does not keep the others from being done.
 */
export async function reconcileSession(
  session: Session,
  charts: readonly Pick<ChartRun, 'commands'>[],
  through: Through,
): Promise<readonly Reconciled[]> {
  const { clock } = session;
  const ordered = charts.flatMap(({ commands }) => commands);
  const reconciled: Reconciled[] = [];
  let isConfigured = true;
  for (const work of await viewed(session)) {
    if (wasTried(ordered, work)) continue;
    if (!isConfigured && (work._tag === 'Provision' || work._tag === 'UpdateConnectionInfo'))
      continue;
    const started = clock();
    const outcome = await attempt(() =>
      session.juju.isLate() ? halt(outOfTime(work)) : carryOut(session, work, through),
    )();
    const error = E.isLeft(outcome) ? outcome.left : outcome.right;
    if (error !== null && work._tag === 'Configure') {
      if (error.class === 'broken') halt(error);
      isConfigured = false;
    }
    reconciled.push({ work, error, milliseconds: clock() - started });
  }
  return reconciled;
}

const outOfTime = ({ _tag }: Work): HookError => ({
  _tag: 'OutOfTime',
  class: 'unavailable',
  what: _tag,
});

function wasTried(ordered: Ordered, work: Work): boolean {
  const was = (tag: Command['_tag'], relation: number) =>
    ordered.some(
      (command) => command._tag === tag && 'relation' in command && command.relation === relation,
    );
  if (work._tag === 'Provision') return was('GetUser', work.relation);
  return work._tag === 'DeleteUser' && was('DeleteUser', work.relation);
}

/** Looks at the world and says what is left to do; what decides nothing is not asked for. */
async function viewed(session: Session): Promise<readonly Work[]> {
  const relations = await session.relations();
  const flags = await session.flags();
  if (!(await session.juju.leader())) return reconcileFollower({ relations, flags });
  const { audit } = session;
  const ledger = await session.ledger();
  const records = [...ledger.records.values()];
  const published = records.some(
    ({ state, relation }) => state === 'published' && relations.has(relation),
  );
  const removable =
    records.some(({ state, relation }) => state !== 'published' || !relations.has(relation)) ||
    (audit?.orphans.length ?? 0) > 0;
  const requests = await allowedRequests(session);
  // An application that goes serves nobody anew, in whatever hook between those of its end.
  const isAsked =
    (await session.backendReady()) &&
    [...requests].some(
      ([relation, request]) =>
        E.isRight(request) && ledger.records.get(relation)?.state !== 'published',
    );
  const mayGo = removable || isAsked || (await session.mayGo());
  const fate = mayGo ? await session.fate() : 'stays';
  return reconcile({
    fate,
    succeeding: await session.succeeding(),
    backendReady: await session.backendReady(),
    ledger,
    relations,
    requests,
    stale: await staleAnswers(session, requests),
    // Who serves moves in hooks that look at the other units; in any other one it has not moved.
    info:
      published && session.hasLooked()
        ? await session.info()
        : (grant) => grant.published ?? nowhere,
    flags,
    audit: audit !== null && (await session.backendReady()) ? audit : null,
    lookupIsIdle: await session.lookupIsIdle(),
  });
}

type Requests = Awaited<ReturnType<Session['requests']>>;

/** A request for what this backend's version makes dangerous is refused, served or not. */
async function allowedRequests(session: Session): Promise<Requests> {
  const requests = await session.requests();
  if (!(await session.backendReady())) return requests;
  const version = await session.backend.version();
  if (E.isLeft(version)) return requests;
  const allowed = new Map(requests);
  for (const [relation, request] of requests) {
    if (E.isLeft(request)) continue;
    const role = notAllowed(request.right, session.policy, version.right);
    if (role !== null) allowed.set(relation, E.left(roleNotAllowed(relation, role)));
  }
  return allowed;
}

/**
 * A relation that was suspended may come back without a request that can be served. Its databag
 * still shows what was removed meanwhile, and a consumer fails on a secret that is gone.
 */
async function staleAnswers(session: Session, requests: Requests): Promise<readonly number[]> {
  const { records } = await session.ledger();
  const stale: number[] = [];
  for (const [relation, request] of requests)
    if (E.isLeft(request) && grantOf(records.get(relation)) === null)
      if (await shows(session, relation)) stale.push(relation);
  return stale;
}

/** Whether a relation's databag shows credentials; one that cannot be read shows none. */
async function shows(session: Session, relation: number): Promise<boolean> {
  const own = await attempt(() => session.juju.own(relation))();
  return E.isRight(own) && isAnswer(own.right);
}

const nowhere: ConnectionInfo = { endpoints: null, readOnlyEndpoints: '', version: null };

/** Null where it was done, else why it was not. */
async function carryOut(session: Session, work: Work, through: Through): Promise<HookError | null> {
  switch (work._tag) {
    case 'DeleteUser':
      return deleteUser(session, work.relation);
    case 'Provision':
      return through('database-requested', { relation: work.relation });
    case 'Restore':
      await restoreGrant(session, work.relation);
      break;
    case 'ForgetFlag':
      forgetFlag(session, work.relation);
      break;
    case 'DropRecord':
      (await session.ledger()).drop(work.relation);
      await relieve(session, work.relation);
      break;
    case 'MarkRemoving':
      await markRemoving(session, work.relation);
      break;
    case 'Configure':
      await updatePooler(session);
      break;
    case 'DeleteOrphan':
      await deleteOrphan(session, work.relation, work.user);
      break;
    case 'RetireLookup':
      await retireLookup(session);
      break;
    case 'WithdrawAnswer':
      await withdrawAnswer(session, work.relation);
      break;
    case 'Refuse':
      await recordRefusal(session, work.refusal);
      break;
    case 'ClearError':
      await clearError(session, work.relation);
      break;
    case 'UpdateConnectionInfo':
      await updateConnectionInfo(session, work.relation);
      break;
  }
  return null;
}

async function clearError(session: Session, relation: number): Promise<void> {
  const ledger = await session.ledger();
  const grant = grantOf(ledger.records.get(relation));
  if (grant !== null) ledger.put({ ...grant, error: null });
  await relieve(session, relation);
}
