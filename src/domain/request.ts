import * as E from 'fp-ts/lib/Either.js';
import { latest } from './latest.ts';
import type { Refusal } from './refusal.ts';

/** A databag: all keys and values are strings. What has been read MUST NOT change in place. */
export type Databag = Readonly<Record<string, string>>;

export type Attribute = 'SUPERUSER' | 'CREATEDB' | 'CREATEROLE' | 'REPLICATION';

/** Which role attributes an application may be given. */
export interface Policy {
  readonly grantable: readonly Attribute[];
}

export const defaultPolicy: Policy = { grantable: ['CREATEDB', 'CREATEROLE'] };

/** What an application asks for, in canonical form: sorted, without doubles. */
export interface DatabaseRequest {
  readonly database: string;
  readonly attributes: readonly Attribute[];
  /** Lower-case names of backend roles; whether they exist only the backend can tell. */
  readonly roles: readonly string[];
}

/** PostgreSQL cuts a longer identifier without an error, and two tenants meet in one database. */
export const longestName = 63;

/** PgBouncer serves `<database>_readonly` beside each database that leaves room for it. */
export const readOnlySuffix = '_readonly';

const attributes: ReadonlyMap<string, Attribute> = new Map(
  (['SUPERUSER', 'CREATEDB', 'CREATEROLE', 'REPLICATION'] as const).map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** PgBouncer's alphabet for a key in its configuration, less `*`, which is its wildcard. */
const nameAlphabet = /^[A-Za-z0-9_.-]+$/;
const roleAlphabet = /^[a-z0-9_.$@-]+$/;
const reserved = new Set(['pgbouncer', 'postgres', 'template0', 'template1']);

/** Keys that ask for something that is not served; answering with a plain user would be a lie. */
const unserved = ['entity-type', 'extra-group-roles', 'prefix-matching'];

const nothing: readonly never[] = [];

/**
 * Parses the application databag of a requirer of `postgresql_client`. What does not parse is
 * refused before any side effect; refusals: `RequestWithdrawn`, `RequestInvalid`.
 */
export const parseRequest = (policy: Policy) =>
  latest<number, Databag, E.Either<Refusal, DatabaseRequest>>(50_000, (databag, relation) => {
    const database = databag.database ?? '';
    if (database === '') return E.left({ _tag: 'RequestWithdrawn', class: 'refused', relation });
    const refuse = (field: string, why: string): E.Either<Refusal, never> =>
      E.left({ _tag: 'RequestInvalid', class: 'refused', relation, field, why });
    const objection = objectionToName(database);
    if (objection !== null) return refuse('database', objection);
    for (const key of unserved)
      if ((databag[key] ?? '') !== '')
        return refuse(key, `is ${quote(databag[key] ?? '')}, which is not served`);
    return parseRoles(policy, refuse, database, databag['extra-user-roles'] ?? '');
  });

function parseRoles(
  { grantable }: Policy,
  refuse: (field: string, why: string) => E.Either<Refusal, never>,
  database: string,
  text: string,
): E.Either<Refusal, DatabaseRequest> {
  if (text === '') return E.right({ database, attributes: nothing, roles: nothing });
  const field = 'extra-user-roles';
  if (text.length > 4096) return refuse(field, `has ${text.length} characters; 4096 are read`);
  const tokens = new Set(
    text
      .split(',')
      .map((token) => token.trim().toLowerCase())
      .filter((token) => token !== ''),
  );
  const wanted: Attribute[] = [];
  const roles: string[] = [];
  for (const token of tokens) {
    const attribute = attributes.get(token);
    const denied = token.startsWith('no') ? attributes.get(token.slice(2)) : undefined;
    if (attribute !== undefined) {
      if (!grantable.includes(attribute)) return refuse(field, `may not grant ${attribute}`);
      wanted.push(attribute);
    } else if (denied !== undefined) {
      if (tokens.has(denied.toLowerCase()))
        return refuse(field, `asks for ${denied} and for NO${denied}`);
    } else if (roleAlphabet.test(token) && token.length <= longestName) {
      roles.push(token);
    } else {
      return refuse(field, `has ${quote(token)}, which is neither an attribute nor a role's name`);
    }
  }
  return E.right({ database, attributes: wanted.sort(), roles: roles.sort() });
}

function objectionToName(name: string): string | null {
  if (!nameAlphabet.test(name))
    return `is ${quote(name)}: letters, digits, "_", "-" and "." make a name`;
  if (name.length > longestName)
    return `has ${name.length} bytes (${quote(name)}); PostgreSQL keeps ${longestName}`;
  if (reserved.has(name.toLowerCase())) return `is "${name}", a name that is reserved`;
  if (name.endsWith(readOnlySuffix))
    return `is "${name}": the ending ${readOnlySuffix} is kept for the replicas`;
  return null;
}

/** Foreign text in a message: short, and nothing in it that a terminal or a file would obey. */
function quote(text: string): string {
  const escaped = JSON.stringify(text.slice(0, 40)).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > 40 ? `${escaped}…` : escaped;
}
