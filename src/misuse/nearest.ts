import { oneOf } from './hook-misuse.ts';

/** The word that may have been meant by one that is none of them; null where none is close. */
export function nearest(word: string, words: readonly string[]): string | null {
  const [best] = words
    .map((one) => ({ one, distance: distance(word.toLowerCase(), one.toLowerCase()) }))
    .sort((some, other) => some.distance - other.distance);
  if (best === undefined) return null;
  const allowed = Math.floor(Math.max(word.length, best.one.length) * 0.4);
  return best.distance <= allowed ? best.one : null;
}

/** What to say in place of a word that is none of them: the nearest one, or any. */
export function instead(word: string, words: readonly string[]): string {
  const meant = nearest(word, words);
  return oneOf(meant === null ? words : [meant]);
}

/** How many letters are wrong, missing, too many, or swapped with the next one. */
function distance(one: string, other: string): number {
  let above: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let down = 0; down < one.length; down++) {
    const next = [down + 1];
    for (let right = 0; right < other.length; right++) {
      const wrong = (row[right] ?? 0) + (one[down] === other[right] ? 0 : 1);
      const isSwapped = one[down - 1] === other[right] && one[down] === other[right - 1];
      const swapped = right > 0 && isSwapped ? (above[right - 1] ?? 0) + 1 : wrong;
      next.push(Math.min((row[right + 1] ?? 0) + 1, (next[right] ?? 0) + 1, wrong, swapped));
    }
    [above, row] = [row, next];
  }
  return row[other.length] ?? 0;
}
