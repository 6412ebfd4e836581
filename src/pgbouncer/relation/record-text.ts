/**
 * A grant's record, read by the form in which `encodeRecord` writes it. There is one for each of
 * thousands of relations, and they differ in little: to read each as if it were any JSON takes most
 * of the time and memory of a hook that is about one of them. Nothing is read otherwise than JSON
 * would be, and what has another form is left to that.
 */
import type { Grant } from '../../../machines/index.ts';

/** The last keys, which are the same in most records. */
export type RecordTail = Pick<Grant, 'owner' | 'published' | 'error'>;

/** Texts without anything that JSON escapes. */
const characters = String.raw`"[^"\\\x00-\x1f]*"`;
const text = String.raw`"([^"\\\x00-\x1f]*)"`;
const textOrNull = `(?:null|${text})`;
const list = String.raw`(\[(?:${characters}(?:,${characters})*)?\])`;
const secretOrNull = String.raw`(?:null|\{"secret":${text}\})`;

/** All keys before the last, as they follow each other. */
const head = new RegExp(
  `^${[
    String.raw`\{"relation":(0|[1-9]\d{0,14})`,
    '"state":"(provisioning|published|removing)"',
    `"user":${text}`,
    `"database":${text}`,
    `"place":${textOrNull}`,
    `"attributes":${list}`,
    `"roles":${list}`,
    `"password":${secretOrNull}`,
    String.raw`"secrets":\{(?:"user":${text}(?:,"tls":${text})?)?\}`,
    `"verifier":${secretOrNull}`,
    `"requestId":${textOrNull}`,
  ].join(',')},(?="owner":)`,
);

/** A reader of such records; to a text in another form it says null. */
export function recordReader(
  /** Whether a value is what the last keys of a record have to be, and no more. */
  isTail: (value: unknown) => value is RecordTail,
): (record: string) => Grant | null {
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
    if (tail === null) return null;
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
      owner: tail.owner,
      published: tail.published,
      error: tail.error,
    };
  };
}

function secretsOf(user: string | undefined, tls: string | undefined): Grant['secrets'] {
  if (user === undefined) return {};
  return tls === undefined ? { user } : { user, tls };
}

const none: readonly string[] = [];

const textsIn = (list = '[]'): readonly string[] => (list === '[]' ? none : JSON.parse(list));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
