/** What public functions are given by who has no compiler: told by name, before anything is done. */
import { HookMisuse } from './hook-misuse.ts';

/** What an argument, or a part of it, can be asked to be. */
type Kind = keyof typeof kinds;

/** Of a record the parts without which nothing can be done. */
export type Wanted = Kind | Readonly<Record<string, Kind>>;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kinds = {
  text: ['a text', (value: unknown) => typeof value === 'string'],
  number: ['a number', (value: unknown) => typeof value === 'number'],
  list: ['a list', Array.isArray],
  record: ['a record', isRecord],
  function: ['a function', (value: unknown) => typeof value === 'function'],
} as const;

/** Throws `HookMisuse` where an argument of a public function is nothing that it can work on. */
export function given(to: string, name: string, value: unknown, shape: Wanted): void {
  const what = unfit(name, value, shape);
  if (what !== null) throw new HookMisuse('ArgumentUnfit', to, null, what);
}

/** What is wrong with an argument; null where nothing is. What it holds is not told: it may be secret. */
export function unfit(name: string, value: unknown, shape: Wanted): string | null {
  if (typeof shape === 'string') return isOf(shape, value) ? null : wanted(name, shape, value);
  if (!isRecord(value))
    return `it wants ${name} to be a record with ${Object.keys(shape).join(', ')}, and got ${kindOf(value)}`;
  for (const part in shape) {
    const kind = shape[part];
    if (kind !== undefined && !isOf(kind, value[part]))
      return wanted(`${part} of ${name}`, kind, value[part]);
  }
  return null;
}

const wanted = (name: string, kind: Kind, value: unknown): string =>
  `it wants ${name} to be ${kinds[kind][0]}, and got ${kindOf(value)}`;

const isOf = (kind: Kind, value: unknown): boolean => kinds[kind][1](value);

/** What kind of thing a value is, where what it holds is not to be told. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (isRecord(value) && typeof value.then === 'function') return 'a promise';
  const kind = Object.values(kinds).find(([, isSuch]) => isSuch(value));
  return kind?.[0] ?? `a ${typeof value}`;
}
