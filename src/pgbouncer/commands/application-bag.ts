import type { Unit } from '../../juju/unit.ts';
import { leaderKey } from '../keys.ts';

/** What the application says to all its units: the ledger, and how far the leader is. */
export const peerAppBag = { _tag: 'PeerApp' } as const;

/** The unit that has led last; null before any has. */
export const lastLeader = async (juju: Unit): Promise<string | null> =>
  (await juju.read(peerAppBag))[leaderKey] ?? null;
