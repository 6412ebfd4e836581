/**
 * What the provider's side of a relation says: the application databag, and the Juju secrets that
 * it points to. Follows `postgresql_client`, v0 and v1, of charm-relation-interfaces.
 */
import type { ConnectionInfo, Grant, Login } from '../../../machines/index.ts';
import type { Secret } from '../../hook/index.ts';
import { joined } from '../../juju/databag.ts';
import { bagKeys, secretKey, tlsGroup, userGroup } from '../keys.ts';
import { isShown } from './endpoints.ts';
import { type Databag, longestName, type Reply, readOnlySuffix } from './request.ts';
import { groupOf } from './secret-groups.ts';

/** The content of a relation's Juju secrets by group. */
export type SecretContents = Readonly<Record<string, Databag>>;

export interface ProviderData {
  /** What the databag shows whatever the ids of the secrets are; an empty value deletes its key. */
  readonly clear: Databag;
  readonly secrets: SecretContents;
}

/** The whole answer to a request: all of it is published in one hook. */
export function answer(
  grant: Grant,
  login: Login,
  info: ConnectionInfo,
  {
    reply,
    remote,
    own,
    authorities = null,
  }: {
    readonly reply: Reply;
    readonly remote: Databag;
    readonly own: Databag;
    /** By whom clients verify the poolers, as PEM; null where these offer no TLS. */
    readonly authorities?: string | null;
  },
): ProviderData {
  const request = withoutData(remote);
  const uris = urisOf(login, grant.database, info);
  if (reply._tag === 'V1')
    return {
      clear: {
        [bagKeys.version]: 'v1',
        [bagKeys.data]: JSON.stringify({ [reply.requestId]: requestSeen(request) }),
        [bagKeys.requests]: JSON.stringify([
          {
            [bagKeys.resource]: grant.database,
            [bagKeys.requestId]: reply.requestId,
            [bagKeys.salt]: reply.salt,
            ...v1Info(info),
          },
        ]),
      },
      secrets: {
        [userGroup]: withoutEmpty({
          [bagKeys.username]: login.user,
          [bagKeys.password]: login.password.secret,
          ...uris,
        }),
        [tlsGroup]: withoutEmpty(tlsFields('v1', authorities)),
      },
    };
  const isAsked = (field: string) => reply.secretFields.includes(field);
  // A connection string shows the password.
  const isHidden = isAsked(bagKeys.password) && own[bagKeys.password] === undefined;
  // What was shown in the clear stays so for the relation's life: its consumer has read it there.
  const isSecret = (field: string) =>
    own[field] === undefined && (isAsked(field) || (field in uris && isHidden));
  const clear: Record<string, string> = {
    [bagKeys.data]: JSON.stringify(request),
    [bagKeys.database]: grant.database,
  };
  const secrets: Record<string, Record<string, string>> = {};
  const say = (field: string, value: string) => {
    const group = groupOf[field];
    if (group === undefined || !isSecret(field)) clear[field] = value;
    else if (value !== '') {
      secrets[group] ??= {};
      secrets[group][field] = value;
    }
  };
  say(bagKeys.username, login.user);
  say(bagKeys.password, login.password.secret);
  say(bagKeys.uris, uris[bagKeys.uris]);
  say(bagKeys.readOnlyUris, isAsked(bagKeys.readOnlyUris) ? uris[bagKeys.readOnlyUris] : '');
  const tls = tlsFields('v0', authorities);
  for (const field in tls) if (tls[field]) say(field, tls[field]);
  const { [userGroup]: ofUser } = secrets;
  // Whatever of it was asked for, this unit finds there what it has published.
  if (ofUser !== undefined)
    secrets[userGroup] = {
      [bagKeys.username]: login.user,
      [bagKeys.password]: login.password.secret,
      ...ofUser,
    };
  return { clear: joined(clear, connectionKeys(info)), secrets };
}

/**
 * What is to be written into a databag for an answer whose secrets have these ids: what it shows of
 * another form of the answer, such as a password in the clear, goes.
 */
export function answerDatabag(
  { clear }: ProviderData,
  ids: Readonly<Record<string, string>>,
  own: Databag,
): Databag {
  const secrets: Record<string, string> = {};
  for (const group in ids) secrets[secretKey(group)] = ids[group] ?? '';
  if (clear[bagKeys.requests] === undefined) return joined(withdrawn(own), clear, secrets);
  const [request] = requestsIn(clear);
  const requests = JSON.stringify([{ ...request, ...secrets }]);
  return { ...withdrawn(own), ...clear, [bagKeys.requests]: requests };
}

/** What a requirer says; what it keeps of the answer before is none of it. */
function withoutData(remote: Databag): Databag {
  const request: Record<string, string> = {};
  for (const key in remote) if (key !== 'data') request[key] = remote[key] ?? '';
  return request;
}

/** Nothing of what a databag shows. */
export function withdrawn(own: Databag): Databag {
  const nothing: Record<string, string> = {};
  for (const key in own) nothing[key] = '';
  return nothing;
}

/** What is said of TLS; the two versions of the interface spell it in two ways. */
function tlsFields(version: 'v0' | 'v1', authorities: string | null): Databag {
  const said = authorities === null ? 'false' : 'true';
  return {
    tls: version === 'v1' ? said : `${said.charAt(0).toUpperCase()}${said.slice(1)}`,
    [bagKeys.tlsAuthorities]: authorities ?? '',
  };
}

