import type { Action } from './actions.ts';
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
  const due = dueHooks(world)[0];
  if (due !== undefined) return due;
  const units = unitsOf(world, provider);
  const heir = units.find((unit) => world.units[unit]?.life === 'alive') ?? units[0];
  if (world.applications[provider]?.leader === null && heir !== undefined)
    return { _tag: 'Elect', unit: heir };
  return null;
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
  const take = async (action: Action): Promise<boolean> => {
    const stepped = await step(world, action, runner);
    watch?.(world, action, stepped);
    const hasChanged = JSON.stringify(stepped.world) !== JSON.stringify(world);
    history.push(action);
    world = stepped.world;
    return hasChanged;
  };
  while (history.length < bound) {
    const action = nextFair(world);
    if (action !== null) {
      await take(action);
      continue;
    }
    let hasChanged = false;
    for (const unit of unitsOf(world, provider))
      if (nextFair(world) === null)
        hasChanged = (await take({ _tag: 'RunHook', unit, hook: updateStatus })) || hasChanged;
    if (!hasChanged && nextFair(world) === null) return { world, history, isAtRest: true };
  }
  return { world, history, isAtRest: false };
}
