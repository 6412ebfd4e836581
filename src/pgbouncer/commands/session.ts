/**
 * What PgBouncer's handlers know in one hook, beside what Juju says. What reads, what gathers and
 * what puts in force stand each in a file of their own; here they come together.
 */
import { once, right } from '../../hook/index.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import type { Outside } from '../ports.ts';
import { type HostPort, parseHostPort } from '../relation/host-port.ts';
import { parseLedger } from '../relation/ledger.ts';
import { lastLeader, peerAppBag } from './application-bag.ts';
import { type BackendView, viewBackend } from './backend-view.ts';
import { type Certificates, openCertificates } from './certificates.ts';
import { openFate, type UnitFate } from './fate.ts';
import { type Looking, openLook } from './look.ts';
import { type Moves, openMoves } from './moves.ts';
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
  /** This unit's certificate, by which clients verify it. */
  readonly certificates: Certificates;
  /** This unit's own PgBouncer. */
  readonly serving: Serving;
  /** Whose requests this hook reads. */
  readonly looking: Looking;
  /** Whom this hook tells where the poolers are now. */
  readonly moves: Moves;
  /** Where this unit is reached, as Juju says; null where no client could reach that. */
  readonly endpoint: () => Promise<HostPort | null>;
  /** Whether another unit has led since this one did; the next hook sees all that it left. */
  readonly succeeding: () => Promise<boolean>;
}

/** Opens a session for one hook: the world, what an application may be given, what was called for. */
export function openSession(
  { juju, backend, pooler, entropy, identity, clock }: Outside & { readonly juju: Unit },
  { parse, policy, tls, slices, service }: Rules,
  called: JujuEvent,
): Session {
  const ledger = once(async () => openLedger(right(parseLedger(await juju.read(peerAppBag)))));
  const endpoint = once(async () => {
    const text = await juju.endpoint();
    return text === null ? null : parseHostPort(text);
  });
  const shared = once(async () => {
    const here = service === null ? null : await endpoint();
    return service === null || here === null ? null : { host: service, port: here.port };
  });
  const { backendReady, backendTrouble, backendVersion, holdings, endpoints, remarks } =
    viewBackend(backend, juju, policy, ledger);
  const { passwordOf, lookup } = keptPasswords(juju, ledger);
  const { relations, isListed, requests, unreadable } = readRequests(juju, parse, called);
  const { fate, mayGo, flags } = openFate(juju, called);
  const certificates = openCertificates({ juju, identity, tls, endpoint }, called);
  const peers = openPeers({
    ...{ juju, ledger, endpoint, shared, certificates, backendReady, backendVersion },
  });
  const backed = { policy, service, ledger, endpoint, endpoints, lookup };
  const serving = openServing({ juju, pooler, certificates, ...backed });
  const succeeding = async () => {
    const last = await lastLeader(juju);
    return last !== null && last !== juju.name;
  };
  const looking = openLook(
    { juju, policy, slices, ledger, relations, flags, succeeding, backendReady, backendVersion },
    called,
  );
  const moves = openMoves({ juju, slices, ledger, peers, looking });
  // Named one by one: an object this large is made in no time but by spreading others into it.
  return {
    juju,
    backend,
    pooler,
    entropy,
    clock,
    parse,
    policy,
    slices,
    tls,
    service,
    ledger,
    endpoint,
    peers,
    certificates,
    serving,
    looking,
    moves,
    backendReady,
    backendTrouble,
    backendVersion,
    holdings,
    endpoints,
    remarks,
    relations,
    isListed,
    requests,
    unreadable,
    passwordOf,
    lookup,
    fate,
    mayGo,
    flags,
    succeeding,
  };
}
