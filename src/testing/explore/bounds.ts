import type { Action, OutsideAction } from '../actions.ts';
import { isFull } from '../added.ts';
import { given } from '../given.ts';
import { updateStatus } from '../resolver.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { outsideActions } from '../simulation.ts';
import { type Hook, isPeer, peerRelation, type Topology, unitsOf, type World } from '../world.ts';
import { type JujuBounds, jujuBounds } from './juju-bounds.ts';
import type { Memory } from './memory.ts';

/** All bounds of an exploration; those beside Juju's are the charm's own. */
export type Bounds = JujuBounds & Readonly<Record<string, number>>;

/** What is left of the bounds, and which relations are still to be made. */
export interface Budget {
  readonly left: Bounds;
  readonly toRelate: readonly string[];
}

export interface State {
  readonly world: World;
  readonly budget: Budget;
  /** Units that do not lead and run nothing until they catch up, or are elected. */
  readonly behind: readonly string[];
}

/**
 * What is explored where nothing else is asked for.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { defaultBounds } from 'hookchart/testing';
 *
 * const { units, relations, crashes } = defaultBounds(simulated);
 * console.log({ units, relations, crashes });
 * // { units: 3, relations: 2, crashes: 1 }
 * ```
 */
export function defaultBounds(charm: Pick<SimulatedCharm, 'bounds' | 'within'>): Bounds {
  given('defaultBounds', 'the charm', charm, { bounds: 'record' });
  const { bounds, within } = charm;
  return {
    ...jujuBounds,
    ...within,
    ...Object.fromEntries(Object.entries(bounds).map(([name, { byDefault }]) => [name, byDefault])),
  };
}

export const topologyOf = (charm: SimulatedCharm, bounds: Bounds): Topology => ({
  ...charm.explored(bounds),
  hasSecrets: bounds.secrets > 0,
});

/** What may happen where the first few applications are served already. */
export const budgetOf = (charm: SimulatedCharm, bounds: Bounds, served: number): Budget => ({
  left: bounds,
  toRelate: Object.keys(topologyOf(charm, bounds).requirers).slice(served),
});

/** The budget with one less of something. */
export const spent = ({ left, toRelate }: Budget, ...names: readonly string[]): Budget => ({
  left: {
    ...left,
    ...Object.fromEntries(names.map((name) => [name, (left[name] ?? 0) - 1])),
  },
  toRelate,
});

/** One thing that may happen next, and what is left then. */
export interface Choice extends Omit<State, 'world'> {
  readonly action: Action | Pace;
}

/** A unit falls behind the others, or it does not any longer; nothing happens to the world. */
export type Pace = OutsideAction<'Lag' | 'CatchUp'> & { readonly unit: string };

export const isPace = (action: Action | Pace): action is Pace =>
  action._tag === 'Lag' || action._tag === 'CatchUp';

/**
 * Everything that may happen next, but interruptions, which depend on a hook's own steps. Where the
 * charm allows it, a unit that does not lead runs its hooks before anything else happens, unless it
 * falls behind: whose turn it is among those makes no difference.
 */
export function choices(charm: SimulatedCharm, state: State, memory: Memory): readonly Choice[] {
  const isReduced = charm.reductions.followersFirst === true;
  return (
    (isReduced ? first(state, memory) : null) ?? [...hooks(state, memory), ...events(charm, state)]
  );
}

/** The hooks of one unit that come before anything else; null where there is none. */
function first(state: State, memory: Memory): readonly Choice[] | null {
  const { world, budget, behind } = state;
  const leader = world.applications[world.tested]?.leader;
  for (const unit of unitsOf(world, world.tested)) {
    if (behind.includes(unit)) continue;
    // Where a leader goes, its peers may be the last that it leaves, or the first.
    const isStaying = world.units[unit]?.life === 'alive';
    const due = memory
      .due(world, unit)
      .filter(({ relation }) => unit !== leader || (isStaying && relation === peerRelation));
    if (due.length === 0) continue;
    const found: Choice[] = due.map((hook) => ({ ...state, action: run(unit, hook) }));
    if (budget.left.lags > 0 && unit !== leader)
      found.push({
        action: { _tag: 'Lag', unit },
        budget: spent(budget, 'lags'),
        behind: [...behind, unit],
      });
    return found;
  }
  return null;
}

