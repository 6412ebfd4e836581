import { isHook } from './actions.ts';
import { aCharm, given } from './given.ts';
import { actionsOf, kindsOf } from './kinds.ts';
import { shortest } from './shrink.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { Simulation, Violated } from './simulation.ts';
import { Misuse, type Topology } from './world.ts';

export interface Soaked {
  readonly histories: number;
  /** Hooks of the charm under test that were run. */
  readonly hooks: number;
  readonly steps: number;
  /** The seed of the history that failed, why, and the shortest story of it. */
  readonly failure: {
    readonly seed: number;
    readonly violated: Violated;
    readonly shortest: Violated;
  } | null;
}

/** Numbers from 0 up to 1 that a seed decides. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One random history that ends at rest; the same seed has the same history.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { randomHistory } from 'hookchart/testing';
 *
 * const { chosen, world } = await randomHistory(simulated, 7, { steps: 20 });
 * console.log(chosen.length, Object.keys(world.relations).length > 0);
 * // 18 true
 * ```
 */
export async function randomHistory<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  seed: number,
  options: { readonly steps?: number; readonly topology?: Topology } = {},
): Promise<Simulation<Shared, Own>> {
  const { steps = 150, topology } = options;
  given('randomHistory', 'the charm', charm, aCharm);
  given('randomHistory', 'the seed', seed, 'number');
  const simulation = new Simulation(charm, topology ?? charm.soaked(seed));
  const next = chance(seed);
  const choose = chooser(charm);
  for (let taken = 0; taken < steps; taken++) {
    const actions = actionsOf(charm, simulation.world, choose(next()));
    const action = actions[Math.floor(next() * actions.length)];
    if (action !== undefined) await simulation.take(action);
  }
  await simulation.rest();
  return simulation;
}

/**
 * Random histories, one after the other, until enough hooks have run or one violates an invariant.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { soak } from 'hookchart/testing';
 *
 * const soaked = await soak(simulated, { hooks: 50, seed: 1 });
 * console.log(soaked.hooks >= 50, soaked.failure);
 * // true null
 * ```
 */
export async function soak(
  charm: SimulatedCharm,
  options: { readonly hooks: number; readonly seed: number },
  watch: (soaked: Soaked) => void = () => {},
): Promise<Soaked> {
  given('soak', 'the charm', charm, aCharm);
  given('soak', 'its options', options, { hooks: 'number', seed: 'number' });
  const { hooks, seed } = options;
  if (!(hooks >= 1))
    throw new Misuse(`soak: hooks is ${hooks}: nothing would be tried; run 1 at least`);
  let soaked: Soaked = { histories: 0, hooks: 0, steps: 0, failure: null };
  while (soaked.hooks < hooks) {
    const own = seed + soaked.histories;
    await breath();
    try {
      const { history } = await randomHistory(charm, own);
      const run = history.filter(
        (action) => isHook(action) && action.unit.startsWith(`${charm.application}/`),
      );
      soaked = {
        histories: soaked.histories + 1,
        hooks: soaked.hooks + run.length,
        steps: soaked.steps + history.length,
        failure: null,
      };
    } catch (error) {
      if (!(error instanceof Violated)) throw error;
      const found = { seed: own, violated: error };
      const short = await shortest(charm, charm.soaked(own), error);
      return { ...soaked, failure: { ...found, shortest: short } };
    }
    watch(soaked);
  }
  return soaked;
}

/** Lets the process hear what else there is, a signal above all. */
const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Kinds by a number from 0 up to 1, as often as their weights say. */
function chooser(charm: SimulatedCharm): (number: number) => string {
  const kinds = kindsOf(charm);
  const total = kinds.reduce((sum, [, weight]) => sum + weight, 0);
  return (number) => {
    let left = number * total;
    for (const [kind, weight] of kinds) {
      left -= weight;
      if (left < 0) return kind;
    }
    return 'hook';
  };
}
