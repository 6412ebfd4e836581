/** What charms without charts put off: ops tells all that waits again in each hook, whatever that is about. */
import type { Entry } from './recording.ts';

/**
 * The runs, by their places, in which an event that waited for a relation was told again: what of it waits
 * no more after each, since it was dealt with or was lost.
 */
export function putOffIn(
  entries: readonly Entry[],
  relation: number,
): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  const waiting = new Map<string, readonly string[]>();
  const all = new Map<string, readonly string[]>();
  for (const [at, entry] of entries.entries()) {
    if (entry._tag === 'Note' || entry.side === 'other') continue;
    const { unit, event, deferred = [] } = entry;
    const before = waiting.get(unit) ?? [];
    if (before.length > 0)
      found.set(
        at,
        before.filter((one) => !deferred.includes(one)),
      );
    const isNew = (one: string) =>
      event.relation === relation && !(all.get(unit) ?? []).includes(one);
    const about = deferred.filter((one) => before.includes(one) || isNew(one));
    waiting.set(unit, about);
    all.set(unit, deferred);
  }
  return found;
}
