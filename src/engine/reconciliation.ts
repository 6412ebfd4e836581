import * as E from 'fp-ts/lib/Either.js';
import { type Command, type ConnectionInfo, databaseRequested } from '../../machines/index.ts';
import { isAnswer } from '../domain/answer.ts';
import { grantOf } from '../domain/grant.ts';
import { reconcile, reconcileFollower, type Work } from '../domain/reconcile.ts';
import type { Masked } from '../domain/secret.ts';
import { updateConnectionInfo, updatePooler, withdrawAnswer } from './connection.ts';
import { drive } from './drive.ts';
import { recordRefusal } from './provisioning.ts';
import { deleteOrphan, deleteUser, forgetFlag, isLeaving, markRemoving } from './removal.ts';
import type { Reconciled } from './run.ts';
import type { Session } from './session.ts';
import { attempt, halt } from './steps.ts';

/** What the charts of a hook have ordered. */
type Ordered = readonly Masked<Command>[];

/**
 * Does what is left to do; what the hook's charts have ordered is not tried a second time. A piece
 * of work that fails does not keep the others from being done.
 */
export async function reconcileSession(
  session: Session,
  ordered: Ordered,
): Promise<readonly Reconciled[]> {
  const { clock } = session.adapters;
  const reconciled: Reconciled[] = [];
  let isConfigured = true;
  for (const work of await viewed(session)) {
    if (wasTried(ordered, work)) continue;
    if (!isConfigured && (work._tag === 'Provision' || work._tag === 'UpdateConnectionInfo'))
      continue;
    const started = clock();
    const outcome = await attempt(() => carryOut(session, work))();
    const error = E.isLeft(outcome) ? outcome.left : null;
    if (error !== null && work._tag === 'Configure') {
      if (error.class === 'broken') halt(error);
      isConfigured = false;
    }
    reconciled.push({ work, error, milliseconds: clock() - started });
  }
  return reconciled;
}

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
  if (!(await session.leader())) return reconcileFollower({ relations, flags });
  const { audit } = session;
  const ledger = await session.ledger();
  const records = [...ledger.records.values()];
  const published = records.some(
    ({ state, relation }) => state === 'published' && relations.has(relation),
  );
  const removable =
    records.some(({ state, relation }) => state !== 'published' || !relations.has(relation)) ||
    (audit?.orphans.length ?? 0) > 0;
  const isFlagged = flags.some((relation) => !relations.has(relation));
  return reconcile({
    leaving: removable && (await isLeaving(session, { flagged: isFlagged, listed: false })),
    succeeding: await session.succeeding(),
    backendReady: await session.backendReady(),
    ledger,
    relations,
    requests: await session.requests(),
    stale: await staleAnswers(session),
    // Who serves moves in hooks that look at the other units; in any other one it has not moved.
    info:
      published && session.hasLooked()
        ? await session.info()
        : (grant) => grant.published ?? nowhere,
    flags,
    audit: audit !== null && (await session.backendReady()) ? audit : null,
  });
}

/**
 * A relation that was suspended may come back without a request that can be served. Its databag
 * still shows what was removed meanwhile, and a consumer fails on a secret that is gone.
 */
async function staleAnswers(session: Session): Promise<readonly number[]> {
  const { records } = await session.ledger();
  const stale: number[] = [];
  for (const [relation, request] of await session.requests())
    if (E.isLeft(request) && grantOf(records.get(relation)) === null)
      if (isAnswer(await session.own(relation))) stale.push(relation);
  return stale;
}

const nowhere: ConnectionInfo = { endpoints: null, readOnlyEndpoints: '', version: null };

async function carryOut(session: Session, work: Work): Promise<void> {
  switch (work._tag) {
    case 'Provision':
      return provisionByChart(session, work.relation);
    case 'ForgetFlag':
      return forgetFlag(session, work.relation);
    case 'DropRecord':
      return (await session.ledger()).drop(work.relation);
    case 'MarkRemoving':
      await markRemoving(session, work.relation);
      return;
    case 'Configure':
      return updatePooler(session);
    case 'DeleteUser':
      return deleteUser(session, work.relation);
    case 'DeleteOrphan':
      return deleteOrphan(session, work.relation);
    case 'WithdrawAnswer':
      return withdrawAnswer(session, work.relation);
    case 'Refuse':
      return recordRefusal(session, work.refusal);
    case 'ClearError':
      return clearError(session, work.relation);
    case 'UpdateConnectionInfo':
      return updateConnectionInfo(session, work.relation);
  }
}

async function provisionByChart(session: Session, relation: number): Promise<void> {
  const { failure } = await drive(session, databaseRequested, { relation });
  if (failure !== null) halt(failure);
}

async function clearError(session: Session, relation: number): Promise<void> {
  const ledger = await session.ledger();
  const grant = grantOf(ledger.records.get(relation));
  if (grant !== null) ledger.put({ ...grant, error: null });
}
