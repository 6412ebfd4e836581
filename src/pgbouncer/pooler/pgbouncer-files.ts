/**
 * PgBouncer's two files as text. Keys are gated by version, since one that PgBouncer does not know
 * keeps it from starting; the databases come last, so that the last of them in force proves that
 * the whole file was read.
 *
 * Follows https://www.pgbouncer.org/config.html.
 */
import type { Login } from '../../../machines/index.ts';
import type { HostPort } from '../relation/host-port.ts';
import type { Configuration } from './configuration.ts';
import { poolSizes } from './pool-sizes.ts';
import { renderAccess } from './pooler-access.ts';

/** How one PgBouncer process runs; what clients and operators may tune. */
export interface Settings {
  readonly listenAddress: string;
  readonly listenPort: number;
  /** Folder of the Unix socket; null for none. */
  readonly socketDirectory: string | null;
  /** Both null under a supervisor, who takes standard error and knows the process. */
  readonly logFile: string | null;
  readonly pidFile: string | null;
  readonly userlistFile: string;
  /** Where it is written who may come to which database, while that is not for all the same. */
  readonly accessFile: string;
  /** Where the authority that verifies PostgreSQL is written, while one is known. */
  readonly caFile: string;
  /** Where this unit's key is, and where its certificate is written; left out where it has none. */
  readonly clientKeyFile?: string;
  readonly clientCertificateFile?: string;
  /** The login of the admin console; it never reaches PostgreSQL. */
  readonly admin: Login;
  readonly poolMode: 'session' | 'transaction' | 'statement';
  /** Clients of one process, whoever they are; it must be able to have a file for each. */
  readonly mostClients: number;
  /** Server connections for each database and process; 0 is no limit. */
  readonly maxDatabaseConnections: number;
  /** Processes of this unit that share the limit's pool sizes. */
  readonly processes: number;
  /** Where it is one of several that share a port: which one; left out where it has its port alone. */
  readonly group?: ProcessGroup;
  /** Prepared statements kept for each connection in transaction pooling, from PgBouncer 1.21 on. */
  readonly maxPreparedStatements: number;
}

/** Processes that share a port: the system gives each new connection to one of them. */
export interface ProcessGroup {
  /** Which of them a process is, from 0. */
  readonly number: number;
  /** Where each of them, and no other, listens beside that port's common address. */
  readonly hosts: readonly string[];
}

export interface PgbouncerFiles {
  readonly ini: string;
  readonly userlist: string;
  /** Null where no authority is known. */
  readonly ca: string | null;
  /** Null where clients see no certificate. */
  readonly certificate: string | null;
  /** Null where all databases are for all. */
  readonly access: string | null;
}

/** Whether a configuration file has access ruled by a file of its own. */
export const isFenced = (ini: string): boolean => /^auth_type = hba$/m.test(ini);

/** `[1, 18]` of `1.18.0`, as numbers, for `14.9` is older than `14.16`. */
export type Version = readonly [major: number, minor: number];

export function parseVersion(text: string): Version | null {
  const found = /(\d+)\.(\d+)/.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2])];
}

export const isAtLeast = (version: Version, [major, minor]: Version): boolean =>
  version[0] > major || (version[0] === major && version[1] >= minor);

/** The oldest PgBouncer whose configuration is known here: it has host lists. */
export const oldestVersion: Version = [1, 17];

/** What version 0.1 left in each database: the function through which it looked up users. */
const lookupQuery = 'SELECT uname, phash FROM hookchart.user_lookup($1)';

/** Nobody else is to be found by it: who is in the userlist must never have been looked up. */
const queryFor = (users: readonly string[]): string =>
  `${lookupQuery} WHERE uname IN (${users.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ')})`;

/** Who can be looked up by a configuration file: anybody, as version 0.1 had it, or these. */
export function lookedUpIn(ini: string): 'anybody' | readonly string[] {
  const query = /^auth_query = (.*)$/m.exec(ini)?.[1];
  if (query === undefined) return [];
  if (query === lookupQuery) return 'anybody';
  return [...query.matchAll(/'((?:[^']|'')*)'/g)].map(([, name = '']) =>
    name.replaceAll("''", "'"),
  );
}

/** Clients of one process, where it may have the files. */
const mostClients = 10_000;

/** Beside those of connections: what it listens on, its console, the files that it reads. */
const otherFiles = 100;

/** Each client is a file, and so is the connection to the server that it may have. */
const filesFor = (clients: number): number => 2 * clients + otherFiles;

/** How many files PgBouncer needs for all the clients that it is meant to take. */
export const filesWanted = filesFor(mostClients);

/** How many clients it can be promised to with so many files. */
export const clientsWithin = (openFiles: number): number =>
  Math.min(mostClients, Math.max(1, Math.floor((openFiles - otherFiles) / 2)));

