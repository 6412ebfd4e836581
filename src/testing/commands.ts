/**
 * The model as fast-check drives it. The library is handed in, so that a suite uses its own one and
 * whoever drives the model otherwise needs none.
 */

import type * as FastCheck from 'fast-check';
import { checkDatabag, checkParts, type Parts } from './check-parts.ts';
import { aCharm, anFc, given } from './given.ts';
import { actionsOf, kindsOf, type Surroundings } from './kinds.ts';
import type { Invariant } from './outcome.ts';
import { shortest } from './shrink.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { Simulation, Violated } from './simulation.ts';
import { tell } from './tell.ts';
import type { Topology } from './world.ts';

/** What fast-check gives to those who build arbitraries with it. */
export type Fc = Pick<
  typeof FastCheck,
  | 'array'
  | 'asyncModelRun'
  | 'asyncProperty'
  | 'commands'
  | 'constantFrom'
  | 'dictionary'
  | 'integer'
  | 'nat'
  | 'noShrink'
  | 'boolean'
  | 'oneof'
  | 'record'
  | 'string'
  | 'stringMatching'
  | 'subarray'
  | 'tuple'
>;

/**
 * Applications of one to five units, with one to three others that ask for what the charm says.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import fc from 'fast-check';
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { topologies } from 'hookchart/testing';
 *
 * const few = fc.sample(topologies(fc, simulated), { numRuns: 20, seed: 1 });
 * console.log(few.every(({ units = 0 }) => units >= 1 && units <= 5));
 * // true
 * ```
 */
