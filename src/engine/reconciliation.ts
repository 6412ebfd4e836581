import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { databaseRequested } from '../../machines/index.ts';
import { grantOf } from '../domain/grant.ts';
import { type Audit, reconcile, reconcileFollower, type Work } from '../domain/reconcile.ts';
import { updateConnectionInfo, updatePooler } from './connection.ts';
import { drive } from './drive.ts';
import type { Attempt } from './ports.ts';
import { recordRefusal } from './provisioning.ts';
import { deleteOrphan, deleteUser, forgetFlag, isLeaving, markRemoving } from './removal.ts';
import type { Reconciled } from './run.ts';
import { requestsOf, type Session } from './session.ts';
import { steps, take } from './steps.ts';

/** Where a reconciliation stands: after a hook of one relation, or as an occasion of its own. */
interface Occasion {
  /** The relation whose chart has just run: it is not tried a second time in the same hook. */
  readonly attempted: number | null;
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
    if (work._tag === 'Provision' && work.relation === occasion.attempted) continue;
    if (!isConfigured && (work._tag === 'Provision' || work._tag === 'UpdateConnectionInfo'))
      continue;
    const started = clock();
    const outcome = await carryOut(session, work)();
    const error = E.isLeft(outcome) ? outcome.left : null;
    if (error !== null && work._tag === 'Configure') {
      if (error.class === 'broken') await take(TE.left(error));
      isConfigured = false;
    }
    reconciled.push({ work, error, milliseconds: clock() - started });
  }
  return reconciled;
}

/**
 * Looks at the world and says what is left to do. An occasion of its own asks the backend as well,
 * for roles that no record speaks of and for credentials that no longer work.
 */
async function viewed(session: Session, { attempted }: Occasion): Promise<readonly Work[]> {
  const relations = await take(session.relations);
  const ledger = await take(session.ledger);
  const flags = await take(session.flags);
  if (!(await take(session.leader))) return reconcileFollower({ relations, flags });
  const isFlagged = flags.some((relation) => !relations.has(relation));
  const backendReady = await take(session.backendReady);
  return reconcile({
    leaving: await take(isLeaving(session, isFlagged)),
    backendReady,
    ledger,
    relations,
    requests: await take(requestsOf(session)),
    info: await take(session.info),
    flags,
    audit: attempted === null && backendReady ? await audit(session) : null,
  });
}

function carryOut(session: Session, work: Work): Attempt<void> {
  switch (work._tag) {
    case 'Provision':
      return provisionByChart(session, work.relation);
    case 'ForgetFlag':
      forgetFlag(session, work.relation);
      return TE.right(undefined);
    case 'DropRecord':
      return session.drop(work.relation);
    case 'MarkRemoving':
      return markRemoving(session, work.relation);
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

const provisionByChart = (session: Session, relation: number): Attempt<void> =>
  steps(async () => {
    const { failure } = await drive(session, databaseRequested, { relation });
    if (failure !== null) await take(TE.left(failure));
  });

const clearError = (session: Session, relation: number): Attempt<void> =>
  steps(async () => {
    const grant = grantOf((await take(session.ledger)).records.get(relation));
    if (grant !== null) await take(session.put({ ...grant, error: null }));
  });

/** Null where the backend went away meanwhile: the next occasion asks again. */
async function audit(session: Session): Promise<Audit | null> {
  const { backend, model } = session.adapters;
  const { records, auth } = await take(session.ledger);
  const grants = [...records.values()].flatMap((record) =>
    record.state === 'published' ? [record] : [],
  );
  const outcome = await backend.audit(model.owner, grants, auth)();
  return E.isLeft(outcome) ? null : outcome.right;
}
