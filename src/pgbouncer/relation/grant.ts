import type { Grant } from '../../../machines/index.ts';
import type { Secret } from '../../hook/index.ts';
import { bagKeys } from '../keys.ts';
import type { LedgerRecord } from './ledger.ts';
import type { Databag, DatabaseRequest } from './request.ts';

/** The grant of a relation, if it has one: a refusal is none. */
export const grantOf = (record: LedgerRecord | undefined): Grant | null =>
  record === undefined || record.state === 'refused' ? null : record;

/**
 * The password that a relation's own databag shows. A password, once published, never changes by
 * itself; only where the ledger and the databag are silent one is generated.
 */
export const passwordIn = ({ password }: Databag): Secret | null =>
  password ? { secret: password } : null;

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
    place: before?.database === request.database ? before.place : null,
    attributes: request.attributes,
    roles: request.roles,
    password,
    secrets: before?.secrets ?? {},
    verifier: before?.verifier ?? null,
    requestId: request.reply._tag === 'V1' ? request.reply.requestId : null,
    owner: request.owner,
    published: before?.published ?? null,
    error: null,
  };
}

/** The role of a relation, named as consumers of the interface know it, where the name is free. */
export const userName = (relation: number): string => `relation_id_${relation}`;

/** The removal is remembered before it is done, and the secret goes first. */
export const removing = (grant: Grant): Grant => ({
  ...grant,
  state: 'removing',
  password: null,
  secrets: {},
  verifier: null,
  published: null,
});

/** The first field in which a request differs from what was granted; roles as requests spell them. */
export function changedField(
  request: DatabaseRequest,
  grant: Grant,
): { readonly field: string; readonly served: string; readonly requested: string } | null {
  if (request.database !== grant.database)
    return { field: 'database', served: grant.database, requested: request.database };
  const { attributes } = grant;
  const roles =
    grant.roles.length === 0 ? grant.roles : grant.roles.map((role) => role.toLowerCase()).sort();
  if (sameNames(attributes, request.attributes) && sameNames(roles, request.roles)) return null;
  return {
    field: bagKeys.extraUserRoles,
    served: [...attributes, ...roles].join(',') || 'nothing',
    requested: [...request.attributes, ...request.roles].join(',') || 'nothing',
  };
}

const sameNames = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name, at) => name === other[at]);
