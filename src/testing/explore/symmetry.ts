import type { SimulatedCharm } from '../simulated-charm.ts';
import type { Interner } from './intern.ts';

/**
 * Where units differ in nothing but their names, worlds that become equal when units change names are
 * one. The charm says whether its own do, and how its texts read then; by default all are told apart.
 */
export class Symmetry {
  readonly #interner: Interner;
  readonly #renamings: readonly {
    readonly names: readonly number[];
    readonly known: Map<object | string, unknown>;
  }[];

  readonly #symmetry: SimulatedCharm['reductions']['symmetry'];
  readonly #application: string;

  constructor(
    interner: Interner,
    units: number,
    { application, reductions: { symmetry } }: Pick<SimulatedCharm, 'application' | 'reductions'>,
  ) {
    this.#interner = interner;
    this.#symmetry = symmetry;
    this.#application = application;
    const numbers = Array.from({ length: symmetry === undefined ? 0 : units }, (_, at) => at);
    this.#renamings = permutations(numbers)
      .slice(1)
      .map((names) => ({ names, known: new Map() }));
  }

  /** The value with its units renamed in every other way; canonical, like the value. */
  others<Value extends object>(value: Value): readonly Value[] {
    return this.#renamings.map(({ names, known }) => this.#renamed(value, names, known) as Value);
  }

  #renamed(
    value: unknown,
    names: readonly number[],
    known: Map<object | string, unknown>,
  ): unknown {
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

function permutations(numbers: readonly number[]): readonly (readonly number[])[] {
  if (numbers.length === 0) return [[]];
  return numbers.flatMap((first) =>
    permutations(numbers.filter((number) => number !== first)).map((rest) => [first, ...rest]),
  );
}
