import { once, right } from '../../hook/index.ts';
import { merged } from '../../juju/databag.ts';
import type { Databag } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { leaderKey } from '../keys.ts';
import { parseLedger } from '../relation/ledger.ts';
import { peerAppBag } from './application-bag.ts';
import { type OpenLedger, openLedger } from './open-ledger.ts';

/** What every hook that does anything has to know; nobody waits for it but once. */
export interface HookBasics {
  /** Reads all of it at once; none of it is asked for before. */
  readonly ready: () => Promise<void>;
  /** The ledger with what this hook puts on record; it is written at the hook's end. */
  readonly ledger: () => OpenLedger;
  /** What the application had said to all its units before this hook. */
  readonly said: () => Databag;
  readonly leads: () => boolean;
  /** What the unit has put by, with what this hook has added. */
  readonly state: () => Databag;
  /** Whether another unit has led since this one did; the next hook sees all that it left. */
  readonly succeeding: () => boolean;
}

interface Read {
  readonly said: Databag;
  readonly leads: boolean;
  readonly state: Databag;
  readonly ledger: OpenLedger;
}

export function openHookBasics(juju: Unit): HookBasics {
  let read: Read | null = null;
  const there = (): Read => {
    if (read === null) throw new Error('a session that is not ready yet knows nothing');
    return read;
  };
  return {
    ready: once(async () => {
      const all = [juju.state(), juju.read(peerAppBag), juju.leader()] as const;
      const [state, said, leads] = await Promise.all(all);
      read = { state, said, leads, ledger: openLedger(right(parseLedger(said))) };
    }),
    ledger: () => there().ledger,
    said: () => there().said,
    leads: () => there().leads,
    state: () => merged(there().state, juju.remembered()),
    succeeding: () => (there().said[leaderKey] ?? juju.name) !== juju.name,
  };
}
