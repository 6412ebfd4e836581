/** What a unit says in its own peer databag: where it is, and what its PgBouncer serves. */
import * as v from 'valibot';
import type { Databag } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { peerKeys } from '../keys.ts';
import { connectionInfo, type Peer } from '../relation/endpoints.ts';
import { type HostPort, parseHostPort, renderHostPort } from '../relation/host-port.ts';
import { latest } from '../relation/latest.ts';
import { type Ledger, servings } from '../relation/ledger.ts';
import type { BackendView } from './backend-view.ts';

type Info = ReturnType<typeof connectionInfo>;

/** What the other units say, read in one go when it is asked for first. */
export interface Peers {
  /** Begins to read it, which takes a while, for who will ask. */
  readonly prefetch: () => void;
  readonly said: () => Promise<readonly Peer[]>;
  /** Where clients reach each grant. */
  readonly info: () => Promise<Info>;
  /** The same for what this unit alone knows of. */
  readonly alone: () => Promise<Info>;
  /** The same in hooks that have read it; null in any other one, in which nobody has moved. */
  readonly knownInfo: () => Promise<Info | null>;
}

interface Needed extends Pick<BackendView, 'backendReady' | 'backendVersion'> {
  readonly juju: Unit;
  readonly ledger: () => Promise<Ledger>;
  readonly endpoint: () => Promise<HostPort | null>;
}

export function openPeers(needed: Needed): Peers {
  const { juju, ledger, endpoint, backendReady, backendVersion } = needed;
  let read: Promise<readonly Peer[]> | null = null;
  let worked: Promise<Info> | null = null;
  const readAll = async () => {
    const units = await juju.peers();
    const contents = await juju.readAll(units.map((unit) => ({ _tag: 'PeerUnit', unit })));
    return units.map((unit, index) => peerIn(unit, contents[index] ?? {}));
  };
  const said = () => {
    read ??= readAll();
    return read;
  };
  const workOut = async (others: () => Promise<readonly Peer[]>) => {
    const version = (await backendReady()) ? await backendVersion() : null;
    const here = await endpoint();
    return connectionInfo(here, await others(), version, (await ledger()).lookup !== null);
  };
  const info = () => {
    worked ??= workOut(said);
    return worked;
  };
  return {
    prefetch: () => void said().catch(() => {}),
    said,
    info,
    alone: () => workOut(async () => []),
    knownInfo: async () => (read === null ? null : info()),
  };
}

const databases = v.record(v.string(), v.string());

/** What a unit says that it serves; whatever cannot be read confirms nothing. */
const served = latest(64, (text: string): ReadonlyMap<number, string> => {
  try {
    const served = Object.entries(v.parse(databases, JSON.parse(text)));
    return new Map(served.map(([relation, serving]) => [Number(relation), serving]));
  } catch {
    return new Map();
  }
});

export const peerIn = (unit: string, databag: Databag): Peer => ({
  unit,
  endpoint: parseHostPort(databag[peerKeys.address] ?? ''),
  serving: served(unit, databag[peerKeys.serving] ?? ''),
  listsUsers: databag[peerKeys.users] === listed,
});

/** What this unit says to its peers. */
export const confirmation = (
  ledger: Ledger,
  address: HostPort | null,
  listsUsers: boolean,
): Databag => ({
  [peerKeys.address]: address === null ? '' : renderHostPort(address),
  [peerKeys.serving]: JSON.stringify(servings(ledger)),
  [peerKeys.users]: listsUsers ? listed : '',
});

const listed = 'listed';
