import * as E from 'fp-ts/lib/Either.js';
import type { Login } from '../../machines/index.ts';
import { isServed, type Ledger } from './ledger.ts';
import { longestName, readOnlySuffix } from './request.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where PostgreSQL listens, as seen from the poolers. */
export interface BackendEndpoints {
  readonly primary: HostPort;
  readonly replicas: readonly HostPort[];
}

export interface DatabaseEntry {
  readonly name: string;
  /** One host, or several separated by commas, which PgBouncer takes in turn. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** What PgBouncer is to serve: a pure, sorted function of the ledger and the backend's endpoints. */
export interface Configuration {
  readonly databases: readonly DatabaseEntry[];
  readonly auth: Login | null;
}

/** An endpoint that must not reach PgBouncer's file, where it would be misread without an error. */
export interface EndpointInvalid {
  readonly _tag: 'EndpointInvalid';
  readonly class: 'broken';
  readonly endpoint: string;
}

const hostAlphabet = /^[A-Za-z0-9_.:-]+$/;

/**
 * Lays out PgBouncer's databases: `<database>` leads to the primary, `<database>_readonly` to the
 * replicas, or to the primary while there is none. A name that leaves no room has no alias.
 */
export function configure(
  ledger: Ledger,
  backend: BackendEndpoints,
  auth: Login | null,
): E.Either<EndpointInvalid, Configuration> {
  const replicas = sharingOnePort(backend.replicas);
  const readers = replicas.length === 0 ? [backend.primary] : replicas;
  for (const { host, port } of [backend.primary, ...readers])
    if (!hostAlphabet.test(host) || !Number.isInteger(port) || port < 1 || port > 65535)
      return E.left({ _tag: 'EndpointInvalid', class: 'broken', endpoint: `${host}:${port}` });
  const primary = backend.primary;
  const readHosts = readers.map(({ host }) => host).join(',');
  const readPort = readers[0]?.port ?? primary.port;
  const databases: DatabaseEntry[] = [];
  for (const database of servedDatabases(ledger)) {
    databases.push({ name: database, host: primary.host, port: primary.port, database });
    if (database.length + readOnlySuffix.length <= longestName) {
      const name = database + readOnlySuffix;
      databases.push({ name, host: readHosts, port: readPort, database });
    }
  }
  return E.right({ databases, auth });
}

/** The databases that some relation uses, sorted, each once. */
function servedDatabases({ records }: Ledger): readonly string[] {
  const databases = new Set<string>();
  for (const record of records.values()) if (isServed(record)) databases.add(record.database);
  return [...databases].sort();
}

/** One entry of PgBouncer has one port: the largest group that shares one, sorted by host. */
function sharingOnePort(replicas: readonly HostPort[]): readonly HostPort[] {
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
export function sameDatabases(
  one: readonly DatabaseEntry[],
  other: readonly DatabaseEntry[],
): boolean {
  return (
    one.length === other.length &&
    one.every((entry, index) => {
      const twin = other[index];
      return (
        twin !== undefined &&
        entry.name === twin.name &&
        entry.host === twin.host &&
        entry.port === twin.port &&
        entry.database === twin.database
      );
    })
  );
}
