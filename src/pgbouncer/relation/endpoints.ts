import type { ConnectionInfo, Grant } from '../../../machines/index.ts';
import { type HostPort, renderHostPort } from './host-port.ts';
import { serving } from './ledger.ts';

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
  readonly serving: ReadonlyMap<number, string>;
  /** Whether its PgBouncer has all users in its userlist; one of version 0.1 looks them up. */
  readonly listsUsers: boolean;
}

/**
 * What the databag of a relation says: the leader for reading and writing, and for
 * reading the other units that have confirmed it, sorted. A unit that lags is left out; it never
 * blocks a request. Endpoints stay null while the leader's own address is not known.
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
): (grant: Pick<Grant, 'relation' | 'database' | 'verifier' | 'published'>) => ConnectionInfo {
  const readers = others
    .flatMap(({ endpoint, serving }) =>
      endpoint === null ? [] : [{ endpoint: renderHostPort(endpoint), serving }],
    )
    .sort((one, other) => (one.endpoint < other.endpoint ? -1 : 1));
  const endpoints = leader === null ? null : renderHostPort(leader);
  const of = (readOnlyEndpoints: string): Readers => ({
    info: { endpoints, readOnlyEndpoints, version },
    and: new Map(),
  });
  const nobody = of('');
  const joined = ({ info, and }: Readers, endpoint: string): Readers => {
    const { readOnlyEndpoints: before } = info;
    const together = and.get(endpoint) ?? of(before === '' ? endpoint : `${before},${endpoint}`);
    and.set(endpoint, together);
    return together;
  };
  return (grant) => {
    const wanted = serving(grant);
    let served = nobody;
    for (const { endpoint, serving } of readers) {
      const said = serving.get(grant.relation);
      const isTold = isMixed && isShown(grant.published, endpoint);
      if (said === wanted || (isTold && said === grant.database)) served = joined(served, endpoint);
    }
    return served.info;
  };
}

/** Relations are many, and the sets of units that serve them are few: each is put together once. */
interface Readers {
  readonly info: ConnectionInfo;
  /** The set with one unit more, by its endpoint. */
  readonly and: Map<string, Readers>;
}

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
} satisfies Record<keyof ConnectionInfo, Compare>);
