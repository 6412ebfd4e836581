/** What comes from databags and errors is text: the secrets in it are found by where they stand. */
import { maskText } from '../../hook/index.ts';
import type { Databag } from './request.ts';

/** Keys whose value is a secret, or holds one. */
const secretKey = /^(password|verifier|uris|read-only-uris)$/;
/** A password in a connection string, `user:password@`. */
const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/g;

/** A databag for eyes: values of secret keys are masked, those within JSON and URLs too. */
export const maskedDatabag = (databag: Databag): Databag =>
  Object.fromEntries(Object.entries(databag).map(([key, value]) => [key, maskedValue(key, value)]));

function maskedValue(key: string, value: string): string {
  if (secretKey.test(key) && value !== '') return maskText;
  if (/^\s*[[{]/.test(value)) {
    try {
      return JSON.stringify(JSON.parse(value), (inner, part) =>
        secretKey.test(inner) && part !== null && part !== '' ? maskText : maskedUrl(part),
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
export const secretsIn = (databag: Databag): readonly string[] =>
  Object.entries(databag)
    .flatMap(([key, value]) => (secretKey.test(key) ? [value] : withinJson(value)))
    .filter((secret) => secret.length >= shortest);

function withinJson(value: string): readonly string[] {
  if (!/^\s*[[{]/.test(value)) return [];
  const found: string[] = [];
  try {
    JSON.parse(value, function (this: unknown, key: string, part: unknown) {
      const secret = isRecord(part) ? part.secret : part;
      if (secretKey.test(key) && typeof secret === 'string') found.push(secret);
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

/** What a program says of its configuration, which may quote what is a secret there. */
const inWords = [
  userInfo,
  /()(?:SCRAM-SHA-256\$|md5[0-9a-f]{32})\S*/g,
  /(\bpassword\s*[=:]\s*)(?:'[^']*'|"[^"]*"|\S+)/gi,
  // A line of a userlist: a name, and its secret.
  /("[^"]*"\s+)"[^"]*"?/g,
];

/** Words of a program, with the secrets in them masked: those that are known by their form. */
export const maskedWords = (text: string): string =>
  inWords.reduce((words, secret) => words.replace(secret, `$1${maskText}`), text);
