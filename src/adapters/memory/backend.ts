import * as E from 'fp-ts/lib/Either.js';
import type { Grant, Login } from '../../../machines/index.ts';
import { fingerprint } from '../../domain/grant.ts';
import type {
  Attempt,
  Audit,
  Backend,
  BackendEndpoints,
  HookError,
  Proofs,
} from '../../engine/index.ts';
import { letThrough, statementFailed, type Tap } from './tap.ts';

export interface MemoryRole {
  readonly owner: string;
  /** Null for a role that belongs to no relation. */
  readonly relation: number | null;
  /** Null for a role that cannot log in. */
  readonly password: string | null;
  readonly attributes: readonly string[];
  readonly roles: readonly string[];
}

/** All that a PostgreSQL in memory holds, as plain data; equal servers have equal states. */
export interface PostgresState {
  readonly isUp: boolean;
  readonly version: string;
  readonly endpoints: BackendEndpoints;
  readonly roles: Readonly<Record<string, MemoryRole>>;
  /** The owner mark of each database. */
  readonly databases: Readonly<Record<string, string>>;
  /** Why a role cannot be removed at present, by its name. */
  readonly inUse: Readonly<Record<string, string>>;
}

export const emptyPostgres: PostgresState = {
  isUp: true,
  version: '14.5',
  endpoints: { primary: { host: '10.0.0.1', port: 5432 }, replicas: [] },
  roles: {},
  databases: {},
  inUse: {},
};

/** A PostgreSQL in memory: roles and databases by name, with the marks of who made them. */
export class MemoryPostgres {
  isUp: boolean;
  version: string;
  endpoints: BackendEndpoints;
  readonly roles: Map<string, MemoryRole>;
  readonly databases: Map<string, string>;
  readonly inUse: Map<string, string>;
  /** Asked before each statement that changes something. */
  tap: Tap = letThrough;

  constructor(state: PostgresState = emptyPostgres) {
    this.isUp = state.isUp;
    this.version = state.version;
    this.endpoints = state.endpoints;
    this.roles = new Map(Object.entries(state.roles));
    this.databases = new Map(Object.entries(state.databases));
    this.inUse = new Map(Object.entries(state.inUse));
  }

  get state(): PostgresState {
    const { isUp, version, endpoints } = this;
    return {
      isUp,
      version,
      endpoints,
      roles: sorted(this.roles),
      databases: sorted(this.databases),
      inUse: sorted(this.inUse),
    };
  }

  admits({ user, password }: Login, database: string): boolean {
    return (
      this.isUp &&
      this.databases.has(database) &&
      this.roles.get(user)?.password === password.secret
    );
  }

  /** What one hook sees. */
  hook(): Backend {
    return {
      ready: async () => this.isUp,
      version: this.#whileUp(() => this.version),
      endpoints: async () => E.right(this.endpoints),
      grantable: (wanted) =>
        this.#whileUp(
          () =>
            new Map(
              [...this.roles]
                .filter(([name, role]) => wanted.includes(name.toLowerCase()) && role.owner === '')
                .map(([name]) => [name.toLowerCase(), name]),
            ),
        ),
      provision: (grant, auth) => async () => this.#provision(grant, auth),
      remove: (grant) => async () => this.#remove(grant),
      audit: (owner, grants, auth) => this.#whileUp(() => this.#audit(owner, grants, auth)),
      release: async () => {},
    };
  }

  #whileUp<Result>(body: () => Result): Attempt<Result> {
    return async () => (this.isUp ? E.right(body()) : E.left(unavailable('it is down')));
  }

  /** One statement: it is done, or it is not, and the connection may be lost on either side of it. */
  #statement(name: string, body: () => void): HookError | null {
    const fault = this.tap(name);
    if (!this.isUp) return unavailable('it is down');
    if (fault === 'lost') return unavailable('the connection was lost');
    if (fault === 'fails') return statementFailed(name);
    body();
    return fault === 'answer lost' ? unavailable('the connection was lost') : null;
  }

  #statements(all: Readonly<Record<string, () => void>>): E.Either<HookError, void> {
    for (const [name, body] of Object.entries(all)) {
      const error = this.#statement(name, body);
      if (error !== null) return E.left(error);
    }
    return E.right(undefined);
  }

  #provision(grant: Grant, auth: Login): E.Either<HookError, Proofs> {
    const { user, database, owner, relation } = grant;
    if (!this.isUp) return E.left(unavailable('it is down'));
    const role = this.roles.get(user);
    if (role !== undefined && role.owner !== owner)
      return E.left({ _tag: 'RoleTaken', class: 'refused', relation, role: user });
    const takenBy = this.databases.get(database);
    if (takenBy !== undefined && takenBy !== owner)
      return E.left({ _tag: 'DatabaseTaken', class: 'refused', relation, database, takenBy });
    const { attributes, roles } = grant;
    const bare = { owner, relation: null, attributes: [], roles: [] };
    const done = this.#statements({
      'create lookup role': () =>
        this.roles.set(auth.user, { ...bare, password: auth.password.secret }),
      'create role': () =>
        this.roles.set(user, {
          ...(this.roles.get(user) ?? { password: null }),
          ...{ owner, relation, attributes, roles },
        }),
      'create database': () => this.databases.set(database, owner),
      'set password': () =>
        this.roles.set(user, {
          ...{ owner, relation, attributes, roles },
          password: grant.password?.secret ?? null,
        }),
    });
    if (E.isLeft(done)) return done;
    return E.right({
      user: fingerprint(grant.password?.secret ?? ''),
      auth: fingerprint(auth.password.secret),
    });
  }

  #remove({ user, owner }: Pick<Grant, 'user' | 'owner'>): E.Either<HookError, void> {
    if (!this.isUp) return E.left(unavailable('it is down'));
    const role = this.roles.get(user);
    if (role?.owner !== owner) return E.right(undefined);
    const why = this.inUse.get(user);
    const shut = this.#statement('forbid login', () =>
      this.roles.set(user, { ...role, password: null }),
    );
    if (shut !== null) return E.left(shut);
    if (why !== undefined)
      return E.left({ _tag: 'RoleInUse', class: 'unavailable', role: user, why });
    return this.#statements({ 'drop role': () => this.roles.delete(user) });
  }

  #audit(...[owner, grants, auth]: Parameters<Backend['audit']>): Audit {
    const isInForce = ({ user, proof }: Pick<Grant, 'user' | 'proof'>) => {
      const password = this.roles.get(user)?.password ?? null;
      return password !== null && fingerprint(password) === proof;
    };
    const isLookupLost = auth !== null && !isInForce(auth);
    return {
      orphans: [...this.roles.values()].flatMap((role) =>
        role.owner === owner &&
        role.relation !== null &&
        !grants.some(({ relation }) => relation === role.relation)
          ? [role.relation]
          : [],
      ),
      damaged: grants
        .filter((grant) => isLookupLost || !this.databases.has(grant.database) || !isInForce(grant))
        .map(({ relation }) => relation),
    };
  }
}

const sorted = <Value>(map: ReadonlyMap<string, Value>): Record<string, Value> =>
  Object.fromEntries([...map].sort(([one], [other]) => (one < other ? -1 : 1)));

const unavailable = (why: string): HookError => ({
  _tag: 'BackendUnavailable',
  class: 'unavailable',
  where: 'memory',
  why,
});
