import * as E from 'fp-ts/lib/Either.js';
import { peerKeys } from '../keys.ts';
import {
  type ClientTls,
  type Configuration,
  configure,
  sameConfiguration,
} from '../pooler/configuration.ts';
import type { Outside, PoolerDifference, TenantLogin } from '../ports.ts';
import { allowsMaking } from '../relation/extra-roles.ts';
import { isServed } from '../relation/ledger.ts';
import type { BackendView } from './backend-view.ts';
import type { Passwords } from './passwords.ts';
import { confirmation, type Self } from './peers.ts';
import type { Rules } from './rules.ts';
import { attempt, right, take } from './steps.ts';

/** This unit's PgBouncer, as one hook brings it in step with the ledger; nothing is done twice. */
export interface Serving {
  /** Puts in force what the ledger says; what is in force already is left alone. */
  readonly configure: () => Promise<void>;
  /** Says to the other units what this one has read back from its PgBouncer, and where it is. */
  readonly confirm: () => Promise<void>;
  /** What both would do, nothing being done; null where nobody can tell what PgBouncer differs in. */
  readonly left: () => Promise<ServingLeft | null>;
  /** Whether both were done, and the ledger says nothing else since. */
  readonly isInStep: () => Promise<boolean>;
  /** Whether this unit has put in force a userlist with everyone in it. */
  readonly listsUsers: () => boolean;
}

/** In what a unit is not in step. */
export interface ServingLeft {
  readonly pooler: readonly PoolerDifference[];
  /** What it would say anew to the other units, by keys. */
  readonly said: readonly string[];
}

/** What PgBouncer is to serve, as far as it may change in a hook: by the ledger's revision. */
interface Served {
  readonly revision: number;
  readonly clients: ClientTls | null;
}

const isSame = (one: Served | null, other: Served): boolean =>
  one?.revision === other.revision &&
  one.clients?.mode === other.clients?.mode &&
  one.clients?.certificate === other.clients?.certificate;

interface Needed
  extends Pick<Outside, 'pooler'>,
    Pick<Rules, 'policy'>,
    Pick<BackendView, 'endpoints'>,
    Passwords {}

export function openServing(
  { juju, ledger, endpoint, service, certificates }: Self,
  { pooler, policy, endpoints, lookup, passwordOf }: Needed,
): Serving {
  /** Null until something was put in force, which without a backend nothing is. */
  let inForce: Configuration | null = null;
  /** For what each was done last; null before it was. */
  const at: Record<'configured' | 'confirmed', Served | null> = {
    configured: null,
    confirmed: null,
  };
  const now = async (): Promise<Served> => {
    const open = ledger();
    return { revision: open.revision(), clients: await certificates.clients() };
  };
  /** Null while there is no backend. */
  const wanted = async (clients: ClientTls | null): Promise<Configuration | null> => {
    const backend = await endpoints();
    if (backend === null) return null;
    // Clients of a service may come to any unit.
    const open = ledger();
    const login = open.lookup === null ? null : await lookup();
    const here = service === null ? await endpoint() : null;
    const plain = right(configure(open, backend, login, here, allowsMaking(policy)));
    return clients === null ? plain : { ...plain, clients };
  };
  const loginOf = async (user: string): Promise<TenantLogin | null> => {
    for (const record of ledger().records.values()) {
      if (!isServed(record) || record.user !== user) continue;
      const { database } = record;
      const found = await attempt(() => passwordOf(record))();
      // It is not this that a hook fails for.
      const password = E.isRight(found) ? found.right : null;
      return password === null ? null : { user, password, database };
    }
    return null;
  };
  return {
    left: async () => {
      const configuration = await wanted(await certificates.clients());
      if (configuration === null) return { pooler: [], said: [] };
      if (pooler.differences === undefined) return null;
      const found = await take(pooler.differences(configuration));
      const authorities = await certificates.authorities();
      const { [peerKeys.users]: _, ...values } = confirmation(
        ledger(),
        await endpoint(),
        true,
        authorities,
      );
      const bag = await juju.read({ _tag: 'PeerUnit', unit: juju.name });
      const said = Object.keys(values).filter((key) => (bag[key] ?? '') !== values[key]);
      return { pooler: found, said };
    },
    configure: async () => {
      const clients = await certificates.clients();
      const served = { revision: ledger().revision(), clients };
      if (isSame(at.configured, served)) return;
      const configuration = await wanted(clients);
      if (configuration !== null) {
        const isInForce = inForce !== null && sameConfiguration(inForce, configuration);
        if (!isInForce) await take(pooler.apply(configuration, loginOf));
        inForce = configuration;
      }
      at.configured = served;
    },
    confirm: async () => {
      const served = await now();
      if (isSame(at.confirmed, served)) return;
      if (inForce !== null) {
        const bag = { _tag: 'PeerUnit', unit: juju.name } as const;
        const open = ledger();
        const authorities = await certificates.authorities();
        const values = confirmation(open, await endpoint(), !pooler.looksUp(), authorities);
        if (open.hasMoved()) juju.overwrite(bag, values);
        else juju.write(bag, values);
      }
      at.confirmed = served;
    },
    isInStep: async () => {
      const served = await now();
      return isSame(at.configured, served) && isSame(at.confirmed, served);
    },
    listsUsers: () => inForce !== null && !pooler.looksUp(),
  };
}
