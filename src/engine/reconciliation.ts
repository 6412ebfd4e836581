import * as E from 'fp-ts/lib/Either.js';
import { type Command, databaseRequested } from '../../machines/index.ts';
import { grantOf } from '../domain/grant.ts';
import { type Audit, reconcile, reconcileFollower, type Work } from '../domain/reconcile.ts';
import { updateConnectionInfo, updatePooler } from './connection.ts';
import { drive } from './drive.ts';
import { recordRefusal } from './provisioning.ts';
import { deleteOrphan, deleteUser, forgetFlag, isLeaving, markRemoving } from './removal.ts';
import type { Reconciled } from './run.ts';
import type { Session } from './session.ts';
import { attempt, halt } from './steps.ts';

/** What a reconciliation comes after. */
export interface Occasion {
  /** Whether the backend is asked what it holds for this deployment. */
  readonly audits: boolean;
  /** What the charts of this hook have ordered: it is not tried a second time. */
  readonly ordered: readonly Pick<Command, '_tag' | 'relation'>[];
}

/** Does what is left to do. A piece of work that fails does not keep the others from being done. */
export async function reconcileSession(
  session: Session,
  occasion: Occasion,
): Promise<readonly Reconciled[]> {
  const { clock } = session.adapters;
  const reconciled: Reconciled[] = [];
  let isConfigured = true;
  for (const work of await viewed(session, occasion)) {
    if (wasTried(occasion, work)) continue;
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

function wasTried({ ordered }: Occasion, work: Work): boolean {
  const was = (tag: Command['_tag'], relation: number) =>
    ordered.some((command) => command._tag === tag && command.relation === relation);
  if (work._tag === 'Provision') return was('GetUser', work.relation);
  return work._tag === 'DeleteUser' && was('DeleteUser', work.relation);
}

/**
 * Looks at the world and says what is left to do. An occasion of its own asks the backend as well,
 * for roles that no record speaks of and for credentials that no longer work.
 */
async function viewed(session: Session, occasion: Occasion): Promise<readonly Work[]> {
  const relations = await session.relations();
  const flags = await session.flags();
  if (!(await session.leader())) return reconcileFollower({ relations, flags });
  const isFlagged = flags.some((relation) => !relations.has(relation));
  const backendReady = await session.backendReady();
  return reconcile({
    leaving: await isLeaving(session, { flagged: isFlagged, listed: false }),
    succeeding: await session.succeeding(),
    backendReady,
    ledger: await session.ledger(),
    relations,
    requests: await session.requests(),
    info: await session.info(),
    flags,
    audit: occasion.audits && backendReady ? await audit(session) : null,
  });
}

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

/** Null where the backend went away meanwhile: the next occasion asks again. */
async function audit(session: Session): Promise<Audit | null> {
  const { backend, model } = session.adapters;
  const { records, auth } = await session.ledger();
  const grants = [...records.values()].flatMap((record) =>
    record.state === 'published' ? [record] : [],
  );
  const outcome = await backend.audit(model.owner, grants, auth)();
  return E.isLeft(outcome) ? null : outcome.right;
}
