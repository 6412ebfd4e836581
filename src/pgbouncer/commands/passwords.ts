import type { Grant, Login } from '../../../machines/index.ts';
import type { Secret } from '../../hook/index.ts';
import type { Databag } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { userGroup } from '../keys.ts';
import { passwordIn } from '../relation/grant.ts';
import type { OpenLedger } from './open-ledger.ts';
import { halt, take } from './steps.ts';

/** The passwords that are on record, whether in the ledger or in a Juju secret; each is read once. */
export interface Passwords {
  readonly passwordOf: (grant: Grant) => Promise<Secret | null>;
  /** The login with which poolers of version 0.1 look up users. */
  readonly lookup: () => Promise<Login | null>;
}

export function keptPasswords({ secrets: store }: Unit, ledger: () => OpenLedger): Passwords {
  const contents = new Map<string, Promise<Databag>>();
  const content = (id: string): Promise<Databag> => {
    if (store === null) {
      const why = 'Juju has no secrets';
      return halt({ _tag: 'SecretUnreadable', class: 'unavailable', id, why });
    }
    const read = contents.get(id) ?? take(store.read(id));
    contents.set(id, read);
    return read;
  };
  const found = async (password: Secret | null, id: string | null | undefined) =>
    password ?? (id == null ? null : passwordIn(await content(id)));
  return {
    passwordOf: ({ password, secrets }) => found(password, secrets[userGroup]),
    lookup: async () => {
      const known = ledger().lookup;
      if (known === null) return null;
      const password = await found(known.password, known.secret);
      return password === null ? null : { user: known.user, password };
    },
  };
}
