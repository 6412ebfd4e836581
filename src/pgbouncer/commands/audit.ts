import * as E from 'fp-ts/lib/Either.js';
import type { Audit } from '../../../machines/index.ts';
import { render } from '../errors.ts';
import { relationOfSecret } from '../keys.ts';
import { keptSecrets } from '../relation/ledger.ts';
import type { Session } from './session.ts';
import { take } from './steps.ts';

/**
 * Asks the backend what it holds for this deployment: roles that no record speaks of, credentials
 * that no longer work. One that went away meanwhile is asked on the next occasion.
 */
export async function auditBackend(session: Session): Promise<Audit | null> {
  const outcome = await session.backend.audit(await session.holdings())();
  if (E.isLeft(outcome)) session.juju.notes.push(`the audit waits: ${render(outcome.left)}`);
  if ((await session.looking.look()).isRound) await removeStrays(session);
  return E.isLeft(outcome) ? null : outcome.right;
}

/**
 * Juju keeps the secrets of a hook whose commit it refused. Those of a relation that lives are found
 * again by their label; where the relation went meanwhile nobody would ask for them any more.
 */
async function removeStrays(session: Session): Promise<void> {
  const { secrets } = session.juju;
  if (secrets === null) return;
  const ledger = session.ledger();
  const relations = await session.relations();
  for (const { id, label } of await take(secrets.strays(keptSecrets(ledger)))) {
    const relation = relationOfSecret(label);
    if (relation === null || relations.has(relation) || ledger.records.has(relation)) continue;
    if (session.succeeding()) continue;
    await take(secrets.remove(id));
    session.juju.notes.push(`relation ${relation}: a secret of it was left, and is removed`);
  }
}
