/**
 * The model as fast-check drives it. The library is handed in, so that a suite uses its own one and
 * whoever drives the model otherwise needs none.
 */
import type * as FastCheck from 'fast-check';
import type { Databag } from '../pgbouncer/engine.ts';
import { tell } from './actions.ts';
import type { Charm } from './hook-run.ts';
import type { Invariant } from './invariants.ts';
import { actionsOf, type Kind, kinds, type Surroundings, surroundings } from './kinds.ts';
import { Simulation } from './simulation.ts';
import { type Topology, worldOf } from './world.ts';

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
  | 'boolean'
  | 'oneof'
  | 'record'
  | 'string'
  | 'stringMatching'
  | 'subarray'
  | 'tuple'
>;

/** Databags of any content, well-formed requests now and then among them. */
export const databags = (fc: Fc): FastCheck.Arbitrary<Databag> =>
  fc.oneof(
    requests(fc),
    fc.dictionary(
      fc.oneof(fc.constantFrom('database', 'extra-user-roles', 'entity-type', 'data'), fc.string()),
      fc.string(),
    ),
  );

/** Requests that are to be served. */
export const requests = (fc: Fc): FastCheck.Arbitrary<Databag> =>
  fc
    .tuple(
      fc.stringMatching(/^[a-z][a-z0-9_]{0,20}[a-z0-9]$/),
      fc.subarray(['CREATEDB', 'CREATEROLE']),
    )
    .map(([database, roles]) => ({
      database: database.replace(/_readonly$/, ''),
      ...(roles.length === 0 ? {} : { 'extra-user-roles': roles.join(',') }),
    }));

/** Providers of one to five units, with one to three requirers. */
export const topologies = (fc: Fc): FastCheck.Arbitrary<Topology> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.array(
        fc.record({
          units: fc.integer({ min: 0, max: 3 }),
          request: requests(fc),
          library: fc.constantFrom('v0.12' as const, 'v0.59' as const),
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

/** The simulation behind the commands; the model that fast-check carries is the world before them. */
export interface Driven {
  readonly simulation: Simulation;
}

/** By this name fast-check knows values that are to be cloned before each use. */
const cloneMethod = Symbol.for('fast-check/cloneMethod');

/** One thing that happens, chosen by a number among those of its kind; it reads as what it did. */
class Command implements FastCheck.AsyncCommand<object, Driven> {
  readonly #kind: Kind;
  readonly #number: number;
  readonly #around: Surroundings;
  #told = '';

  constructor(kind: Kind, number: number, around: Surroundings) {
    this.#kind = kind;
    this.#number = number;
    this.#around = around;
  }

  /** A command that ran tells what it did, so each run has one of its own. */
  [cloneMethod](): Command {
    return new Command(this.#kind, this.#number, this.#around);
  }

  check(): boolean {
    return true;
  }

  async run(_: object, { simulation }: Driven): Promise<void> {
    const actions = actionsOf(simulation.world, this.#kind, this.#around);
    const action = actions[this.#number % Math.max(actions.length, 1)];
    if (action === undefined) return;
    this.#told = tell(action);
    await simulation.take(action);
  }

  toString(): string {
    return this.#told === '' ? `${this.#kind} (nothing to do)` : this.#told;
  }
}

export interface HistoryOptions {
  readonly charm?: Charm;
  readonly checked?: readonly Invariant[];
  readonly around?: Surroundings;
  /** Commands in a history, at most; 100 by default. */
  readonly length?: number;
  /** As printed with a counter-example, to run the same commands again. */
  readonly replayPath?: string;
}

/** Histories as commands: whatever happens in a model, by kinds as often as it is to be expected. */
export const histories = (
  fc: Fc,
  { around = surroundings, length = 100, replayPath }: HistoryOptions = {},
): FastCheck.Arbitrary<Iterable<FastCheck.AsyncCommand<object, Driven>>> => {
  const weighted = Object.entries(kinds).map(([kind, weight]) => ({
    weight,
    arbitrary: fc.nat(10_000).map((number) => new Command(kind as Kind, number, around)),
  }));
  return fc.commands([fc.oneof(...weighted)], {
    maxCommands: length,
    // Short histories alone would hardly ever get as far as a removal.
    size: 'max',
    ...(replayPath === undefined ? {} : { replayPath }),
  });
};

/**
 * The property that no history violates an invariant, and that each one ends clean. Check it with
 * `fc.assert`: the counter-example reads as a story, and the seed, path and replayPath that are
 * printed with it run it again.
 */
export const historiesHold = (
  fc: Fc,
  topology: FastCheck.Arbitrary<Topology>,
  options: HistoryOptions = {},
) =>
  fc.asyncProperty(topology, histories(fc, options), async (chosen, commands) => {
    const { charm, checked } = options;
    const simulation = new Simulation(worldOf(chosen), {
      ...(charm === undefined ? {} : { charm }),
      ...(checked === undefined ? {} : { checked }),
    });
    const setup = () => ({ model: {}, real: { simulation } });
    await fc.asyncModelRun(setup, commands);
    await simulation.rest();
  });
