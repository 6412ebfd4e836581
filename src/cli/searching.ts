import type { Counts } from '../testing/index.ts';
import { leastForeseen, settled } from './foreseen.ts';

/** One search: what it said last, and what is known of its levels. */
interface Course {
  readonly counts: Counts;
  /** New states at each level of which all are known; the first level is the beginning alone. */
  readonly levels: readonly number[];
  /** How many states it will come to; null where its levels do not foretell that. */
  readonly whole: number | null;
  /** How many it will come to at least, as far as its levels foretell that. */
  readonly least: number;
}

/** Searches side by side, while they go on. */
export class Searching {
  readonly #wanted: number;
  /** By the beginning of the search. */
  readonly #courses = new Map<number, Course>();

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Takes what a search says within its levels, and after each of them. */
  take(counts: Counts): void {
    const { levels, whole, least } = this.#courses.get(counts.served) ?? begun;
    const known = levels.reduce((sum, count) => sum + count, 0);
    // Once all that were known are looked at, what is new beside them is the next level.
    const isWhole = lookedAt(counts) >= known;
    const all = isWhole ? [...levels, counts.states - known] : levels;
    const foretold = isWhole ? settled(all) : whole;
    const early = isWhole ? leastForeseen(all) : least;
    this.#courses.set(counts.served, { counts, levels: all, whole: foretold, least: early });
  }

  get latest(): readonly Counts[] {
    return [...this.#courses.values()].map(({ counts }) => counts);
  }

  /** What was looked at, of all that is foreseen; null where a search does not foretell its end. */
  get share(): number | null {
    if (this.#courses.size < this.#wanted) return null;
    let [looked, all] = [0, 0];
    for (const { counts, whole } of this.#courses.values()) {
      if (whole === null) return null;
      looked += lookedAt(counts);
      all += Math.max(whole, counts.states);
    }
    return looked / all;
  }

  /** What was looked at, of all that is known of or foreseen by now: the share is hardly more. */
  get atMost(): number {
    let [looked, all] = [0, 0];
    for (const { counts, least } of this.#courses.values()) {
      looked += lookedAt(counts);
      all += Math.max(least, counts.states);
    }
    return looked / all;
  }
}

const begun = { levels: [1], whole: null, least: 0 };

const lookedAt = ({ states, waiting }: Counts): number => states - waiting;
