import { checkedCharm } from '../contract/check-charm.ts';
import {
  type ChartRun,
  type Driven,
  type Failure,
  given,
  type HookMachine,
  type Perform,
  type Refused,
  type Schema,
  type Words,
} from '../hook/index.ts';
import type { Shown } from '../shown/shown.ts';
import type { Deferral } from './deferral.ts';
import type { Endpoints } from './endpoints.ts';
import { calledSchema } from './event.ts';
import type { JujuEvent, Status } from './port.ts';
import { standingStatus } from './status.ts';
import type { Unit } from './unit.ts';

/** What a hook came to before its commit. */
export interface Ended<W extends Words, Why extends Failure> {
  readonly event: JujuEvent;
  readonly charts: readonly ChartRun<W, Why>[];
  /** The charts of what else was left to do. */
  readonly reconciled: readonly Driven<W, Why>[];
}

/** How the event of a machine is made of what Juju calls for, and read back from a unit's state. */
export interface CharmEvent<W extends Words> {
  readonly of: (called: JujuEvent) => W['event'];
  /** Any library that follows Standard Schema, valibot and zod among them. */
  readonly schema: Schema<W['event']>;
}

/** What a charm author writes; `Name` are the names of its machines. */
export interface CharmConfig<W extends Words, Ports, Name extends string = string> {
  /** As `metadata.yaml` has it. */
  readonly name: string;
  /** The machine of each chart, by its id. */
  readonly machines: Readonly<Record<Name, HookMachine<W>>>;
  /**
   * Which hook of Juju's, or action as `actions/NAME`, goes through which chart; nothing is done in
   * any other one. A function takes other names as well.
   */
  readonly events:
    | Readonly<Record<string, NoInfer<Name>>>
    | ((called: JujuEvent) => NoInfer<Name> | null | undefined);
  /** Reads back what a machine has learned: Standard Schema. */
  readonly learned: Schema<W['learned']>;
  /** How each question is answered and each command carried out. */
  readonly perform: Perform<W, Ports>;
  /** Those of its endpoints that mean something to Juju's adapter. */
  readonly endpoints?: Endpoints;
  /** What is shown of it to those who look at its runs, beside its charts and its databags. */
  readonly shown?: Shown<Omit<NoInfer<Ports>, 'juju'>, W['question']['_tag']>;
  /**
   * What the unit's status is to say at the end of a hook. By default it is blocked by a refusal,
   * until that is asked for anew or its relation is gone, waits for what a chart was deferred for,
   * and else is active.
   */
  readonly status?: (ports: Ports, ended: Ended<W, Failure>) => Status | Promise<Status>;
}

/** Charms whose machines start on Juju's own event need not say how; others MUST. */
export type EventOf<W extends Words> = JujuEvent extends W['event']
  ? { readonly event?: CharmEvent<W> }
  : { readonly event: CharmEvent<W> };

/**
 * What a charm may do around its charts, for one whose hooks share more than handlers: a session, a
 * ledger, work that no event asked for.
 */
export interface Surroundings<W extends Words, Given extends object, Ports, Why extends Failure> {
  /** Makes what handlers are given, once in a hook. */
  readonly open: (given: Given & { readonly juju: Unit }, called: JujuEvent) => Ports;
  /** Awaited before handlers are called, once it is known that there is anything to do. */
  readonly ready?: (ports: Ports) => Promise<void>;
  /** Whether there is anything to do; asked once it is known whether something waits. */
  readonly isCalled?: (ports: Ports, called: JujuEvent, isWaiting: boolean) => Promise<boolean>;
  /** Whether a deferred hook, or the one that was called for, is still asked for. */
  readonly isAsked?: (ports: Ports, deferral: Deferral<W>) => Promise<boolean>;
  /**
   * Whether a deferred hook comes after the one that was called for, as what may take long and is of
   * no use to who asks now.
   */
  readonly comesLast?: (deferral: Deferral<W>) => boolean;
  /** Puts a refusal on record. */
  readonly refused?: (ports: Ports, why: Refused<Why>) => Promise<void>;
  /** Why a chart defers that nothing has failed. */
  readonly waitsFor?: (ports: Ports) => Promise<Why | null>;
  /**
   * What is left to do at the hook's end, whoever was told: charts to go through, one after the
   * other. Each `yield` gives what became of that chart; one that fails keeps neither the others nor
   * the hook from their ends, unless this one halts.
   */
  readonly leftToDo?: (
    ports: Ports,
    charts: readonly ChartRun<W, Why>[],
  ) => AsyncGenerator<Deferral<W>, void, Driven<W, Why>>;
  /**
   * Lets go of what was opened. Called once in a hook, whatever became of it: during the commit, or at
   * the end where there is none.
   */
  readonly close?: (given: Given) => Promise<void>;
}

/** A charm as a value: `dispatch` runs it, the simulated Juju searches it, `hookchart pack` packs it. */
export interface Charm<
  W extends Words = Words,
  Given extends object = object,
  Ports = Given & { readonly juju: Unit },
  Why extends Failure = Failure,
  Name extends string = string,
> extends Omit<CharmConfig<W, Ports, Name>, 'status'>,
    Surroundings<W, Given, Ports, Why> {
  readonly event: CharmEvent<W>;
  /** The chart that a hook of Juju's goes through; null where it goes through none. */
  readonly chartOf: (called: JujuEvent) => string | null;
  readonly status: (ports: Ports, ended: Ended<W, Why>) => Status | Promise<Status>;
}

