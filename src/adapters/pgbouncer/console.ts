import pg from 'pg';
import type { Login } from '../../../machines/index.ts';
import type { DatabaseEntry } from '../../engine/index.ts';

/** How a PgBouncer process is reached: a host name, an address, or the folder of its socket. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A console, or a login, that does not answer. */
export class ConsoleProblem extends Error {}

const connectTimeout = 5_000;

/** The admin console of one process: a connection for a hook, opened when it is first needed. */
export class Console {
  readonly #address: Address;
  readonly #admin: Login;
  #client: Promise<pg.Client> | undefined;

  constructor(address: Address, admin: Login) {
    this.#address = address;
    this.#admin = admin;
  }

  async version(): Promise<string> {
    const [row] = await this.#show('SHOW VERSION');
    return String(row?.version);
  }

  /** In PgBouncer 1.18 this succeeds even where loading failed: what counts is `databases`. */
  async reload(): Promise<void> {
    await this.#show('RELOAD');
  }

  /** What is in force, the console's own entry left out, sorted by name. */
  async databases(): Promise<readonly DatabaseEntry[]> {
    return (await this.#show('SHOW DATABASES'))
      .filter(({ name }) => name !== 'pgbouncer')
      .map(({ name, host, port, database }) => ({
        name: String(name),
        host: String(host ?? ''),
        port: Number(port),
        database: String(database),
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  async release(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then((open) => open.end()).catch(() => {});
  }

  async #show(command: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    this.#client ??= login(this.#address, this.#admin, 'pgbouncer');
    try {
      return (await (await this.#client).query(command)).rows;
    } catch (cause) {
      this.#client = undefined;
      throw new ConsoleProblem(messageOf(cause));
    }
  }
}

/** Logs in as a client does and asks for one row. */
export async function tryLogin(address: Address, user: Login, database: string): Promise<void> {
  try {
    const client = await login(address, user, database);
    try {
      await client.query('SELECT 1');
    } finally {
      await client.end();
    }
  } catch (cause) {
    throw new ConsoleProblem(messageOf(cause));
  }
}

async function login({ host, port }: Address, { user, password }: Login, database: string) {
  const client = new pg.Client({
    host,
    port,
    user,
    password: password.secret,
    database,
    connectionTimeoutMillis: connectTimeout,
    query_timeout: connectTimeout,
  });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => {});
    throw cause;
  }
  return client;
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
