/**
 * The ledger: one record per relation in the peer application databag, and the only truth that
 * outlives a hook. Nothing here knows who may write it; only the leader can.
 */
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as v from 'valibot';
import type { Grant } from '../../../machines/index.ts';
import type { Secret } from '../../hook/index.ts';
import { fingerprint } from '../../juju/hook-tools/fingerprint.ts';
import { formatKey, isRecordKey, lookupKey, recordKey, userGroup } from '../keys.ts';
import { laterFormat } from './format.ts';
import { latest } from './latest.ts';
import { printedIn, type Reading, readPrinted } from './printed-ledger.ts';
import type { Records } from './record-map.ts';
import { isTail, isWhole, login, record } from './record-schema.ts';
import { printedReader, recordReader } from './record-text.ts';
import type { Databag } from './request.ts';

/** A request that is not served, and the reason that its operator reads. */
export interface Refused {
  readonly relation: number;
  readonly state: 'refused';
  readonly error: string;
}

export type LedgerRecord = Grant | Refused;

export interface Ledger {
  readonly records: ReadonlyMap<number, LedgerRecord>;
  /** The login with which the poolers of version 0.1 look up users; null where there is none. */
  readonly lookup: KeptLogin | null;
  /** The relations whose records are not settled; left out where nobody has looked. */
  readonly unsettled?: ReadonlySet<number>;
}

/** A login whose password is known, or kept in a Juju secret of the application. */
export interface KeptLogin extends Pick<Grant, 'password'> {
  readonly user: string;
  /** The id of the Juju secret; null where there is none. */
  readonly secret: string | null;
}

/** A ledger that belongs to whoever parsed it. */
export interface ParsedLedger extends Ledger {
  readonly records: Records;
  readonly unsettled: Set<number>;
}

/** A record that cannot be read is kept as it is: guessing would drop clients or lose a password. */
export interface LedgerUnreadable {
  readonly _tag: 'LedgerUnreadable';
  readonly class: 'broken';
  readonly key: string;
  readonly why: string;
}

/** Reads the ledger out of the peer application databag; keys of others are passed over. */
export function parseLedger(databag: Databag): E.Either<LedgerUnreadable, ParsedLedger> {
  const later = laterFormat(databag);
  if (later !== null) return E.left(unreadable(formatKey)(later));
  return E.flatMap(lookupIn(databag), (lookup) => recordsIn(databag, lookup));
}

// Made as one literal: V8 is slow to read an object that was spread, and every hook reads this one.
function recordsIn(
  databag: Databag,
  lookup: Ledger['lookup'],
): E.Either<LedgerUnreadable, ParsedLedger> {
  const printed = printedIn(databag);
  if (printed !== null) {
    const unsettled = new Set(printed.unsettled);
    return E.right({ records: printed.records(), lookup, unsettled });
  }
  const records = new Map<number, LedgerRecord>();
  const unsettled = new Set<number>();
  const findAgain = foundAgainIn(last);
  const entries: Entry[] = [];
  for (const key in databag) {
    if (!isRecordKey(key)) continue;
    const text = databag[key] ?? '';
    let entry = findAgain(key);
    if (entry?.text !== text) {
      const read = readRecord(text, key);
      if ('_tag' in read) return E.left(read);
      entry = { key, text, record: read };
    }
    entries.push(entry);
    const { record } = entry;
    records.set(record.relation, record);
    if (!isSettled(record)) unsettled.add(record.relation);
  }
  last = entries;
  return E.right({ records, lookup, unsettled });
}

/** Reads the databag of a ledger as Juju prints it; null where it has to be read as any other JSON. */
export const readPrintedLedger = (printed: string): Databag | null => readPrinted(printed, reading);

/** A record, and where it was read. */
interface Entry {
  readonly key: string;
  readonly text: string;
  readonly record: LedgerRecord;
}

/** The ledger that was read last: in a process that lives on, most records are as they were. */
let last: readonly Entry[] = [];

/** Finds entries by their keys. Those that are asked for in their order are not searched for. */
function foundAgainIn(entries: readonly Entry[]): (key: string) => Entry | undefined {
  let next = 0;
  let indices: ReadonlyMap<string, number> | null = null;
  return (key) => {
    if (entries[next]?.key !== key) {
      // Where all have come in their order, whatever follows them is new.
      if (next === entries.length && indices === null) return undefined;
      indices ??= new Map(entries.map((entry, at) => [entry.key, at]));
      const at = indices.get(key);
      if (at === undefined) return undefined;
      next = at;
    }
    next += 1;
    return entries[next - 1];
  };
}

const lookupIn = ({ [lookupKey]: text }: Databag): E.Either<LedgerUnreadable, KeptLogin | null> =>
  text === undefined ? E.right(null) : readLogin(lookupKey, text);

