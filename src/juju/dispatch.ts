import { heldTogether } from '../contract/check-dispatch.ts';
import { heldEvent, heldStatus, ofKit } from '../contract/gave.ts';
import {
  heldChart,
  heldDecision,
  heldPorts,
  heldStart,
  heldWhy,
  heldWork,
} from '../contract/surroundings.ts';
import {
  type Attempt,
  attempt,
  type ChartRun,
  type Driven,
  driven,
  endedWell,
  type Failure,
  halt,
  heldOptions,
  machineOf,
  once,
  performed,
  right,
  type Watch,
  type Words,
} from '../hook/index.ts';
import type { Charm } from './charm.ts';
import { type Deferral, deferralText, encodeDeferrals, parseDeferrals } from './deferral.ts';
import type { JujuError } from './errors.ts';
import { relationIn } from './event.ts';
import type { Juju, JujuEvent } from './port.ts';
import { type OpenUnit, openUnit } from './unit.ts';

/** What one Juju hook did: the charts of what was deferred and its own, then those of what else was left. */
export interface DispatchRun<W extends Words = Words, Why extends Failure = Failure> {
  readonly event: JujuEvent;
  readonly charts: readonly ChartRun<W, Why>[];
  /** Deferrals that were met in another way, or whose relation is gone. */
  readonly dropped: readonly Deferral<W>[];
  readonly reconciled: readonly Driven<W, Why>[];
  /** What else is to be said of it: transactions that a removal cut off, say. */
  readonly notes: readonly string[];
  readonly milliseconds: number;
}

/** What a hook has of the world beside what its charm brings. */
export interface HookWorld {
  readonly juju: Juju;
  /** Milliseconds on a clock that never goes back, for the durations in a run. */
  readonly clock?: () => number;
  /** When, on that clock, the hook is to be over; what is not begun by then is left to the next one. */
  readonly deadline?: number;
}

/** What a hook is run with beside its charm and its ports. */
export interface DispatchOptions<W extends Words, Why extends Failure> {
  readonly watch?: Watch<W, Why> | undefined;
}

/**
 * One Juju hook, whole: what was deferred comes first, in order, then this event's own chart, then
 * what was deferred and comes last by the charm's word, then what else is left to do; and one
 * commit. A deferral that was met in another way, or whose relation is gone, is dropped; what ends
 * deferred is kept in the unit's durable state, once.
 *
 * An event that nobody handles does nothing, unless something waits. The left is what broke:
 * nothing was committed, and Juju is to run the same hook again.
 *
 * @category Charms
 *
 * @example
 * ```ts
 * import { dispatch } from 'hookchart';
 * import { MemoryJuju } from 'hookchart/juju';
 * import {
 *   MemoryPgbouncer,
 *   MemoryPostgres,
 *   pgbouncerCharm,
 *   seededEntropy,
 * } from 'hookchart/pgbouncer';
 *
 * const postgres = new MemoryPostgres();
 * const juju = new MemoryJuju({
 *   application: 'pooler',
 *   units: ['pooler/0'],
 *   leader: 'pooler/0',
 *   endpoint: () => '10.0.0.5:6432',
 * });
 * juju.request(4, { database: 'shop' });
 * const outcome = await dispatch(pgbouncerCharm(), {
 *   juju: juju.hook('pooler/0'),
 *   backend: postgres.hook(),
 *   pooler: new MemoryPgbouncer(postgres).hook(),
 *   entropy: seededEntropy(1),
 *   clock: () => 0,
 * })({ hook: 'database-relation-changed', relation: 4 })();
 * if (outcome._tag === 'Right') console.log(outcome.right.charts[0]?.path.at(-1));
 * // rtn2
 * console.log(juju.databag({ _tag: 'OwnApp', relation: 4 })['endpoints']);
 * // 10.0.0.5:6432
 * ```
 */
export const dispatch = <
  W extends Words,
  Given extends object,
  Ports,
  Why extends Failure = Failure,
>(
  charm: Charm<W, Given, Ports, Why>,
  given: Given & HookWorld,
  options: DispatchOptions<W, Why> = {},
): ((event: JujuEvent) => Attempt<DispatchRun<W, Why>, Why | JujuError>) => {
  heldTogether('dispatch', charm, given);
  heldOptions('dispatch', options);
  const { watch } = options;
  return (event) => {
    heldEvent('dispatch', event);
    return attempt(async () => {
      const { juju, clock = () => 0, deadline = Number.POSITIVE_INFINITY } = given;
      const close = once(async () => charm.close?.(given));
      try {
        const unit = openUnit(juju, () => clock() >= deadline);
        const ports = heldPorts(charm.name, charm.open({ ...given, juju: unit }, event));
        return await inUnit(charm, { unit, ports, clock, watch, close }, event);
      } finally {
        await close();
      }
    });
  };
};

