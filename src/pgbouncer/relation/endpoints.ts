import type { ConnectionInfo, Grant } from '../../../machines/index.ts';
import { markOf, together } from './authorities.ts';
import { type HostPort, renderHostPort } from './host-port.ts';
import { serving } from './ledger.ts';

/** What a unit says that it serves, by relations. */
export type Serves = Pick<ReadonlyMap<number, string>, 'get'>;

/** A unit of the pooler as the others see it. */
export interface Peer {
  readonly unit: string;
  /** Null until the unit has said where it is. */
  readonly endpoint: HostPort | null;
  /**
   * For each relation the database, and for whom, as the unit has read it back from its own
   * PgBouncer. What it said of another relation, or of what this one was given before, confirms
   * nothing.
   */
  readonly serving: Serves;
  /** Whether its PgBouncer has all users in its userlist; one of version 0.1 looks them up. */
  readonly listsUsers: boolean;
  /** By whom clients verify it; empty while it has no certificate in force. */
  readonly authorities: string;
}

/**
 * What the databag of a relation says: the leader for reading and writing, and for
 * reading the other units that have confirmed it, sorted. A unit that lags is left out; it never
 * blocks a request. Endpoints stay null while the leader's own address is not known.
 *
 * Where the leader has a certificate clients are told to verify all of them, and a unit without one
 * lags; but where nobody was told so yet, it is said when the last unit has one, and so it is where
 * clients are told of a service, which leads to whoever lags.
 */
export function connectionInfo(
  leader: HostPort | null,
  others: readonly Peer[],
  version: string | null,
  /**
   * Whether units of version 0.1 may be among them, which name the database alone. Where they were
   * published they stay so; a database that is younger than this unit they cannot look users up in.
   */
  isMixed = false,
  /** By whom clients verify the leader; empty where by nobody. */
  authorities = '',
  /** What leads to all of them, and is all that clients are told of; null where there is nothing. */
  service: HostPort | null = null,
): (grant: Pick<Grant, 'relation' | 'database' | 'verifier' | 'published'>) => ConnectionInfo {
  const readers = others
    .flatMap(({ endpoint, serving, authorities }) =>
      endpoint === null ? [] : [{ endpoint: renderHostPort(endpoint), serving, authorities }],
    )
    .sort((one, other) => (one.endpoint < other.endpoint ? -1 : 1));
  const shared = service === null ? null : renderHostPort(service);
  const endpoints = shared ?? (leader === null ? null : renderHostPort(leader));
  const of = (readers: string, verified: Readers['verified']): Readers => {
    const readOnlyEndpoints = shared ?? readers;
    const mark = verified === null ? {} : { authorities: markOf(together(verified)) };
    return { info: { endpoints, readOnlyEndpoints, version, ...mark }, verified, and: new Map() };
  };
  const nobody = of('', null);
  const nobodyVerified = authorities === '' ? nobody : of('', [authorities]);
  const joined = ({ info, verified, and }: Readers, reader: (typeof readers)[number]): Readers => {
    const { endpoint } = reader;
    const { readOnlyEndpoints: before } = info;
    const texts = verified === null ? null : [...verified, reader.authorities];
    const together =
      and.get(endpoint) ?? of(before === '' ? endpoint : `${before},${endpoint}`, texts);
    and.set(endpoint, together);
    return together;
  };
  return (grant) => {
    const wanted = serving(grant);
    let served = nobody;
    let verified = nobodyVerified;
    let hasLaggard = false;
    for (const reader of readers) {
      const said = reader.serving.get(grant.relation);
      const isTold = isMixed && isShown(grant.published, reader.endpoint);
      if (said !== wanted && !(isTold && said === grant.database)) continue;
      served = joined(served, reader);
      if (reader.authorities === '') hasLaggard = true;
      else if (authorities !== '') verified = joined(verified, reader);
    }
    // A service leads to a laggard as well.
    const isVerified =
      authorities !== '' && (!hasLaggard || (shared === null && isToVerify(grant.published)));
    return (isVerified ? verified : served).info;
  };
}

/** Relations are many, and the sets of units that serve them are few: each is put together once. */
interface Readers {
  readonly info: ConnectionInfo;
  /** By whom its units and the leader are verified; null where they are not to be. */
  readonly verified: readonly string[] | null;
  /** The set with one unit more, by its endpoint. */
  readonly and: Map<string, Readers>;
}

/** Whether clients know by whom to verify all that they are told of, or were told nothing yet. */
const isToVerify = (published: ConnectionInfo | null): boolean =>
  published === null || published.authorities !== undefined;

/** Whether clients were told of an endpoint. */
export const isShown = (published: ConnectionInfo | null, endpoint: string): boolean =>
  published !== null &&
  (published.endpoints === endpoint || published.readOnlyEndpoints.split(',').includes(endpoint));

/** What is to be published, given what is: an unknown leader or version leaves the old one standing. */
export function succeed(published: ConnectionInfo | null, next: ConnectionInfo): ConnectionInfo {
  return {
    endpoints: next.endpoints ?? published?.endpoints ?? null,
    readOnlyEndpoints: next.readOnlyEndpoints,
    version: next.version ?? published?.version ?? null,
    // An authority that verifies nobody any more is taken back whatever else is known.
    ...(next.authorities === undefined ? {} : { authorities: next.authorities }),
  };
}

/** Whether nothing has to be published; a field that is not compared does not compile. */
export function sameInfo(one: ConnectionInfo | null, other: ConnectionInfo): boolean {
  return one !== null && comparisons.every((isSame) => isSame(one, other));
}

type Compare = (one: ConnectionInfo, other: ConnectionInfo) => boolean;

const comparisons = Object.values({
  endpoints: (one, other) => one.endpoints === other.endpoints,
  readOnlyEndpoints: (one, other) => one.readOnlyEndpoints === other.readOnlyEndpoints,
  version: (one, other) => one.version === other.version,
  authorities: (one, other) => one.authorities === other.authorities,
} satisfies Record<keyof ConnectionInfo, Compare>);
