/** A charm as the simulated Juju runs it: what it is, who is on the other side, and what is outside. */
import type * as E from 'fp-ts/lib/Either.js';
import type { Failure, Watch, Words } from '../hook/index.ts';
import {
  type Charm,
  type Databag,
  type DispatchRun,
  dispatch,
  type HookWorld,
  type JujuError,
  type JujuEvent,
} from '../juju/index.ts';
import { renderAs, type Visible } from '../shown/shown.ts';
import { checkBrought, checkSimulated, unheardAt } from './check-simulated.ts';
import type { JujuBounds } from './explore/juju-bounds.ts';
import { given } from './given.ts';
import type { HookTools } from './hook-tools.ts';
import type { Invariant, Seen } from './outcome.ts';
import { hooksEnd } from './resting.ts';
import { asking, type Script } from './script.ts';
import type { WholeLife } from './whole-life.ts';
import type { Hook, Topology, World } from './world.ts';

/** Something that happens to what is outside, by itself or by somebody's hand. */
export interface Happening<State> {
  /** Whether it can happen now; by default it always can. */
  when?(state: State): boolean;
  /** What becomes of it. */
  becomes(state: State): State;
  /** A line of a story; of what each unit has, a function of the unit's name. */
  readonly told: string | ((unit: string) => string);
  /** It comes about sooner or later by itself: a server that went down comes up again. */
  readonly isFair?: true;
  /** How often random histories choose it beside what else may happen; 2 by default, a hook has 60. */
  readonly weight?: number;
  /** The bound that it counts against in an exploration; without one it is not explored. */
  readonly bound?: string;
  /** A hook that it calls for, of a workload that has come up. */
  readonly announces?: `${string}-pebble-ready`;
}

/** What can go wrong at a step of a hook that does something outside. */
export interface Fault<State> {
  /** It follows "UNIT runs HOOK, ": `and its disk is full`. */
  readonly told: string;
  /** As for what happens between hooks. */
  readonly bound?: string;
  /** Whether it is worth a try there; by default at every step but the commit. */
  at?(step: { readonly name: string; readonly isLast: boolean }, state: State): boolean;
}

/** How often something may go wrong in an exploration. */
export interface OwnBound {
  readonly byDefault: number;
  readonly told: string;
}

/** One hook, for what it does outside of Juju. */
export interface Opening<FaultName extends string> {
  readonly unit: string;
  /**
   * To be called BEFORE each step that changes something outside, with the step's name and the
   * seconds that it takes. Gives the fault that befalls it; the process may die in it.
   */
  readonly step: (name: string, seconds?: number) => FaultName | null;
  /** Milliseconds since the hook began. */
  readonly clock: () => number;
}

/** What a hook is given beside Juju, and how all is outside once its commit was taken or was not. */
export interface Opened<Given, Shared, Own> {
  readonly ports: Given;
  state(isCommitted: boolean): Seen<Shared, Own>;
}

/** What makes an exploration smaller, for a charm that it is sound for. */
export interface Reductions<Shared, Own> {
  /** Hooks in which the charm does nothing unless something waits: they run at once. */
  isSilent?(hook: Hook): boolean;
  /** A changed that finds nothing to do runs at once; update-status does what it could do later. */
  readonly promptsIdle?: true;
  /** Units that do not lead run first: they write nothing that another one reads. `lags` lifts it. */
  readonly followersFirst?: true;
  /** Takes out of a world what nobody reads any more. */
  forget?(world: World<Shared, Own>): World<Shared, Own>;
  /** Units differ in nothing but their names. */
  readonly symmetry?: Symmetric;
}

export interface Symmetric {
  /** A text that is in every text that names a unit. */
  readonly sign: string;
  /** The text with unit n called after the n-th number; what the charm sorts by name sorted anew. */
  renamed(text: string, numbers: readonly number[]): string;
}

/** What is brought to have a charm simulated. */
export interface SimulatedConfig<
  Given extends object,
  Shared,
  Own,
  SharedName extends string,
  UnitName extends string,
  FaultName extends string,
  Why extends Failure,
