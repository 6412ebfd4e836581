/** What public functions are given by who has no compiler: told by name, before anything is done. */
import { HookMisuse } from './hook-misuse.ts';
import { isRecord } from './words.ts';

/** What an argument, or a part of it, can be asked to be. */
type Kind = 'text' | 'number' | 'list' | 'record' | 'function';

/** Of a record the parts without which nothing can be done. */
export type Wanted = Kind | Readonly<Record<string, Kind>>;

const described: Readonly<Record<Kind, string>> = {
  text: 'a text',
  number: 'a number',
  list: 'a list',
  record: 'a record',
  function: 'a function',
};

/** Throws `HookMisuse` where an argument of a public function is nothing that it can work on. */
export function given(to: string, name: string, value: unknown, shape: Wanted): void {
  const what = unfit(name, value, shape);
  if (what !== null) throw new HookMisuse('ArgumentUnfit', to, null, what);
}

/** What is wrong with an argument; null where nothing is. What it holds is not told: it may be secret. */
export function unfit(name: string, value: unknown, shape: Wanted): string | null {
  if (typeof shape === 'string') return isOf(shape, value) ? null : wanted(name, shape, value);
  if (!isRecord(value))
    return `it wants ${name} to be a record with ${Object.keys(shape).join(', ')}, and got ${shown(value)}`;
  for (const part in shape) {
    const kind = shape[part];
    if (kind !== undefined && !isOf(kind, value[part]))
      return wanted(`${part} of ${name}`, kind, value[part]);
  }
  return null;
}

const wanted = (name: string, kind: Kind, value: unknown): string =>
  `it wants ${name} to be ${described[kind]}, and got ${shown(value)}`;

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'list':
      return Array.isArray(value);
    case 'record':
      return isRecord(value);
    default:
      return typeof value === kind;
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  const kind = (Object.keys(described) as readonly Kind[]).find((one) => isOf(one, value));
  return kind === undefined ? `a ${typeof value}` : described[kind];
}
