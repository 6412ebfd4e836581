/**
 * What PgBouncer's handlers know in one hook, beside what Juju says. What reads, what gathers and
 * what puts in force stand each in a file of their own; here they come together.
 */
import { once, right } from '../../hook/index.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { leaderKey } from '../keys.ts';
import type { Outside } from '../ports.ts';
import { type HostPort, parseHostPort } from '../relation/host-port.ts';
import { parseLedger } from '../relation/ledger.ts';
import { type BackendView, viewBackend } from './backend-view.ts';
import { openFate, type UnitFate } from './fate.ts';
import { type OpenLedger, openLedger } from './open-ledger.ts';
import { keptPasswords, type Passwords } from './passwords.ts';
import { openPeers, type Peers } from './peers.ts';
import { type Requests, readRequests } from './requests.ts';
import type { Rules } from './rules.ts';
import { openServing, type Serving } from './serving.ts';

export interface Session extends Outside, Rules, BackendView, Requests, Passwords, UnitFate {
  readonly juju: Unit;
  /** The ledger with what this hook puts on record; it is written at the hook's end. */
  readonly ledger: () => Promise<OpenLedger>;
  /** The other units of the application. */
  readonly peers: Peers;
  /** This unit's own PgBouncer. */
  readonly serving: Serving;
  /** Where this unit is reached, as Juju says; null where no client could reach that. */
  readonly endpoint: () => Promise<HostPort | null>;
  /** Whether another unit has led since this one did; the next hook sees all that it left. */
  readonly succeeding: () => Promise<boolean>;
}

export const peerAppBag = { _tag: 'PeerApp' } as const;

/** Opens a session for one hook: the world, what an application may be given, what was called for. */
export function openSession(
  { juju, backend, pooler, entropy, clock }: Outside & { readonly juju: Unit },
  { parse, policy }: Rules,
  called: JujuEvent,
): Session {
  const ledger = once(async () => openLedger(right(parseLedger(await juju.read(peerAppBag)))));
  const endpoint = once(async () => {
    const text = await juju.endpoint();
    return text === null ? null : parseHostPort(text);
  });
  const { backendReady, backendTrouble, backendVersion, holdings, endpoints, remarks } =
    viewBackend(backend, juju, policy, ledger);
  const { passwordOf, lookup } = keptPasswords(juju, ledger);
  const { relations, requests, unreadable } = readRequests(juju, parse);
  const { fate, mayGo, flags } = openFate(juju, called);
  const peers = openPeers({ juju, ledger, endpoint, backendReady, backendVersion });
  const serving = openServing({ juju, pooler, policy, ledger, endpoint, endpoints, lookup });
  // Named one by one: an object this large is made in no time but by spreading others into it.
  return {
    juju,
    backend,
    pooler,
    entropy,
    clock,
    parse,
    policy,
    ledger,
    endpoint,
    peers,
    serving,
    backendReady,
    backendTrouble,
    backendVersion,
    holdings,
    endpoints,
    remarks,
    relations,
    requests,
    unreadable,
    passwordOf,
    lookup,
    fate,
    mayGo,
    flags,
    succeeding: async () => {
      const last = await lastLeader(juju);
      return last !== null && last !== juju.name;
    },
  };
}

/** The unit that has led last; null before any has. */
export const lastLeader = async (juju: Unit): Promise<string | null> =>
  (await juju.read(peerAppBag))[leaderKey] ?? null;
