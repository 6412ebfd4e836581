/** What a record of the ledger has to be, whoever has written it. */
import * as v from 'valibot';
import type { ConnectionInfo, Grant } from '../../../machines/index.ts';
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

type Check = (value: unknown) => boolean;

const isText = (value: unknown): value is string => typeof value === 'string';

const isTextOrNull: Check = (value) => value === null || isText(value);

const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

/** Whether all that an object holds are texts. */
const areTexts: Check = (value) => {
  if (!isRecord(value)) return false;
  for (const key in value) if (!isText(value[key])) return false;
  return true;
};

const isSecretOrNull: Check = (value) =>
  value === null || (isRecord(value) && isText(value.secret));

/** What may be anything yet, by the fields that it is to have. */
type Loose<Fields> = { readonly [Field in keyof Fields]?: unknown };

/**
 * A check for each field of what is taken as it stands, where the compiler misses one that was added.
 * Records that were written before have none: its check MUST say no to that, and leave it to the
 * schema to put something in its place. Each names its field, which is quicker than to be told.
 */
type Checks<Fields> = { readonly [Field in keyof Fields]-?: (value: Loose<Fields>) => boolean };

const all = <Fields extends object>(checks: Checks<Fields>) => {
  const each: readonly ((value: Loose<Fields>) => boolean)[] = Object.values(checks);
  return (value: Loose<Fields>): boolean => {
    for (const check of each) if (!check(value)) return false;
    return true;
  };
};

const isInfo = all<ConnectionInfo>({
  endpoints: ({ endpoints }) => isTextOrNull(endpoints),
  readOnlyEndpoints: ({ readOnlyEndpoints }) => isText(readOnlyEndpoints),
  version: ({ version }) => isTextOrNull(version),
  authorities: ({ authorities }) => authorities === undefined || isText(authorities),
});

const isInfoOrNull = (value: unknown): boolean =>
  value === null || (isRecord(value) && isInfo(value));

const ofTail: Checks<RecordTail> = {
  owner: ({ owner }) => isText(owner),
  published: ({ published }) => isInfoOrNull(published),
  error: ({ error }) => isTextOrNull(error),
};

const isGrant = all<Grant>({
  state: ({ state }) => state === 'published' || state === 'provisioning' || state === 'removing',
  relation: ({ relation }) => typeof relation === 'number',
  user: ({ user }) => isText(user),
  database: ({ database }) => isText(database),
  place: ({ place }) => isTextOrNull(place),
  attributes: ({ attributes }) => isTexts(attributes),
  roles: ({ roles }) => isTexts(roles),
  password: ({ password }) => isSecretOrNull(password),
  secrets: ({ secrets }) => areTexts(secrets),
  verifier: ({ verifier }) => isSecretOrNull(verifier),
  requestId: ({ requestId }) => isTextOrNull(requestId),
  ...ofTail,
});

const hasTail = all(ofTail);
const keysOfTail = Object.keys(ofTail).join();

/**
 * Whether a value is a grant with all that one has, each as it has to be. It says no more than the
 * schema does, which takes most of a hook's time where there are thousands of them.
 */
export const isWhole = (value: unknown): value is v.InferOutput<typeof record> =>
  isRecord(value) && isGrant(value);

/** Whether a value has the last keys of a record, and no other. */
export const isTail = (value: unknown): value is RecordTail =>
  isRecord(value) && Object.keys(value).join() === keysOfTail && hasTail(value);
