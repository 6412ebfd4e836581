import { type Action, isHook, type OutsideAction } from './actions.ts';
import { violationsAtRest, violationsOf } from './checks.ts';
import { worldOf } from './deploy.ts';
import { endless, Failing } from './endless.ts';
import { aCharm, aTopology, aWorld, canHappen, given } from './given.ts';
import type { Invariant, Stepped, Violation } from './outcome.ts';
import { hooksOf, updateStatus } from './resolver.ts';
import { shortStory } from './rounds.ts';
import type { Happening, SimulatedCharm } from './simulated-charm.ts';
import { type Runner, runnerOf, step } from './step.ts';
import { tell } from './tell.ts';
import { charmsIn, Misuse, type Topology, unitsOf, type World } from './world.ts';

/**
 * The hooks that Juju would run next, over all units; update-status is left to those who ask for it.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { dueHooks, step, tell, worldOf } from 'hookchart/testing';
 *
 * const before = worldOf(simulated, { units: 1, requirers: { shop: { units: 1, request: {} } } });
 * const { world } = await step(simulated, before, { _tag: 'Relate', application: 'shop' });
 * const [first] = dueHooks(world);
 * console.log(first && tell(simulated, first));
 * // pgbouncer/0 runs pgb-peers-relation-created of relation 0
 * ```
 */
export function dueHooks(world: World): readonly Action[] {
  given('dueHooks', 'the world', world, aWorld);
  return Object.keys(world.units)
    .sort()
    .flatMap((unit) =>
      hooksOf(world, unit).map((hook): Action => ({ _tag: 'RunHook', unit, hook })),
    );
}

/**
 * What a fair world does next: what is down comes up, somebody leads, and every hook that is due is
 * run. Null where only update-status is left.
 */
export function nextFair<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  world: World<Shared, Own>,
): Action | null {
  const [mended] = outsideActions(charm, world).filter(({ isFair }) => isFair);
  if (mended !== undefined) return mended.action;
  // A hook that failed may wait for what another unit has yet to do, or whoever leads.
  const due = dueHooks(world);
  const isRepeated = (action: Action) =>
    isHook(action) && world.units[action.unit]?.failed !== null;
  const next = due.find((action) => !isRepeated(action));
  if (next !== undefined) return next;
  for (const name of charmsIn(world)) {
    const units = unitsOf(world, name);
    const heir = units.find((unit) => world.units[unit]?.life === 'alive') ?? units[0];
    if (world.applications[name]?.leader === null && heir !== undefined)
      return { _tag: 'Elect', unit: heir };
  }
  return due[0] ?? null;
}

/** What may happen now to the charm's own outside, as it says. */
export function outsideActions<Shared, Own>(
  { outside: { shared, unit } }: SimulatedCharm<object, Shared, Own>,
  { outside }: World<Shared, Own>,
): readonly {
  readonly action: Action;
  readonly isFair: boolean;
  readonly bound: string | null;
}[] {
  const found: { action: Action; isFair: boolean; bound: string | null }[] = [];
  const add = <State>(action: OutsideAction, happening: Happening<State>, state: State) => {
    const { isFair = false, bound = null } = happening;
    if (canHappen(action._tag, happening, state)) found.push({ action, isFair, bound });
  };
  for (const [_tag, happening] of Object.entries(shared.actions))
    add({ _tag }, happening, outside.shared);
  for (const [name, state] of Object.entries(outside.units))
    for (const [_tag, happening] of Object.entries(unit.actions))
      add({ _tag, unit: name }, happening, state);
  return found;
}

/** What a history has violated, with the story of how it came to it. */
export class Violated extends Error {
  override readonly name = 'Violated';
  readonly violations: readonly Violation[];
  readonly history: readonly Action[];
  /** Which actions of the history, from 0, were chosen; the others came about by themselves. */
  readonly chosen: readonly number[];
  /** The history in words; what came about by itself is indented. */
  readonly story: readonly string[];
  constructor(
    charm: SimulatedCharm,
    violations: readonly Violation[],
    history: readonly Action[],
    chosen: readonly number[],
    /** Why hooks failed, by their place in the history. */
    failures: ReadonlyMap<number, string> = new Map(),
  ) {
    given('Violated', 'the charm', charm, aCharm);
    given('Violated', 'the violations', violations, 'list');
    given('Violated', 'the history', history, 'list');
    given('Violated', 'what was chosen', chosen, 'list');
    const lines = violations.map(({ invariant, what }) => `${invariant} is violated: ${what}`);
    const claims = charm.invariants.flatMap(({ name, claims }) =>
      violations.some(({ invariant }) => invariant === name) ? [`${name} claims: ${claims}`] : [],
    );
    const isChosen = new Set(chosen);
    const story = history.map((action, at) => {
      const failure = failures.get(at);
      const fails = failure === undefined ? '' : ` — fails: ${failure}`;
      return `${isChosen.has(at) ? '' : '    '}${tell(charm, action)}${fails}`;
    });
    const isEndless = violations.some(({ invariant }) => invariant === charm.comesToRest?.name);
    super([...lines, ...claims, 'after', ...shortStory(story, isEndless)].join('\n'));
    this.violations = violations;
    this.history = history;
    this.chosen = [...chosen];
    this.story = story;
  }
}

/**
 * A world that goes on, and checks the invariants at each step.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { Simulation } from 'hookchart/testing';
 *
 * const simulation = new Simulation(simulated, {
 *   units: 2,
 *   requirers: { shop: { units: 1, request: { database: 'shop' } } },
 * });
 * await simulation.take({ _tag: 'Relate', application: 'shop' });
 * await simulation.rest();
 * console.log(simulation.world.units['shop/0']?.heard.map(({ event }) => event));
 * // [ 'database_created' ]
 * ```
 */
