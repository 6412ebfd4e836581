/**
 * The application's databag as Juju prints it, read at once into the records that are in it. It has
 * megabytes beside thousands of relations: to make a value of each text first, and to read a record
 * out of each value then, takes most of the time of a hook that is about one of them.
 */
import { isRecordKey, relationOf } from '../keys.ts';
import type { LedgerRecord } from './ledger.ts';
import { RecordMap } from './record-map.ts';
import { endOfText, type PrintedReader } from './record-text.ts';
import type { Databag } from './request.ts';

/** What was read of a databag. */
export interface Printed {
  readonly records: () => RecordMap;
  readonly unsettled: ReadonlySet<number>;
}

/** What stands in the databags that were read so. */
const readBefore = new WeakMap<Databag, Printed>();

/** What was read of a databag; null where it was not read so. */
export const printedIn = (databag: Databag): Printed | null => readBefore.get(databag) ?? null;

/** How the records in it are read. */
export interface Reading extends PrintedReader {
  /** A record of any other form; null where it cannot be read. */
  readonly readOther: (text: string, key: string) => LedgerRecord | null;
  readonly isSettled: (record: LedgerRecord) => boolean;
}

/**
 * Reads a databag. It is like any other to whoever asks it for something, and what is not asked for
 * is read no further. Null where it is not printed as Juju prints it, or is no ledger that can be
 * read: whoever reads it as any other JSON finds out why.
 */
export function readPrinted(printed: string, reading: Reading): Databag | null {
  const end = printed.trimEnd().length - 1;
  if (!printed.startsWith('{"') || printed[end] !== '}') return null;
  const records = new Map<number, LedgerRecord | number>();
  const unsettled = new Set<number>();
  const others: Record<string, string> = {};
  let at = 1;
  while (true) {
    const passed = reading.pass(printed, at);
    if (passed !== null) {
      records.set(passed.relation, at);
      if (!passed.isSettled) unsettled.add(passed.relation);
      at = passed.end;
    } else {
      const other = otherAt(printed, at);
      // What every object has would not be missed.
      if (other === null || other.key in others) return null;
      others[other.key] = other.value;
      at = other.end;
      if (isRecordKey(other.key)) {
        const record = reading.readOther(other.value, other.key);
        if (record === null) return null;
        records.set(record.relation, record);
        if (!reading.isSettled(record)) unsettled.add(record.relation);
      }
    }
    if (at === end) break;
    if (printed[at] !== ',') return null;
    at += 1;
  }
  const databag = lazily(printed, others, records);
  const read = (at: number) => reading.read(printed, at);
  // What is on record belongs to the databag, of which a ledger may be read once more.
  readBefore.set(databag, { records: () => new RecordMap(new Map(records), read), unsettled });
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

/** So many texts are read one by one; whoever wants more is better off with all of them. */
const mostRead = 8;

/** A databag whose records are made texts when somebody asks for them. */
function lazily(
  printed: string,
  others: Databag,
  /** Where each stands that was not made a text yet. */
  offsets: ReadonlyMap<number, LedgerRecord | number>,
): Databag {
  let whole: Databag | null = null;
  let read = 0;
  const all = (): Databag => {
    whole ??= JSON.parse(printed) as Databag;
    return whole;
  };
  const recordOf = (key: string): string | undefined => {
    read += 1;
    if (read > mostRead) return all()[key];
    const at = offsets.get(relationOf(key));
    const found = typeof at === 'number' ? otherAt(printed, at) : null;
    return found?.key === key ? found.value : undefined;
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
