import type { Databag } from './port.ts';

/** As relation-set and state-set merge: an empty value deletes its key. Equal content stays the same object. */
export function merged(databag: Databag, values: Databag): Databag {
  let next: Record<string, string> | null = null;
  for (const key in values) {
    const value = values[key] ?? '';
    if ((databag[key] ?? '') === value) continue;
    next ??= { ...databag };
    if (value === '') delete next[key];
    else next[key] = value;
  }
  return next ?? databag;
}
