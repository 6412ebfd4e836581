import { kindOf } from '../hook/index.ts';
import type { Action } from './actions.ts';
import { anAction, aWorld, given } from './given.ts';
import type { Invariant, Stepped, Violation } from './outcome.ts';
import { thrownBy } from './thrown.ts';
import { Misuse, type World } from './world.ts';

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
  return checked.flatMap((invariant) => [
    ...found(invariant, 'always', after.world),
    ...found(invariant, 'across', before, action, after),
  ]);
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
  return checked.flatMap((invariant) => [
    ...found(invariant, 'always', world),
    ...found(invariant, 'atRest', world),
  ]);
};

type Check = 'always' | 'across' | 'atRest';

/** What one check of an invariant finds; one that it has not finds nothing. */
function found<Shared, Own, Name extends Check>(
  invariant: Invariant<Shared, Own>,
  check: Name,
  ...seen: Parameters<NonNullable<Invariant<Shared, Own>[Name]>>
): readonly Violation[] {
  if (invariant[check] === undefined) return [];
  const { name } = invariant;
  const said = looked(`${name}: ${check}`, () =>
    Reflect.apply(invariant[check] as Look, invariant, seen),
  );
  if (!Array.isArray(said) || said.some((what) => typeof what !== 'string'))
    throw new Misuse(
      `${name}: ${check} gave ${Array.isArray(said) ? 'a list of something else' : kindOf(said)}: give a list of sentences at once, an empty one where nothing is violated`,
    );
  return said.map((what) => ({ invariant: name, what }));
}

type Look = (...seen: readonly unknown[]) => unknown;

function looked(what: string, look: () => unknown): unknown {
  try {
    return look();
  } catch (error) {
    throw thrownBy(what, error);
  }
}
