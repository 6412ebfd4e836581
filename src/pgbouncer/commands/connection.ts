import * as E from 'fp-ts/lib/Either.js';
import type { ConnectionInfo, Grant } from '../../../machines/index.ts';
import { tlsGroup, userGroup } from '../keys.ts';
import {
  movedDatabag,
  movedSecret,
  secretFieldsOf,
  verifiedDatabag,
  verifiedSecret,
  withdrawn,
} from '../relation/answer.ts';
import { sameInfo, succeed } from '../relation/endpoints.ts';
import type { Databag } from '../relation/request.ts';
import { replaceSecret } from './secrets.ts';
import type { Session } from './session.ts';
import { attempt, halt } from './steps.ts';

/**
 * Writes where the poolers are to be reached: the leader does, for a relation that has credentials.
 * A consumer that got endpoints before its credentials would take itself for served.
 */
export async function updateConnectionInfo(session: Session, relation: number): Promise<void> {
  if (!session.leads()) return;
  if (!(await session.isListed(relation))) return;
  const ledger = session.ledger();
  const record = ledger.records.get(relation);
  if (record?.state !== 'published') return;
  const info = await session.peers.info();
  const next = succeed(record.published, info(record));
  if (sameInfo(record.published, next)) return;
  const request = session.parse(relation, await session.juju.remote(relation));
  const asked = E.isRight(request) ? secretFieldsOf(request.right.reply) : [];
  const own = await session.juju.own(relation);
  session.juju.write({ _tag: 'OwnApp', relation }, movedDatabag(own, record, next, asked));
  if (record.published?.authorities !== next.authorities) await verify(session, record, next, own);
  const { secrets } = session.juju;
  const id = record.secrets[userGroup];
  if (secrets !== null && id !== undefined)
    await replaceSecret(secrets, id, (content) => movedSecret(content, record, next, asked));
  ledger.put({ ...record, published: next });
}

/** Says by whom the poolers are to be verified now, or that they are not; what was said before goes. */
async function verify(
  { juju, peers }: Session,
  { relation, secrets: ids }: Grant,
  next: ConnectionInfo,
  own: Databag,
): Promise<void> {
  const authorities = await peers.authoritiesOf(next);
  juju.write({ _tag: 'OwnApp', relation }, verifiedDatabag(own, authorities));
  const id = ids[tlsGroup];
  if (juju.secrets !== null && id !== undefined)
    await replaceSecret(juju.secrets, id, (content) => verifiedSecret(content, own, authorities));
}

/**
 * As a hook's own chart orders it: a databag that Juju does not let this unit read concerns its relation
 * alone. What is left to do at the hook's end comes to it once more, and says what was not done.
 */
export async function updateReadable(session: Session, relation: number): Promise<void> {
  const outcome = await attempt(() => updateConnectionInfo(session, relation))();
  if (E.isRight(outcome)) return;
  if (outcome.left._tag !== 'ModelRefused') halt(outcome.left);
  session.looking.found(relation, true);
}

/** The same for every relation that is told something else, as many as one hook may tell. */
export async function updateConnections(session: Session): Promise<void> {
  for (const relation of await session.moves.next()) await updateReadable(session, relation);
}

/** Takes back all that a databag shows of a grant that is no longer. */
export async function withdrawAnswer(session: Session, relation: number): Promise<void> {
  session.juju.write({ _tag: 'OwnApp', relation }, withdrawn(await session.juju.own(relation)));
}
