import * as E from 'fp-ts/lib/Either.js';
import { render } from './errors.ts';
import type { Session } from './session.ts';

/**
 * Asks the backend what it holds for this deployment: roles that no record speaks of, credentials
 * that no longer work. One that went away meanwhile is asked on the next occasion.
 */
export async function auditBackend(session: Session): Promise<void> {
  const outcome = await session.adapters.backend.audit(await session.holdings())();
  session.audit = E.isLeft(outcome) ? null : outcome.right;
  if (E.isLeft(outcome)) session.notes.push(`the audit waits: ${render(outcome.left)}`);
}
