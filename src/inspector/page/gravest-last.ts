import { type Entry, type EntryEnd, endOf } from '../recording.ts';

const ends: readonly EntryEnd[] = ['returned', 'deferred', 'refused', 'failed'];

interface Listed {
  readonly entries: readonly Entry[];
  readonly shown: readonly number[];
  readonly culprits: { readonly has: (index: number) => boolean };
}

/** Of many runs some stand in one place: what went wrong is painted over what went well. */
export function gravestLast({ entries, shown, culprits }: Listed): readonly number[] {
  const gravity = (number: number): number => {
    const entry = entries[number];
    if (entry === undefined) return 0;
    if (entry._tag === 'Note') return entry.ok ? 3 : 5;
    return culprits.has(number) ? 4 : Math.max(ends.indexOf(endOf(entry)), 0);
  };
  const graded: number[][] = [[], [], [], [], [], []];
  for (const number of shown) graded[gravity(number)]?.push(number);
  return graded.flat();
}
