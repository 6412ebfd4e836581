import * as E from 'fp-ts/lib/Either.js';
import { difference } from '../../juju/databag.ts';
import type { JujuEvent } from '../../juju/port.ts';
import { lookingKey, movingKey } from '../keys.ts';
import { markOf } from '../relation/authorities.ts';
import { isShown } from '../relation/endpoints.ts';
import { renderHostPort } from '../relation/host-port.ts';
import { hasBegunNothing, isServed, type Ledger, serving } from '../relation/ledger.ts';
import { isMet } from '../relation/reconcile.ts';
import { confirmation, peerIn } from './peers.ts';
import type { Session } from './session.ts';
import { attempt } from './steps.ts';

const ofPeers = /^.+-peers-relation-changed$/;

/**
 * Whether a databag that has changed says nothing that this unit has not acted on: the leader's own
 * ledger come back to it, what another unit says to the leader alone, a requirer's databag that
 * asks for what is served. Such hooks are the most of all, and each is over after four reads at
 * most. Where anything is left to do they are an occasion to do it, and none is passed over.
 */
export async function isUnmoved(session: Session, event: JujuEvent): Promise<boolean> {
  const { hook, relation, remoteUnit } = event;
  const isRequest = hook === 'database-relation-changed' && relation !== undefined;
  if (!isRequest && !ofPeers.test(hook)) return false;
  await session.ready();
  const [ledger, leads] = [session.ledger(), session.leads()];
  if (ledger.lookup !== null || !hasBegunNothing(ledger) || (leads && isUnderWay(session)))
    return false;
  if (isRequest) return isAnswered(session, ledger, relation);
  return leads
    ? remoteUnit === undefined || isInStep(session, ledger, remoteUnit)
    : remoteUnit !== undefined || hasConfirmed(session, ledger);
}

/** Whether a leader has begun what takes more than one hook, or has just come to lead. */
function isUnderWay({ said, succeeding }: Session): boolean {
  const { [lookingKey]: looking, [movingKey]: moving } = said();
  return looking !== undefined || moving !== undefined || succeeding();
}

/** Whether a relation has been told all that it asks for, by what is on record. */
async function isAnswered(session: Session, { records }: Ledger, relation: number) {
  const remote = await attempt(() => session.juju.remote(relation))();
  if (E.isLeft(remote)) return false;
  const request = session.parse(relation, remote.right);
  const record = records.get(relation);
  // What is on record of a request that was taken back, or put right, is still to be cleared.
  const isOver = E.isLeft(request)
    ? request.left._tag === 'RequestWithdrawn'
    : record?.error !== null;
  return !isOver && isMet(record, request);
}

/** Whether clients are told of a unit just where it serves them. */
async function isInStep(session: Session, { records }: Ledger, unit: string): Promise<boolean> {
  const {
    endpoint,
    serving: served,
    authorities,
  } = peerIn(unit, await session.juju.read({ _tag: 'PeerUnit', unit }));
  if (endpoint === null) return false;
  const shown = renderHostPort(endpoint);
  return [...records.values()].every((record) => {
    if (!isServed(record)) return true;
    const mark = record.published?.authorities;
    // Where units are verified by several, one of these may verify nobody any more.
    const isCovered = (mark ?? '') === markOf(authorities);
    const serves = served.get(record.relation) === serving(record);
    // A service leads to each of them, whoever was told of what.
    const isTold = session.service !== null || isShown(record.published, shown);
    return isTold === serves && (isCovered || !serves);
  });
}

/** Whether this unit has said already that it serves what the ledger says. */
async function hasConfirmed(session: Session, ledger: Ledger): Promise<boolean> {
  const authorities = await session.certificates.authorities();
  const values = confirmation(ledger, await session.endpoint(), true, authorities);
  return (
    difference(await session.juju.read({ _tag: 'PeerUnit', unit: session.juju.name }), values) ===
    null
  );
}
