import type { Action } from './actions.ts';
import { anAction, aWorld, given } from './given.ts';
import type { Invariant, Stepped, Violation } from './outcome.ts';
import type { World } from './world.ts';

/**
 * What one step violated.
 *
 * @category What must hold
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { type Invariant, step, violationsOf, worldOf } from 'hookchart/testing';
 *
 * const alone: Invariant = {
 *   name: 'Alone',
 *   claims: 'Nobody is related to anybody.',
 *   across: (_, __, { world }) =>
 *     Object.keys(world.relations).length < 2 ? [] : ['somebody was related'],
 * };
 * const before = worldOf(simulated, { units: 1, requirers: { shop: { units: 1, request: {} } } });
 * const action = { _tag: 'Relate', application: 'shop' } as const;
 * const after = await step(simulated, before, action);
 * console.log(violationsOf([alone], before, action, after).map(({ what }) => what));
 * // [ 'somebody was related' ]
 * ```
 */
export const violationsOf = <Shared, Own>(
  checked: readonly Invariant<Shared, Own>[],
  before: World<Shared, Own>,
  action: Action,
  after: Stepped<Shared, Own>,
): readonly Violation[] => {
  given('violationsOf', 'the invariants', checked, 'list');
  given('violationsOf', 'the world before', before, aWorld);
  given('violationsOf', 'the action', action, anAction);
  given('violationsOf', 'what became of it', after, { world: 'record' });
  return checked.flatMap((invariant) =>
    named(invariant, [
      ...(invariant.always?.(after.world) ?? []),
      ...(invariant.across?.(before, action, after) ?? []),
    ]),
  );
};

/**
 * What a world in which nothing is left to do violates.
 *
 * @category What must hold
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { rest, violationsAtRest, worldOf } from 'hookchart/testing';
 *
 * const { world } = await rest(simulated, worldOf(simulated, { units: 1, requirers: {} }));
 * console.log(violationsAtRest(simulated.invariants, world));
 * // []
 * ```
 */
export const violationsAtRest = <Shared, Own>(
  checked: readonly Invariant<Shared, Own>[],
  world: World<Shared, Own>,
): readonly Violation[] => {
  given('violationsAtRest', 'the invariants', checked, 'list');
  given('violationsAtRest', 'the world', world, aWorld);
  return checked.flatMap((invariant) =>
    named(invariant, [...(invariant.always?.(world) ?? []), ...(invariant.atRest?.(world) ?? [])]),
  );
};

const named = ({ name }: Pick<Invariant, 'name'>, found: readonly string[]): readonly Violation[] =>
  found.map((what) => ({ invariant: name, what }));
