/**
 * Remembers what a pure function last made for each key. A hook that serves one relation reads
 * the records of all; in a process that lives on, the others have not changed. When it is full it
 * starts anew, so that keys which are gone do not stay.
 */
export function latest<Key, Input, Result>(
  limit: number,
  make: (input: Input, key: Key) => Result,
): (key: Key, input: Input) => Result {
  const known = new Map<Key, { readonly input: Input; readonly result: Result }>();
  return (key, input) => {
    const last = known.get(key);
    if (last !== undefined && last.input === input) return last.result;
    const result = make(input, key);
    if (known.size >= limit) known.clear();
    known.set(key, { input, result });
    return result;
  };
}
