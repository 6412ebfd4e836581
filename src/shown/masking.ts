/** What comes from databags and errors is text: the secrets in it are found by where they stand. */
import { maskText } from '../hook/index.ts';
import type { Databag } from '../juju/port.ts';

/** Whether what stands under a key, in a databag or in the JSON there, is a secret, or holds one. */
export type IsSecret = (key: string) => boolean;

/** What databags of any charm call a secret. */
const usual = ['password', 'verifier', 'token', 'private-key', 'uris', 'read-only-uris'];

/** The usual keys, and those that a charm names as its own. */
export function secretKeys(own: readonly string[] = []): IsSecret {
  const keys = new Set([...usual, ...own]);
  return (key) => keys.has(key);
}

const isUsual = secretKeys();
/** A password in a connection string, `user:password@`. */
export const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/g;

/** A databag for eyes: values of secret keys are masked, those within JSON and URLs too. */
export const maskedDatabag = (databag: Databag, isSecret: IsSecret = isUsual): Databag =>
  Object.fromEntries(
    Object.entries(databag).map(([key, value]) => [key, maskedValue(key, value, isSecret)]),
  );

function maskedValue(key: string, value: string, isSecret: IsSecret): string {
  if (isSecret(key) && value !== '') return maskText;
  if (/^\s*[[{]/.test(value)) {
    try {
      return JSON.stringify(JSON.parse(value), (inner, part) =>
        isSecret(inner) && part !== null && part !== '' ? maskText : maskedUrl(part),
      );
    } catch {
      // Not JSON after all.
    }
  }
  return maskedUrl(value) as string;
}

const maskedUrl = (part: unknown): unknown =>
  typeof part === 'string' ? part.replace(userInfo, `$1${maskText}@`) : part;

/** What is shorter is as likely to be a word as a password. */
const shortest = 8;

/** The secrets that a databag, or the content of a Juju secret, shows: to be known again elsewhere. */
export const secretsIn = (databag: Databag, isSecret: IsSecret = isUsual): readonly string[] =>
  Object.entries(databag)
    .flatMap(([key, value]) => (isSecret(key) ? [value] : withinJson(value, isSecret)))
    .filter((secret) => secret.length >= shortest);

function withinJson(value: string, isSecret: IsSecret): readonly string[] {
  if (!/^\s*[[{]/.test(value)) return [];
  const found: string[] = [];
  try {
    JSON.parse(value, function (this: unknown, key: string, part: unknown) {
      const secret = isRecord(part) ? part.secret : part;
      if (isSecret(key) && typeof secret === 'string') found.push(secret);
      return part;
    });
  } catch {
    // Not JSON after all.
  }
  return found;
}

const isRecord = (part: unknown): part is { readonly secret?: unknown } =>
  typeof part === 'object' && part !== null;

/**
 * The same JSON value with each of these texts masked, wherever it stands. What is under the keys
 * that are named stays as it is: words of a program, of which anyone may make a password.
 */
export function without<Value>(
  secrets: ReadonlySet<string>,
  value: Value,
  words: ReadonlySet<string> = new Set(),
): Value {
  if (secrets.size === 0) return value;
  const cleaned = (part: unknown): unknown => {
    if (typeof part === 'string') {
      let text = part;
      for (const secret of secrets) text = text.replaceAll(secret, maskText);
      return text;
    }
    if (Array.isArray(part)) return part.map(cleaned);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [
        key,
        typeof inner === 'string' && words.has(key) ? inner : cleaned(inner),
      ]),
    );
  };
  return cleaned(value) as Value;
}
