import { type Action, tell } from './actions.ts';
import type { Charm } from './hook-run.ts';
import {
  type Invariant,
  invariants,
  type Violation,
  violationsAtRest,
  violationsOf,
} from './invariants.ts';
import { hooksOf, updateStatus } from './resolver.ts';
import { type Runner, runnerOf, type Stepped, step } from './step.ts';
import { provider, unitsOf, type World } from './world.ts';

/** The hooks that Juju would run next, over all units; update-status is left to those who ask for it. */
export const dueHooks = (world: World): readonly Action[] =>
  Object.keys(world.units)
    .sort()
    .flatMap((unit) =>
      hooksOf(world, unit).map((hook): Action => ({ _tag: 'RunHook', unit, hook })),
    );

/**
 * What a fair world does next: servers come up, somebody leads, and every hook that is due is run.
 * Null where only update-status is left.
 */
export function nextFair(world: World): Action | null {
  if (!world.postgres.isUp) return { _tag: 'StartPostgres' };
  for (const [unit, { isUp }] of Object.entries(world.poolers))
    if (!isUp) return { _tag: 'StartPooler', unit };
  // A hook that failed may wait for what another unit has yet to do.
  const due = dueHooks(world);
  const isRepeated = (action: Action) =>
    action._tag === 'RunHook' && world.units[action.unit]?.failed !== null;
  const next = due.find((action) => !isRepeated(action)) ?? due[0];
  if (next !== undefined) return next;
  const units = unitsOf(world, provider);
  const heir = units.find((unit) => world.units[unit]?.life === 'alive') ?? units[0];
  if (world.applications[provider]?.leader === null && heir !== undefined)
    return { _tag: 'Elect', unit: heir };
  return null;
}

/** What a history has violated, with the story of how it came to it. */
export class Violated extends Error {
  override readonly name = 'Violated';
  readonly violations: readonly Violation[];
  readonly history: readonly Action[];
  constructor(violations: readonly Violation[], history: readonly Action[]) {
    const lines = violations.map(({ invariant, what }) => `${invariant} is violated: ${what}`);
    super([...lines, 'after', ...history.map(tell)].join('\n'));
    this.violations = violations;
    this.history = history;
  }
}

/** A world that goes on, and checks the invariants at each step. */
export class Simulation {
  readonly #runner: Runner;
  readonly #checked: readonly Invariant[];
  readonly history: Action[] = [];
  world: World;

  constructor(
    world: World,
    { charm, checked = invariants }: { charm?: Charm; checked?: readonly Invariant[] } = {},
  ) {
    this.world = world;
    this.#runner = runnerOf(charm);
    this.#checked = checked;
  }

  /** Lets one thing happen; `Violated` where it violates an invariant, `Misuse` where it cannot. */
  async take(action: Action): Promise<Stepped> {
    const before = this.world;
    const stepped = await step(before, action, this.#runner);
    this.world = stepped.world;
    this.history.push(action);
    this.#hold(violationsOf(before, action, stepped, this.#checked));
    return stepped;
  }

  /** Lets all come to rest; `Violated` where the end is not clean, or where there is none. */
  async rest(): Promise<void> {
    const { world, isAtRest } = await rest(this.world, {
      runner: this.#runner,
      watch: (before, action, stepped) => {
        this.history.push(action);
        this.#hold(violationsOf(before, action, stepped, this.#checked));
      },
    });
    this.world = world;
    const what = 'the hooks call each other forth and never come to rest';
    this.#hold(isAtRest ? violationsAtRest(world, this.#checked) : [{ invariant: 'I6', what }]);
  }

  #hold(violations: readonly Violation[]): void {
    if (violations.length > 0) throw new Violated(violations, this.history);
  }
}

export interface Rest {
  readonly world: World;
  /** What happened on the way, in order. */
  readonly history: readonly Action[];
  /** False where the bound was reached first: the hooks call each other forth without an end. */
  readonly isAtRest: boolean;
}

/** Lets a fair world run until nothing changes any more, update-status on every unit included. */
export async function rest(
  from: World,
  {
    runner = runnerOf(),
    bound = 1000,
    watch,
  }: {
    readonly runner?: Runner;
    readonly bound?: number;
    /** Sees each step on the way. */
    readonly watch?: (before: World, action: Action, after: Stepped) => void;
  } = {},
): Promise<Rest> {
  let world = from;
  const history: Action[] = [];
  const take = async (action: Action): Promise<void> => {
    const stepped = await step(world, action, runner);
    watch?.(world, action, stepped);
    history.push(action);
    world = stepped.world;
  };
  while (history.length < bound) {
    const action = nextFair(world);
    if (action !== null) {
      await take(action);
      continue;
    }
    const before = JSON.stringify(world);
    for (const unit of unitsOf(world, provider))
      if (nextFair(world) === null) await take({ _tag: 'RunHook', unit, hook: updateStatus });
    if (nextFair(world) === null && JSON.stringify(world) === before)
      return { world, history, isAtRest: true };
  }
  return { world, history, isAtRest: false };
}
