/**
 * Remembers what a pure function made of a text. A hook that serves one relation reads the records
 * of all; in a process that lives on, the others have not changed. It starts anew when it is full,
 * so that what is no longer asked for does not stay.
 */
export function remember<Result>(
  limit: number,
  parse: (text: string) => Result,
): (text: string) => Result {
  let known = new Map<string, Result>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const result = parse(text);
    if (known.size >= limit) known = new Map();
    known.set(text, result);
    return result;
  };
}
