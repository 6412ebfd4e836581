import * as E from 'fp-ts/lib/Either.js';
import type { BackendAnswer } from '../adapters/juju/index.ts';
import { type PostgresBackend, postgres } from '../adapters/postgres/index.ts';
import type {
  Attempt,
  Backend,
  BackendEndpoints,
  Databag,
  HookError,
  HostPort,
  SecretStore,
} from '../engine/index.ts';
import { once } from '../engine/steps.ts';

/** What this charm asks of its backend: a login that may make roles and read their verifiers. */
export const backendRequest = (application: string, hasSecrets: boolean): Databag => ({
  database: application,
  'extra-user-roles': 'SUPERUSER',
  ...(hasSecrets
    ? { 'requested-secrets': '["username", "password", "tls", "tls-ca", "uris", "read-only-uris"]' }
    : {}),
});

/**
 * The PostgreSQL behind `backend-database`. It is looked up when a hook first needs it, for many
 * hooks do not; its credentials are read when somebody is to log in with them.
 */
export function relatedBackend(
  answer: Attempt<BackendAnswer | null>,
  secrets: SecretStore | null,
): Backend {
  let isOpened = false;
  const server = once(() => {
    isOpened = true;
    return open(answer, secrets);
  });
  const through =
    <Result>(call: (backend: PostgresBackend) => Attempt<Result>): Attempt<Result> =>
    async () => {
      const backend = await server();
      return E.isLeft(backend) ? backend : call(backend.right)();
    };
  return {
    ready: async () => {
      const backend = await server();
      return E.isRight(backend) && backend.right.ready();
    },
    endpoints: async () => {
      const found = await answer();
      return E.isLeft(found) ? found : E.right(found.right && endpointsIn(found.right.databag));
    },
    version: through((backend) => backend.version),
    grantable: (roles) => through((backend) => backend.grantable(roles)),
    provision: (grant, auth) => through((backend) => backend.provision(grant, auth)),
    remove: (grant) => through((backend) => backend.remove(grant)),
    audit: (owner, grants, auth) => through((backend) => backend.audit(owner, grants, auth)),
    release: async () => {
      const backend = isOpened ? await server() : null;
      if (backend !== null && E.isRight(backend)) await backend.right.release();
    },
  };
}

async function open(
  answer: Attempt<BackendAnswer | null>,
  secrets: SecretStore | null,
): Promise<E.Either<HookError, PostgresBackend>> {
  const found = await answer();
  if (E.isLeft(found)) return found;
  if (found.right === null) return unavailable('backend-database', 'nothing is related to it');
  const { relation, databag } = found.right;
  const endpoints = endpointsIn(databag);
  const login = await credentialsIn(databag, secrets);
  if (E.isLeft(login)) return login;
  const { username: user, password } = login.right;
  if (endpoints === null || user === undefined || password === undefined)
    return unavailable(relation, 'it has not answered with endpoints and credentials yet');
  const { primary, replicas } = endpoints;
  const database = databag.database ?? 'postgres';
  return E.right(postgres({ ...primary, user, password, database, replicas: () => replicas }));
}

async function credentialsIn(
  databag: Databag,
  secrets: SecretStore | null,
): Promise<E.Either<HookError, Databag>> {
  const id = databag['secret-user'];
  return id === undefined || secrets === null ? E.right(databag) : secrets.read(id)();
}

/** Null where the backend has not said yet where it is. */
function endpointsIn(databag: Databag): BackendEndpoints | null {
  const [primary] = listed(databag.endpoints);
  return primary === undefined
    ? null
    : { primary, replicas: listed(databag['read-only-endpoints']) };
}

const listed = (text = ''): readonly HostPort[] =>
  text
    .split(',')
    .map((endpoint) => /^\s*\[?([^\]]+)\]?:(\d+)\s*$/.exec(endpoint))
    .flatMap((found) => (found === null ? [] : [{ host: found[1] ?? '', port: Number(found[2]) }]));

const unavailable = (where: string, why: string): E.Either<HookError, never> =>
  E.left({ _tag: 'BackendUnavailable', class: 'unavailable', where, why });
