/**
 * The ledger: one record per relation in the peer application databag, and the only truth that
 * outlives a hook. Nothing here knows who may write it; only the leader can.
 */
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as v from 'valibot';
import type { Grant } from '../../../machines/index.ts';
import { isRecord, type Secret } from '../../hook/index.ts';
import { fingerprint } from '../../juju/hook-tools/fingerprint.ts';
import { formatKey, isRecordKey, lookupKey, recordKey, relationOf, userGroup } from '../keys.ts';
import { laterFormat } from './format.ts';
import { latest } from './latest.ts';
import { printedIn, readPrinted } from './printed-ledger.ts';
import { printedReader, type RecordTail, recordReader } from './record-text.ts';
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
}

/** A login whose password is known, or kept in a Juju secret of the application. */
export interface KeptLogin extends Pick<Grant, 'password'> {
  readonly user: string;
  /** The id of the Juju secret; null where there is none. */
  readonly secret: string | null;
}

/** A ledger that belongs to whoever parsed it. */
export interface ParsedLedger extends Ledger {
  readonly records: Map<number, LedgerRecord>;
}

/** A record that cannot be read is kept as it is: guessing would drop clients or lose a password. */
export interface LedgerUnreadable {
  readonly _tag: 'LedgerUnreadable';
  readonly class: 'broken';
  readonly key: string;
  readonly why: string;
}

const secret = v.object({ secret: v.string() });
const id = v.optional(v.nullable(v.string()), null);
const login = v.object({
  user: v.string(),
  password: v.nullable(secret),
  secret: id,
});
const record = v.variant('state', [
  v.object({ relation: v.number(), state: v.literal('refused'), error: v.string() }),
  v.object({
    relation: v.number(),
    state: v.picklist(['provisioning', 'published', 'removing']),
    user: v.string(),
    database: v.string(),
    place: id,
    attributes: v.array(v.string()),
    roles: v.array(v.string()),
    password: v.nullable(secret),
    secrets: v.optional(v.record(v.string(), v.string()), {}),
    verifier: v.optional(v.nullable(secret), null),
    requestId: id,
    owner: v.string(),
    published: v.nullable(
      v.object({
        endpoints: v.nullable(v.string()),
        readOnlyEndpoints: v.string(),
        version: v.nullable(v.string()),
        authorities: v.exactOptional(v.string()),
      }),
    ),
    error: v.nullable(v.string()),
  }),
]);

/** Reads the ledger out of the peer application databag; keys of others are passed over. */
export function parseLedger(databag: Databag): E.Either<LedgerUnreadable, ParsedLedger> {
  const later = laterFormat(databag);
  if (later !== null) return E.left(unreadable(formatKey)(later));
  const records = new Map<number, LedgerRecord>();
  const login = lookupIn(databag);
  const lookup = E.isRight(login) ? login.right : null;
  let broken: E.Either<LedgerUnreadable, never> | null = E.isLeft(login) ? login : null;
  const take = (read: LedgerUnreadable | LedgerRecord) => {
    if ('_tag' in read) broken ??= E.left(read);
    else records.set(read.relation, read);
  };
  const printed = printedIn(databag);
  if (printed !== null)
    for (const record of printed.records)
      take(typeof record === 'string' ? readRecord(databag[record] ?? '', record) : record);
  else {
    const before = last;
    for (const key in databag) {
      if (!isRecordKey(key)) continue;
      const text = databag[key] ?? '';
      const known = before.databag[key] === text ? before.records.get(relationOf(key)) : undefined;
      take(known ?? readRecord(text, key));
    }
  }
  if (broken !== null) return broken;
  if (printed === null) last = { databag, records: new Map(records) };
  return E.right({ records, lookup });
}

/** Reads the databag of a ledger as Juju prints it; null where it has to be read as any other JSON. */
export const readPrintedLedger = (printed: string): Databag | null =>
  readPrinted(printed, readAsPrinted);

/** The ledger that was read last: in a process that lives on, most records are as they were. */
let last: { readonly databag: Databag; readonly records: Ledger['records'] } = {
  databag: {},
  records: new Map(),
};

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
  const text = `${database} ${fingerprint(verifier.secret)}`;
  servingBy.set(verifier, { database, text });
  return text;
}

/** Each record is asked several times in a hook, and in a process that lives on in every hook. */
const servingBy = new WeakMap<Secret, { readonly database: string; readonly text: string }>();

const decodeLogin = decode(login);
const readLogin = latest(64, (text: string, key: string) =>
  pipe(decodeLogin(text), E.mapLeft(unreadable(key))),
);
const decodeRecord = decode(record, isWhole);
const readAsWritten = recordReader(isTail);
const readAsPrinted = printedReader(isTail);

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

/**
 * Whether a value is a grant with all that one has, each as it has to be. It says no more than the
 * schema does, which takes most of a hook's time where there are thousands of them.
 */
function isWhole(value: unknown): value is v.InferOutput<typeof record> {
  if (typeof value !== 'object' || value === null) return false;
  // Field by field, for there is a grant for each of thousands of relations, and each list is garbage.
  const grant = value as Record<keyof Grant, unknown>;
  const { state } = grant;
  return (
    (state === 'published' || state === 'provisioning' || state === 'removing') &&
    typeof grant.relation === 'number' &&
    isText(grant.user) &&
    isText(grant.database) &&
    isText(grant.owner) &&
    isTextOrNull(grant.error) &&
    isTextOrNull(grant.requestId) &&
    isTextOrNull(grant.place) &&
    isTexts(grant.attributes) &&
    isTexts(grant.roles) &&
    isSecretOrNull(grant.password) &&
    isSecretOrNull(grant.verifier) &&
    areTexts(grant.secrets) &&
    isInfoOrNull(grant.published)
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';

const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** Whether all that an object holds are texts. */
function areTexts(value: unknown): boolean {
  if (!isRecord(value)) return false;
  for (const key in value) if (!isText(value[key])) return false;
  return true;
}

const isSecretOrNull = (value: unknown): boolean =>
  value === null || (isRecord(value) && isText(value.secret));

/** Whether a value has the last keys of a record, and no other. */
function isTail(value: unknown): value is RecordTail {
  if (!isRecord(value) || Object.keys(value).join() !== 'owner,published,error') return false;
  return isText(value.owner) && isInfoOrNull(value.published) && isTextOrNull(value.error);
}

const isInfoOrNull = (value: unknown): boolean =>
  value === null ||
  (isRecord(value) &&
    isText(value.readOnlyEndpoints) &&
    isTextOrNull(value.endpoints) &&
    isTextOrNull(value.version) &&
    (value.authorities === undefined || isText(value.authorities)));

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
