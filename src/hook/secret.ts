import { HookMisuse } from '../misuse/hook-misuse.ts';

/** A value that MUST NOT be shown: whatever is printed replaces the whole object by a mask. */
export interface Secret {
  readonly secret: string;
}

/** What stands where a secret was. */
export const maskText = '********';

/** The same value with every secret replaced; only `mask` makes one, so a run cannot hold a password. */
export type Masked<Value> = Value extends Secret
  ? typeof maskText
  : Value extends object
    ? { readonly [Key in keyof Value]: Masked<Value[Key]> }
    : Value;

/**
 * Replaces every `Secret` in a JSON value, however deep it sits; what holds none is its own mask.
 *
 * @category Handlers
 *
 * @example
 * ```ts
 * import { mask } from 'hookchart';
 *
 * console.log(mask({ user: 'tom', password: { secret: 'swordfish' } }));
 * // { user: 'tom', password: '********' }
 * ```
 */
export const mask = <Value>(value: Value): Masked<Value> => masker()(value);

/**
 * A mask that remembers what it has masked, for as long as one run lasts: a grant goes through many
 * requests and answers of a hook. The values MUST NOT change meanwhile.
 */
export function masker(): <Value>(value: Value) => Masked<Value> {
  const known = new Map<object, unknown>();
  const masked = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if ((value as { secret?: unknown }).secret !== undefined) return maskText;
    const before = known.get(value);
    if (before !== undefined) return before;
    const copy = Array.isArray(value) ? maskedList(value, masked) : maskedParts(value, masked);
    if (copy !== value) known.set(value, copy);
    return copy;
  };
  const whole = (value: unknown): unknown => {
    try {
      return masked(value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const what = 'it masks plain data, and what it got holds itself, or is nested without an end';
      throw new HookMisuse('ArgumentUnfit', 'mask', null, what);
    }
  };
  return whole as ReturnType<typeof masker>;
}

function maskedParts(value: object, masked: (value: unknown) => unknown): object {
  const parts = value as Record<string, unknown>;
  let copy: Record<string, unknown> | null = null;
  for (const key in parts) {
    const inner = parts[key];
    if (typeof inner !== 'object' || inner === null) continue;
    const shown = masked(inner);
    if (shown === inner) continue;
    copy ??= { ...parts };
    copy[key] = shown;
  }
  return copy ?? value;
}

function maskedList(list: readonly unknown[], masked: (value: unknown) => unknown): object {
  let copy: unknown[] | null = null;
  for (const [at, inner] of list.entries()) {
    if (typeof inner !== 'object' || inner === null) continue;
    const shown = masked(inner);
    if (shown === inner) continue;
    copy ??= [...list];
    copy[at] = shown;
  }
  return copy ?? list;
}
