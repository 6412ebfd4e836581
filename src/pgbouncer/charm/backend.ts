import type { RequiredAnswer } from '../../juju/hook-tools/index.ts';
import { quote } from '../../juju/hook-tools/printable.ts';
import type { SecretStore } from '../../juju/port.ts';
import { attempt, halt, take } from '../commands/steps.ts';
import { bagKeys, endpoints as endpointNames, secretKey, tlsGroup, userGroup } from '../keys.ts';
import type { BackendEndpoints } from '../pooler/configuration.ts';
import type { Attempt, Backend } from '../ports.ts';
import type { PostgresBackend, PostgresOptions } from '../postgres/index.ts';
import { closedTo } from '../postgres/login.ts';
import { parseHostPort } from '../relation/host-port.ts';
import type { Databag } from '../relation/request.ts';
import { onNeed } from './on-need.ts';

/** What this charm asks of its backend: a login that may make roles and databases, or a superuser. */
export const backendRequest = (
  application: string,
  roles: string,
  hasSecrets: boolean,
): Databag => ({
  database: application,
  [bagKeys.extraUserRoles]: roles,
  ...(hasSecrets
    ? {
        [bagKeys.requestedSecrets]:
          '["username", "password", "tls", "tls-ca", "uris", "read-only-uris"]',
      }
    : {}),
});

/** What the charm says to the adapter, wherever the backend is. */
export type BackendOptions = Pick<PostgresOptions, 'owner' | 'preferred' | 'remaining'>;

/**
 * The PostgreSQL behind `backend-database`. It is looked up when a hook first needs it, for many
 * hooks do not; its credentials are read when somebody is to log in with them.
 */
export function relatedBackend(
  answer: Attempt<RequiredAnswer | null>,
  secrets: SecretStore | null,
  options: BackendOptions,
): Backend {
  const server = onNeed(attempt(() => open(answer, secrets, options)));
  const through = <Result>(call: (backend: PostgresBackend) => Attempt<Result>): Attempt<Result> =>
    attempt(async () => take(call(await take(server.here))));
  return {
    ready: through((backend) => backend.ready),
    look: through((backend) => backend.look),
    endpoints: attempt(async () => {
      const found = await take(answer);
      const endpoints = found && endpointsIn(found.databag);
      if (found === null || endpoints === null) return null;
      const ca = await authorityIn(found.databag, secrets);
      const closed = closedTo({ ...options, database: maintenanceOf(found.databag) });
      return { ...endpoints, closed, ca };
    }),
    version: through((backend) => backend.version),
    grantable: (roles, holdings) => through((backend) => backend.grantable(roles, holdings)),
    provision: (grant, holdings) => through((backend) => backend.provision(grant, holdings)),
    remove: (grant, holdings) => through((backend) => backend.remove(grant, holdings)),
    audit: (holdings) => through((backend) => backend.audit(holdings)),
    retireLookup: (user) => through((backend) => backend.retireLookup(user)),
    release: server.release,
  };
}

async function open(
  answer: Attempt<RequiredAnswer | null>,
  secrets: SecretStore | null,
  options: BackendOptions,
): Promise<PostgresBackend> {
  const found = await take(answer);
  if (found === null) return unavailable(endpointNames.backend, 'nothing is related to it');
  const { relation, databag } = found;
  const endpoints = endpointsIn(databag);
  const { username: user, password } = await credentialsIn(databag, secrets);
  if (endpoints === null && databag.endpoints)
    return unavailable(relation, `its endpoints are ${quote(databag.endpoints)}, no host and port`);
  if (endpoints === null || user === undefined || password === undefined)
    return unavailable(relation, 'it has not answered with endpoints and credentials yet');
  const { primary, replicas } = endpoints;
  const ca = await authorityIn(databag, secrets);
  // Most hooks log in nowhere, and are spared the loading of what it takes.
  const { postgres } = await import('../postgres/index.ts');
  return postgres({
    ...primary,
    ...options,
    user,
    password,
    database: maintenanceOf(databag),
    tls: ca === null ? { mode: 'prefer' } : { mode: 'verify', ca },
    replicas: () => replicas,
  });
}

const maintenanceOf = ({ database = 'postgres' }: Databag): string => database;

/** By whom the backend's servers are to be verified; null where it says nothing of that. */
async function authorityIn(databag: Databag, secrets: SecretStore | null): Promise<string | null> {
  const content = await contentOf(databag[secretKey(tlsGroup)], databag, secrets);
  return content[bagKeys.tlsCa] || null;
}

const credentialsIn = (databag: Databag, secrets: SecretStore | null): Promise<Databag> =>
  contentOf(databag[secretKey(userGroup)], databag, secrets);

/** What stands in the secret that a databag names, or in the databag itself. */
const contentOf = async (
  id: string | undefined,
  databag: Databag,
  secrets: SecretStore | null,
): Promise<Databag> => (id === undefined || secrets === null ? databag : take(secrets.read(id)));

/** Null where the backend has not said yet where it is, or nothing that can be read. */
function endpointsIn(databag: Databag): BackendEndpoints | null {
  const primary = parseHostPort(listed(databag.endpoints)[0] ?? '');
  if (primary === null) return null;
  const named = listed(databag[bagKeys.readOnlyEndpoints]);
  return {
    primary,
    replicas: named.flatMap((text) => parseHostPort(text) ?? []),
    unreadable: named.filter((text) => parseHostPort(text) === null),
  };
}

const listed = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((endpoint) => endpoint.trim())
    .filter((endpoint) => endpoint !== '');

const unavailable = (where: string, why: string): never =>
  halt({ _tag: 'BackendUnavailable', class: 'unavailable', where, why });
