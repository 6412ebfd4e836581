import { provider } from '../world.ts';
import type { Interner } from './intern.ts';

/**
 * Units of the provider differ in nothing but their names, so worlds that become equal when units
 * change names are one. Lists that the charm sorts by name are sorted anew.
 */
export class Symmetry {
  readonly #interner: Interner;
  readonly #renamings: readonly {
    readonly names: readonly number[];
    readonly known: Map<object | string, unknown>;
  }[];

  constructor(interner: Interner, units: number) {
    this.#interner = interner;
    this.#renamings = permutations(Array.from({ length: units }, (_, number) => number))
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
      if (!value.includes('pgb')) return value;
      const before = known.get(value);
      if (before !== undefined) return before;
      const after = renamedText(value, names);
      known.set(value, after);
      return after;
    }
    if (typeof value !== 'object' || value === null) return value;
    const before = known.get(value);
    if (before !== undefined) return before;
    const after = this.#interner.canonical(
      Array.isArray(value)
        ? value.map((part) => this.#renamed(part, names, known)).sort(byName)
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
}

const named = new RegExp(`${provider}/(\\d+)`, 'g');
const addresses = /pgb-\d+:6432(?:,pgb-\d+:6432)*/g;

const renamedText = (text: string, names: readonly number[]): string =>
  text
    .replace(named, (_, number) => `${provider}/${names[Number(number)] ?? number}`)
    .replace(addresses, (list) =>
      list
        .split(',')
        .map((one) => one.replace(/\d+/, (number) => String(names[Number(number)] ?? number)))
        .sort()
        .join(','),
    );

/** Only lists of units are in the order of their names; others stay as they are. */
const byName = (one: unknown, other: unknown): number => {
  if (typeof one !== 'string' || typeof other !== 'string') return 0;
  if (!one.startsWith(`${provider}/`) || !other.startsWith(`${provider}/`)) return 0;
  return one < other ? -1 : 1;
};

function permutations(numbers: readonly number[]): readonly (readonly number[])[] {
  if (numbers.length === 0) return [[]];
  return numbers.flatMap((first) =>
    permutations(numbers.filter((number) => number !== first)).map((rest) => [first, ...rest]),
  );
}