/**
 * Says in TypeScript for which words and with which ports handlers are written; they are given back
 * as they are. `defineCharm` takes both from here, and so needs no type arguments of its own.
 *
 * @category Handlers
 *
 * @example
 * ```ts
 * import { handlers } from 'hookchart';
 *
 * type Words = {
 *   question: { readonly _tag: 'Leader' };
 *   command: { readonly _tag: 'Ring'; readonly times: number };
 *   learned: object;
 *   event: object;
 * };
 * const perform = handlers<Words, { readonly bell: { ring: () => void } }>({
 *   Leader: ({ juju }) => juju.leader(),
 *   Ring: ({ bell }, { times }) => {
 *     for (let rung = 0; rung < times; rung++) bell.ring();
 *   },
 * });
 * console.log(Object.keys(perform).join(' '));
 * // Leader Ring
 * ```
 */
export const handlers = <W extends Words, Given extends object = object>(
  perform: Perform<W, Given & { readonly juju: Unit }>,
): Perform<W, Given & { readonly juju: Unit }> => {
  given('handlers', 'its argument', perform, 'record');
  return perform;
};

/**
 * A charm of its parts. `HookMisuse` where they do not fit together: a machine under another name
 * than its id, an event that Juju never calls or that leads to no machine, a request that nothing
 * carries out.
 *
 * @category Charms
 *
 * @example
 * ```ts
 * import { defineCharm, dispatch, handlers, relationOf, vocabulary } from 'hookchart';
 * import { MemoryJuju } from 'hookchart/juju';
 * import * as v from 'valibot';
 *
 * type Words = {
 *   question: { readonly _tag: 'Leader' };
 *   command: { readonly _tag: 'Publish'; readonly relation: number };
 *   learned: object;
 *   event: { readonly hook: string; readonly relation?: number };
 * };
 * const words = vocabulary<Words>({ learned: {} });
 * const asked = words.hook.createMachine({
 *   id: 'website-asked',
 *   context: words.nothingLearned,
 *   initial: 'hook_fired',
 *   on: words.onFailure,
 *   states: {
 *     hook_fired: {
 *       meta: words.terminal('website-asked Hook'),
 *       on: { start: { target: 'leads', actions: 'learn' } },
 *     },
 *     leads: {
 *       meta: words.question('Is this unit the leader?'),
 *       entry: words.asks(() => ({ _tag: 'Leader' })),
 *       on: { yes: 'publish', no: 'rtn' },
 *     },
 *     publish: {
 *       meta: words.step('Publish where it is'),
 *       entry: words.asks(({ event }) => ({ _tag: 'Publish', relation: relationOf(event) })),
 *       on: { done: 'rtn' },
 *     },
 *     rtn: words.returns,
 *     failed: words.fails,
 *   },
 * });
 * const website = defineCharm({
 *   name: 'website',
 *   machines: { 'website-asked': asked },
 *   events: { 'website-relation-created': 'website-asked' },
 *   learned: v.object({}),
 *   perform: handlers<Words>({
 *     Leader: ({ juju }) => juju.leader(),
 *     Publish: ({ juju }, { relation }) => juju.publish(relation, { url: 'http://web' }),
 *   }),
 * });
 *
 * const juju = new MemoryJuju({
 *   ...{ application: 'web', units: ['web/0'], leader: 'web/0' },
 *   endpoint: () => null,
 * });
 * juju.request(4, {}, 'website');
 * const run = dispatch(website, { juju: juju.hook('web/0') });
 * await run({ hook: 'website-relation-created', relation: 4 })();
 * console.log(juju.databag({ _tag: 'OwnApp', relation: 4 }));
 * // { url: 'http://web' }
 * ```
 */
export function defineCharm<W extends Words, Given extends object, Name extends string>(
  config: CharmConfig<W, Given & { readonly juju: Unit }, Name> & EventOf<W>,
): Charm<W, Given, Given & { readonly juju: Unit }, Failure, Name> {
  return charmOf<W, Given, Given & { readonly juju: Unit }, Failure, Name>({
    status: ({ juju }, ended) => standingStatus(juju, ended),
    ...config,
    open: (given) => given,
  });
}

/** As `defineCharm`, for a charm that says itself what surrounds its charts. @category Charms */
export function charmOf<
  W extends Words,
  Given extends object,
  Ports,
  Why extends Failure,
  Name extends string,
>(
  config: Omit<CharmConfig<W, Ports, Name>, 'status'> &
    Partial<Pick<Charm<W, Given, Ports, Why>, 'event'>> &
    Surroundings<W, Given, Ports, Why> &
    Pick<Charm<W, Given, Ports, Why>, 'status'>,
): Charm<W, Given, Ports, Why, Name> {
  const known = checkedCharm(config);
  const { events } = config;
  const charts = new Map(typeof events === 'function' ? [] : Object.entries<Name>(events));
  return {
    event: { of: (called) => called, schema: calledSchema },
    ...config,
    chartOf: (called) => {
      const chart = typeof events === 'function' ? events(called) : charts.get(called.hook);
      return chart == null ? null : known(called.hook, chart);
    },
  };
}
