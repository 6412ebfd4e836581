import type { Unit } from '../../juju/unit.ts';
import { type Configuration, configure, sameConfiguration } from '../pooler/configuration.ts';
import type { Outside } from '../ports.ts';
import { allowsMaking } from '../relation/extra-roles.ts';
import type { HostPort } from '../relation/host-port.ts';
import type { BackendView } from './backend-view.ts';
import type { Certificates } from './certificates.ts';
import type { OpenLedger } from './open-ledger.ts';
import type { Passwords } from './passwords.ts';
import { confirmation } from './peers.ts';
import type { Rules } from './rules.ts';
import { right, take } from './steps.ts';

/** This unit's PgBouncer, as one hook brings it in step with the ledger; nothing is done twice. */
export interface Serving {
  /** Puts in force what the ledger says; what is in force already is left alone. */
  readonly configure: () => Promise<void>;
  /** Says to the other units what this one has read back from its PgBouncer, and where it is. */
  readonly confirm: () => Promise<void>;
  /** Whether both were done, and the ledger says nothing else since. */
  readonly isInStep: () => Promise<boolean>;
  /** Whether this unit has put in force a userlist with everyone in it. */
  readonly listsUsers: () => boolean;
}

interface Needed
  extends Pick<Outside, 'pooler'>,
    Pick<Rules, 'policy' | 'service'>,
    Pick<BackendView, 'endpoints'>,
    Pick<Passwords, 'lookup'> {
  readonly juju: Unit;
  readonly ledger: () => Promise<OpenLedger>;
  readonly endpoint: () => Promise<HostPort | null>;
  readonly certificates: Certificates;
}

export function openServing(needed: Needed): Serving {
  const { juju, pooler, policy, service, endpoints, lookup } = needed;
  const { ledger, endpoint, certificates } = needed;
  /** Null until something was put in force, which without a backend nothing is. */
  let inForce: Configuration | null = null;
  /** At which revision of the ledger each was done last. */
  const at = { configured: '', confirmed: '' };
  /** Another text whenever something changes that is to be put in force. */
  const revisionOf = async (open: OpenLedger) =>
    `${open.revision()} ${JSON.stringify(await certificates.clients())}`;
  return {
    configure: async () => {
      const open = await ledger();
      const revision = await revisionOf(open);
      if (at.configured === revision) return;
      const backend = await endpoints();
      if (backend !== null) {
        // Clients of a service may come to any unit.
        const [login, here] = [await lookup(), service === null ? await endpoint() : null];
        const mayMake = allowsMaking(policy);
        const clients = await certificates.clients();
        const served = right(configure(open, backend, login, here, mayMake));
        const configuration = clients === null ? served : { ...served, clients };
        const isInForce = inForce !== null && sameConfiguration(inForce, configuration);
        if (!isInForce) await take(pooler.apply(configuration));
        inForce = configuration;
      }
      at.configured = revision;
    },
    confirm: async () => {
      const open = await ledger();
      const revision = await revisionOf(open);
      if (at.confirmed === revision) return;
      if (inForce !== null) {
        const bag = { _tag: 'PeerUnit', unit: juju.name } as const;
        const authorities = await certificates.authorities();
        const values = confirmation(open, await endpoint(), !pooler.looksUp(), authorities);
        if (open.hasMoved()) juju.overwrite(bag, values);
        else juju.write(bag, values);
      }
      at.confirmed = revision;
    },
    isInStep: async () => {
      const revision = await revisionOf(await ledger());
      return at.configured === revision && at.confirmed === revision;
    },
    listsUsers: () => inForce !== null && !pooler.looksUp(),
  };
}
