import { configure, sameDatabases } from '../domain/configuration.ts';
import { sameInfo, succeed } from '../domain/endpoints.ts';
import { connectionKeys } from '../domain/grant.ts';
import { servedDatabases } from '../domain/ledger.ts';
import type { Session } from './session.ts';
import { right, take } from './steps.ts';

/**
 * Puts this unit's PgBouncer in step with the ledger and, once it is read back, says so to the
 * other units. Every unit does this for itself; what is in force already is left alone.
 */
export async function updatePooler(session: Session): Promise<void> {
  const { pooler, backend, model } = session.adapters;
  const ledger = await session.ledger();
  const configuration = right(configure(ledger, await take(backend.endpoints)));
  const before = session.configured;
  const isInForce =
    before !== null &&
    before.auth?.password.secret === configuration.auth?.password.secret &&
    sameDatabases(before.databases, configuration.databases);
  if (!isInForce) await take(pooler.apply(configuration));
  session.configured = configuration;
  session.write(
    { _tag: 'PeerUnit', unit: model.unit },
    {
      address: (await session.endpoint()) ?? '',
      serving: JSON.stringify(servedDatabases(ledger)),
    },
  );
}

/**
 * Writes where the poolers are to be reached: the leader does, for a relation that has credentials.
 * A consumer that got endpoints before its credentials would take itself for served.
 */
export async function updateConnectionInfo(session: Session, relation: number): Promise<void> {
  if (!(await session.leader())) return;
  if (!(await session.relations()).has(relation)) return;
  const ledger = await session.ledger();
  const record = ledger.records.get(relation);
  if (record?.state !== 'published') return;
  const info = await session.info();
  const next = succeed(record.published, info(record));
  if (sameInfo(record.published, next)) return;
  session.write({ _tag: 'OwnApp', relation }, connectionKeys(next));
  ledger.put({ ...record, published: next });
}
