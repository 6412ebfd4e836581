import type { SimulatedCharm } from '../simulated-charm.ts';
import type { World } from '../world.ts';
import type { Budget, State } from './bounds.ts';
import type { Interner } from './intern.ts';

/** A state without what is left of the bounds. */
export interface WorldState {
  readonly world: World;
  readonly behind: State['behind'];
  readonly toRelate: Budget['toRelate'];
}

/**
 * Where units differ in nothing but their names, states that become equal when units change names are
 * one. The charm says whether its own do, and how its texts read then; by default all are told apart.
 */
export class Symmetry {
  readonly #interner: Interner;
  readonly #numbers: readonly number[];
  readonly #renamings: readonly Renaming[];
  readonly #symmetry: SimulatedCharm['reductions']['symmetry'];
  readonly #application: string;
  /** What the record of a unit comes to whatever the units are called, by the unit's number. */
  readonly #likeness: readonly Map<object, number>[];

  constructor(
    interner: Interner,
    units: number,
    { application, reductions: { symmetry } }: Pick<SimulatedCharm, 'application' | 'reductions'>,
  ) {
    this.#interner = interner;
    this.#symmetry = symmetry;
    this.#application = application;
    this.#numbers = Array.from({ length: symmetry === undefined ? 0 : units }, (_, at) => at);
    this.#renamings = permutations(this.#numbers).map((names) => ({ names, known: new Map() }));
    this.#likeness = this.#numbers.map(() => new Map());
  }

  /**
   * The one of a canonical state's spellings that stands for all of them, and how many there are. Its
   * first unit leads, so that more hooks are known from an equal view.
   */
  first(state: WorldState): { readonly state: WorldState; readonly spellings: number } {
    if (this.#symmetry === undefined) return { state, spellings: 1 };
    const ranks = this.#numbers.map((unit) => this.#rank(state, unit));
    const ordered = [...ranks].sort((one, other) => one - other);
    let first = state;
    let least = Number.POSITIVE_INFINITY;
    let same = 1;
    for (const { names, known } of this.#renamings) {
      // Units that are alike may stand in either order: of those, the spelling with the least number.
      if (!names.every((to, from) => ordered[to] === ranks[from])) continue;
      const spelling = this.#renamed(state, names, known) as WorldState;
      const number = this.#interner.numberOf(spelling);
      if (number === least) same += 1;
      if (number >= least) continue;
      [first, least, same] = [spelling, number, 1];
    }
    return { state: first, spellings: this.#renamings.length / same };
  }

  /** A figure that is the same whatever the units are called. */
  #rank({ world: { applications, units }, behind }: WorldState, unit: number): number {
    const name = `${this.#application}/${unit}`;
    const record = units[name];
    if (record === undefined) return Number.POSITIVE_INFINITY;
    const others = applications[this.#application]?.leader === name ? 0 : 2 ** 40;
    return others + this.#likenessOf(record, unit) * 2 + (behind.includes(name) ? 1 : 0);
  }

  #likenessOf(record: object, unit: number): number {
    const before = this.#likeness[unit]?.get(record);
    if (before !== undefined) return before;
    const numbers = this.#renamings.flatMap(({ names, known }) =>
      names[unit] === 0 ? [this.#interner.numberOf(this.#renamed(record, names, known))] : [],
    );
    const likeness = Math.min(...numbers);
    this.#likeness[unit]?.set(record, likeness);
    return likeness;
  }

  #renamed(value: unknown, names: Renaming['names'], known: Renaming['known']): unknown {
    if (typeof value === 'string') {
      if (this.#symmetry === undefined || !value.includes(this.#symmetry.sign)) return value;
      const before = known.get(value);
      if (before !== undefined) return before;
      const after = this.#symmetry.renamed(value, names);
      known.set(value, after);
      return after;
    }
    if (typeof value !== 'object' || value === null) return value;
    const before = known.get(value);
    if (before !== undefined) return before;
    const after = this.#interner.canonical(
      Array.isArray(value)
        ? value.map((part) => this.#renamed(part, names, known)).sort(this.#byName)
        : Object.fromEntries(
            Object.entries(value).map(([key, part]) => [
              this.#renamed(key, names, known),
              this.#renamed(part, names, known),
            ]),
          ),
    );
    known.set(value, after);
    return after;
  }

  /** Only lists of units are in the order of their names; others stay as they are. */
  #byName = (one: unknown, other: unknown): number => {
    const unit = `${this.#application}/`;
    if (typeof one !== 'string' || typeof other !== 'string') return 0;
    if (!one.startsWith(unit) || !other.startsWith(unit)) return 0;
    return one < other ? -1 : 1;
  };
}

interface Renaming {
  /** The new number of each unit, by its old one. */
  readonly names: readonly number[];
  readonly known: Map<object | string, unknown>;
}

function permutations(numbers: readonly number[]): readonly (readonly number[])[] {
  if (numbers.length === 0) return [[]];
  return numbers.flatMap((first) =>
    permutations(numbers.filter((number) => number !== first)).map((rest) => [first, ...rest]),
  );
}
