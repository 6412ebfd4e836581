/** What a unit says in its own peer databag: where it is, and what its PgBouncer serves. */
import * as v from 'valibot';
import type { Databag } from '../../juju/port.ts';
import type { Peer } from '../relation/endpoints.ts';
import { type HostPort, parseHostPort, renderHostPort } from '../relation/host-port.ts';
import { latest } from '../relation/latest.ts';
import { type Ledger, servings } from '../relation/ledger.ts';

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

export const peerIn = (unit: string, { address = '', serving = '', users }: Databag): Peer => ({
  unit,
  endpoint: parseHostPort(address),
  serving: served(unit, serving),
  listsUsers: users === listed,
});

/** What this unit says to its peers. */
export const confirmation = (
  ledger: Ledger,
  address: HostPort | null,
  listsUsers: boolean,
): Databag => ({
  address: address === null ? '' : renderHostPort(address),
  serving: JSON.stringify(servings(ledger)),
  users: listsUsers ? listed : '',
});

const listed = 'listed';