/** update-status where a unit has nothing else to do; the leader's hooks; and those who catch up. */
const hooks = (state: State, memory: Memory): readonly Choice[] =>
  unitsOf(state.world, state.world.tested).flatMap((unit): Choice[] => {
    if (state.behind.includes(unit))
      return [{ ...state, action: { _tag: 'CatchUp', unit }, behind: without(state, unit) }];
    const due = memory.due(state.world, unit);
    return (due.length === 0 ? [updateStatus] : due).map((hook) => ({
      ...state,
      action: run(unit, hook),
    }));
  });

/** What operators do, and what goes wrong or right between hooks. */
function events(charm: SimulatedCharm, state: State): readonly Choice[] {
  const { world, budget } = state;
  const { left } = budget;
  const { tested } = world;
  const owner = world.applications[tested];
  if (owner === undefined) return [];
  const found: Choice[] = [];
  const add = (action: Action, next = budget, behind = state.behind) =>
    found.push({ action, budget: next, behind });
  const units = unitsOf(world, tested);
  if (left.operations > 0 && owner.life === 'alive') operate(charm, state, add);
  if (owner.leader === null)
    for (const unit of units) add({ _tag: 'Elect', unit }, budget, without(state, unit));
  else if (left.leaderChanges > 0)
    add({ _tag: 'LoseLeader', application: tested }, spent(budget, 'leaderChanges'));
  for (const { action, bound, isFair } of outsideActions(charm, world)) {
    if (bound === null ? isFair : (left[bound] ?? 0) > 0)
      add(action, bound === null ? budget : spent(budget, bound));
  }
  const alive = units.filter((unit) => world.units[unit]?.life === 'alive');
  if (left.removals > 0 && alive.length > 1)
    for (const unit of alive) add({ _tag: 'RemoveUnit', unit }, spent(budget, 'removals'));
  if (left.lostPods > 0)
    for (const unit of units) add({ _tag: 'LosePod', unit }, spent(budget, 'lostPods'));
  if (left.restarts > 0)
    for (const unit of units.filter((one) => isLeaving(world, one)))
      add({ _tag: 'RestartAgent', unit }, spent(budget, 'restarts'));
  if (left.endings > 0 && owner.life === 'alive')
    add({ _tag: 'RemoveApplication', application: tested }, spent(budget, 'endings'));
  return found;
}

/**
 * Whether anything ends for a unit that its agent has not read anew. Until then a restart changes
 * nothing that a hook could see, so it may as well come later.
 */
const isLeaving = ({ units, relations }: World, name: string): boolean =>
  Object.entries(units[name]?.told ?? {}).some(
    ([id, { isReread }]) =>
      isReread !== true && (units[name]?.life === 'dying' || relations[id]?.life !== 'alive'),
  );

function operate(
  charm: SimulatedCharm,
  { world, budget }: State,
  add: (action: Action, next: Budget) => void,
): void {
  const next = spent(budget, 'operations');
  const [application, ...toRelate] = budget.toRelate;
  const endpoint = world.applications[application ?? '']?.endpoint ?? '';
  if (application !== undefined && !isFull(charm, world, endpoint))
    add({ _tag: 'Relate', application }, { ...next, toRelate });
  for (const [id, { life, ...relation }] of Object.entries(world.relations)) {
    if (isPeer(relation)) continue;
    const named = { relation: Number(id) };
    if (life === 'suspended') add({ _tag: 'Resume', ...named }, next);
    if (life !== 'alive') continue;
    add({ _tag: 'RemoveRelation', ...named }, next);
    if (budget.left.suspensions > 0) add({ _tag: 'Suspend', ...named }, spent(next, 'suspensions'));
  }
}

const without = ({ behind }: State, unit: string): readonly string[] =>
  behind.filter((other) => other !== unit);

const run = (unit: string, hook: Hook): Action => ({ _tag: 'RunHook', unit, hook });