> {
  /** The application's name. */
  readonly application: string;
  /** The endpoints where others are related; the first one where a topology names none. */
  readonly endpoints: readonly [string, ...string[]];
  /** How many relations an endpoint takes at a time, as `limit` says in its metadata; any number by default. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Where clients reach the unit of a number; `APPLICATION-0:80` by default. */
  readonly address?: (unit: number) => string | null;
  /** The charm's options as operators have set them; none by default. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What applications ask for: some are enough, among them what cannot be served. */
  readonly requests: readonly Databag[];
  /** What the charm on the other side does; by default it writes its request, and hears nothing. */
  readonly requirer?: Script;
  readonly outside: {
    readonly shared: {
      readonly initial: Shared;
      readonly actions?: Readonly<Record<SharedName, Happening<Shared>>>;
    };
    readonly unit: {
      readonly initial: Own;
      readonly actions?: Readonly<Record<UnitName, Happening<Own>>>;
      /** As in `OutsidePart`. */
      begins?(application: string, before: Own | null): Own;
    };
    /** Makes the charm's ports of what one unit sees. */
    readonly open: (
      state: Seen<Shared, Own>,
      hook: Opening<FaultName>,
    ) => Opened<Given, Shared, Own>;
  };
  readonly faults?: Readonly<Record<FaultName, Fault<Seen<Shared, Own>>>>;
  readonly bounds?: Readonly<Record<string, OwnBound>>;
  /** Juju's own bounds where nobody asks for others: smaller ones end sooner. */
  readonly within?: Partial<JujuBounds>;
  readonly invariants: readonly Invariant<Shared, Own>[];
  /** Under which invariant it is told that hooks fail for good, or never end; one of its own by default. */
  readonly comesToRest?: Invariant<Shared, Own>;
  /** Why a hook failed, for a story; by default as the charm shows it, or the failure says itself. */
  readonly render?: (failure: Why | JujuError) => string;
  /** What a hook did, for a story; by default its charts with their ends. */
  readonly tells?: (run: DispatchRun) => readonly string[];
  readonly reductions?: Reductions<Shared, Own>;
  /** Who is there in an exploration; by default applications of one unit each, one after the other request. */
  readonly explored?: (bounds: { readonly units: number; readonly relations: number }) => Topology;
  /** What speaks against exploring within some bounds; null where nothing does. */
  readonly objection?: (bounds: Readonly<Record<string, number>>) => string | null;
  /** Who is there in the random history of a seed. */
  readonly soaked?: (seed: number) => Topology;
}

/**
 * A charm that histories, searches and stories are made of. To see what would come of a defect, give
 * one with another `run`.
 */
export interface SimulatedCharm<Given extends object = object, Shared = unknown, Own = unknown> {
  readonly application: string;
  readonly endpoints: readonly [string, ...string[]];
  readonly limits?: Readonly<Record<string, number>>;
  /** Endpoints of which no hook leads to a chart; missing where there is none. */
  readonly unheard?: readonly string[];
  readonly peers: string | null;
  readonly visible?: Visible;
  /** Missing where units are installed and configured when the model begins. */
  readonly life?: WholeLife;
  readonly requests: readonly Databag[];
  readonly requirer: Script;
  readonly config: Readonly<Record<string, unknown>>;
  readonly outside: {
    readonly shared: OutsidePart<Shared>;
    readonly unit: OutsidePart<Own>;
    open(state: Seen<Shared, Own>, hook: Opening<string>): Opened<Given, Shared, Own>;
  };
  readonly faults: Readonly<Record<string, Fault<Seen<Shared, Own>>>>;
  readonly bounds: Readonly<Record<string, OwnBound>>;
  readonly within: Partial<JujuBounds>;
  readonly invariants: readonly Invariant<Shared, Own>[];
  readonly comesToRest: Invariant<Shared, Own>;
  readonly reductions: Reductions<Shared, Own>;
  address(unit: number): string | null;
  render(failure: Failure): string;
  tells(run: DispatchRun): readonly string[];
  explored(bounds: { readonly units: number; readonly relations: number }): Topology;
  objection(bounds: Readonly<Record<string, number>>): string | null;
  soaked(seed: number): Topology;
  /** One hook: the charm through its charts, with the ports of the model. A rejection is a defect. */
  run(given: Given & HookWorld, tools: HookTools, watch?: Watch<Words, Failure>): Promise<Ran>;
}

