import * as E from 'fp-ts/lib/Either.js';
import type { Session } from './session.ts';

/**
 * Asks the backend what it holds for this deployment: roles that no record speaks of, credentials
 * that no longer work. One that went away meanwhile is asked on the next occasion.
 */
export async function auditBackend(session: Session): Promise<void> {
  const { backend, model } = session.adapters;
  const { records, auth } = await session.ledger();
  const grants = [...records.values()].flatMap((record) =>
    record.state === 'published' ? [record] : [],
  );
  const outcome = await backend.audit(model.owner, grants, auth)();
  session.audit = E.isLeft(outcome) ? null : outcome.right;
}
