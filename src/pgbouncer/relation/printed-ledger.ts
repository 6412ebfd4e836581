/**
 * The application's databag as Juju prints it, read at once into the records that are in it. It has
 * megabytes beside thousands of relations: to make a value of each text first, and to read a record
 * out of each value then, takes most of the time of a hook that is about one of them.
 */
import type { Grant } from '../../../machines/index.ts';
import { isRecordKey, recordKey } from '../keys.ts';
import { endOfText, type PrintedRecord } from './record-text.ts';
import type { Databag } from './request.ts';

/** What was read of a databag, in the order in which it was printed. */
export interface Printed {
  /** The grants whose records have the form in which they are written; of any other record its key. */
  readonly records: readonly (Grant | string)[];
  /** All values but those of these grants. */
  readonly others: Databag;
}

/** What stands in the databags that were read so. */
const readBefore = new WeakMap<Databag, Printed>();

/** What was read of a databag; null where it was not read so. */
export const printedIn = (databag: Databag): Printed | null => readBefore.get(databag) ?? null;

/**
 * Reads a databag. It is like any other to whoever asks it for something, and what is not asked for
 * is read no further. Null where it is not printed as Juju prints it: then it is JSON at most.
 */
export function readPrinted(
  printed: string,
  readRecord: (printed: string, at: number) => PrintedRecord | null,
): Databag | null {
  const end = printed.trimEnd().length - 1;
  if (!printed.startsWith('{"') || printed[end] !== '}') return null;
  const records: (Grant | string)[] = [];
  const others: Record<string, string> = {};
  let at = 1;
  while (true) {
    const record = readRecord(printed, at);
    if (record !== null) {
      records.push(record.grant);
      at = record.end;
    } else {
      const other = otherAt(printed, at);
      // What every object has would not be missed.
      if (other === null || other.key in others) return null;
      others[other.key] = other.value;
      if (isRecordKey(other.key)) records.push(other.key);
      at = other.end;
    }
    if (at === end) break;
    if (printed[at] !== ',') return null;
    at += 1;
  }
  const databag = lazily(printed, others, records);
  readBefore.set(databag, { records, others });
  return databag;
}

/** A key and its value, at a place of a printed databag; null where there is none, or not a text. */
function otherAt(printed: string, at: number) {
  if (printed[at] !== '"') return null;
  const colon = endOfText(printed, at + 1);
  if (colon === null || !printed.startsWith(':"', colon)) return null;
  const end = endOfText(printed, colon + 2);
  if (end === null) return null;
  try {
    const key: string = JSON.parse(printed.slice(at, colon));
    const value: string = JSON.parse(printed.slice(colon + 1, end));
    return { key, value, end };
  } catch {
    return null;
  }
}

/** A databag whose records are made texts when somebody asks for them. */
function lazily(printed: string, others: Databag, records: Printed['records']): Databag {
  let whole: Databag | null = null;
  const all = (): Databag => {
    const read: Databag = whole ?? JSON.parse(printed);
    whole = read;
    return read;
  };
  const recordOf = (key: string): string | undefined => {
    const has = records.some(
      (record) => typeof record !== 'string' && recordKey(record.relation) === key,
    );
    if (!has) return undefined;
    const at = printed.startsWith(`{"${key}":"`) ? 0 : printed.indexOf(`,"${key}":"`);
    return otherAt(printed, at + 1)?.value;
  };
  return new Proxy<Databag>(
    {},
    {
      get: (_, key) => {
        if (typeof key !== 'string') return undefined;
        if (whole !== null) return Reflect.get(whole, key);
        return isRecordKey(key) ? (others[key] ?? recordOf(key)) : Reflect.get(others, key);
      },
      has: (_, key) => Reflect.has(all(), key),
      ownKeys: () => Reflect.ownKeys(all()),
      getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(all(), key),
    },
  );
}
