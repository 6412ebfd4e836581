import type { Counts } from '../testing/index.ts';
import { foreseen } from './foreseen.ts';

/** Searches side by side, while they go on. */
export class Searching {
  readonly #wanted: number;
  readonly #latest = new Map<number, Counts>();
  /** New states at each level, by the beginning of the search. */
  readonly #levels = new Map<number, number[]>();

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Takes what a search says after each of its levels. */
  take(counts: Counts): void {
    this.#latest.set(counts.served, counts);
    const levels = this.#levels.get(counts.served) ?? [1];
    levels.push(counts.waiting);
    this.#levels.set(counts.served, levels);
  }

  get latest(): readonly Counts[] {
    return [...this.#latest.values()];
  }

  /** What was looked at, of all that is foreseen; null where a search does not foretell its end. */
  get share(): number | null {
    if (this.#latest.size < this.#wanted) return null;
    let [looked, whole] = [0, 0];
    for (const levels of this.#levels.values()) {
      const all = foreseen(levels);
      if (all === null) return null;
      whole += all;
      looked += levels.slice(0, -1).reduce((sum, count) => sum + count, 0);
    }
    return looked / whole;
  }
}
