/**
 * A grant's record, read by the form in which `encodeRecord` writes it. There is one for each of
 * thousands of relations, and they differ in little: to read each as if it were any JSON takes most
 * of the time and memory of a hook that is about one of them. Nothing is read otherwise than JSON
 * would be, and what has another form is left to that.
 */
import type { Grant } from '../../../machines/index.ts';
import { latest } from './latest.ts';

/** The last keys, which are the same in most records. */
export type RecordTail = Pick<Grant, 'owner' | 'published' | 'error'>;

/** Whether a value is what the last keys of a record have to be, and no more. */
export type IsTail = (value: unknown) => value is RecordTail;

/** All keys before the last, as they follow each other, with their quotes as the text has them. */
function headForm(quote: string): string {
  // Texts without anything that JSON escapes.
  const characters = String.raw`${quote}[^"\\\x00-\x1f]*${quote}`;
  const text = String.raw`${quote}([^"\\\x00-\x1f]*)${quote}`;
  const textOrNull = `(?:null|${text})`;
  const list = String.raw`(\[(?:${characters}(?:,${characters})*)?\])`;
  const named = (key: string, value: string) => `${quote}${key}${quote}:${value}`;
  const secretOrNull = String.raw`(?:null|\{${named('secret', text)}\})`;
  return `${[
    named('state', `${quote}(provisioning|published|removing)${quote}`),
    named('user', text),
    named('database', text),
    named('place', textOrNull),
    named('attributes', list),
    named('roles', list),
    named('password', secretOrNull),
    named('secrets', String.raw`\{(?:${named('user', text)}(?:,${named('tls', text)})?)?\}`),
    named('verifier', secretOrNull),
    named('requestId', textOrNull),
  ].join(',')},(?=${named('owner', '')})`;
}

const number = String.raw`(?:0|[1-9]\d{0,14})`;
const head = new RegExp(String.raw`^\{"relation":(${number}),${headForm('"')}`);

/** A reader of such records; to a text in another form it says null. */
export function recordReader(isTail: IsTail): (record: string) => Grant | null {
  let last: { readonly text: string; readonly read: RecordTail } | null = null;
  const tailAt = (record: string, at: number): RecordTail | null => {
    if (last !== null && record.length - at === last.text.length && record.endsWith(last.text))
      return last.read;
    const text = record.slice(at);
    const read = parsed(`{${text}`);
    if (!isTail(read)) return null;
    last = { text, read };
    return read;
  };
  return (record) => {
    const found = head.exec(record);
    if (found === null) return null;
    const tail = tailAt(record, found[0].length);
    return tail === null ? null : grantOf(found, tail);
  };
}

/** A record with its key, where it stands in a databag that is printed as JSON. */
const keyBefore = '"relation-';
const keyAfter = String.raw`":"{\"relation\":`;
const stateAfter = String.raw`,\"state\":\"`;
const entry = new RegExp(
  String.raw`${keyBefore}(${number})":"\{\\"relation\\":${number},${headForm(String.raw`\\"`)}`,
  'y',
);

/** What is known of a record that was passed over. */
interface Passed {
  readonly relation: number;
  readonly isSettled: boolean;
  /** Where what follows it begins. */
  readonly end: number;
}

export interface PrintedReader {
  /** Passes over a record with its key; null where none of the form begins at that place. */
  readonly pass: (printed: string, at: number) => Passed | null;
  /** Reads a record that was passed over. */
  readonly read: (printed: string, at: number) => Grant | null;
}

/**
 * A reader of records where they stand in a printed databag. Most are only passed over: whether they
 * can be read is to be known of all, and what they say of a few.
 */
export function printedReader(
  isTail: IsTail,
  isSettled: (record: RecordTail & Pick<Grant, 'state'>) => boolean,
): PrintedReader {
  type Tail = { readonly text: string; readonly read: RecordTail; readonly isSettled: boolean };
  let last: Tail | null = null;
  const tailAt = (printed: string, at: number): Tail | null => {
    if (last !== null && printed.startsWith(last.text, at)) return last;
    const end = endOfText(printed, at);
    if (end === null) return null;
    const text = printed.slice(at, end);
    const value = parsed(`"{${text}`);
    const read = typeof value === 'string' ? parsed(value) : null;
    if (!isTail(read)) return null;
    last = { text, read, isSettled: isSettled({ ...read, state: 'published' }) };
    return last;
  };
  return {
    pass: (printed, at) => {
      entry.lastIndex = at;
      if (!entry.test(printed)) return null;
      const { lastIndex } = entry;
      const tail = tailAt(printed, lastIndex);
      if (tail === null) return null;
      const from = at + keyBefore.length;
      const to = printed.indexOf('"', from);
      const relation = printed.slice(from, to);
      const again = to + keyAfter.length;
      const after = again + relation.length;
      // One that stands under the key of another is no record.
      if (!printed.startsWith(relation, again) || !printed.startsWith(stateAfter, after))
        return null;
      const isPublished = printed.startsWith('published', after + stateAfter.length);
      return {
        relation: Number(relation),
        isSettled: isPublished && tail.isSettled,
        end: lastIndex + tail.text.length,
      };
    },
    read: (printed, at) => {
      entry.lastIndex = at;
      const found = entry.exec(printed);
      const tail = found === null ? null : tailAt(printed, entry.lastIndex);
      return found === null || tail === null ? null : grantOf(found, tail.read);
    },
  };
}

/** Where a JSON text ends, behind its closing quote, from a place in it on; null where it does not. */
export function endOfText(printed: string, from: number): number | null {
  for (let at = printed.indexOf('"', from); at !== -1; at = printed.indexOf('"', at + 1)) {
    let escapes = 0;
    while (at - escapes > from && printed[at - escapes - 1] === '\\') escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return null;
}

/** What both forms have found, by the places of their groups. */
function grantOf(found: RegExpExecArray, { owner, published, error }: RecordTail): Grant {
  const { 5: place, 8: password, 11: verifier, 12: requestId } = found;
  return {
    relation: Number(found[1]),
    state: found[2] as Grant['state'],
    user: found[3] ?? '',
    database: found[4] ?? '',
    place: place ?? null,
    attributes: textsIn(found[6]),
    roles: textsIn(found[7]),
    password: password === undefined ? null : { secret: password },
    secrets: secretsOf(found[9], found[10]),
    verifier: verifier === undefined ? null : { secret: verifier },
    requestId: requestId ?? null,
    owner,
    published,
    error,
  };
}

function secretsOf(user: string | undefined, tls: string | undefined): Grant['secrets'] {
  if (user === undefined) return {};
  return tls === undefined ? { user } : { user, tls };
}

const none: readonly string[] = [];

/** Nothing in them is escaped but their quotes. */
const textsIn = (list = '[]'): readonly string[] => (list === '[]' ? none : textsOf(list, list));

/** Relations are many, and what they ask for beside their databases are few lists. */
const textsOf = latest(64, (list: string): readonly string[] =>
  JSON.parse(list.replaceAll('\\', '')),
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
