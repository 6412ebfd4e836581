import type { Secret } from '../../machines/index.ts';

/** What stands where a secret was. */
export const maskText = '********';

/** The same value with every secret replaced; only `mask` makes one, so a run cannot hold a password. */
export type Masked<Value> = Value extends Secret
  ? typeof maskText
  : Value extends object
    ? { readonly [Key in keyof Value]: Masked<Value[Key]> }
    : Value;

/** Replaces every `Secret` in a JSON value, however deep it sits. The value MUST NOT change later. */
export function mask<Value>(value: Value): Masked<Value> {
  return masked(value) as Masked<Value>;
}

/** A grant goes through many requests and answers of a hook; it is masked once. */
const known = new WeakMap<object, unknown>();

/** What holds no secret is its own masked form. */
function masked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ((value as { secret?: unknown }).secret !== undefined) return maskText;
  const before = known.get(value);
  if (before !== undefined) return before;
  let copy: Record<string, unknown> | null = null;
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner !== 'object' || inner === null) continue;
    const shown = masked(inner);
    if (shown === inner) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = shown;
  }
  if (copy === null) return value;
  known.set(value, copy);
  return copy;
}
