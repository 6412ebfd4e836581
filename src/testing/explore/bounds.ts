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
  /** How many of the operations may suspend a relation. */
  readonly suspensions: number;
  /** Whether the provider itself may be removed. */
  readonly endings: number;
}

/** What is left of the bounds, and which relations are still to be made and to be removed. */
export interface Budget extends Omit<Bounds, 'units' | 'relations'> {
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
  suspensions: 0,
  endings: 0,
};

export function topologyOf({ units, relations }: Bounds): Topology {
  const requirers = Array.from({ length: relations }, (_, number) => [
    `app${number + 1}`,
    { units: 1, request: { database: `db${number + 1}` }, copyIn: 'state' as const },
  ]);
  return { units, requirers: Object.fromEntries(requirers) };
}

/** What may happen where the first few applications are served already. */
export function budgetOf(bounds: Bounds, served: number): Budget {
  const { units: _, relations: __, ...rest } = bounds;
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
  const { world, budget, behind } = state;
  const leader = world.applications[provider]?.leader ?? null;
  const units = unitsOf(world, provider);
  for (const unit of units) {
    if (behind.includes(unit)) continue;
    const due = memory
      .due(world, unit)
      .filter(({ relation }) => unit !== leader || relation === peerRelation);
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
  const found: Choice[] = [];
  const add = (action: Choice['action'], change: Partial<Budget> = {}, now = behind) =>
    found.push({ action, budget: { ...budget, ...change }, behind: now });
  for (const unit of units) {
    if (behind.includes(unit)) {
      add(
        { _tag: 'CatchUp', unit },
        {},
        behind.filter((other) => other !== unit),
      );
      continue;
    }
    const due = memory.due(world, unit);
    for (const hook of due.length === 0 ? [updateStatus] : due) add(run(unit, hook));
  }
  const [next, ...later] = budget.toRelate;
  const owner = world.applications[provider];
  if (owner === undefined) return found;
  const operations = budget.operations - 1;
  const mayOperate = operations >= 0 && owner.life === 'alive';
  if (next !== undefined && mayOperate)
    add({ _tag: 'Relate', application: next }, { toRelate: later, operations });
  for (const [id, relation] of Object.entries(world.relations)) {
    if (isPeer(relation) || !mayOperate) continue;
    const named = { relation: Number(id) };
    if (relation.life === 'alive') add({ _tag: 'RemoveRelation', ...named }, { operations });
    if (relation.life === 'suspended') add({ _tag: 'Resume', ...named }, { operations });
    else if (relation.life === 'alive' && budget.suspensions > 0)
      add({ _tag: 'Suspend', ...named }, { operations, suspensions: budget.suspensions - 1 });
  }
  if (leader === null)
    for (const unit of units)
      add(
        { _tag: 'Elect', unit },
        {},
        behind.filter((other) => other !== unit),
      );
  else if (budget.leaderChanges > 0)
    add({ _tag: 'LoseLeader', application: provider }, { leaderChanges: budget.leaderChanges - 1 });
  if (!world.postgres.isUp) add({ _tag: 'StartPostgres' });
  else if (budget.outages > 0) add({ _tag: 'StopPostgres' }, { outages: budget.outages - 1 });
  const alive = units.filter((unit) => world.units[unit]?.life === 'alive');
  if (budget.removals > 0 && alive.length > 1)
    for (const unit of alive) add({ _tag: 'RemoveUnit', unit }, { removals: budget.removals - 1 });
  if (budget.lostPods > 0)
    for (const unit of units) add({ _tag: 'LosePod', unit }, { lostPods: budget.lostPods - 1 });
  if (budget.endings > 0 && owner.life === 'alive')
    add({ _tag: 'RemoveApplication', application: provider }, { endings: budget.endings - 1 });
  return found;
}

const run = (unit: string, hook: Hook): Action => ({ _tag: 'RunHook', unit, hook });
