import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { latest } from './latest.ts';
import type { Refusal } from './refusal.ts';

/** A databag: all keys and values are strings. What has been read MUST NOT change in place. */
export type Databag = Readonly<Record<string, string>>;

export type Attribute = 'SUPERUSER' | 'CREATEDB' | 'CREATEROLE' | 'REPLICATION';

/** What an application may be given. */
export interface Policy {
  /** The role attributes that may be granted. */
  readonly grantable: readonly Attribute[];
  /** Whether clients from outside of the cluster reach the endpoints, `external-node-connectivity`. */
  readonly isReachedFromOutside: boolean;
}

export const defaultPolicy: Policy = {
  grantable: ['CREATEDB', 'CREATEROLE'],
  isReachedFromOutside: true,
};

/** What an application asks for, in canonical form: sorted, without doubles. */
export interface DatabaseRequest {
  readonly database: string;
  readonly attributes: readonly Attribute[];
  /** Lower-case names of backend roles; whether they exist only the backend can tell. */
  readonly roles: readonly string[];
  readonly reply: Reply;
}

/** In which form the requirer reads its answer. */
export type Reply =
  /** Version 0 of the interface; the fields that it wants in Juju secrets and not in the clear. */
  | { readonly _tag: 'V0'; readonly secretFields: readonly string[] }
  /** Version 1, where credentials are always in secrets and an answer names its request. */
  | { readonly _tag: 'V1'; readonly requestId: string; readonly salt: string };

/** PostgreSQL cuts a longer identifier without an error, and two tenants meet in one database. */
export const longestName = 63;

/** What the charm makes for itself on a backend is called by this, and nothing that may be asked for. */
export const reservedPrefix = 'hookchart';

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
const inTheClear: Reply = { _tag: 'V0', secretFields: nothing };

type Parsed = E.Either<Refusal, DatabaseRequest>;
type Refuse = (field: string, why: string) => E.Either<Refusal, never>;

/**
 * Parses the application databag of a requirer of `postgresql_client`. What does not parse is
 * refused before any side effect; refusals: `RequestWithdrawn`, `RequestInvalid`.
 */
export const parseRequest = (policy: Policy) =>
  latest<number, Databag, Parsed>(50_000, (databag, relation) => {
    const refuse: Refuse = (field, why) =>
      E.left({ _tag: 'RequestInvalid', class: 'refused', relation, field, why });
    const { version = '' } = databag;
    if (version === 'v1') return parseV1(policy, relation, refuse, databag);
    if (version !== '' && version !== 'v0')
      return refuse('version', `is ${quote(version)}; v0 and v1 of the interface are spoken`);
    const fields = secretFields(databag['requested-secrets'] ?? '');
    if (fields === null && (databag.database ?? '') !== '')
      return refuse('requested-secrets', 'is no JSON list of field names');
    const reply: Reply =
      fields === null || fields.length === 0 ? inTheClear : { _tag: 'V0', secretFields: fields };
    return parseFields(policy, relation, refuse, databag, reply);
  });

function secretFields(text: string): readonly string[] | null {
  if (text === '') return nothing;
  const parsed = v.safeParse(fieldList, text);
  return parsed.success ? [...new Set(parsed.output)].sort() : null;
}

const fieldList = v.pipe(v.string(), v.parseJson(), v.array(v.string()));
const requestList = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(
    v.object({
      resource: v.string(),
      'request-id': v.string(),
      salt: v.string(),
      'extra-user-roles': v.nullish(v.string()),
      'extra-group-roles': v.nullish(v.string()),
      'entity-type': v.nullish(v.string()),
      'external-node-connectivity': v.nullish(v.boolean()),
    }),
  ),
);

/** One request for each relation is served: its user is the relation's. */
function parseV1(policy: Policy, relation: number, refuse: Refuse, databag: Databag): Parsed {
  const { requests = '' } = databag;
  const parsed = v.safeParse(requestList, requests === '' ? '[]' : requests);
  if (!parsed.success) return refuse('requests', 'is no JSON list of requests');
  const [request, ...others] = parsed.output;
  if (others.length > 0)
    return refuse('requests', `has ${others.length + 1} of them; one in each relation is served`);
  const { resource = '', salt = '', 'request-id': requestId = '' } = request ?? {};
  const fields: Databag = {
    database: resource,
    'extra-user-roles': request?.['extra-user-roles'] ?? '',
    'extra-group-roles': request?.['extra-group-roles'] ?? '',
    'entity-type': request?.['entity-type'] ?? '',
    'external-node-connectivity': String(request?.['external-node-connectivity'] ?? ''),
  };
  return parseFields(policy, relation, refuse, fields, { _tag: 'V1', requestId, salt });
}

function parseFields(
  policy: Policy,
  relation: number,
  refuse: Refuse,
  databag: Databag,
  reply: Reply,
): Parsed {
  const database = databag.database ?? '';
  if (database === '') return E.left({ _tag: 'RequestWithdrawn', class: 'refused', relation });
  const objection = objectionToName(database);
  if (objection !== null) return refuse('database', objection);
  for (const key of unserved)
    if ((databag[key] ?? '') !== '')
      return refuse(key, `is ${quote(databag[key] ?? '')}, which is not served`);
  const external = databag['external-node-connectivity'] ?? '';
  if (external === 'true' && !policy.isReachedFromOutside)
    return refuse(
      'external-node-connectivity',
      'is asked for, and the poolers are reached from inside the cluster alone',
    );
  return parseRoles(policy, refuse, database, databag['extra-user-roles'] ?? '', reply);
}

function parseRoles(
  { grantable }: Policy,
  refuse: Refuse,
  database: string,
  text: string,
  reply: Reply,
): Parsed {
  if (text === '') return E.right({ database, attributes: nothing, roles: nothing, reply });
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
  return E.right({ database, attributes: wanted.sort(), roles: roles.sort(), reply });
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
