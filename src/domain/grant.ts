import type { ConnectionInfo, Grant, Login, Secret } from '../../machines/index.ts';
import type { LedgerRecord } from './ledger.ts';
import type { Databag, DatabaseRequest } from './request.ts';

/** The grant of a relation, if it has one: a refusal is none. */
export const grantOf = (record: LedgerRecord | undefined): Grant | null =>
  record === undefined || record.state === 'refused' ? null : record;

/**
 * The password that a relation has already: the ledger's, else the one that its own databag shows.
 * A password, once published, never changes by itself; only where both are silent one is generated.
 */
export function knownPassword(record: LedgerRecord | undefined, own: Databag): Secret | null {
  const recorded = grantOf(record)?.password ?? null;
  if (recorded !== null) return recorded;
  return own.password ? { secret: own.password } : null;
}

/** The grant with which provisioning starts, or goes on: what is on record stays as it is. */
export function provision(
  relation: number,
  request: DatabaseRequest & { readonly owner: string },
  record: LedgerRecord | undefined,
  password: Secret,
): Grant {
  const before = grantOf(record);
  return {
    relation,
    state: before?.state === 'published' ? 'published' : 'provisioning',
    user: before?.user ?? userName(relation),
    database: request.database,
    attributes: request.attributes,
    roles: request.roles,
    password,
    owner: request.owner,
    published: before?.published ?? null,
    error: null,
  };
}

/** The role of a relation, named as consumers of the interface know it. */
export const userName = (relation: number): string => `relation_id_${relation}`;

/** The name to fall back to where another deployment on the same PostgreSQL has taken the first. */
export const ownUserName = (relation: number, owner: string): string =>
  `${userName(relation)}_${fingerprint(owner)}`;

/** The role with which PgBouncer looks up users: one for each deployment on a PostgreSQL. */
export const authUserName = (owner: string): string => `hookchart_auth_${fingerprint(owner)}`;

/** The removal is remembered before it is done, and the secret goes first. */
export const removing = (grant: Grant): Grant => ({
  ...grant,
  state: 'removing',
  password: null,
  published: null,
});

/** The first field in which a request differs from what was granted; roles as requests spell them. */
export function changedField(
  request: DatabaseRequest,
  grant: Grant,
): { readonly field: string; readonly served: string; readonly requested: string } | null {
  if (request.database !== grant.database)
    return { field: 'database', served: grant.database, requested: request.database };
  const served = [...grant.attributes, ...grant.roles.map((role) => role.toLowerCase()).sort()];
  const requested = [...request.attributes, ...request.roles];
  if (served.length === requested.length && served.every((role, at) => role === requested[at]))
    return null;
  return {
    field: 'extra-user-roles',
    served: served.join(',') || 'nothing',
    requested: requested.join(',') || 'nothing',
  };
}

/** What the relation's own application databag shows; an empty value deletes its key. */
export function providerDatabag(grant: Grant, login: Login, info: ConnectionInfo, remote: Databag) {
  const { data: _, ...request } = remote;
  return {
    data: JSON.stringify(request),
    database: grant.database,
    username: login.user,
    password: login.password.secret,
    ...connectionKeys(info),
  };
}

/** The part of it that moves while the credentials stay. */
export const connectionKeys = (info: ConnectionInfo) => ({
  endpoints: info.endpoints ?? '',
  'read-only-endpoints': info.readOnlyEndpoints,
  version: info.version ?? '',
});

/** A short, stable mark of a name (FNV-1a, 32 bits); it tells deployments apart and protects nothing. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash.toString(36);
}
