import { Socket } from 'node:net';
import * as E from 'fp-ts/lib/Either.js';
import pg from 'pg';
import type { HookError, HostPort } from '../../engine/index.ts';

export interface PostgresOptions extends HostPort {
  /** A superuser: reading and writing password verifiers takes one. */
  readonly user: string;
  readonly password: string;
  /** The database for what concerns the whole cluster; `postgres` unless told otherwise. */
  readonly database?: string;
  /** Where replicas listen, as seen from the poolers; may change between hooks. */
  readonly replicas?: () => readonly HostPort[];
  /** Milliseconds to wait for a connection. */
  readonly connectTimeout?: number;
  /** Milliseconds to wait for a lock: another unit's, or a client's on its tables. */
  readonly lockTimeout?: number;
  /** Milliseconds that one statement may take. */
  readonly statementTimeout?: number;
}

/** Something that went wrong between here and PostgreSQL, as the driver saw it. */
export class SqlProblem extends Error {
  readonly sqlState: string | null;
  readonly statement: string;
  constructor(statement: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.statement = statement;
    const code = (cause as { code?: unknown } | null)?.code;
    this.sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
  }
}

export type Row = Readonly<Record<string, unknown>>;

/** One connection per database and hook, opened when it is first needed. */
export class Connections {
  readonly #options: PostgresOptions;
  readonly #open = new Map<string, Promise<Opened>>();
  /** Queries sent since the start, for benchmarks: each is one round trip. */
  roundTrips = 0;

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  get maintenance(): string {
    return this.#options.database ?? 'postgres';
  }

  get where(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  /**
   * Sends statements together: one message, one round trip, and one transaction unless one of them
   * cannot run in any. Yields the rows of each.
   */
  async send(
    database: string,
    purpose: string,
    statements: readonly string[],
  ): Promise<readonly (readonly Row[])[]> {
    const { client, socket } = await this.#connection(database);
    this.roundTrips += 1;
    try {
      const results: unknown = await client.query(statements.join(';\n'));
      return (Array.isArray(results) ? results : [results]).map(
        (result: pg.QueryResult<Row>) => result.rows,
      );
    } catch (cause) {
      const problem = new SqlProblem(purpose, cause);
      // What the server did not say itself is trouble of the connection, which is of no more use.
      if (problem.sqlState === null) {
        this.#open.delete(database);
        socket.destroy();
      }
      throw problem;
    }
  }

  /**
   * Reads, and goes on with what was read, while this deployment's other units wait, and so does a
   * leader that was deposed. The turn ends with the body, at the latest with the connection.
   */
  async inTurn<Result>(
    owner: string,
    [purpose, ...reads]: readonly [purpose: string, ...reads: string[]],
    body: (rows: readonly (readonly Row[])[]) => Promise<Result>,
  ): Promise<Result> {
    const key = `hashtextextended(${pg.escapeLiteral(`hookchart ${owner}`)}, 0)`;
    const lock = `SELECT pg_advisory_lock(${key})`;
    const [, ...rows] = await this.send(this.maintenance, purpose, [lock, ...reads]);
    try {
      return await body(rows);
    } finally {
      // The connection may be what failed; the turn went with it then.
      const unlock = `SELECT pg_advisory_unlock(${key})`;
      await this.send(this.maintenance, 'let other units go on', [unlock]).catch(() => {});
    }
  }

  /** Ends the connection to one database: as long as it is open, the database cannot be a template. */
  async close(database: string): Promise<void> {
    const opened = this.#open.get(database);
    this.#open.delete(database);
    await opened?.then(({ client }) => client.end()).catch(() => {});
  }

  async release(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((database) => this.close(database)));
  }

  #connection(database: string): Promise<Opened> {
    const known = this.#open.get(database);
    if (known !== undefined) return known;
    const connecting = this.#connect(database);
    this.#open.set(database, connecting);
    connecting.catch(() => this.#open.delete(database));
    return connecting;
  }

  async #connect(database: string): Promise<Opened> {
    const { host, port, user, password, statementTimeout = 60_000 } = this.#options;
    const socket = new Socket();
    const client = new pg.Client({
      host,
      port,
      user,
      password,
      database,
      application_name: 'hookchart',
      connectionTimeoutMillis: this.#options.connectTimeout ?? 5_000,
      lock_timeout: this.#options.lockTimeout ?? 5_000,
      statement_timeout: statementTimeout,
      // For a server that hangs and cannot keep its own time.
      query_timeout: statementTimeout + 5_000,
      stream: () => socket,
    });
    // A server that goes away between two queries is noticed by the next one.
    client.on('error', () => {});
    try {
      this.roundTrips += 1;
      await client.connect();
    } catch (cause) {
      socket.destroy();
      throw new SqlProblem(`connect to ${database}`, cause);
    }
    return { client, socket };
  }
}

interface Opened {
  readonly client: pg.Client;
  readonly socket: Socket;
}

/** Runs a body and says its problems in the engine's words. */
export const attempt =
  <Result>(
    { where }: Connections,
    body: () => Promise<E.Either<HookError, Result>>,
  ): (() => Promise<E.Either<HookError, Result>>) =>
  async () => {
    try {
      return await body();
    } catch (problem) {
      if (problem instanceof SqlProblem) return E.left(translate(where, problem));
      throw problem;
    }
  };

function translate(where: string, { sqlState, message, statement }: SqlProblem): HookError {
  if (sqlState !== null && !isPassing(sqlState))
    return { _tag: 'SqlFailed', class: 'broken', statement, sqlState, message };
  return { _tag: 'BackendUnavailable', class: 'unavailable', where, why: message };
}

/**
 * States that end by themselves: connection trouble and logins not yet let in (08, 28), resources
 * (53), shutdown and cancellation (57), a primary that became a standby (25006), a lock or template1
 * in use by others (55P03, 55006), a deadlock or a lost race (40).
 */
const isPassing = (sqlState: string): boolean =>
  /^(?:08|28|40|53|57)/.test(sqlState) || ['25006', '55P03', '55006'].includes(sqlState);
