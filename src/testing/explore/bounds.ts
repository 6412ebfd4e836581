import type { Action } from '../actions.ts';
import { updateStatus } from '../resolver.ts';
import {
  type Hook,
  isPeer,
  peerRelation,
  provider,
  type Topology,
  unitsOf,
  type World,
} from '../world.ts';
import type { Memory } from './memory.ts';

/** How much may go wrong, and how much is asked, in the worlds that are explored. */
export interface Bounds {
  readonly units: number;
  /** Applications that may be related; a history begins with none of them served, with one, or with all. */
  readonly relations: number;
  /** How often an operator relates, removes, suspends or resumes before all is at rest again. */
  readonly operations: number;
  /** Hooks whose process is killed, at any step. */
  readonly crashes: number;
  /** Leases that run out, between hooks or within one; anyone may be elected then. */
  readonly leaderChanges: number;
  /** Times that PostgreSQL goes down, between hooks or within one. */
  readonly outages: number;
  /** Times that a unit which does not lead falls behind the others, for as long as may be. */
  readonly lags: number;
  /** Units of the provider that are removed. */
  readonly removals: number;
  /** Reloads of a PgBouncer that load the first half of the file. */
  readonly halfLoads: number;
  /** Pods that are lost. */
  readonly lostPods: number;
  /** Agents that are restarted, where something ends for their unit. */
  readonly restarts: number;
  /** Commits that Juju refuses, after it has made the hook's secrets; they show where it has secrets. */
  readonly lostCommits: number;
  /** How many of the operations may suspend a relation. */
  readonly suspensions: number;
  /** Whether the provider itself may be removed. */
  readonly endings: number;
  /** Whether Juju has secrets, which every requirer asks for then: 0 or 1. */
  readonly secrets: number;
}

/** What is left of the bounds, and which relations are still to be made and to be removed. */
export interface Budget extends Omit<Bounds, 'units' | 'relations' | 'secrets'> {
  readonly toRelate: readonly string[];
}

export interface State {
  readonly world: World;
  readonly budget: Budget;
  /** Units that do not lead and run nothing until they catch up, or are elected. */
  readonly behind: readonly string[];
}

export const defaultBounds: Bounds = {
  units: 3,
  relations: 2,
  operations: 2,
  crashes: 1,
  leaderChanges: 2,
  outages: 1,
  lags: 0,
  removals: 0,
  halfLoads: 0,
  lostPods: 0,
  restarts: 0,
  lostCommits: 0,
  suspensions: 0,
  endings: 0,
  secrets: 0,
};

export function topologyOf({ units, relations, secrets }: Bounds): Topology {
  const requirers = Array.from({ length: relations }, (_, number) => [
    `app${number + 1}`,
    { units: 1, request: { database: `db${number + 1}` }, copyIn: 'state' as const },
  ]);
  return { units, hasSecrets: secrets > 0, requirers: Object.fromEntries(requirers) };
}

/** What may happen where the first few applications are served already. */
export function budgetOf(bounds: Bounds, served: number): Budget {
  const { units: _, relations: __, secrets: ___, ...rest } = bounds;
  return { ...rest, toRelate: Object.keys(topologyOf(bounds).requirers).slice(served) };
}

/** One thing that may happen next, and what is left then. */
export interface Choice extends Omit<State, 'world'> {
  readonly action: Action | Pace;
}

/** A unit falls behind the others, or it does not any longer; nothing happens to the world. */
export type Pace = { readonly _tag: 'Lag' | 'CatchUp'; readonly unit: string };

/**
 * Everything that may happen next, but interruptions, which depend on a hook's own steps. A unit
 * that does not lead runs its hooks before anything else happens, unless it falls behind: whose
 * turn it is among those makes no difference, since they write nothing that another one reads.
 */
export function choices(state: State, memory: Memory): readonly Choice[] {
  return first(state, memory) ?? [...hooks(state, memory), ...events(state)];
}

