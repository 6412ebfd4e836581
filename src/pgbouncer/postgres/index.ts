/**
 * PostgreSQL 14 to 18 as the backend.
 */

import * as E from 'fp-ts/lib/Either.js';
import { given } from '../../hook/index.ts';
import type { Backend } from '../ports.ts';
import { audit, grantable } from './audit.ts';
import { Connections } from './connections.ts';
import { closedTo } from './login.ts';
import { openLooking } from './looking.ts';
import type { PostgresOptions } from './options.ts';
import { attempt, halt } from './problem.ts';
import { provision } from './provision.ts';
import { remove } from './remove.ts';
import { retireLookup } from './statements/home.ts';
import { readLogin } from './statements/legacy.ts';

export type { Tls } from '../wire/index.ts';
export type { PostgresOptions } from './options.ts';

/** A backend that also counts what it sends. */
export interface PostgresBackend extends Backend {
  readonly look: NonNullable<Backend['look']>;
  /** Messages that waited for an answer, logins included, since it was made. */
  readonly roundTrips: () => number;
}

/**
 * PostgreSQL 14 to 18, for one deployment. It serves one hook at a time: its connections
 * are opened when they are needed and end with `release`.
 */
export function postgres(options: PostgresOptions): PostgresBackend {
  given('postgres', 'its options', options, { host: 'text', port: 'number', owner: 'text' });
  const connections = new Connections(options);
  const looking = openLooking(options);
  const { host, port, owner, tls, replicas = () => [] } = options;
  const ca = tls?.mode === 'verify' ? tls.ca : null;
  return {
    ready: attempt(connections, async () => {
      const { isPrimary } = await connections.server();
      const { where } = connections;
      const why = 'it is a replica';
      if (!isPrimary) halt({ _tag: 'BackendUnavailable', class: 'unavailable', where, why });
    }),
    look: attempt(connections, looking.look),
    version: attempt(connections, async () => (await connections.server()).version),
    endpoints: async () =>
      E.right({ primary: { host, port }, replicas: replicas(), closed: closedTo(options), ca }),
    grantable: (roles) => attempt(connections, () => grantable(connections, roles)),
    provision: (grant, holdings) =>
      attempt(connections, () => provision(connections, owner, grant, holdings)),
    remove: (grant) => attempt(connections, () => remove(connections, grant)),
    audit: (holdings) => attempt(connections, () => audit(connections, holdings)),
    retireLookup: (user) =>
      attempt(connections, async () => {
        const [[login] = []] = await connections.send('look for the lookup login', [
          readLogin(user),
        ]);
        if (login === undefined) return;
        const superuser = await connections.superuser();
        const { where } = connections;
        const why = `it takes a superuser to end the login ${user} (option backend-roles)`;
        if (superuser === null)
          halt({ _tag: 'BackendUnavailable', class: 'unavailable', where, why });
        else await connections.ask(superuser, 'retire the lookup login', [retireLookup(user)]);
      }),
    release: async () => {
      await Promise.all([connections.release(), looking.release()]);
    },
    roundTrips: () => connections.roundTrips,
  };
}
