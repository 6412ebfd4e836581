import * as E from 'fp-ts/lib/Either.js';
import type { Grant, Login } from '../../../machines/index.ts';
import type { Secret } from '../../hook/index.ts';
import { quote } from '../../juju/hook-tools/printable.ts';
import { isShown } from '../relation/endpoints.ts';
import { type HostPort, isReachable, renderHostPort } from '../relation/host-port.ts';
import { isServed, type Ledger, type LedgerRecord } from '../relation/ledger.ts';
import { longestName, readOnlySuffix } from '../relation/request.ts';

/** Where PostgreSQL listens, as seen from the poolers. */
export interface BackendEndpoints {
  readonly primary: HostPort;
  readonly replicas: readonly HostPort[];
  /** What else was named as one, and says no host and port. */
  readonly unreadable?: readonly string[];
  /** Databases that no tenant has any business in, beside those that every server has. */
  readonly closed?: readonly string[];
  /** The certificate authority that its servers are to be verified by, as PEM; null where none is known. */
  readonly ca?: string | null;
}

export interface DatabaseEntry {
  readonly name: string;
  /** One host, or several separated by commas, which PgBouncer takes in turn. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** Somebody who may log in, as PgBouncer's userlist has it. */
export interface PoolerUser {
  readonly name: string;
  /** Byte for byte the one that PostgreSQL has: what a client proves to one is proof to the other. */
  readonly verifier: Secret;
}

/** The login of version 0.1 that looks up users. */
export interface Lookup extends Login {
  /** Whom it alone knows: they have no verifier on record. */
  readonly users: readonly string[];
  /** Whose clients were told of this unit, and may be about to be looked up. */
  readonly told: readonly string[];
}

/**
 * The way to databases that have no entry, for those who may make databases. PostgreSQL says whom it
 * lets in where, as anywhere else; nobody else so much as gets there.
 */
export interface Wildcard extends HostPort {
  readonly users: readonly string[];
  /** Where it leads nobody. */
  readonly closed: readonly string[];
}

/** How clients come by TLS. */
export interface ClientTls {
  /** Whether they may come without, or must not. */
  readonly mode: 'allow' | 'require';
  /**
   * This unit's certificate and what is between it and its authority, as PEM; its key is where the
   * pooler has it. Null where there is none: who must come by TLS does not come in then.
   */
  readonly certificate: string | null;
}

/** What PgBouncer is to serve: a pure, sorted function of the ledger and the backend's endpoints. */
export interface Configuration {
  readonly databases: readonly DatabaseEntry[];
  readonly users: readonly PoolerUser[];
  /** How users of version 0.1 are looked up; null once no unit has to. */
  readonly lookup: Lookup | null;
  /** Null where nobody may make databases. */
  readonly wildcard: Wildcard | null;
  /** By whom PgBouncer verifies PostgreSQL's servers, as PEM; null where that is not known. */
  readonly ca: string | null;
  /** Left out where clients come without TLS. */
  readonly clients?: ClientTls;
}

/** An endpoint that must not reach PgBouncer's file, where it would be misread without an error. */
export interface EndpointInvalid {
  readonly _tag: 'EndpointInvalid';
  readonly class: 'broken';
  readonly endpoint: string;
}

/** A PgBouncer that serves nobody. */
export const emptyConfiguration: Configuration = {
  databases: [],
  users: [],
  lookup: null,
  wildcard: null,
  ca: null,
};

/**
 * Lays out PgBouncer's databases: `<database>` leads to the primary, `<database>_readonly` to the
 * replicas, or to the primary while there is none. A name that leaves no room has no alias.
 */
export function configure(
  ledger: Ledger,
  backend: BackendEndpoints,
  lookup: Login | null,
  /** Where clients reach this unit; null where that is not known. */
  here: HostPort | null,
  /** Whether those who were given CREATEDB may have it still. */
  mayMake = true,
): E.Either<EndpointInvalid, Configuration> {
  const replicas = sharingOnePort(backend.replicas);
  const readers = replicas.length === 0 ? [backend.primary] : replicas;
  for (const one of [backend.primary, ...readers])
    if (!isReachable(one))
      return E.left({ _tag: 'EndpointInvalid', class: 'broken', endpoint: renderHostPort(one) });
  const primary = backend.primary;
  const readHosts = readers.map(({ host }) => host).join(',');
  const readPort = readers[0]?.port ?? primary.port;
  const databases: DatabaseEntry[] = [];
  for (const [asked, database] of servedDatabases(ledger)) {
    databases.push({ name: asked, host: primary.host, port: primary.port, database });
    if (asked.length + readOnlySuffix.length <= longestName) {
      const name = asked + readOnlySuffix;
      databases.push({ name, host: readHosts, port: readPort, database });
    }
  }
  const served = servedUsers(ledger);
  return E.right({
    databases,
    users: served.map(({ user, verifier }) => ({ name: user, verifier })),
    lookup:
      lookup === null ? null : { ...lookup, users: unverified(ledger), told: told(ledger, here) },
    // Users are looked up in the database that a client names, and there anybody may answer.
    wildcard: lookup === null && mayMake ? wildcardFor(served, backend) : null,
    ca: backend.ca ?? null,
  });
}

/** The databases that some relation uses, sorted, each once, with their names on the server. */
function servedDatabases({
  records,
}: Ledger): readonly (readonly [asked: string, place: string])[] {
  const served: Grant[] = [];
  for (const record of records.values()) if (isServed(record)) served.push(record);
  served.sort(({ database: one }, { database: other }) =>
    one === other ? 0 : one < other ? -1 : 1,
  );
  const databases: [asked: string, place: string][] = [];
  for (const { database, place } of served) {
    const last = databases.at(-1);
    if (last?.[0] !== database) databases.push([database, place ?? database]);
    else if (place !== null) last[1] = place;
  }
  return databases;
}

type Verified = Grant & { readonly verifier: Secret };

const isVerified = (record: LedgerRecord): record is Verified =>
  isServed(record) && record.verifier !== null;

/** Whom PgBouncer knows by a verifier, sorted by their names. */
function servedUsers({ records }: Ledger): readonly Verified[] {
  const served: Verified[] = [];
  for (const record of records.values()) if (isVerified(record)) served.push(record);
  return served.sort((one, other) => (one.user < other.user ? -1 : 1));
}

function wildcardFor(
  served: readonly Verified[],
  { primary, closed = [] }: BackendEndpoints,
): Wildcard | null {
  const users: string[] = [];
  for (const { user, attributes } of served) if (attributes.includes('CREATEDB')) users.push(user);
  if (users.length === 0) return null;
  const { host, port } = primary;
  const never = closed.length === 0 ? ofServers : [...new Set([...ofServers, ...closed])].sort();
  return { host, port, users, closed: never };
}

/** Databases that every server has. */
const ofServers = ['postgres', 'template0', 'template1'];

/** Who was published and is known to the backend alone, sorted. */
export const unverified = ({ records }: Ledger): readonly string[] =>
  [...records.values()]
    .flatMap((record) =>
      record.state === 'published' && record.verifier === null ? [record.user] : [],
    )
    .sort();

function told({ records }: Ledger, here: HostPort | null): readonly string[] {
  const endpoint = here === null ? null : renderHostPort(here);
  return [...records.values()].flatMap((record) =>
    isServed(record) && (endpoint === null || isShown(record.published, endpoint))
      ? [record.user]
      : [],
  );
}

/** The replicas that PgBouncer is not told of, in sentences that say why. */
export function unusedReplicas({
  replicas,
  unreadable = [],
}: Pick<BackendEndpoints, 'replicas' | 'unreadable'>): readonly string[] {
  const used = sharingOnePort(replicas);
  const port = used[0]?.port;
  return [
    ...replicas.flatMap((replica) =>
      replica.port === port
        ? []
        : [
            `replica ${renderHostPort(replica)} is not used: PgBouncer reads from replicas of one port, and ${used.length === 1 ? 'another one listens' : `${used.length} listen`} on ${port}`,
          ],
    ),
    ...unreadable.map((text) => `replica ${quote(text)} is not used: it is no host and port`),
  ];
}

/** One entry of PgBouncer has one port: the largest group that shares one, sorted by host. */
function sharingOnePort(replicas: readonly HostPort[]): readonly HostPort[] {
  if (replicas.length === 0) return replicas;
  const groups = new Map<number, HostPort[]>();
  for (const replica of replicas) {
    const group = groups.get(replica.port) ?? [];
    groups.set(replica.port, group);
    group.push(replica);
  }
  const [largest] = [...groups.values()].sort(
    (one, other) => other.length - one.length || (one[0]?.port ?? 0) - (other[0]?.port ?? 0),
  );
  return (largest ?? []).sort((one, other) => (one.host < other.host ? -1 : 1));
}

/** Compares what PgBouncer serves with what it should serve. */
export const sameDatabases = (
  one: readonly DatabaseEntry[],
  other: readonly DatabaseEntry[],
): boolean =>
  sameList(
    one,
    other,
    (entry, twin) =>
      entry.name === twin.name &&
      entry.host === twin.host &&
      entry.port === twin.port &&
      entry.database === twin.database,
  );

/** Whether two configurations come to the same, passwords and verifiers included. */
export const sameConfiguration = (one: Configuration, other: Configuration): boolean =>
  one === other || sameParts(one, other);

const sameParts = (one: Configuration, other: Configuration): boolean =>
  one.ca === other.ca &&
  one.clients?.mode === other.clients?.mode &&
  one.clients?.certificate === other.clients?.certificate &&
  one.lookup?.user === other.lookup?.user &&
  one.lookup?.password.secret === other.lookup?.password.secret &&
  sameList(one.lookup?.users ?? [], other.lookup?.users ?? [], (name, twin) => name === twin) &&
  sameDatabases(one.databases, other.databases) &&
  sameWildcard(one.wildcard, other.wildcard) &&
  sameList(
    one.users,
    other.users,
    (user, twin) => user.name === twin.name && user.verifier.secret === twin.verifier.secret,
  );

const sameWildcard = (one: Wildcard | null, other: Wildcard | null): boolean =>
  one?.host === other?.host &&
  one?.port === other?.port &&
  sameList(one?.users ?? [], other?.users ?? [], (name, twin) => name === twin) &&
  sameList(one?.closed ?? [], other?.closed ?? [], (name, twin) => name === twin);

function sameList<Item>(
  one: readonly Item[],
  other: readonly Item[],
  isSame: (item: Item, twin: Item) => boolean,
): boolean {
  return (
    one.length === other.length &&
    one.every((item, index) => {
      const twin = other[index];
      return twin !== undefined && isSame(item, twin);
    })
  );
}
