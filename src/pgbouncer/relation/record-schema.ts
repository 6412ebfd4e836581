/** What a record of the ledger has to be, whoever has written it. */
import * as v from 'valibot';
import type { Grant } from '../../../machines/index.ts';
import { isRecord } from '../../hook/index.ts';
import type { RecordTail } from './record-text.ts';

const secret = v.object({ secret: v.string() });
const id = v.optional(v.nullable(v.string()), null);
/** The login with which poolers of version 0.1 look up users. */
export const login = v.object({
  user: v.string(),
  password: v.nullable(secret),
  secret: id,
});
/** A record of the ledger, of whichever version. */
export const record = v.variant('state', [
  v.object({ relation: v.number(), state: v.literal('refused'), error: v.string() }),
  v.object({
    relation: v.number(),
    state: v.picklist(['provisioning', 'published', 'removing']),
    user: v.string(),
    database: v.string(),
    place: id,
    attributes: v.array(v.string()),
    roles: v.array(v.string()),
    password: v.nullable(secret),
    secrets: v.optional(v.record(v.string(), v.string()), {}),
    verifier: v.optional(v.nullable(secret), null),
    requestId: id,
    owner: v.string(),
    published: v.nullable(
      v.object({
        endpoints: v.nullable(v.string()),
        readOnlyEndpoints: v.string(),
        version: v.nullable(v.string()),
        authorities: v.exactOptional(v.string()),
      }),
    ),
    error: v.nullable(v.string()),
  }),
]);

/**
 * Whether a value is a grant with all that one has, each as it has to be. It says no more than the
 * schema does, which takes most of a hook's time where there are thousands of them.
 */
export function isWhole(value: unknown): value is v.InferOutput<typeof record> {
  if (typeof value !== 'object' || value === null) return false;
  // Field by field, for there is a grant for each of thousands of relations, and each list is garbage.
  const grant = value as Record<keyof Grant, unknown>;
  const { state } = grant;
  return (
    (state === 'published' || state === 'provisioning' || state === 'removing') &&
    typeof grant.relation === 'number' &&
    isText(grant.user) &&
    isText(grant.database) &&
    isText(grant.owner) &&
    isTextOrNull(grant.error) &&
    isTextOrNull(grant.requestId) &&
    isTextOrNull(grant.place) &&
    isTexts(grant.attributes) &&
    isTexts(grant.roles) &&
    isSecretOrNull(grant.password) &&
    isSecretOrNull(grant.verifier) &&
    areTexts(grant.secrets) &&
    isInfoOrNull(grant.published)
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';

const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** Whether all that an object holds are texts. */
function areTexts(value: unknown): boolean {
  if (!isRecord(value)) return false;
  for (const key in value) if (!isText(value[key])) return false;
  return true;
}

const isSecretOrNull = (value: unknown): boolean =>
  value === null || (isRecord(value) && isText(value.secret));

/** Whether a value has the last keys of a record, and no other. */
export function isTail(value: unknown): value is RecordTail {
  if (!isRecord(value) || Object.keys(value).join() !== 'owner,published,error') return false;
  return isText(value.owner) && isInfoOrNull(value.published) && isTextOrNull(value.error);
}

const isInfoOrNull = (value: unknown): boolean =>
  value === null ||
  (isRecord(value) &&
    isText(value.readOnlyEndpoints) &&
    isTextOrNull(value.endpoints) &&
    isTextOrNull(value.version) &&
    (value.authorities === undefined || isText(value.authorities)));
