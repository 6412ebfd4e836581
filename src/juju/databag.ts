import type { Databag } from './port.ts';

/** As relation-set and state-set merge: an empty value deletes its key. Equal content stays the same object. */
export function merged(databag: Databag, values: Databag): Databag {
  const changed = difference(databag, values);
  if (changed === null) return databag;
  const emptied = new Set<string>();
  for (const key in changed) if (changed[key] === '') emptied.add(key);
  // Key by key: what was spread and grows, or has lost a key, is slow to make and to read in V8.
  const next: Record<string, string> = {};
  for (const key in databag) if (!emptied.has(key)) next[key] = databag[key] ?? '';
  for (const key in changed) if (!emptied.has(key)) next[key] = changed[key] ?? '';
  return next;
}

/** Databags as one; of two values for a key the later one counts. */
export function joined(...databags: readonly Databag[]): Databag {
  // What is spread into an object that grows then is slow to make in V8.
  const all: Record<string, string> = {};
  for (const databag of databags) for (const key in databag) all[key] = databag[key] ?? '';
  return all;
}

/** Those values that a databag does not hold yet; null where it holds all of them. */
export function difference(databag: Databag, values: Databag): Databag | null {
  let differing: Record<string, string> | null = null;
  for (const key in values) {
    const value = values[key] ?? '';
    if ((databag[key] ?? '') === value) continue;
    differing ??= {};
    differing[key] = value;
  }
  return differing;
}