export const topologies = (
  fc: Fc,
  charm: Pick<SimulatedCharm, 'requests'>,
): FastCheck.Arbitrary<Topology> => {
  given('topologies', 'fc', fc, anFc);
  given('topologies', 'the charm', charm, { requests: 'list' });
  const { requests } = charm;
  return fc
    .tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.array(
        fc.record({
          units: fc.integer({ min: 0, max: 3 }),
          request: fc.constantFrom(...requests),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      fc.boolean(),
    )
    .map(([units, all, hasSecrets]) => ({
      units,
      hasSecrets,
      requirers: Object.fromEntries(all.map((one, number) => [`app${number}`, one])),
    }));
};

/** The simulation behind the commands; the model that fast-check carries is the world before them. */
export interface Driven {
  readonly simulation: Simulation;
}

/** By this name fast-check knows values that are to be cloned before each use. */
const cloneMethod = Symbol.for('fast-check/cloneMethod');

/** One thing that happens, chosen by a number among those of its kind; it reads as what it did. */
class Command implements FastCheck.AsyncCommand<object, Driven> {
  readonly #charm: SimulatedCharm;
  readonly #kind: string;
  readonly #number: number;
  readonly #around: Surroundings;
  #told = '';

  constructor(charm: SimulatedCharm, kind: string, number: number, around: Surroundings) {
    this.#charm = charm;
    this.#kind = kind;
    this.#number = number;
    this.#around = around;
  }

  /** A command that ran tells what it did, so each run has one of its own. */
  [cloneMethod](): Command {
    return new Command(this.#charm, this.#kind, this.#number, this.#around);
  }

  check(): boolean {
    return true;
  }

  async run(_: object, { simulation }: Driven): Promise<void> {
    const actions = actionsOf(this.#charm, simulation.world, this.#kind, this.#around);
    const action = actions[this.#number % Math.max(actions.length, 1)];
    if (action === undefined) return;
    this.#told = tell(this.#charm, action);
    await simulation.take(action);
  }

  toString(): string {
    return this.#told === '' ? `${this.#kind} (nothing to do)` : this.#told;
  }
}

export interface HistoryOptions<Shared = unknown, Own = unknown> {
  /** The charm's invariants by default. */
  readonly checked?: readonly Invariant<Shared, Own>[];
  readonly around?: Surroundings;
  /** Commands in a history, at most; 100 by default. */
  readonly length?: number;
}

const historyOptions: Parts = { 'around?': 'record', 'length?': 'count' };
const surroundings: Parts = { 'requests?': 'list', 'units?': 'count', 'relations?': 'count' };

/**
 * Histories as commands: whatever happens in a model, by kinds as often as it is to be expected.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import fc from 'fast-check';
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { histories, Simulation } from 'hookchart/testing';
 *
 * const topology = { units: 2, requirers: { shop: { units: 1, request: { database: 'shop' } } } };
 * await fc.assert(
 *   fc.asyncProperty(histories(fc, simulated, { length: 20 }), async (commands) => {
 *     const simulation = new Simulation(simulated, topology);
 *     await fc.asyncModelRun(() => ({ model: {}, real: { simulation } }), commands);
 *   }),
 *   { numRuns: 2 },
 * );
 * ```
 */
export const histories = (
  fc: Fc,
  charm: SimulatedCharm,
  options: Omit<HistoryOptions, 'checked'> = {},
): FastCheck.Arbitrary<Iterable<FastCheck.AsyncCommand<object, Driven>>> => {
  const { around = {}, length = 100 } = options;
  given('histories', 'fc', fc, anFc);
  checkParts('histories', 'its options', options, historyOptions);
  checkParts('histories', 'around', around, surroundings);
  for (const [at, request] of (around.requests ?? []).entries())
    checkDatabag('histories', `requests[${at}]`, request);
  const weighted = kindsOf(charm).map(([kind, weight]) => ({
    weight,
    arbitrary: fc.nat(10_000).map((number) => new Command(charm, kind, number, around)),
  }));
  return fc.commands([fc.oneof(...weighted)], {
    maxCommands: length,
    // Short histories alone would hardly ever get as far as a removal.
    size: 'max',
  });
};

/**
 * The property that no history violates an invariant, and that each one ends clean. Check it with
 * `fc.assert`: the counter-example is the shortest story that was found, and the seed and path that
 * are printed with it run it again.
 *
 * @category Searches
 *
 * @example
 * ```ts
 * import fc from 'fast-check';
 * import { simulated, topologies } from 'hookchart/pgbouncer/testing';
 * import { historiesHold } from 'hookchart/testing';
 *
 * await fc.assert(historiesHold(fc, simulated, topologies(fc)), { numRuns: 2 });
 * ```
 */
export const historiesHold = <Shared, Own>(
  fc: Fc,
  charm: SimulatedCharm<object, Shared, Own>,
  topology?: FastCheck.Arbitrary<Topology>,
  options: HistoryOptions<Shared, Own> = {},
) => {
  const { checked, ...lengths } = options;
  given('historiesHold', 'fc', fc, anFc);
  given('historiesHold', 'the charm', charm, aCharm);
  if (topology !== undefined)
    given('historiesHold', 'the topology', topology, { generate: 'function' });
  given('historiesHold', 'its options', options, 'record');
  return fc.asyncProperty(
    fc.noShrink(topology ?? topologies(fc, charm)),
    // A number means another action in another world: what is left out is found out here instead.
    fc.noShrink(histories(fc, charm, lengths)).map((commands) => new History(commands)),
    async (chosen, history) => {
      const simulation = new Simulation(charm, chosen, checked === undefined ? {} : { checked });
      const setup = () => ({ model: {}, real: { simulation } });
      try {
        await fc.asyncModelRun(setup, history.commands);
        await simulation.rest();
      } catch (error) {
        if (!(error instanceof Violated)) throw error;
        const short = await shortest(charm, chosen, error, checked);
        history.told = short.story.filter((line) => !line.startsWith(' '));
        throw short;
      }
    },
  );
};

/** By this name fast-check asks a value how it is to be printed. */
const toStringMethod = Symbol.for('fast-check/toStringMethod');

/** Commands that are printed as what was chosen in the shortest story of what they have violated. */
export class History {
  readonly commands: Iterable<FastCheck.AsyncCommand<object, Driven>>;
  told: readonly string[] | null = null;

  constructor(commands: Iterable<FastCheck.AsyncCommand<object, Driven>>) {
    this.commands = commands;
  }

  [toStringMethod](): string {
    return this.told === null ? String(this.commands) : this.told.join(', ');
  }
}
