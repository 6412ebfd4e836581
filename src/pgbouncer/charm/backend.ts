import * as E from 'fp-ts/lib/Either.js';
import { once } from '../../hook/steps.ts';
import type { RequiredAnswer } from '../../juju/hook-tools/index.ts';
import { quote } from '../../juju/printable.ts';
import type {
  Attempt,
  Backend,
  BackendEndpoints,
  Databag,
  HookError,
  SecretStore,
} from '../engine.ts';
import { bagKeys, endpoints as endpointNames, secretKey, tlsGroup, userGroup } from '../keys.ts';
import { type PostgresBackend, type PostgresOptions, postgres } from '../postgres/index.ts';
import { closedTo } from '../postgres/login.ts';
import { parseHostPort } from '../relation/host-port.ts';

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
  let isOpened = false;
  const server = once(() => {
    isOpened = true;
    return open(answer, secrets, options);
  });
  const through =
    <Result>(call: (backend: PostgresBackend) => Attempt<Result>): Attempt<Result> =>
    async () => {
      const backend = await server();
      return E.isLeft(backend) ? backend : call(backend.right)();
    };
  return {
    ready: through((backend) => backend.ready),
    endpoints: async () => {
      const found = await answer();
      if (E.isLeft(found)) return found;
      const endpoints = found.right && endpointsIn(found.right.databag);
      if (found.right === null || endpoints === null) return E.right(null);
      const ca = await authorityIn(found.right.databag, secrets);
      if (E.isLeft(ca)) return ca;
      const closed = closedTo({ ...options, database: maintenanceOf(found.right.databag) });
      return E.right({ ...endpoints, closed, ca: ca.right });
    },
    version: through((backend) => backend.version),
    grantable: (roles, holdings) => through((backend) => backend.grantable(roles, holdings)),
    provision: (grant, holdings) => through((backend) => backend.provision(grant, holdings)),
    remove: (grant, holdings) => through((backend) => backend.remove(grant, holdings)),
    audit: (holdings) => through((backend) => backend.audit(holdings)),
    retireLookup: (user) => through((backend) => backend.retireLookup(user)),
    release: async () => {
      const backend = isOpened ? await server() : null;
      if (backend !== null && E.isRight(backend)) await backend.right.release();
    },
  };
}

async function open(
  answer: Attempt<RequiredAnswer | null>,
  secrets: SecretStore | null,
  options: BackendOptions,
): Promise<E.Either<HookError, PostgresBackend>> {
  const found = await answer();
  if (E.isLeft(found)) return found;
  if (found.right === null) return unavailable(endpointNames.backend, 'nothing is related to it');
  const { relation, databag } = found.right;
  const endpoints = endpointsIn(databag);
  const login = await credentialsIn(databag, secrets);
  if (E.isLeft(login)) return login;
  const { username: user, password } = login.right;
  if (endpoints === null && databag.endpoints)
    return unavailable(relation, `its endpoints are ${quote(databag.endpoints)}, no host and port`);
  if (endpoints === null || user === undefined || password === undefined)
    return unavailable(relation, 'it has not answered with endpoints and credentials yet');
  const { primary, replicas } = endpoints;
  const ca = await authorityIn(databag, secrets);
  if (E.isLeft(ca)) return ca;
  return E.right(
    postgres({
      ...primary,
      ...options,
      user,
      password,
      database: maintenanceOf(databag),
      tls: ca.right === null ? { mode: 'prefer' } : { mode: 'verify', ca: ca.right },
      replicas: () => replicas,
    }),
  );
}

const maintenanceOf = ({ database = 'postgres' }: Databag): string => database;

/** By whom the backend's servers are to be verified; null where it says nothing of that. */
async function authorityIn(
  databag: Databag,
  secrets: SecretStore | null,
): Promise<E.Either<HookError, string | null>> {
  const id = databag[secretKey(tlsGroup)];
  const content =
    id === undefined || secrets === null ? E.right(databag) : await secrets.read(id)();
  return E.isLeft(content) ? content : E.right(content.right['tls-ca'] || null);
}

async function credentialsIn(
  databag: Databag,
  secrets: SecretStore | null,
): Promise<E.Either<HookError, Databag>> {
  const id = databag[secretKey(userGroup)];
  return id === undefined || secrets === null ? E.right(databag) : secrets.read(id)();
}

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

const unavailable = (where: string, why: string): E.Either<HookError, never> =>
  E.left({ _tag: 'BackendUnavailable', class: 'unavailable', where, why });
