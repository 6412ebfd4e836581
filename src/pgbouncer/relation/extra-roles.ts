import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
import { quote } from '../../juju/hook-tools/printable.ts';
import { bagKeys } from '../keys.ts';
import type { Refusal } from './refusal.ts';

/** The attributes that a role of an application may have. */
export type Attribute = 'CREATEDB' | 'CREATEROLE';

/**
 * What `extra-user-roles` may ask for: lower-case names of attributes and of backend roles. By
 * default `CREATEDB`, and `CREATEROLE` where it reaches only what its holder has made.
 */
export type ExtraRoles = 'default' | readonly string[];

/** What a request asks for beside its database: sorted, without doubles. */
export interface Asked {
  readonly attributes: readonly Attribute[];
  /** Lower-case names of backend roles; whether they exist only the backend can tell. */
  readonly roles: readonly string[];
}

/** PostgreSQL cuts a longer identifier without an error, and two tenants meet in one database. */
export const longestName = 63;

const most = { characters: 4096, names: 64 };
const field = bagKeys.extraUserRoles;
const roleAlphabet = /^[a-z0-9_.$@-]+$/;
const attributes: ReadonlyMap<string, Attribute> = new Map([
  ['createdb', 'CREATEDB'],
  ['createrole', 'CREATEROLE'],
]);

/** PostgreSQL before this one lets `CREATEROLE` into every role that is no superuser. */
const firstTameCreateRole = 16;

const ofSuperusers = new Set([
  ...['superuser', 'replication', 'bypassrls', 'login', 'inherit'].flatMap((name) => [
    name,
    `no${name}`,
  ]),
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  // It has no members but the owner of the database that one is in.
  'pg_database_owner',
]);
const ofTenants = /^(hookchart|relation_id_)/;

export const isRoleName = (token: string): boolean =>
  roleAlphabet.test(token) && token.length <= longestName;

/** What nobody is given, whatever a policy lists: a superuser's powers, and roles of other tenants. */
export const isNeverGranted = (token: string): boolean =>
  ofSuperusers.has(token) || ofTenants.test(token);

/** The names in a list with commas, in lower case, without doubles. */
export const namesIn = (text: string): readonly string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
  ),
];

/** Reads `extra-user-roles`. Refusals: `RoleNotAllowed`, `RequestInvalid`. */
export function parseExtraRoles(
  allowed: ExtraRoles,
  relation: number,
  text: string,
): E.Either<Refusal, Asked> {
  const refuse = (why: string) =>
    E.left<Refusal>({ _tag: 'RequestInvalid', class: 'refused', relation, field, why });
  if (text.length > most.characters)
    return refuse(`has ${text.length} characters; ${most.characters} are read`);
  const tokens = namesIn(text);
  if (tokens.length > most.names)
    return refuse(`has ${tokens.length} names; ${most.names} are read`);
  const wanted: Attribute[] = [];
  const roles: string[] = [];
  for (const token of tokens) {
    const attribute = attributes.get(token);
    const denied = token.startsWith('no') ? attributes.get(token.slice(2)) : undefined;
    if (denied !== undefined) {
      if (tokens.includes(denied.toLowerCase()))
        return refuse(`asks for ${denied} and for NO${denied}`);
      continue;
    }
    if (!isRoleName(token))
      return refuse(`has ${quote(token)}, which is neither an attribute nor a role's name`);
    const because = objection(allowed, token);
    if (because !== null)
      return E.left({
        ...{ _tag: 'RoleNotAllowed', class: 'refused', relation, because },
        role: attribute ?? token,
      });
    if (attribute === undefined) roles.push(token);
    else wanted.push(attribute);
  }
  return E.right({ attributes: wanted.sort(), roles: roles.sort() });
}

function objection(allowed: ExtraRoles, token: string): 'never' | 'unlisted' | null {
  // No attribute is among what is never granted.
  if (allowed === 'default' && attributes.has(token)) return null;
  if (isNeverGranted(token)) return 'never';
  const isListed = allowed !== 'default' && allowed.includes(token);
  return isListed ? null : 'unlisted';
}

/**
 * The first attribute or role that a policy does not allow on a backend of this version, `14.11`;
 * null where it allows all of them.
 */
export const notAllowed = (
  { attributes: wanted, roles }: Pick<Grant, 'attributes' | 'roles'>,
  policy: Allowing,
  backendVersion: string,
): string | null =>
  wanted.find((name) => !isAllowed(name, policy, backendVersion)) ??
  roles.find((name) => !isAllowed(name, policy, backendVersion)) ??
  null;

/** What is allowed of what was granted once; the same where that is all of it. */
export function allowedOf(granted: Grant, policy: Allowing, backendVersion: string): Grant {
  if (notAllowed(granted, policy, backendVersion) === null) return granted;
  const kept = (name: string) => isAllowed(name, policy, backendVersion);
  return {
    ...granted,
    attributes: granted.attributes.filter(kept),
    roles: granted.roles.filter(kept),
  };
}

/** Whether anybody may have CREATEDB by now; no version of the backend matters to that. */
export const allowsMaking = ({ extraRoles }: Allowing): boolean =>
  objection(extraRoles, 'createdb') === null;

interface Allowing {
  readonly extraRoles: ExtraRoles;
}

function isAllowed(name: string, { extraRoles }: Allowing, backendVersion: string): boolean {
  const token = name.toLowerCase();
  if (extraRoles === 'default' && token === 'createrole')
    return Number.parseInt(backendVersion, 10) >= firstTameCreateRole;
  return objection(extraRoles, token) === null;
}
