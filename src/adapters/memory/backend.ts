import * as E from 'fp-ts/lib/Either.js';
import type { Grant, Login } from '../../../machines/index.ts';
import type { Attempt, Backend, BackendEndpoints, HookError } from '../../engine/index.ts';

export interface MemoryRole {
  readonly owner: string;
  /** Null for a role that belongs to no relation. */
  readonly relation: number | null;
  readonly password: string | null;
  readonly attributes: readonly string[];
  readonly roles: readonly string[];
}

/** A PostgreSQL in memory: roles and databases by name, with the marks of who made them. */
export class MemoryPostgres {
  isUp = true;
  version = '14.5';
  endpoints: BackendEndpoints = { primary: { host: '10.0.0.1', port: 5432 }, replicas: [] };
  readonly roles = new Map<string, MemoryRole>();
  /** The owner mark of each database. */
  readonly databases = new Map<string, string>();
  /** Why a role cannot be removed at present, by its name. */
  readonly inUse = new Map<string, string>();

  admits({ user, password }: Login, database: string): boolean {
    return (
      this.isUp &&
      this.databases.has(database) &&
      this.roles.get(user)?.password === password.secret
    );
  }

  /** What one hook sees. */
  hook(): Backend {
    const whileUp =
      <Result>(body: () => Result): Attempt<Result> =>
      async () =>
        this.isUp ? E.right(body()) : E.left(down);
    return {
      ready: async () => this.isUp,
      version: whileUp(() => this.version),
      endpoints: async () => E.right(this.endpoints),
      grantable: (wanted) =>
        whileUp(
          () =>
            new Map(
              [...this.roles]
                .filter(([name, role]) => wanted.includes(name.toLowerCase()) && role.owner === '')
                .map(([name]) => [name.toLowerCase(), name]),
            ),
        ),
      provision: (grant, auth) => async () =>
        this.isUp ? this.#provision(grant, auth) : E.left(down),
      remove:
        ({ user, owner }) =>
        async () => {
          if (!this.isUp) return E.left(down);
          const why = this.inUse.get(user);
          if (why !== undefined)
            return E.left({ _tag: 'RoleInUse', class: 'unavailable', role: user, why });
          if (this.roles.get(user)?.owner === owner) this.roles.delete(user);
          return E.right(undefined);
        },
      audit: (owner, grants) =>
        whileUp(() => ({
          orphans: [...this.roles.values()].flatMap((role) =>
            role.owner === owner &&
            role.relation !== null &&
            !grants.some(({ relation }) => relation === role.relation)
              ? [role.relation]
              : [],
          ),
          damaged: grants
            .filter(({ user, password }) => this.roles.get(user)?.password !== password?.secret)
            .map(({ relation }) => relation),
        })),
      release: async () => {},
    };
  }

  #provision(grant: Grant, auth: Login): E.Either<HookError, void> {
    const { user, database, owner, relation } = grant;
    const role = this.roles.get(user);
    if (role !== undefined && role.owner !== owner)
      return E.left({ _tag: 'RoleTaken', class: 'refused', relation, role: user });
    const takenBy = this.databases.get(database);
    if (takenBy !== undefined && takenBy !== owner)
      return E.left({ _tag: 'DatabaseTaken', class: 'refused', relation, database, takenBy });
    this.databases.set(database, owner);
    this.roles.set(auth.user, {
      owner,
      relation: null,
      password: auth.password.secret,
      attributes: [],
      roles: [],
    });
    this.roles.set(user, {
      owner,
      relation,
      password: grant.password?.secret ?? null,
      attributes: grant.attributes,
      roles: grant.roles,
    });
    return E.right(undefined);
  }
}

const down: HookError = {
  _tag: 'BackendUnavailable',
  class: 'unavailable',
  where: 'memory',
  why: 'it is down',
};
