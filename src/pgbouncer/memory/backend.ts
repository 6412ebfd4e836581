import * as E from 'fp-ts/lib/Either.js';
import type { Audit, Grant, Login } from '../../../machines/index.ts';
import { given } from '../../hook/index.ts';
import { fingerprint } from '../../juju/hook-tools/fingerprint.ts';
import type { HookError } from '../errors.ts';
import type { BackendEndpoints } from '../pooler/configuration.ts';
import type { Attempt, Backend, Holdings, Provisioned } from '../ports.ts';
import { letThrough, statementFailed, type Tap } from './tap.ts';

export interface MemoryRole {
  readonly owner: string;
  /** Null for a role that belongs to no relation. */
  readonly relation: number | null;
  /** Null for a role that cannot log in. */
  readonly password: string | null;
  readonly attributes: readonly string[];
  readonly roles: readonly string[];
  /** The databases whose owner's rights it has. */
  readonly databases: readonly string[];
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

/**
 * A PostgreSQL in memory: roles and databases by name, with the marks of who made them.
 *
 * @example
 * ```ts
 * import { MemoryPostgres } from 'hookchart/pgbouncer';
 *
 * const postgres = new MemoryPostgres();
 * postgres.isUp = false;
 * const ready = await postgres.hook().ready();
 * console.log(ready._tag);
 * // Left
 * ```
 */
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
    given('MemoryPostgres', 'its state', state, {
      roles: 'record',
      databases: 'record',
      inUse: 'record',
    });
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

  admits(login: Login, database: string): boolean {
    const { user, password } = login;
    const role = this.roles.get(user);
    return (
      this.isUp &&
      this.databases.has(database) &&
      role?.password === password.secret &&
      role.databases.includes(database)
    );
  }

  /** What one hook sees. */
  hook(): Backend {
    return {
      ready: async () => (this.isUp ? E.right(undefined) : E.left(unavailable('it is down'))),
      look: this.#whileUp(() => ({ version: this.version, toMake: [] })),
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
      provision: (grant) => async () => this.#provision(grant),
      remove:
        (grant, { owner }) =>
        async () =>
          this.#remove(grant, owner),
      audit: (holdings) => this.#whileUp(() => this.#audit(holdings)),
      retireLookup: () => this.#whileUp(() => undefined),
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

  #statements(
    ...all: readonly (readonly [name: string, body: () => void])[]
  ): E.Either<HookError, void> {
    for (const [name, body] of all) {
      const error = this.#statement(name, body);
      if (error !== null) return E.left(error);
    }
    return E.right(undefined);
  }

  #held(owner: string, relation: number): readonly [name: string, role: MemoryRole] | undefined {
    for (const entry of this.roles) {
      const [, role] = entry;
      if (role.owner === owner && role.relation === relation) return entry;
    }
    return undefined;
  }

  #provision(grant: Grant): E.Either<HookError, Provisioned> {
    const { database, owner, relation, attributes, roles, state } = grant;
    if (!this.isUp) return E.left(unavailable('it is down'));
    const held = this.#held(owner, relation);
    const isTaken = held === undefined && this.roles.has(grant.user);
    if (isTaken && state === 'published')
      return E.left({ _tag: 'RoleTaken', class: 'refused', relation, role: grant.user });
    const takenBy = this.databases.get(database);
    if (takenBy !== undefined && takenBy !== owner) {
      const handOver = owner;
      return E.left({
        ...({ _tag: 'DatabaseTaken', class: 'refused' } as const),
        ...{ relation, database, takenBy, handOver },
      });
    }
    const user = held?.[0] ?? (isTaken ? `${grant.user}_${fingerprint(owner)}` : grant.user);
    const secret = grant.password?.secret ?? '';
    const role = { owner, relation, password: secret, attributes, roles, databases: [database] };
    const done = this.#statements(
      ['create role', () => this.roles.set(user, held?.[1] ?? { ...role, password: null })],
      ['create database', () => this.databases.set(database, owner)],
      ['set password and rights', () => this.roles.set(user, role)],
    );
    const made = { user, place: database, verifier: { secret: fingerprint(secret) } };
    return E.map(() => made)(done);
  }

  #remove(
    { relation }: Pick<Grant, 'relation'>,
    owner: string,
  ): E.Either<HookError, readonly string[]> {
    if (!this.isUp) return E.left(unavailable('it is down'));
    const held = this.#held(owner, relation);
    if (held === undefined) return E.right([]);
    const [user, role] = held;
    const why = this.inUse.get(user);
    const shut = this.#statement('forbid login', () =>
      this.roles.set(user, { ...role, password: null }),
    );
    if (shut !== null) return E.left(shut);
    if (why !== undefined)
      return E.left({
        ...({ _tag: 'RoleInUse', class: 'unavailable' } as const),
        ...{ role: user, why, isLockedOut: true },
      });
    const done = this.#statements(['drop role', () => this.roles.delete(user)]);
    return E.map(() => [])(done);
  }

  #audit({ owner, grants }: Holdings): Audit {
    const published = grants.filter(({ state }) => state === 'published');
    const kept = new Set(published.map(({ relation }) => relation));
    return {
      orphans: [...this.roles].flatMap(([user, role]) =>
        role.owner === owner && role.relation !== null && !kept.has(role.relation)
          ? [{ relation: role.relation, user }]
          : [],
      ),
      damaged: published.flatMap((grant) => {
        const what = this.#damageOf(grant);
        return what === null ? [] : [{ relation: grant.relation, what }];
      }),
    };
  }

  #damageOf({ user, owner, database, verifier, attributes, roles }: Grant): string | null {
    const role = this.roles.get(user);
    if (role?.owner !== owner) return `role ${user} is not there`;
    if (this.databases.get(database) !== owner) return 'its database is not there';
    const isInForce = role.password !== null && fingerprint(role.password) === verifier?.secret;
    if (!isInForce) return `${user} has another password`;
    const has = [...role.attributes, ...role.roles, ...role.databases];
    const granted = [...attributes, ...roles, database];
    return has.join() === granted.join() ? null : `${user} has other rights`;
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