export class Simulation<Shared = unknown, Own = unknown> {
  readonly #charm: SimulatedCharm<object, Shared, Own>;
  readonly #runner: Runner<Shared, Own>;
  readonly #checked: readonly Invariant<Shared, Own>[];
  readonly history: Action[] = [];
  /** Which actions of the history, from 0, were chosen; the others came about by themselves. */
  readonly chosen: number[] = [];
  readonly #failures = new Map<number, string>();
  world: World<Shared, Own>;

  /** From a topology that is deployed anew, or a world that is gone on with. */
  constructor(
    charm: SimulatedCharm<object, Shared, Own>,
    from: Topology | World<Shared, Own>,
    options: { readonly checked?: readonly Invariant<Shared, Own>[] } = {},
  ) {
    given('Simulation', 'the charm', charm, aCharm);
    given('Simulation', 'where it begins', from, 'record');
    given('Simulation', 'where it begins', from, 'relations' in from ? aWorld : aTopology);
    this.#charm = charm;
    this.#runner = runnerOf(charm);
    this.#checked = options.checked ?? charm.invariants;
    this.world = 'relations' in from ? from : worldOf(charm, from);
  }

  /** Lets one thing happen; `Violated` where it violates an invariant, `Misuse` where it cannot. */
  async take(action: Action): Promise<Stepped<Shared, Own>> {
    this.chosen.push(this.history.length);
    try {
      return await this.settle(action);
    } catch (error) {
      if (error instanceof Misuse) this.chosen.pop();
      throw error;
    }
  }

  /** As `take`, of something that comes about by itself; a story tells the two apart. */
  async settle(action: Action): Promise<Stepped<Shared, Own>> {
    const before = this.world;
    const stepped = await step(this.#charm, before, action, this.#runner);
    this.world = stepped.world;
    this.#note(action, stepped);
    this.#hold(violationsOf(this.#checked, before, action, stepped));
    return stepped;
  }

  /** Lets all come to rest; `Violated` where the end is not clean, or where there is none. */
  async rest(): Promise<void> {
    const { world, isAtRest, failing } = await rest(this.#charm, this.world, {
      runner: this.#runner,
      watch: (before, action, stepped) => {
        this.#note(action, stepped);
        this.#hold(violationsOf(this.#checked, before, action, stepped));
      },
    });
    this.world = world;
    this.#hold(isAtRest ? violationsAtRest(this.#checked, world) : [endless(this.#charm, failing)]);
  }

  #note(action: Action, { outcome }: Stepped<Shared, Own>): void {
    if (outcome !== null && outcome.failure !== null)
      this.#failures.set(this.history.length, outcome.failure);
    this.history.push(action);
  }

  #hold(violations: readonly Violation[]): void {
    if (violations.length > 0)
      throw new Violated(this.#charm, violations, this.history, this.chosen, this.#failures);
  }
}

export interface Rest<Shared = unknown, Own = unknown> {
  readonly world: World<Shared, Own>;
  /** What happened on the way, in order. */
  readonly history: readonly Action[];
  /** False where it never ends: a hook fails for good, or the hooks call each other forth. */
  readonly isAtRest: boolean;
  /** Which hook fails again and again, and why, where that is what never ends; null elsewhere. */
  readonly failing: string | null;
}

/**
 * Lets a fair world run until nothing changes any more, update-status on every unit included.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { dueHooks, rest, worldOf } from 'hookchart/testing';
 *
 * const begun = worldOf(simulated, { units: 2, requirers: {} });
 * const { world, isAtRest } = await rest(simulated, begun);
 * console.log(dueHooks(begun).length, isAtRest, dueHooks(world).length);
 * // 2 true 0
 * ```
 */
export async function rest<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  from: World<Shared, Own>,
  options: {
    readonly runner?: Runner<Shared, Own>;
    readonly bound?: number;
    /** Sees each step on the way. */
    readonly watch?: (
      before: World<Shared, Own>,
      action: Action,
      after: Stepped<Shared, Own>,
    ) => void;
  } = {},
): Promise<Rest<Shared, Own>> {
  given('rest', 'the charm', charm, aCharm);
  given('rest', 'the world', from, aWorld);
  const { runner = runnerOf(charm), watch } = options;
  const bound = options.bound ?? charm.life?.patience ?? 1000;
  let world = from;
  const history: Action[] = [];
  const failing = new Failing();
  const take = async (action: Action): Promise<void> => {
    const stepped = await step(charm, world, action, runner);
    watch?.(world, action, stepped);
    failing.see(world, action, stepped);
    history.push(action);
    world = stepped.world;
  };
  // A charm with a whole life has invariants that count themselves how often a hook fails.
  const isOver = () => charm.life === undefined && failing.isForEver;
  while (history.length < bound && !isOver()) {
    const action = nextFair(charm, world);
    if (action !== null) {
      await take(action);
      continue;
    }
    const before = JSON.stringify(world);
    for (const unit of charmsIn(world).flatMap((name) => unitsOf(world, name)))
      if (nextFair(charm, world) === null)
        await take({ _tag: 'RunHook', unit, hook: updateStatus });
    if (nextFair(charm, world) === null && JSON.stringify(world) === before)
      return { world, history, isAtRest: true, failing: null };
  }
  return { world, history, isAtRest: false, failing: failing.what };
}
