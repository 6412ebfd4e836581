import * as E from 'fp-ts/lib/Either.js';
import { configure, sameConfiguration } from '../pooler/configuration.ts';
import { movedDatabag, movedSecret, secretFieldsOf, withdrawn } from '../relation/answer.ts';
import { sameInfo, succeed } from '../relation/endpoints.ts';
import { allowsMaking } from '../relation/extra-roles.ts';
import { userGroup } from '../relation/ledger.ts';
import { confirmation } from './peers.ts';
import { replaceSecret } from './secrets.ts';
import type { Session } from './session.ts';
import { attempt, halt, right, take } from './steps.ts';

/** Puts this unit's PgBouncer in step with the ledger; what is in force already is left alone. */
export async function configurePooler(session: Session): Promise<void> {
  const { pooler } = session;
  const ledger = await session.ledger();
  const endpoints = await session.endpoints();
  if (endpoints === null) return;
  const [lookup, here] = [await session.lookup(), await session.endpoint()];
  const mayMake = allowsMaking(session.policy);
  const configuration = right(configure(ledger, endpoints, lookup, here, mayMake));
  const before = session.configured;
  const isInForce = before !== null && sameConfiguration(before, configuration);
  if (!isInForce) await take(pooler.apply(configuration));
  session.configured = configuration;
}

/** Says to the other units what this one has read back from its PgBouncer, and where it is. */
export async function confirmServing(session: Session): Promise<void> {
  if (session.configured === null) return;
  const bag = { _tag: 'PeerUnit', unit: session.juju.name } as const;
  const ledger = await session.ledger();
  const listsUsers = !session.pooler.looksUp();
  const values = confirmation(ledger, await session.endpoint(), listsUsers);
  if (ledger.hasMoved()) session.juju.overwrite(bag, values);
  else session.juju.write(bag, values);
}

/** Puts the pooler in step and, once that is read back, says so. Every unit does it for itself. */
export async function updatePooler(session: Session): Promise<void> {
  await configurePooler(session);
  await confirmServing(session);
}

/**
 * Writes where the poolers are to be reached: the leader does, for a relation that has credentials.
 * A consumer that got endpoints before its credentials would take itself for served.
 */
export async function updateConnectionInfo(session: Session, relation: number): Promise<void> {
  if (!(await session.juju.leader())) return;
  if (!(await session.relations()).has(relation)) return;
  const ledger = await session.ledger();
  const record = ledger.records.get(relation);
  if (record?.state !== 'published') return;
  const info = await session.info();
  const next = succeed(record.published, info(record));
  if (sameInfo(record.published, next)) return;
  const request = session.parse(relation, await session.juju.remote(relation));
  const asked = E.isRight(request) ? secretFieldsOf(request.right.reply) : [];
  const own = await session.juju.own(relation);
  session.juju.write({ _tag: 'OwnApp', relation }, movedDatabag(own, record, next, asked));
  const { secrets } = session.juju;
  const id = record.secrets[userGroup];
  if (secrets !== null && id !== undefined)
    await replaceSecret(secrets, id, (content) => movedSecret(content, record, next, asked));
  ledger.put({ ...record, published: next });
}

/**
 * As a chart orders it: a databag that Juju does not let this unit read concerns its relation alone.
 * The reconciliation comes to it once more, and says what was not done.
 */
export async function updateReadable(session: Session, relation: number): Promise<void> {
  const outcome = await attempt(() => updateConnectionInfo(session, relation))();
  if (E.isLeft(outcome) && outcome.left._tag !== 'ModelRefused') halt(outcome.left);
}

/** The same for every relation. */
export async function updateConnections(session: Session): Promise<void> {
  const { records } = await session.ledger();
  for (const relation of [...records.keys()]) await updateReadable(session, relation);
}

/** Takes back all that a databag shows of a grant that is no longer. */
export async function withdrawAnswer(session: Session, relation: number): Promise<void> {
  session.juju.write({ _tag: 'OwnApp', relation }, withdrawn(await session.juju.own(relation)));
}
