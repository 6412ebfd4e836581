/** What a unit says in its own peer databag: where it is, and what its PgBouncer serves. */
import type { ConnectionInfo, Grant } from '../../../machines/index.ts';
import type { Databag } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { peerKeys } from '../keys.ts';
import { covers, together } from '../relation/authorities.ts';
import { connectionInfo, type Peer, type Serves } from '../relation/endpoints.ts';
import { type HostPort, parseHostPort, renderHostPort } from '../relation/host-port.ts';
import { latest } from '../relation/latest.ts';
import { type Ledger, serving, servings } from '../relation/ledger.ts';
import type { BackendView } from './backend-view.ts';
import type { Certificates } from './certificates.ts';
import type { OpenLedger } from './open-ledger.ts';
import type { Rules } from './rules.ts';

type Info = ReturnType<typeof connectionInfo>;

/** What the other units say, read in one go when it is asked for first. */
export interface Peers {
  /** Begins to read it, which takes a while, for who will ask. */
  readonly prefetch: () => void;
  readonly said: () => Promise<readonly Peer[]>;
  /** The units that serve, and have not said yet that they serve this. */
  readonly lagging: (
    grant: Pick<Grant, 'relation' | 'database' | 'verifier'>,
  ) => Promise<readonly string[]>;
  /** By whom clients verify the units that they are told of in such words; null where by nobody. */
  readonly authoritiesOf: (info: ConnectionInfo) => Promise<string | null>;
  /** Where clients reach each grant. */
  readonly info: () => Promise<Info>;
  /** The same for what this unit alone knows of. */
  readonly alone: () => Promise<Info>;
  /** The same in hooks that have read it; null in any other one, in which nobody has moved. */
  readonly knownInfo: () => Promise<Info> | null;
}

/** What is known of this unit itself. */
export interface Self extends Pick<Rules, 'tls' | 'service'> {
  readonly juju: Unit;
  readonly ledger: () => OpenLedger;
  readonly endpoint: () => Promise<HostPort | null>;
  readonly certificates: Certificates;
}

export function openPeers(self: Self, readyVersion: BackendView['readyVersion']): Peers {
  const { juju, ledger, endpoint, tls, service, certificates } = self;
  let read: Promise<readonly Peer[]> | null = null;
  let worked: { readonly own: string; readonly info: Promise<Info> } | null = null;
  const readAll = async () => {
    const units = await juju.peers();
    const contents = await juju.readAll(units.map((unit) => ({ _tag: 'PeerUnit', unit })));
    return units.map((unit, index) => peerIn(unit, contents[index] ?? {}));
  };
  const said = () => {
    read ??= readAll();
    return read;
  };
  const workOut = async (others: () => readonly Peer[] | Promise<readonly Peer[]>) => {
    const version = await readyVersion();
    const here = await endpoint();
    const isMixed = ledger().lookup !== null;
    const own = await certificates.authorities();
    const shared = service === null || here === null ? null : { host: service, port: here.port };
    const all = await others();
    // Whoever comes by a service to a unit that lets nobody in is told nothing wrong of the others.
    const isShut = tls === 'require' && shared !== null && own !== '';
    const open = isShut ? all.filter(({ authorities }) => authorities !== '') : all;
    return connectionInfo(here, open, version, isMixed, own, shared);
  };
  const info = async () => {
    // The unit's own certificate may be another one than at the beginning of the hook.
    const own = await certificates.authorities();
    if (worked?.own !== own) worked = { own, info: workOut(said) };
    return worked.info;
  };
  return {
    prefetch: () => void said().catch(() => {}),
    said,
    lagging: async (grant) =>
      (await said()).flatMap(({ unit, endpoint, serving: served }) =>
        endpoint !== null && served.get(grant.relation) !== serving(grant) ? [unit] : [],
      ),
    authoritiesOf: async ({ authorities }) => {
      if (authorities === undefined) return null;
      const all = [
        await certificates.authorities(),
        ...(await said()).map((one) => one.authorities),
      ];
      return together(all.filter((text) => text !== '' && covers(authorities, text)));
    },
    info,
    alone: () => workOut(() => []),
    knownInfo: () => (read === null ? null : info()),
  };
}

/**
 * What a unit says that it serves; whatever cannot be read confirms nothing. It says so of thousands
 * of relations, and a hook asks about one or two: only those are looked at.
 */
const served = latest(64, (text: string): Serves => {
  const said = objectIn(text);
  return {
    get: (relation) => {
      const one: unknown = Reflect.get(said, relation);
      return typeof one === 'string' ? one : undefined;
    },
  };
});

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

export const peerIn = (unit: string, databag: Databag): Peer => ({
  unit,
  endpoint: parseHostPort(databag[peerKeys.address] ?? ''),
  serving: served(unit, databag[peerKeys.serving] ?? ''),
  listsUsers: databag[peerKeys.users] === listed,
  authorities: databag[peerKeys.authorities] ?? '',
});

/** What this unit says to its peers. */
export const confirmation = (
  ledger: Ledger,
  address: HostPort | null,
  listsUsers: boolean,
  /** By whom clients verify it; empty where by nobody. */
  authorities: string,
): Databag => ({
  [peerKeys.address]: address === null ? '' : renderHostPort(address),
  [peerKeys.serving]: JSON.stringify(servings(ledger)),
  [peerKeys.users]: listsUsers ? listed : '',
  [peerKeys.authorities]: authorities,
});

const listed = 'listed';
