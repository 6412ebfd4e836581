/** Of so many levels the trend is taken: what was before them says little of what comes. */
const most = 8;
/** Levels that are foreseen at most. */
const horizon = 1_000;

/**
 * How many states a search will have looked at in the end, by how many were new at each of its
 * levels. Within bounds the levels grow, ever more slowly, and then shrink: the logarithm of the
 * growth falls about in a line, which is gone on with. Null while it does not fall.
 */
export function foreseen(levels: readonly number[]): number | null {
  const known = levels.reduce((sum, count) => sum + count, 0);
  const last = levels.at(-1) ?? 0;
  if (last === 0) return known;
  const growth = levels
    .slice(-most - 1)
    .flatMap((count, at, all) => (at === 0 ? [] : [Math.log(count / (all[at - 1] ?? count))]));
  if (growth.length < 4) return null;
  const { slope, end } = lineThrough(growth);
  if (slope >= 0) return null;
  let [whole, next, log] = [known, last, end];
  for (let level = 0; level < horizon && next >= 1; level++) {
    log += slope;
    next *= Math.exp(log);
    whole += next;
  }
  return whole;
}

/** What so many levels in turn foretold is to agree before it is believed, up to so many times. */
const agreed = { levels: 4, times: 2 };

/**
 * What is foreseen, once it has come to rest: the most that the last levels foretold, for what is
 * foreseen too early is nearly always too little. Null where they foretell nothing, or very
 * different things.
 */
export function settled(levels: readonly number[]): number | null {
  if (levels.at(-1) === 0) return foreseen(levels);
  const foretold = lately(levels).filter((whole) => whole !== null);
  const most = Math.max(...foretold);
  const isAgreed =
    foretold.length === agreed.levels && most <= agreed.times * Math.min(...foretold);
  return isAgreed ? most : null;
}

/** The least that the last levels foretold; nothing where one of them foretells nothing. */
export const leastForeseen = (levels: readonly number[]): number =>
  Math.min(...lately(levels).map((whole) => whole ?? 0));

const lately = (levels: readonly number[]): readonly (number | null)[] =>
  Array.from({ length: agreed.levels }, (_, back) =>
    foreseen(levels.slice(0, levels.length - back)),
  );

/** The straight line that is closest to values at 0, 1, 2, …, and its value at the last one. */
function lineThrough(values: readonly number[]): { readonly slope: number; readonly end: number } {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [up, across] = [0, 0];
  for (const [at, value] of values.entries()) {
    up += (at - middle) * (value - mean);
    across += (at - middle) ** 2;
  }
  const slope = up / across;
  return { slope, end: mean + slope * middle };
}
