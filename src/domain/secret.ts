import type { Secret } from '../../machines/index.ts';

/** What stands where a secret was. */
export const maskText = '********';

/** The same value with every secret replaced; only `mask` makes one, so a run cannot hold a password. */
export type Masked<Value> = Value extends Secret
  ? typeof maskText
  : Value extends object
    ? { readonly [Key in keyof Value]: Masked<Value[Key]> }
    : Value;

/** Replaces every `Secret` in a JSON value, however deep it sits. */
export function mask<Value>(value: Value): Masked<Value> {
  return masked(value) as Masked<Value>;
}

function masked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(masked);
  if ('secret' in value) return maskText;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}