interface Opened<W extends Words, Ports, Why extends Failure> extends DispatchOptions<W, Why> {
  readonly unit: OpenUnit;
  readonly ports: Ports;
  readonly clock: () => number;
  readonly close: () => Promise<void>;
}

async function inUnit<W extends Words, Given extends object, Ports, Why extends Failure>(
  charm: Charm<W, Given, Ports, Why>,
  opened: Opened<W, Ports, Why>,
  event: JujuEvent,
): Promise<DispatchRun<W, Why>> {
  const { unit, ports, clock } = opened;
  const { name } = charm;
  const started = clock();
  const chart = charm.chartOf(event);
  const own =
    chart === null ? null : { hook: chart, event: heldStart(name, charm.event.of(event)) };
  const hooks = Object.keys(charm.machines);
  const state = await unit.state();
  const waiting = right(parseDeferrals<W>(state, hooks, charm.event.schema));
  const charts: ChartRun<W, Why>[] = [];
  const dropped: Deferral<W>[] = [];
  const reconciled: Driven<W, Why>[] = [];
  const ran = (): DispatchRun<W, Why> => ({
    ...{ event, charts, dropped, reconciled, notes: unit.notes },
    milliseconds: clock() - started,
  });
  const isWaiting = waiting.length > 0;
  if (own === null && !isWaiting) return ran();
  const isCalled = await charm.isCalled?.(ports, event, isWaiting);
  if (charm.isCalled !== undefined && !heldDecision(name, 'isCalled', isCalled)) return ran();
  await charm.ready?.(ports);
  const deferred: Deferral<W>[] = [];
  const gone = new Set<string>();
  const isLast = (deferral: Deferral<W>) =>
    charm.comesLast !== undefined && heldDecision(name, 'comesLast', charm.comesLast(deferral));
  const [first, last]: [Deferral<W>[], Deferral<W>[]] = [[], []];
  for (const one of waiting) (isLast(one) ? last : first).push(one);
  for (const deferral of [...first, ...(own === null ? [] : [own]), ...last]) {
    if (gone.has(deferralText(deferral))) continue;
    if (!(await isAsked(charm, opened, deferral))) {
      if (deferral !== own) dropped.push(deferral);
      continue;
    }
    await forgone(unit, event, deferral.event);
    const run = endedWell(await throughChart(charm, opened, deferral));
    charts.push(run);
    gone.add(deferralText(deferral));
    if (run.end._tag === 'Deferred') deferred.push(deferral);
  }
  const left = charm.leftToDo && heldWork(name, charm.leftToDo(ports, charts));
  for (let next = await left?.next(); next?.done === false; ) {
    const run = await throughChart(charm, opened, heldChart(name, next.value));
    reconciled.push(run);
    next = await left?.next(run);
  }
  unit.remember(ofKit(encodeDeferrals(deferred, state)));
  const status: unknown = await charm.status(ports, { event, charts, reconciled });
  // Nothing more is asked of them, and letting go takes as long as telling Juju.
  opened.close().catch(() => {});
  await unit.commit(heldStatus(name, status));
  return ran();
}

const throughChart = <W extends Words, Given extends object, Ports, Why extends Failure>(
  charm: Charm<W, Given, Ports, Why>,
  { unit, ports, clock, watch }: Opened<W, Ports, Why>,
  { hook, event }: Deferral<W>,
) =>
  driven<W, Why>(
    machineOf(charm, hook),
    { event },
    (request, at) =>
      unit.isLate()
        ? halt({ _tag: 'OutOfTime', class: 'unavailable', what: request._tag })
        : performed(charm.perform, ports, request, at),
    { watch, clock },
    {
      refused: (why) => charm.refused?.(ports, why) ?? Promise.resolve(),
      waitsFor: async () =>
        charm.waitsFor === undefined ? null : heldWhy(charm.name, await charm.waitsFor(ports)),
    },
  );

/** Whether what a hook was deferred for is still there: a relation's hooks go with their relation. */
async function isAsked<W extends Words, Given extends object, Ports, Why extends Failure>(
  charm: Charm<W, Given, Ports, Why>,
  { unit, ports }: Opened<W, Ports, Why>,
  deferral: Deferral<W>,
): Promise<boolean> {
  if (charm.isAsked !== undefined)
    return heldDecision(charm.name, 'isAsked', await charm.isAsked(ports, deferral));
  const of = relationIn(deferral.event);
  if (of === null || of.what === 'broken') return true;
  return (await unit.relations(of.endpoint)).has(of.relation);
}

/** A deferred `broken` comes when its relation is gone: what its handlers want of it comes to nothing. */
async function forgone(
  unit: OpenUnit,
  called: JujuEvent,
  event: Partial<JujuEvent>,
): Promise<void> {
  const of = relationIn(event);
  if (of?.what !== 'broken' || called.relation === of.relation) return;
  if (!(await unit.relations(of.endpoint)).has(of.relation)) unit.forgo(of.relation);
}
