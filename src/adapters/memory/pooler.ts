import * as E from 'fp-ts/lib/Either.js';
import { sameDatabases } from '../../domain/configuration.ts';
import type { Configuration, HookError, Pooler } from '../../engine/index.ts';
import type { MemoryPostgres } from './backend.ts';

/** A PgBouncer in memory: one unit's configuration, and how often it was put in force. */
export class MemoryPgbouncer {
  isUp = true;
  configuration: Configuration = { databases: [], auth: null };
  reloads = 0;
  readonly #postgres: MemoryPostgres;

  constructor(postgres: MemoryPostgres) {
    this.#postgres = postgres;
  }

  serves(database: string): boolean {
    return this.configuration.databases.some(({ name }) => name === database);
  }

  /** What one hook sees. */
  hook(): Pooler {
    return {
      apply: (configuration) => async () => {
        if (!this.isUp) return E.left(down);
        const { databases, auth } = this.configuration;
        if (
          auth?.password.secret === configuration.auth?.password.secret &&
          sameDatabases(databases, configuration.databases)
        )
          return E.right('unchanged');
        this.configuration = configuration;
        this.reloads += 1;
        return E.right('applied');
      },
      admits: (login, database) => async () => {
        if (this.isUp && this.serves(database) && this.#postgres.admits(login, database))
          return E.right(undefined);
        const why = this.serves(database) ? 'the backend refuses the login' : 'no such database';
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
}

const down: HookError = {
  _tag: 'PoolerUnavailable',
  class: 'unavailable',
  where: 'memory',
  why: 'it is down',
};
