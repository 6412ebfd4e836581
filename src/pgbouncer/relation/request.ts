import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as v from 'valibot';
import { quote } from '../../juju/hook-tools/printable.ts';
import { bagKeys, unservedKeys } from '../keys.ts';
import {
  type Asked,
  type Attribute,
  type ExtraRoles,
  longestName,
  notAllowed,
  parseExtraRoles,
} from './extra-roles.ts';
import { latest } from './latest.ts';
import type { Refusal } from './refusal.ts';

/** A databag: all keys and values are strings. What has been read MUST NOT change in place. */
export type { Databag } from '../../juju/port.ts';

import type { Databag } from '../../juju/port.ts';

export { type Attribute, type ExtraRoles, longestName, notAllowed };

/** What an application may be given. */
export interface Policy {
  /** The attributes and roles that may be asked for. */
  readonly extraRoles: ExtraRoles;
  /** Whether clients from outside of the cluster reach the endpoints, `external-node-connectivity`. */
  readonly isReachedFromOutside: boolean;
}

export const defaultPolicy: Policy = { extraRoles: 'default', isReachedFromOutside: true };

/**
 * What an application asks for, in canonical form. Whether the backend's version allows it, as
 * `CREATEROLE` before PostgreSQL 16, is for `notAllowed` to say.
 */
export interface DatabaseRequest extends Asked {
  readonly database: string;
  readonly reply: Reply;
}

/** In which form the requirer reads its answer. */
export type Reply =
  /** Version 0 of the interface; the fields that it wants in Juju secrets and not in the clear. */
  | { readonly _tag: 'V0'; readonly secretFields: readonly string[] }
  /** Version 1, where credentials are always in secrets and an answer names its request. */
  | { readonly _tag: 'V1'; readonly requestId: string; readonly salt: string };

/** PgBouncer serves `<database>_readonly` beside each database that leaves room for it. */
export const readOnlySuffix = '_readonly';

/** PgBouncer's alphabet for a key in its configuration, less `*`, which is its wildcard. */
const nameAlphabet = /^[A-Za-z0-9_.-]+$/;
const reserved = new Set(['pgbouncer', 'postgres', 'template0', 'template1']);
/** Of PostgreSQL's own roles, and of what is made here beside what requests name. */
const reservedPrefix = /^(pg_|hookchart)/i;

/** What is read of a databag, in bytes where nothing else is said; real ones have a few hundred. */
const most = {
  databag: 65_536,
  keys: 100,
  requests: 16_384,
  nesting: 16,
  secrets: 4096,
  secretNames: 32,
};
const secretName = /^[a-z][a-z0-9-]{0,63}$/;
const requestIdAlphabet = /^[A-Za-z0-9_.:-]{1,64}$/;
const saltAlphabet = /^[\x20-\x7e]{0,128}$/;

const nothing: readonly never[] = [];
const inTheClear: Reply = { _tag: 'V0', secretFields: nothing };

type Parsed = E.Either<Refusal, DatabaseRequest>;
type Refuse = (field: string, why: string) => E.Either<Refusal, never>;

/**
 * Parses the application databag of a requirer of `postgresql_client`, whatever it holds. What does
 * not parse is refused before any side effect; refusals: `RequestWithdrawn`, `RequestInvalid`,
 * `RoleNotAllowed`.
 */
export const parseRequest = (policy: Policy) =>
  latest<number, Databag, Parsed>(50_000, (databag, relation) => {
    const refuse: Refuse = (field, why) =>
      E.left({ _tag: 'RequestInvalid', class: 'refused', relation, field, why });
    const excess = excessOf(databag);
    if (excess !== null) return refuse('databag', excess);
    const { [bagKeys.version]: version = '' } = databag;
    if (version === 'v1') return parseV1(policy, relation, refuse, databag);
    if (version !== '' && version !== 'v0')
      return refuse(bagKeys.version, `is ${quote(version)}; v0 and v1 of the interface are spoken`);
    const fields = secretFields(databag[bagKeys.requestedSecrets] ?? '');
    if (E.isLeft(fields) && (databag[bagKeys.database] ?? '') !== '')
      return refuse(bagKeys.requestedSecrets, fields.left);
    const reply: Reply =
      E.isLeft(fields) || fields.right.length === 0
        ? inTheClear
        : { _tag: 'V0', secretFields: fields.right };
    return parseFields(policy, relation, refuse, databag, reply);
  });

/** All of it counts, for all of it is said again in the answer. */
function excessOf(databag: Databag): string | null {
  const keys = Object.keys(databag);
  if (keys.length > most.keys) return `has ${keys.length} keys; ${most.keys} are read`;
  let bytes = 0;
  for (const key of keys) bytes += bytesOf(key) + bytesOf(databag[key] ?? '');
  return bytes > most.databag ? `has ${bytes} bytes; ${most.databag} are read` : null;
}

/** In UTF-8, of whose four bytes for a surrogate pair each half counts for two. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += 1;
    else bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return bytes;
}

function secretFields(text: string): E.Either<string, readonly string[]> {
  if (text === '') return E.right(nothing);
  const bytes = bytesOf(text);
  if (bytes > most.secrets) return E.left(`has ${bytes} bytes; ${most.secrets} are read`);
  const parsed = v.safeParse(fieldList, text);
  if (!parsed.success) return E.left('is no JSON list of field names');
  const names = [...new Set(parsed.output)].sort();
  if (names.length > most.secretNames)
    return E.left(`has ${names.length} names; ${most.secretNames} are read`);
  const odd = names.find((name) => !secretName.test(name));
  return odd === undefined
    ? E.right(names)
    : E.left(`has ${quote(odd)}: lower-case letters, digits and "-" make a field's name`);
}

const fieldList = v.pipe(v.string(), v.parseJson(), v.array(v.string()));
/** What nests deeper than the stack goes can be read, and not be written out again. */
function isShallow(json: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const mark = json[at];
    if (mark === '"') isText = !isText;
    else if (isText) at += mark === '\\' ? 1 : 0;
    else if (mark === '[' || mark === '{') depth += 1;
    else if (mark === ']' || mark === '}') depth -= 1;
    if (depth > most.nesting) return false;
  }
  return true;
}

