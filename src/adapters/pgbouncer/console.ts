import { Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
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

/** What a process says that runs, and will not say anything else by waiting. */
const isRefusal = /authentication|no such user/i;

/** Milliseconds for a connection, and for an answer. */
const timeout = 5_000;

/** The admin console of one process: a connection for a hook, opened when it is first needed. */
export class Console {
  readonly #address: Address;
  readonly #admin: Login;
  #login: Promise<Opened> | undefined;

  constructor(address: Address, admin: Login) {
    this.#address = address;
    this.#admin = admin;
  }

  async version(): Promise<string> {
    const [row] = await this.#show('SHOW VERSION');
    return String(row?.version);
  }

  /** Waits until a process that was just started answers. */
  async answers(): Promise<void> {
    const until = performance.now() + timeout;
    for (;;) {
      try {
        await this.version();
        return;
      } catch (problem) {
        const isStarting = problem instanceof ConsoleProblem && !isRefusal.test(problem.message);
        if (!isStarting || performance.now() > until) throw problem;
        await after(10);
      }
    }
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
    const login = this.#login;
    this.#login = undefined;
    await login?.then(({ client }) => client.end()).catch(() => {});
  }

  async #show(command: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    this.#login ??= open(this.#address, this.#admin, 'pgbouncer');
    const login = this.#login;
    try {
      return (await ask(await login, command)).rows;
    } catch (cause) {
      this.#login = undefined;
      throw new ConsoleProblem(messageOf(cause));
    }
  }
}

/** Logs in as a client does and asks for one row. */
export async function tryLogin(address: Address, user: Login, database: string): Promise<void> {
  try {
    const login = await open(address, user, database);
    await ask(login, 'SELECT 1');
    await login.client.end();
  } catch (cause) {
    throw new ConsoleProblem(messageOf(cause));
  }
}

interface Opened {
  readonly client: pg.Client;
  readonly socket: Socket;
}

async function open(
  { host, port }: Address,
  { user, password }: Login,
  database: string,
): Promise<Opened> {
  const socket = new Socket();
  const client = new pg.Client({
    host,
    port,
    user,
    password: password.secret,
    database,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    stream: () => socket,
  });
  client.on('error', () => {});
  return whileItAnswers(socket, async () => {
    await client.connect();
    return { client, socket };
  });
}

const ask = ({ client, socket }: Opened, command: string) =>
  whileItAnswers(socket, () => client.query(command));

/** One that hangs would not answer a farewell either. */
async function whileItAnswers<Result>(
  socket: Socket,
  body: () => Promise<Result>,
): Promise<Result> {
  try {
    return await body();
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
