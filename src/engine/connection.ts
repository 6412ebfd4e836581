import { configure, sameDatabases, servedBy } from '../domain/configuration.ts';
import { sameInfo, succeed } from '../domain/endpoints.ts';
import { connectionKeys } from '../domain/grant.ts';
import type { Attempt } from './ports.ts';
import type { Session } from './session.ts';
import { right, steps, take } from './steps.ts';

/**
 * Puts this unit's PgBouncer in step with the ledger and, once it is read back, says so to the
 * other units. Every unit does this for itself; what is in force already is left alone.
 */
export const updatePooler = (session: Session): Attempt<void> =>
  steps(async () => {
    const { pooler, backend, model } = session.adapters;
    const ledger = await take(session.ledger);
    const configuration = right(configure(ledger, await take(backend.endpoints)));
    const before = session.configured;
    if (
      before !== null &&
      before.auth?.password.secret === configuration.auth?.password.secret &&
      sameDatabases(before.databases, configuration.databases)
    )
      return;
    await take(pooler.apply(configuration));
    session.configured = configuration;
    session.write(
      { _tag: 'PeerUnit', unit: model.unit },
      {
        address: (await take(model.endpoint)) ?? '',
        serving: JSON.stringify(servedBy(configuration)),
      },
    );
  });

/**
 * Writes where the poolers are to be reached: the leader does, for a relation that has credentials.
 * A consumer that got endpoints before its credentials would take itself for served.
 */
export const updateConnectionInfo = (session: Session, relation: number): Attempt<void> =>
  steps(async () => {
    if (!(await take(session.leader))) return;
    if (!(await take(session.relations)).has(relation)) return;
    const record = (await take(session.ledger)).records.get(relation);
    if (record?.state !== 'published') return;
    const info = await take(session.info);
    const next = succeed(record.published, info(record.database));
    if (sameInfo(record.published, next)) return;
    session.write({ _tag: 'OwnApp', relation }, connectionKeys(next));
    await take(session.put({ ...record, published: next }));
  });
