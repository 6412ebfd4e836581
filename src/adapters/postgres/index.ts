/**
 * PostgreSQL 14 to 18 as the backend.
 *
 * @module hookchart/postgres
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Backend } from '../../engine/index.ts';
import { audit, grantable } from './audit.ts';
import { attempt, Connections, type PostgresOptions, SqlProblem } from './connections.ts';
import { provision } from './provision.ts';
import { remove } from './remove.ts';

export type { PostgresOptions } from './connections.ts';

/** A backend that also counts what it sends. */
export interface PostgresBackend extends Backend {
  /** Messages that waited for an answer, logins included, since it was made. */
  readonly roundTrips: () => number;
}

/**
 * PostgreSQL 14 to 18 through `pg`. It serves one hook at a time: its connections are opened when
 * they are needed and end with `release`.
 */
export function postgres(options: PostgresOptions): PostgresBackend {
  const connections = new Connections(options);
  const { host, port, replicas = () => [] } = options;

  let seen: Promise<{ isPrimary: boolean; version: string }> | undefined;
  const state = () => {
    seen ??= look(connections);
    return seen;
  };

  return {
    ready: async () => {
      try {
        return (await state()).isPrimary;
      } catch (problem) {
        if (problem instanceof SqlProblem) return false;
        throw problem;
      }
    },
    version: attempt(connections, async () => E.right((await state()).version)),
    endpoints: async () => E.right({ primary: { host, port }, replicas: replicas() }),
    grantable: (roles) =>
      attempt(connections, async () => E.right(await grantable(connections, roles))),
    provision: (grant, auth) => attempt(connections, () => provision(connections, grant, auth)),
    remove: (removal) => attempt(connections, () => remove(connections, removal)),
    audit: (owner, grants, auth) =>
      attempt(connections, async () => E.right(await audit(connections, owner, grants, auth))),
    release: () => {
      seen = undefined;
      return connections.release();
    },
    roundTrips: () => connections.roundTrips,
  };
}

/** The server's version without what distributions add to it. */
async function look(connections: Connections): Promise<{ isPrimary: boolean; version: string }> {
  const [[row] = []] = await connections.send(connections.maintenance, 'look at the server', [
    `SELECT NOT pg_is_in_recovery() AS primary,
            split_part(current_setting('server_version'), ' ', 1) AS version`,
  ]);
  return { isPrimary: row?.primary === true, version: String(row?.version) };
}
