import * as E from 'fp-ts/lib/Either.js';
import type { Login } from '../../../machines/index.ts';
import { given } from '../../hook/index.ts';
import { fingerprint } from '../../juju/hook-tools/fingerprint.ts';
import type { HookError } from '../errors.ts';
import type { Configuration, DatabaseEntry } from '../pooler/configuration.ts';
import { emptyConfiguration, sameConfiguration } from '../pooler/configuration.ts';
import type { Pooler } from '../ports.ts';
import type { MemoryPostgres } from './backend.ts';
import { letThrough, type Tap } from './tap.ts';

/** All that a PgBouncer in memory holds, as plain data. */
export interface PgbouncerState {
  readonly isUp: boolean;
  /** Whether a configuration was put in force, or found to be, since its files were lost. */
  readonly isConfigured: boolean;
  readonly configuration: Configuration;
}

export const emptyPgbouncer: PgbouncerState = {
  isUp: true,
  isConfigured: false,
  configuration: emptyConfiguration,
};

/** A PgBouncer in memory: one unit's configuration, and how often it was put in force. */
export class MemoryPgbouncer {
  isUp: boolean;
  isConfigured: boolean;
  configuration: Configuration;
  reloads = 0;
  /** Asked before a configuration is loaded, and before one that was not taken is taken back. */
  tap: Tap = letThrough;
  readonly #postgres: MemoryPostgres;

  constructor(postgres: MemoryPostgres, state: PgbouncerState = emptyPgbouncer) {
    given('MemoryPgbouncer', 'its PostgreSQL', postgres, { roles: 'record', databases: 'record' });
    given('MemoryPgbouncer', 'its state', state, { configuration: 'record' });
    this.#postgres = postgres;
    this.isUp = state.isUp;
    this.isConfigured = state.isConfigured;
    this.configuration = state.configuration;
  }

  get state(): PgbouncerState {
    const { isUp, isConfigured, configuration } = this;
    return { isUp, isConfigured, configuration };
  }

  serves(database: string): boolean {
    return this.#entry(database) !== undefined;
  }

  /** Whether a user is in its userlist, with the verifier of this password. */
  lists(login: Login): boolean {
    const { user, password } = login;
    const { users } = this.configuration;
    return users.some(
      ({ name, verifier }) => name === user && verifier.secret === fingerprint(password.secret),
    );
  }

  #entry(database: string): DatabaseEntry | undefined {
    return this.configuration.databases.find(({ name }) => name === database);
  }

  /** Where a database leads: by its entry, or by the wildcard where that is for this user. */
  #placeOf({ user }: Login, database: string): string | null {
    const entry = this.#entry(database);
    if (entry !== undefined) return entry.database;
    const { wildcard } = this.configuration;
    const isOpen = wildcard?.users.includes(user) && !wildcard.closed.includes(database);
    return isOpen === true ? database : null;
  }

  /** What one hook sees. */
  hook(): Pooler {
    return {
      apply: (configuration) => async () => {
        if (!this.isUp) return E.left(unavailable('it is down'));
        const outcome = sameConfiguration(this.configuration, configuration)
          ? E.right('unchanged' as const)
          : this.#reload(configuration);
        if (E.isRight(outcome)) this.isConfigured = true;
        return outcome;
      },
      looksUp: () => (this.configuration.lookup?.users.length ?? 0) > 0,
      differences: (configuration) => async () => {
        if (!this.isUp) return E.left(unavailable('it is down'));
        const isInForce = this.isConfigured && sameConfiguration(this.configuration, configuration);
        const other = { file: 'memory', what: ['another configuration'], by: 'reload' } as const;
        return E.right(isInForce ? [] : [other]);
      },
      admits: (login, database) => async () => {
        const place = this.#placeOf(login, database);
        if (this.isUp && place !== null && this.lists(login) && this.#postgres.admits(login, place))
          return E.right(undefined);
        const why = place === null ? 'no such database' : 'the login is refused';
        return E.left({
          _tag: 'LoginRefused',
          class: 'unavailable',
          user: login.user,
          database,
          why,
        });
      },
      release: async () => {},
    };
  }

  /** Loads a configuration and reads it back; one that was not taken whole is taken back. */
  #reload(configuration: Configuration): E.Either<HookError, 'applied'> {
    const before = this.configuration;
    const fault = this.tap('reload');
    if (fault === 'lost') return E.left(unavailable('the connection was lost'));
    if (fault === 'fails') return E.left(rejected('it was told to reject the file'));
    const { databases } = configuration;
    const half = { ...configuration, databases: databases.slice(0, databases.length >> 1) };
    this.configuration = fault === 'half' ? half : configuration;
    this.reloads += 1;
    if (fault === 'answer lost') return E.left(unavailable('the connection was lost'));
    if (sameConfiguration(this.configuration, configuration)) return E.right('applied');
    this.tap('take back');
    this.configuration = before;
    return E.left(rejected('only half of it was loaded'));
  }
}

const unavailable = (why: string): HookError => ({
  _tag: 'PoolerUnavailable',
  class: 'unavailable',
  where: 'memory',
  why,
});

const rejected = (why: string): HookError => ({
  _tag: 'ConfigRejected',
  class: 'broken',
  file: 'memory',
  why,
});