export type Ran = E.Either<Failure, DispatchRun | null>;

/** A part of what is outside of Juju: how it begins, what may happen, and which hooks a unit is called for by that. */
export interface OutsidePart<State> {
  readonly initial: State;
  readonly actions: Readonly<Record<string, Happening<State>>>;
  calls?(before: State, after: State): readonly Hook[];
  /** What a unit of an application begins with, at first and when its pod was replaced; `initial` by default. */
  begins?(application: string, before: State | null): State;
}

/** Makes a charm one to simulate; `Misuse` where parts do not fit. @category A charm to simulate */
export function simulatedCharm<
  W extends Words,
  Given extends object,
  Ports,
  Why extends Failure,
  Shared,
  Own,
  SharedName extends string = never,
  UnitName extends string = never,
  FaultName extends string = never,
>(
  brought: { readonly charm: Charm<W, Given, Ports, Why> } & SimulatedConfig<
    NoInfer<Given>,
    Shared,
    Own,
    SharedName,
    UnitName,
    FaultName,
    NoInfer<Why>
  >,
): SimulatedCharm<Given, Shared, Own> {
  checkBrought(brought);
  const { charm, unheard: _, ...config } = brought as typeof brought & { unheard?: unknown };
  const { application, requests, outside } = config;
  const comesToRest = config.comesToRest ?? hooksEnd;
  const isListed = config.invariants.some(({ name }) => name === comesToRest.name);
  const simulated: SimulatedCharm<Given, Shared, Own> = {
    requirer: asking,
    config: {},
    faults: {},
    bounds: {},
    within: {},
    reductions: {},
    address: (unit) => `${application}-${unit}:80`,
    render: renderAs(charm),
    tells: chartsWithEnds,
    explored: ({ units, relations }) => ({
      units,
      requirers: Object.fromEntries(
        Array.from({ length: relations }, (_, number) => [
          `app${number + 1}`,
          { units: 1, request: requests[number % requests.length] ?? {} },
        ]),
      ),
    }),
    objection: () => null,
    soaked: () => ({
      units: 3,
      requirers: Object.fromEntries(
        ['first', 'second', 'third'].map((name, number) => [
          name,
          { units: 1 + (number % 2), request: requests[number % requests.length] ?? {} },
        ]),
      ),
    }),
    ...config,
    ...unheardAt(charm, config.endpoints),
    peers: charm.endpoints?.peers ?? null,
    visible: charm,
    comesToRest,
    invariants: isListed ? config.invariants : [...config.invariants, comesToRest],
    outside: {
      shared: { actions: {}, ...outside.shared },
      unit: { actions: {}, ...outside.unit },
      open: outside.open,
    },
    run: (given, { view: { hook } }, watch) => dispatch(charm, given, { watch })(eventOf(hook))(),
  };
  checkSimulated(simulated);
  return simulated;
}

/** A hook of the model, as `dispatch` is told of it. @category Stories */
export function eventOf(hook: Hook): JujuEvent {
  given('eventOf', 'the hook', hook, { name: 'text' });
  const { name, relation, remoteUnit, departingUnit } = hook;
  return {
    hook: name,
    ...(relation === undefined ? {} : { relation }),
    ...(remoteUnit === undefined ? {} : { remoteUnit }),
    ...(departingUnit === undefined ? {} : { departingUnit }),
  };
}

const chartsWithEnds = ({ charts, reconciled }: DispatchRun): readonly string[] =>
  [...charts, ...reconciled].map(({ hook, end }) => `${hook} ${end._tag.toLowerCase()}`);