/** The ledger's value for a relation; a password that a Juju secret keeps does not stand in it. */
export const encodeRecord = (record: LedgerRecord): string =>
  JSON.stringify(
    record.state !== 'refused' && record.secrets[userGroup] !== undefined
      ? { ...record, password: null }
      : record,
  );

/** True for a record that PgBouncer's configuration serves. */
export const isServed = (entry: LedgerRecord): entry is Grant =>
  entry.state === 'provisioning' || entry.state === 'published';

/** True for a record of which nothing is to be done and nothing to be said. */
export const isSettled = (
  record: Pick<Grant, 'state' | 'error' | 'published'> | Refused,
): boolean => record.state === 'published' && record.error === null && record.published !== null;

/** The records that are not settled, in the order of the ledger. */
export const unsettledIn = ({ records, unsettled }: Ledger): readonly LedgerRecord[] =>
  unsettled?.size === 0 ? [] : [...records.values()].filter((record) => !isSettled(record));

/** Whether nothing on record was begun and is still to be done, but for one relation perhaps. */
export const hasBegunNothing = (ledger: Ledger, but: number | null = null): boolean =>
  unsettledIn(ledger).every(
    ({ relation, state }) => relation === but || state === 'published' || state === 'refused',
  );

/**
 * The records that are not settled and those of relations that Juju does not list, in the order of
 * the ledger. Of thousands there are few, and where there is none no record is looked at.
 */
export function recordsApart(
  ledger: Ledger,
  relations: ReadonlySet<number>,
): readonly LedgerRecord[] {
  const { records, unsettled } = ledger;
  if (unsettled?.size === 0) {
    let listed = 0;
    for (const relation of relations) if (records.has(relation)) listed += 1;
    if (listed === records.size) return [];
  }
  return [...records.values()].filter(
    (record) => !isSettled(record) || !relations.has(record.relation),
  );
}

/** The ids of all secrets that stand on record. */
export function keptSecrets({ records, lookup }: Ledger): readonly string[] {
  const kept: string[] = [];
  for (const record of records.values())
    if (record.state !== 'refused')
      for (const group in record.secrets) kept.push(record.secrets[group] ?? '');
  if (lookup?.secret) kept.push(lookup.secret);
  return kept;
}

/** What PgBouncer's configuration serves to each relation; ids are in their order. */
export function servings({ records }: Ledger): Readonly<Record<number, string>> {
  const served: Record<number, string> = {};
  for (const record of records.values())
    if (isServed(record)) served[record.relation] = serving(record);
  return served;
}

/** What a unit says that it serves to a relation: the database, and to whom, by the verifier. */
export function serving({ database, verifier }: Pick<Grant, 'database' | 'verifier'>): string {
  if (verifier === null) return database;
  const known = servingBy.get(verifier);
  if (known?.database === database) return known.text;
  const text = `${database} ${fingerprint(verifier.secret.slice(-telling))}`;
  servingBy.set(verifier, { database, text });
  return text;
}

/** So many characters at a verifier's end, of its server key, tell it from any other. */
const telling = 24;

/** Each record is asked several times in a hook, and in a process that lives on in every hook. */
const servingBy = new WeakMap<Secret, { readonly database: string; readonly text: string }>();

const decodeLogin = decode(login);
const readLogin = latest(64, (text: string, key: string) =>
  pipe(decodeLogin(text), E.mapLeft(unreadable(key))),
);
const decodeRecord = decode(record, isWhole);
const readAsWritten = recordReader(isTail);
const reading: Reading = {
  ...printedReader(isTail, isSettled),
  readOther: (text, key) => {
    const read = readRecord(text, key);
    return '_tag' in read ? null : read;
  },
  isSettled,
};

function readRecord(text: string, key: string): LedgerUnreadable | LedgerRecord {
  let read: LedgerRecord | null = readAsWritten(text);
  if (read === null) {
    const decoded = decodeRecord(text);
    if (E.isLeft(decoded)) return unreadable(key)(decoded.left);
    read = decoded.right;
  }
  const { relation } = read;
  return recordKey(relation) === key ? read : unreadable(key)(`it speaks of relation ${relation}`);
}

function decode<Schema extends v.GenericSchema>(
  schema: Schema,
  /** A quicker answer for what is as it should be; nobody's by default. */
  isSure: (value: unknown) => value is v.InferOutput<Schema> = (
    value,
  ): value is v.InferOutput<Schema> => false,
) {
  return (text: string): E.Either<string, v.InferOutput<Schema>> => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return E.left('it is not JSON');
    }
    if (isSure(value)) return E.right(value);
    const parsed = v.safeParse(schema, value, { abortEarly: true });
    if (parsed.success) return E.right(parsed.output);
    const issue = parsed.issues[0];
    return E.left(`${v.getDotPath(issue) ?? 'it'} is not as expected (${issue.expected})`);
  };
}

function unreadable(key: string) {
  return (why: string): LedgerUnreadable => ({
    _tag: 'LedgerUnreadable',
    class: 'broken',
    key,
    why,
  });
}