/** The hooks of one unit that come before anything else; null where there is none. */
function first(state: State, memory: Memory): readonly Choice[] | null {
  const { world, budget, behind } = state;
  const leader = world.applications[provider]?.leader;
  for (const unit of unitsOf(world, provider)) {
    if (behind.includes(unit)) continue;
    // Where a leader goes, its peers may be the last that it leaves, or the first.
    const isStaying = world.units[unit]?.life === 'alive';
    const due = memory
      .due(world, unit)
      .filter(({ relation }) => unit !== leader || (isStaying && relation === peerRelation));
    if (due.length === 0) continue;
    const found: Choice[] = due.map((hook) => ({ ...state, action: run(unit, hook) }));
    if (budget.lags > 0 && unit !== leader)
      found.push({
        action: { _tag: 'Lag', unit },
        budget: { ...budget, lags: budget.lags - 1 },
        behind: [...behind, unit],
      });
    return found;
  }
  return null;
}

/** update-status where a unit has nothing else to do; the leader's hooks; and those who catch up. */
const hooks = (state: State, memory: Memory): readonly Choice[] =>
  unitsOf(state.world, provider).flatMap((unit): Choice[] => {
    if (state.behind.includes(unit))
      return [{ ...state, action: { _tag: 'CatchUp', unit }, behind: without(state, unit) }];
    const due = memory.due(state.world, unit);
    return (due.length === 0 ? [updateStatus] : due).map((hook) => ({
      ...state,
      action: run(unit, hook),
    }));
  });

/** What operators do, and what goes wrong or right between hooks. */
function events(state: State): readonly Choice[] {
  const { world, budget } = state;
  const owner = world.applications[provider];
  if (owner === undefined) return [];
  const found: Choice[] = [];
  const add = (action: Action, change: Partial<Budget> = {}, behind = state.behind) =>
    found.push({ action, budget: { ...budget, ...change }, behind });
  const units = unitsOf(world, provider);
  if (budget.operations > 0 && owner.life === 'alive') operate(state, add);
  if (owner.leader === null)
    for (const unit of units) add({ _tag: 'Elect', unit }, {}, without(state, unit));
  else if (budget.leaderChanges > 0)
    add({ _tag: 'LoseLeader', application: provider }, { leaderChanges: budget.leaderChanges - 1 });
  if (!world.postgres.isUp) add({ _tag: 'StartPostgres' });
  else if (budget.outages > 0) add({ _tag: 'StopPostgres' }, { outages: budget.outages - 1 });
  const alive = units.filter((unit) => world.units[unit]?.life === 'alive');
  if (budget.removals > 0 && alive.length > 1)
    for (const unit of alive) add({ _tag: 'RemoveUnit', unit }, { removals: budget.removals - 1 });
  if (budget.lostPods > 0)
    for (const unit of units) add({ _tag: 'LosePod', unit }, { lostPods: budget.lostPods - 1 });
  if (budget.restarts > 0)
    for (const unit of units.filter((one) => isLeaving(world, one)))
      add({ _tag: 'RestartAgent', unit }, { restarts: budget.restarts - 1 });
  if (budget.endings > 0 && owner.life === 'alive')
    add({ _tag: 'RemoveApplication', application: provider }, { endings: budget.endings - 1 });
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
  { world, budget }: State,
  add: (action: Action, change: Partial<Budget>) => void,
): void {
  const operations = budget.operations - 1;
  const [application, ...toRelate] = budget.toRelate;
  if (application !== undefined) add({ _tag: 'Relate', application }, { toRelate, operations });
  for (const [id, { life, ...relation }] of Object.entries(world.relations)) {
    if (isPeer(relation)) continue;
    const named = { relation: Number(id) };
    if (life === 'suspended') add({ _tag: 'Resume', ...named }, { operations });
    if (life !== 'alive') continue;
    add({ _tag: 'RemoveRelation', ...named }, { operations });
    if (budget.suspensions > 0)
      add({ _tag: 'Suspend', ...named }, { operations, suspensions: budget.suspensions - 1 });
  }
}

const without = ({ behind }: State, unit: string): readonly string[] =>
  behind.filter((other) => other !== unit);

const run = (unit: string, hook: Hook): Action => ({ _tag: 'RunHook', unit, hook });
