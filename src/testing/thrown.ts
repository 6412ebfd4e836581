/** What an author's own code throws in a simulation, told so that its place can be found. */

const native: readonly unknown[] = [Error, TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * The exception with what threw it and where, since a command shows its message alone. One of a class
 * of its own is as it was: it means something to somebody.
 */
export function thrownBy(what: string, error: unknown): unknown {
  if (error instanceof Error && !native.includes(error.constructor)) return error;
  const place = error instanceof Error ? placeIn(error.stack) : null;
  const at = place === null ? '' : `, at ${place}`;
  return new Error(`${what} throws ${error}${at}`, { cause: error });
}

/** The first line of a stack that is no part of Node's own. */
function placeIn(stack = ''): string | null {
  const frame = stack.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node:'));
  return frame === undefined ? null : (/\(?([^()\s]+:\d+:\d+)\)?$/.exec(frame)?.[1] ?? null);
}