const requestList = v.pipe(
  v.string(),
  v.check(isShallow),
  v.parseJson(),
  v.array(
    v.looseObject({
      [bagKeys.resource]: v.string(),
      [bagKeys.requestId]: v.string(),
      [bagKeys.salt]: v.string(),
      [bagKeys.extraUserRoles]: v.nullish(v.string()),
      [bagKeys.externalNodeConnectivity]: v.nullish(v.boolean()),
    }),
  ),
);

/** The requests of v1 in a databag by their ids, as far as an answer may name them. */
export function requestsNamed({
  [bagKeys.requests]: requests = '',
}: Databag): ReadonlyMap<string, NamedRequest> {
  const parsed = bytesOf(requests) > most.requests ? null : v.safeParse(requestList, requests);
  if (parsed?.success !== true) return new Map();
  return new Map(
    parsed.output
      .filter(
        ({ [bagKeys.requestId]: id, salt }) =>
          requestIdAlphabet.test(id) && saltAlphabet.test(salt),
      )
      .map((request) => [request[bagKeys.requestId], request]),
  );
}

export type NamedRequest = v.InferOutput<typeof requestList>[number];

/** One request for each relation is served: its user is the relation's. */
function parseV1(policy: Policy, relation: number, refuse: Refuse, databag: Databag): Parsed {
  const { [bagKeys.requests]: requests = '' } = databag;
  const bytes = bytesOf(requests);
  if (bytes > most.requests)
    return refuse(bagKeys.requests, `has ${bytes} bytes; ${most.requests} are read`);
  const parsed = v.safeParse(requestList, requests === '' ? '[]' : requests);
  if (!parsed.success) return refuse(bagKeys.requests, 'is no JSON list of requests');
  const [request, ...others] = parsed.output;
  if (others.length > 0)
    return refuse(
      bagKeys.requests,
      `has ${others.length + 1} of them; one in each relation is served`,
    );
  const { resource = '', salt = '', [bagKeys.requestId]: requestId = '' } = request ?? {};
  if (resource !== '' && !requestIdAlphabet.test(requestId))
    return refuse(
      bagKeys.requestId,
      `is ${quote(requestId)}: up to 64 letters, digits, "_", "-", "." and ":" make one`,
    );
  if (resource !== '' && !saltAlphabet.test(salt))
    return refuse(
      bagKeys.salt,
      `is ${quote(salt)}: up to 128 printable characters of ASCII make one`,
    );
  const fields: Databag = {
    [bagKeys.database]: resource,
    [bagKeys.extraUserRoles]: request?.[bagKeys.extraUserRoles] ?? '',
    ...Object.fromEntries(unservedKeys.map((key) => [key, textOf(request?.[key])])),
    [bagKeys.externalNodeConnectivity]: String(request?.[bagKeys.externalNodeConnectivity] ?? ''),
  };
  return parseFields(policy, relation, refuse, fields, { _tag: 'V1', requestId, salt });
}

/** A field of v1 as v0 has it: nothing where nothing is asked for. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const isNothing = value == null || (Array.isArray(value) && value.length === 0);
  return isNothing ? '' : JSON.stringify(value);
}

function parseFields(
  policy: Policy,
  relation: number,
  refuse: Refuse,
  databag: Databag,
  reply: Reply,
): Parsed {
  const database = databag[bagKeys.database] ?? '';
  if (database === '') return E.left({ _tag: 'RequestWithdrawn', class: 'refused', relation });
  const objection = objectionToName(database);
  if (objection !== null) return refuse(bagKeys.database, objection);
  for (const key of unservedKeys)
    if ((databag[key] ?? '') !== '')
      return refuse(key, `is ${quote(databag[key] ?? '')}, which is not served`);
  const external = databag[bagKeys.externalNodeConnectivity] ?? '';
  if (external === 'true' && !policy.isReachedFromOutside)
    return refuse(
      bagKeys.externalNodeConnectivity,
      'is asked for, and the poolers are reached from inside the cluster alone: Juju gives an application on Kubernetes no address outside of it',
    );
  return pipe(
    parseExtraRoles(policy.extraRoles, relation, databag[bagKeys.extraUserRoles] ?? ''),
    E.map((asked) => ({ database, ...asked, reply })),
  );
}

function objectionToName(name: string): string | null {
  if (!nameAlphabet.test(name))
    return `is ${quote(name)}: letters, digits, "_", "-" and "." make a name`;
  if (name.length > longestName)
    return `has ${name.length} bytes (${quote(name)}); PostgreSQL keeps ${longestName}`;
  if (reserved.has(name.toLowerCase())) return `is "${name}", a name that is reserved`;
  if (reservedPrefix.test(name))
    return `is "${name}": names that begin with pg_ or hookchart are kept for PostgreSQL and the pooler`;
  if (name.endsWith(readOnlySuffix))
    return `is "${name}": the ending ${readOnlySuffix} is kept for the replicas`;
  return null;
}
