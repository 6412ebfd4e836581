/** The word that may have been meant by one that is none of them; null where none is close. */
export function nearest(word: string, words: readonly string[]): string | null {
  const ranked = words
    .map((one) => ({ one, distance: distance(word.toLowerCase(), one.toLowerCase()) }))
    .sort((some, other) => some.distance - other.distance);
  const [best] = ranked;
  if (best === undefined) return null;
  const allowed = Math.floor(Math.max(word.length, best.one.length) * 0.4);
  return best.distance <= allowed ? best.one : null;
}

/** How many letters are wrong, missing, too many, or swapped with the next one. */
function distance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let down = 1; down <= one.length; down++) {
    const row = [down];
    for (let right = 1; right <= other.length; right++) {
      const isSame = one[down - 1] === other[right - 1];
      const least = Math.min(
        at(rows, down - 1, right) + 1,
        (row[right - 1] ?? 0) + 1,
        at(rows, down - 1, right - 1) + (isSame ? 0 : 1),
      );
      const isSwapped = one[down - 1] === other[right - 2] && one[down - 2] === other[right - 1];
      row.push(
        down > 1 && right > 1 && isSwapped
          ? Math.min(least, at(rows, down - 2, right - 2) + 1)
          : least,
      );
    }
    rows.push(row);
  }
  return at(rows, one.length, other.length);
}

const at = (rows: readonly (readonly number[])[], down: number, right: number): number =>
  rows[down]?.[right] ?? 0;
