/** Names that are on record outside this program: whoever changes one carries over what is there. */
import type { Grant } from '../../machines/index.ts';

/** The charm's endpoints, as `metadata.yaml` has them. */
export const endpoints = {
  database: 'database',
  backend: 'backend-database',
  peers: 'pgb-peers',
  tracing: 'charm-tracing',
  certificates: 'certificates',
  metrics: 'metrics-endpoint',
  dashboard: 'grafana-dashboard',
  logging: 'logging',
} as const;

/** What is said in the databags of `postgresql_client` and in its secrets, by both sides. */
export const bagKeys = {
  data: 'data',
  database: 'database',
  endpoints: 'endpoints',
  externalNodeConnectivity: 'external-node-connectivity',
  password: 'password',
  requestId: 'request-id',
  requests: 'requests',
  resource: 'resource',
  salt: 'salt',
  tls: 'tls',
  tlsCa: 'tls-ca',
  uris: 'uris',
  username: 'username',
  version: 'version',
  extraUserRoles: 'extra-user-roles',
  requestedSecrets: 'requested-secrets',
  readOnlyEndpoints: 'read-only-endpoints',
  readOnlyUris: 'read-only-uris',
  /** Also in what version 1 of the interface keeps in `data`. */
  status: 'status',
  tlsAuthorities: 'tls-ca',
} as const;

/** Keys that ask for something that is not served; answering with a plain user would be a lie. */
export const unservedKeys = [
  ...['entity-type', 'entity-permissions', 'requested-entity-secret', 'secret-requested-entity'],
  ...['extra-group-roles', 'prefix-matching', 'secret-mtls'],
];

/** Where a databag names the secret of a group. */
export const secretKey = <Group extends string>(group: Group): `secret-${Group}` =>
  `secret-${group}`;

/** The groups of a relation's Juju secrets: its user and password, and what concerns TLS. */
export const userGroup = 'user';
export const tlsGroup = 'tls';

/** As consumers' libraries label the provider's secrets. */
export const secretLabel = (
  { relation, requestId }: Pick<Grant, 'relation' | 'requestId'>,
  group: string,
): string =>
  ['database', relation, ...(requestId === null ? [] : [requestId]), group, 'secret'].join('.');

/** As `secretLabel` makes them; a secret of others has no label here. */
const ownSecret = /^database\.(\d+)\.(?:[^.]+\.)?[a-z]+\.secret$/;

/** The relation for which a secret of such a label was made; null for any other secret. */
export function relationOfSecret(label: string): number | null {
  const relation = ownSecret.exec(label)?.[1];
  return relation === undefined ? null : Number(relation);
}

/** The ledger, in the application's databag of the peer relation: a record for each relation. */
const recordPrefix = 'relation-';
export const recordKey = (relation: number): string => `${recordPrefix}${relation}`;
/** The relation of a record's key. */
export const relationOf = (key: string): number => Number(key.slice(recordPrefix.length));
export const isRecordKey = (key: string): boolean => key.startsWith(recordPrefix);
/** The key of version 0.1's login; it goes when no unit looks up users any more. */
export const lookupKey = 'auth-user';
/** The unit that has led last. */
export const leaderKey = 'leader';

/**
 * By which form what is on record is written: in the application's databag of the peer relation, and
 * in a unit's state.
 */
export const formatKey = 'format';

/** How far a look at all requests has come that takes more than one hook. */
export const lookingKey = 'looking';
/** How many relations are still to be told where the poolers are now, and of how many. */
export const movingKey = 'moving';

/** What each unit says in its own databag of the peer relation. */
export const peerKeys = {
  address: 'address',
  serving: 'serving',
  users: 'users',
  /** By whom clients verify this unit; empty where it has no certificate in force. */
  authorities: 'tls-ca',
} as const;

/**
 * The key in a unit's state that says that its application ends: a unit that was to go is never
 * asked to stay, and later hooks of it may hint at nothing.
 */
export const endingKey = 'ending';

/** The key in a unit's state of what it knows to be looked at already. */
export const lookedKey = 'looked';

export const flagPrefix = 'departing-';

/** The key in a unit's state of the flag that the departed hook of a relation leaves. */
export const flagKey = (relation: number): string => `${flagPrefix}${relation}`;

/** What they are to Juju's adapter. */
export const jujuEndpoints = {
  peers: endpoints.peers,
  serves: endpoints.database,
  requires: endpoints.backend,
  tracing: endpoints.tracing,
} as const;

/** The options that were in force in the last hook, in a unit's state. */
export const settingsKey = 'settings';

/** The port that a unit has asked Juju to open, in its state. */
export const openedKey = 'opened';

/** Who reads a unit's metrics, in its state: the relations. */
export const metricsKey = 'metrics';

/** Who takes a unit's logs, in its state: targets of Pebble's by their names. */
export const loggingKey = 'logging';

/** What a unit remembers of its certificate, in its state. */
export const certificateKey = 'certificate';
