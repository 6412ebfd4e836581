/**
 * Remembers what a pure function last made for each place. A hook that serves one relation reads
 * the records of all; in a process that lives on, the others have not changed. When it is full it
 * starts anew, so that places which are gone do not stay.
 */
export function latest<Key, Input, Result>(
  limit: number,
  make: (input: Input, place: Key) => Result,
): (place: Key, input: Input) => Result {
  const known = new Map<Key, { readonly input: Input; readonly result: Result }>();
  return (place, input) => {
    const last = known.get(place);
    if (last !== undefined && last.input === input) return last.result;
    const result = make(input, place);
    if (known.size >= limit) known.clear();
    known.set(place, { input, result });
    return result;
  };
}