export function renderFiles(
  { databases, users, ca, clients, wildcard, ...configuration }: Configuration,
  settings: Settings,
  version: Version,
  /** The console's password as PgBouncer is to know it: it logs lines that it cannot read. */
  adminVerifier: string,
  /** Whether access is ruled although no wildcard is wanted: a process keeps one that it had. */
  wasFenced = false,
): PgbouncerFiles {
  const lookup = configuration.lookup?.users.length ? configuration.lookup : null;
  const certificate = clients?.certificate ?? null;
  const isShut = clients?.mode === 'require' && certificate === null;
  const hasFence = wildcard !== null || wasFenced || isShut;
  // A cancel request comes to any of them: from 1.19 on one passes it to the process that is meant.
  const peers = settings.group !== undefined && isAtLeast(version, [1, 19]) ? settings.group : null;
  const sizes = poolSizes(settings.maxDatabaseConnections, settings.processes);
  const options: readonly (readonly [key: string, value: string | number | null])[] = [
    ['listen_addr', settings.listenAddress],
    ['listen_port', settings.listenPort],
    ['so_reuseport', settings.group === undefined ? null : 1],
    ['peer_id', peers === null ? null : peers.number + 1],
    // Left out it is /tmp, where any process may listen in its place.
    ['unix_socket_dir', settings.socketDirectory ?? ''],
    ['logfile', settings.logFile],
    ['pidfile', settings.pidFile],
    ['auth_type', hasFence ? 'hba' : 'scram-sha-256'],
    ['auth_hba_file', hasFence ? settings.accessFile : null],
    ['auth_file', settings.userlistFile],
    ['auth_user', lookup === null ? null : lookup.user],
    ['auth_query', lookup === null ? null : queryFor(lookup.users)],
    ['server_tls_sslmode', ca === null ? 'prefer' : 'verify-full'],
    ['server_tls_ca_file', ca === null ? null : settings.caFile],
    ['client_tls_sslmode', certificate === null ? null : (clients?.mode ?? null)],
    ['client_tls_key_file', certificate === null ? null : (settings.clientKeyFile ?? null)],
    [
      'client_tls_cert_file',
      certificate === null ? null : (settings.clientCertificateFile ?? null),
    ],
    ['admin_users', settings.admin.user],
    ['pool_mode', settings.poolMode],
    ['max_client_conn', settings.mostClients],
    // No tenant may take all places of the others.
    [
      'max_user_client_connections',
      isAtLeast(version, [1, 24]) ? Math.ceil((settings.mostClients * 4) / 5) : null,
    ],
    ['max_db_connections', settings.maxDatabaseConnections],
    ['default_pool_size', sizes.defaultSize],
    ['min_pool_size', sizes.minimum],
    ['reserve_pool_size', sizes.reserve],
    // A replica that has not followed yet, or a host that is gone, is tried again before long.
    ['server_login_retry', 2],
    // Whoever names a database, in whatever words, has one remembered, before it logs in.
    ['autodb_idle_timeout', wildcard === null ? null : 60],
    ['ignore_startup_parameters', 'extra_float_digits,options'],
    [
      'max_prepared_statements',
      isAtLeast(version, [1, 21]) ? settings.maxPreparedStatements : null,
    ],
  ];
  return {
    ini: [
      '[pgbouncer]',
      ...options.flatMap(([key, value]) => (value === null ? [] : [`${key} = ${value}`.trimEnd()])),
      '',
      ...(peers === null ? [] : peersSection(peers, settings)),
      databaseSection(databases, wildcard && wildcardEntry(wildcard, settings)),
    ].join('\n'),
    userlist: [
      [settings.admin.user, adminVerifier],
      ...(lookup === null ? [] : [[lookup.user, lookup.password.secret]]),
      // PgBouncer looks for a new user's place from the front of its own sorted list.
      ...users.map(({ name, verifier }) => [name, verifier.secret]).reverse(),
    ]
      .map(([user = '', secret = '']) => `${listed(user)} ${listed(secret)}\n`)
      .join(''),
    ca,
    certificate,
    access: hasFence ? renderAccess({ databases, wildcard }, settings.admin.user, isShut) : null,
  };
}

const peersSection = ({ hosts }: ProcessGroup, { listenPort }: Settings): readonly string[] => [
  '[peers]',
  ...hosts.map((host, number) => `${number + 1} = host=${host} port=${listenPort}`),
  '',
];

/** It names its mode, by which what it leads to is told from what has an entry. */
const wildcardEntry = ({ host, port }: HostPort, { poolMode }: Settings): string =>
  `* = host=${host} port=${port} pool_mode=${poolMode} min_pool_size=0`;

/** The part of the file that follows from the ledger. */
export const databaseSection = (
  databases: Configuration['databases'],
  wildcard: string | null = null,
): string =>
  [
    '[databases]',
    ...(wildcard === null ? [] : [wildcard]),
    ...databases.map(
      ({ name, host, port, database }) => `${name} = host=${host} port=${port} dbname=${database}`,
    ),
    '',
  ].join('\n');

/** The databases that have an entry of their own in a configuration file. */
export const entriesIn = (ini: string): ReadonlySet<string> =>
  new Set(
    [...ini.matchAll(/^(\S+) = host=/gm)].flatMap(([, name = '*']) => (name === '*' ? [] : [name])),
  );

const listed = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Where a configuration file has PgBouncer listen; null where it does not say. */
export function portIn(ini: string): number | null {
  const port = /^listen_port = (\d+)$/m.exec(ini)?.[1];
  return port === undefined ? null : Number(port);
}

/** The secret of a user that a userlist names; null where it names none. */
export function secretIn(userlist: string, user: string): string | null {
  const line = userlist.split('\n').find((one) => one.startsWith(`${listed(user)} "`));
  return line?.slice(listed(user).length + 2, -1).replaceAll('""', '"') ?? null;
}

/** The users whom a userlist has by another verifier than they have now. */
export function renewedSince(userlist: string, users: Configuration['users']): readonly string[] {
  const known = new Set(userlist.split('\n'));
  const names = new Set([...known].map((line) => line.slice(0, line.indexOf('" "') + 1)));
  return users.flatMap(({ name, verifier: { secret } }) =>
    names.has(listed(name)) && !known.has(`${listed(name)} ${listed(secret)}`) ? [name] : [],
  );
}
