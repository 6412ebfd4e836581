/**
 * What PgBouncer's handlers know in one hook, beside what Juju says. What reads, what gathers and
 * what puts in force stand each in a file of their own; here they come together.
 */
import { once } from '../../hook/index.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import type { Outside } from '../ports.ts';
import { type HostPort, parseHostPort } from '../relation/host-port.ts';
import { type BackendView, viewBackend } from './backend-view.ts';
import { type Certificates, openCertificates } from './certificates.ts';
import { openFate, type UnitFate } from './fate.ts';
import { type HookBasics, openHookBasics } from './hook-basics.ts';
import { type Looking, openLook } from './look.ts';
import { type Moves, openMoves } from './moves.ts';
import { keptPasswords, type Passwords } from './passwords.ts';
import { openPeers, type Peers } from './peers.ts';
import { type Requests, readRequests } from './requests.ts';
import type { Rules } from './rules.ts';
import { openServing, type Serving } from './serving.ts';

export interface Session
  extends Outside,
    Rules,
    BackendView,
    Requests,
    Passwords,
    UnitFate,
    HookBasics {
  readonly juju: Unit;
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
}

/** Opens a session for one hook: the world, what an application may be given, what was called for. */
export function openSession(
  { juju, backend, pooler, entropy, identity, clock }: Outside & { readonly juju: Unit },
  { parse, policy, tls, slices, service }: Rules,
  called: JujuEvent,
): Session {
  const basics = openHookBasics(juju);
  const { ready, ledger, said, leads, state, succeeding } = basics;
  const endpoint = once(async () => {
    const text = await juju.endpoint();
    return text === null ? null : parseHostPort(text);
  });
  const {
    backendReady,
    backendTrouble,
    backendLacks,
    backendVersion,
    readyVersion,
    holdings,
    endpoints,
    remarks,
  } = viewBackend(backend, juju, policy, ledger, called);
  const { passwordOf, lookup } = keptPasswords(juju, ledger);
  const { relations, isListed, requests, unreadable } = readRequests(juju, parse, called);
  const { fate, mayGo, flags } = openFate(juju, state, called);
  const certificates = openCertificates({ juju, identity, tls, endpoint, service }, called);
  const unit = { juju, ledger, endpoint, tls, service, certificates };
  const peers = openPeers(unit, readyVersion);
  const serving = openServing(unit, { pooler, policy, endpoints, lookup, passwordOf });
  const looking = openLook(
    { juju, basics, policy, slices, relations, flags, readyVersion },
    called,
  );
  const moves = openMoves({ juju, slices, ledger, said, peers, looking });
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
    ready,
    ledger,
    said,
    leads,
    state,
    endpoint,
    peers,
    certificates,
    serving,
    looking,
    moves,
    backendReady,
    backendTrouble,
    backendLacks,
    backendVersion,
    readyVersion,
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
