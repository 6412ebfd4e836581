/** PgBouncer's charm as a value: what surrounds its charts in a hook. */

import * as E from 'fp-ts/lib/Either.js';
import { hooks, type PgbouncerWords } from '../../../machines/index.ts';
import { given } from '../../hook/index.ts';
import { type Charm, charmOf } from '../../juju/charm.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { HookError } from '../errors.ts';
import type { Outside } from '../ports.ts';
import { chartNameOf, isOwnSecret } from '../relation/events.ts';
import type { Ledger } from '../relation/ledger.ts';
import { isMet } from '../relation/reconcile.ts';
import { defaultPolicy, type Policy } from '../relation/request.ts';
import { stateSchemas } from '../relation/stored-state.ts';
import type { Deferral } from '../run.ts';
import { peerAppBag } from './application-bag.ts';
import { leftToDo } from './left-to-do.ts';
import { perform } from './perform.ts';
import { recordRefusal } from './provisioning.ts';
import { isEnding } from './removal.ts';
import { breakingIn } from './requests.ts';
import { defaultSlices, rulesOf, type Slices, type TlsMode } from './rules.ts';
import { openSession, type Session } from './session.ts';
import { visible } from './shown.ts';
import { conclude } from './status.ts';
import { attempt } from './steps.ts';
import { isUnmoved } from './unmoved.ts';

/** What an operator decides of this charm, and what only its process knows. */
export interface PgbouncerCharmOptions {
  /** Which role attributes an application may be given; `CREATEDB` and `CREATEROLE` by default. */
  readonly policy?: Policy;
  /** Whether clients may come by TLS where `certificates` is related, or must; they may by default. */
  readonly tls?: TlsMode;
  /**
   * The host of a service that leads to any unit, on the port on which they are reached: clients are
   * told of it alone. By default they are told of each unit.
   */
  readonly service?: string | null;
  /** How much one hook does for relations that it was not called for. */
  readonly slices?: Slices;
  /** Told at the end what is on record. */
  readonly recorded?: (records: Ledger['records']) => void;
  /** Asked at the end: what an operator must see to, of which neither machine nor ledger knows. */
  readonly obstacles?: () => Promise<readonly string[]>;
}

export type PgbouncerCharm = Charm<PgbouncerWords, Outside, Session, HookError>;

/**
 * The charm, as its options have it.
 *
 * @example
 * ```ts
 * import { pgbouncerCharm } from 'hookchart/pgbouncer';
 *
 * const charm = pgbouncerCharm({
 *   policy: { extraRoles: ['CREATEDB'], isReachedFromOutside: false },
 * });
 * console.log(charm.name, Object.keys(charm.machines).length > 10);
 * // pgbouncer true
 * ```
 */
export function pgbouncerCharm(options: PgbouncerCharmOptions = {}): PgbouncerCharm {
  given('pgbouncerCharm', 'its options', options, 'record');
  const { policy = defaultPolicy, tls = 'allow', slices = defaultSlices } = options;
  const { service = null, recorded = () => {}, obstacles = async () => [] } = options;
  given('pgbouncerCharm', 'obstacles', obstacles, 'function');
  const rules = rulesOf(policy, slices, tls, service);
  return charmOf({
    ...visible,
    machines: hooks,
    events: chartOf,
    learned: stateSchemas.learned,
    event: { of: eventOf, schema: stateSchemas.event },
    perform,
    open: (given, called) => {
      const session = openSession(given, rules, called);
      if (chartOf(called) !== null) void prefetch(session, called, true);
      return session;
    },
    close: async ({ backend, pooler }) => {
      try {
        await backend.release();
      } finally {
        await pooler.release();
      }
    },
    isCalled,
    isAsked,
    // Who cannot be removed takes its time in each hook, and nobody who asks waits for that.
    comesLast: ({ hook }) => hook === 'database-relation-broken',
    refused: recordRefusal,
    ready: (session) => session.ready(),
    waitsFor: (session) => session.backendTrouble(),
    leftToDo,
    status: async (session, ended) => {
      const status = await conclude(session, ended, obstacles);
      recorded(session.ledger().records);
      return status;
    },
  });
}

function chartOf({ hook, relation, secretLabel }: JujuEvent) {
  const name = chartNameOf(hook);
  if (name === null || isOwnSecret(secretLabel)) return null;
  return name.startsWith('database-') && relation === undefined ? null : name;
}

/** The machines of a database relation start on it; to the others it makes no difference what was called. */
const eventOf = ({ hook, relation, departingUnit }: JujuEvent): PgbouncerWords['event'] => {
  if (relation === undefined || !chartNameOf(hook)?.startsWith('database-')) return {};
  return departingUnit === undefined ? { relation } : { relation, departingUnit };
};

/** Asks at once for what every chart will ask for, one thing after the other. */
function prefetch({ juju, ...session }: Session, called: JujuEvent, isFirst: boolean) {
  const asked: Promise<unknown>[] = isFirst
    ? [juju.state(), juju.read(peerAppBag), juju.leader()]
    : [session.ready(), session.endpoints()];
  // Where one breaks the others may be as they are on record.
  if (!isFirst && breakingIn(called) === null) asked.push(session.relations());
  // A hook that failed is repeated although its relation was removed by force meanwhile.
  const { relation } = called;
  if (chartOf(called) === 'database-requested' && relation !== undefined)
    asked.push(isFirst ? juju.remote(relation).catch(() => {}) : ownIfLeader(juju, relation));
  const all = Promise.all(asked);
  all.catch(() => {});
  return all;
}

/** What was answered before; only the leader may read it. */
async function ownIfLeader(juju: Session['juju'], relation: number): Promise<void> {
  if (await juju.leader()) await juju.own(relation).catch(() => {});
}

/** Most hooks are an echo of what was done already; and a unit that has left its peers has only to go. */
async function isCalled(session: Session, called: JujuEvent, isWaiting: boolean): Promise<boolean> {
  const hasChart = chartOf(called) !== null;
  if (!isWaiting && hasChart && (await isUnmoved(session, called))) return false;
  if (hasChart) await prefetch(session, called, false);
  // Without its ledger a unit knows nothing of what is to be done.
  return !(await session.juju.hasLeft());
}

/** Departed and broken are for those who were told; a request counts as long as it is not met. */
async function isAsked(session: Session, { hook, event }: Deferral): Promise<boolean> {
  const { relation } = event;
  if (hook === 'database-requested' && (await isEnding(session))) return false;
  if (hook === 'database-relation-broken' || relation === undefined) return true;
  if (!(await session.relations()).has(relation)) return false;
  if (hook === 'database-relation-departed') return true;
  // Not what is asked for, but what is published is to be another.
  if (hook === 'database-password-renewed')
    return session.ledger().records.get(relation)?.state === 'published';
  // What cannot be read asks for nothing yet; the reconciliation looks again, and says so.
  const remote = await attempt(() => session.juju.remote(relation))();
  if (E.isLeft(remote)) return false;
  const request = session.parse(relation, remote.right);
  return !isMet(session.ledger().records.get(relation), request);
}