/** The content of the secret about TLS when something else is to be said of it. */
export const verifiedSecret = (content: Databag, own: Databag, authorities: string | null) =>
  withoutEmpty({ ...content, ...tlsFields(own.version === 'v1' ? 'v1' : 'v0', authorities) });

/** What a databag says itself of TLS, where no secret does. */
export function verifiedDatabag(own: Databag, authorities: string | null): Databag {
  if (own.version === 'v1') return {};
  const { tls, ...more } = tlsFields('v0', authorities);
  const isHidden = own[secretKey(tlsGroup)] !== undefined;
  return own.tls === undefined && isHidden ? {} : { tls: tls ?? '', ...more };
}

/** Where clients reach the poolers now; everything else in the databag stays. */
export function movedDatabag(
  own: Databag,
  { database }: Grant,
  info: ConnectionInfo,
  asked: readonly string[],
): Databag {
  const [request] = own[bagKeys.version] === 'v1' ? requestsIn(own) : [];
  return request === undefined
    ? { ...connectionKeys(info), ...movedUris(own, database, info, asked) }
    : { [bagKeys.requests]: JSON.stringify([{ ...request, ...v1Info(info) }]) };
}

/** The content of a secret with the places in it put right. */
export const movedSecret = (
  content: Databag,
  { database }: Grant,
  info: ConnectionInfo,
  asked: readonly string[],
): Databag =>
  settledSecret(
    content,
    withoutEmpty({ ...content, ...movedUris(content, database, info, asked) }),
    info,
  );

/**
 * The new content of a secret, in which a connection string stays with its unit for as long as that
 * one serves: requirers take each revision for new credentials.
 */
export const settledSecret = (before: Databag, after: Databag, info: ConnectionInfo): Databag =>
  Object.fromEntries(
    Object.entries(after).map(([field, value]) => {
      const known = before[field] ?? '';
      const [place, next] = [placeIn(known), placeIn(value)];
      const isSettled =
        place !== null &&
        next !== null &&
        isShown(info, place) &&
        known.replace(`@${place}/`, `@${next}/`) === value;
      return [field, isSettled ? known : value];
    }),
  );

/** The content of a secret with another password in it, in its connection strings as well. */
export function renewedSecret(content: Databag, { secret }: Secret): Databag {
  const { [bagKeys.password]: before = '' } = content;
  const [old, next] = [before, secret].map((one) => `:${encodeURIComponent(one)}@`) as [
    string,
    string,
  ];
  return Object.fromEntries(
    Object.entries(content).map(([field, value]) => [
      field,
      field === bagKeys.password ? secret : isUri(field) ? value.replace(old, next) : value,
    ]),
  );
}

const isUri = (field: string): boolean => field === bagKeys.uris || field === bagKeys.readOnlyUris;

/** Where a connection string leads; null for what is none. */
const placeIn = (uri: string): string | null =>
  /^postgresql:\/\/[^@/]*@([^@/]+)\//.exec(uri)?.[1] ?? null;

/** The fields that a requirer wants kept from the databag. */
export const secretFieldsOf = (reply: Reply): readonly string[] =>
  reply._tag === 'V0' ? reply.secretFields : Object.keys(groupOf);

/** Whether a provider's databag shows credentials, in the clear or by the secret that holds them. */
export const isAnswer = (own: Databag): boolean =>
  [own, ...requestsIn(own)].some((one) =>
    Boolean(one?.[bagKeys.username] ?? one?.[secretKey(userGroup)]),
  );

const connectionKeys = (info: ConnectionInfo) => ({
  [bagKeys.endpoints]: info.endpoints ?? '',
  [bagKeys.readOnlyEndpoints]: info.readOnlyEndpoints,
  [bagKeys.version]: info.version ?? '',
});

const v1Info = (info: ConnectionInfo) => ({
  [bagKeys.endpoints]: info.endpoints,
  [bagKeys.readOnlyEndpoints]: info.readOnlyEndpoints === '' ? null : info.readOnlyEndpoints,
  [bagKeys.version]: info.version,
});

/**
 * Connection strings of one host, which is all that most libraries read; the empty one where nobody
 * answers. Any unit leads to the replicas, so that for reading too there is one from the beginning.
 */
function urisOf(login: Login, database: string, { endpoints }: ConnectionInfo) {
  const uri = (name: string) =>
    endpoints === null
      ? ''
      : `postgresql://${encodeURIComponent(login.user)}:${encodeURIComponent(login.password.secret)}@${endpoints}/${name}`;
  const hasAlias = database.length + readOnlySuffix.length <= longestName;
  return {
    [bagKeys.uris]: uri(database),
    [bagKeys.readOnlyUris]: uri(hasAlias ? database + readOnlySuffix : database),
  };
}

/** Those that are shown beside the password, or are asked for. */
function movedUris(
  shown: Databag,
  database: string,
  info: ConnectionInfo,
  asked: readonly string[],
): Databag {
  const { [bagKeys.username]: user = '', [bagKeys.password]: secret = '' } = shown;
  if (secret === '') return {};
  return Object.fromEntries(
    Object.entries(urisOf({ user, password: { secret } }, database, info)).filter(
      ([key]) => shown[key] !== undefined || asked.includes(key),
    ),
  );
}

const withoutEmpty = (content: Databag): Databag =>
  Object.fromEntries(Object.entries(content).filter(([, value]) => value !== ''));

function requestsIn({ requests }: Databag): readonly Readonly<Record<string, unknown>>[] {
  if (requests === undefined) return [];
  try {
    const found: unknown = JSON.parse(requests);
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

const requestSeen = (remote: Databag) => requestsIn(remote)[0] ?? {};
