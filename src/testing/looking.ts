/** What the invariants look at in a world. */
import type { PgbouncerState } from '../adapters/memory/index.ts';
import type { Databag } from '../engine/index.ts';
import { isPeer, provider, type World } from './world.ts';

/** A relation that lives and has its credentials, with the databag that shows them. */
export interface Life {
  readonly id: number;
  readonly bag: Databag;
}

/** How the simulated model spells the passwords that it makes. */
export const password = /password-\d+/;

const known = new WeakMap<World, readonly Life[]>();

/**
 * The relations whose credentials are out. One that was suspended is told to be broken, and its
 * credentials end with that; from then on it counts only when all is at rest.
 */
export const livingRelations = (world: World): readonly Life[] =>
  servedRelations(world).filter(({ id }) => !world.relations[id]?.wasSuspended);

/** The relations that live and have credentials, those that were suspended and resumed among them. */
export function servedRelations(world: World): readonly Life[] {
  const before = known.get(world);
  if (before !== undefined) return before;
  const living: Life[] = [];
  if (world.applications[provider]?.life === 'alive')
    for (const [id, relation] of Object.entries(world.relations)) {
      const bag = relation.applications[provider];
      const isServed = bag?.username !== undefined && bag.password !== undefined;
      if (isServed && !isPeer(relation) && relation.life === 'alive')
        living.push({ id: Number(id), bag });
    }
  known.set(world, living);
  return living;
}

/** The units that a databag names to clients, as far as they are there. */
export function namedUnits(world: World, bag: Databag): readonly string[] {
  const named = [bag.endpoints, bag['read-only-endpoints']].flatMap((list) =>
    (list ?? '').split(','),
  );
  return Object.entries(world.units).flatMap(([name, { endpoint }]) =>
    endpoint !== null && named.includes(endpoint) ? [name] : [],
  );
}

/** The poolers that have come up again, if their pod was lost, and that run. */
export function runningPoolers(world: World): Readonly<Record<string, PgbouncerState>> {
  return Object.fromEntries(
    Object.entries(world.poolers).filter(
      ([unit, { isUp }]) => isUp && world.units[unit]?.queue.includes('start') === false,
    ),
  );
}
