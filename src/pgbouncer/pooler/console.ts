import { setTimeout as after } from 'node:timers/promises';
import type { Login } from '../../../machines/index.ts';
import type { TenantLogin } from '../ports.ts';
import { connect, type Row, type Session, WireProblem } from '../wire/index.ts';
import type { DatabaseEntry } from './configuration.ts';

/** How a PgBouncer process is reached: a host name, an address, or the folder of its socket. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds for a connection, and for an answer. */
const timeout = 5_000;

/** Milliseconds after which it is asked whether a process that does not answer is there at all. */
const lookingEvery = 500;

/** The admin console of one process: a connection for a hook, opened when it is first needed. */
export class Console {
  /** In the order in which they are tried: a process may not listen yet where it is to listen. */
  readonly #addresses: readonly Address[];
  readonly #admin: Login;
  readonly #remaining: () => number;
  readonly #listens: string | null;
  #login: Promise<Session> | undefined;
  /** Whether nothing listened where the process is to listen. */
  isDown = false;
  /** A process that hangs is found out once in a hook. */
  #isLost: WireProblem | null = null;

  constructor(
    addresses: readonly Address[],
    admin: Login,
    remaining: () => number,
    /**
     * Where the process that is meant listens, as its file says it: of several on one port another one
     * may answer in its place. Null where there is no other.
     */
    listens: string | null = null,
  ) {
    this.#addresses = addresses;
    this.#listens = listens;
    this.#admin = admin;
    this.#remaining = remaining;
  }

  async version(): Promise<string> {
    const [row] = await this.#show('SHOW VERSION');
    return String(row?.version);
  }

  /** Where it has listened since it was started, whatever its file says by now. */
  async listens(): Promise<{ readonly address: string; readonly port: number }> {
    const rows = await this.#show('SHOW CONFIG');
    const value = (wanted: string) => rows.find(({ key }) => key === wanted)?.value;
    return { address: String(value('listen_addr')), port: Number(value('listen_port')) };
  }

  /** Waits until a process that was just started answers; no longer than it is there. */
  async answers(isThere: () => Promise<boolean> = async () => true): Promise<void> {
    this.#isLost = null;
    this.isDown = false;
    const began = performance.now();
    const until = began + Math.min(timeout, this.#remaining());
    for (let look = began + lookingEvery; ; ) {
      try {
        await this.version();
        return;
      } catch (problem) {
        const isStarting = problem instanceof WireProblem && problem.kind === 'unreachable';
        const now = performance.now();
        if (!isStarting || now > until) throw problem;
        if (now > look) {
          if (!(await isThere())) throw problem;
          look = performance.now() + lookingEvery;
        }
        await after(10);
      }
    }
  }

  /** From 1.25 on it is refused where loading failed, before that it is not: what counts is what is read back. */
  async reload(): Promise<void> {
    try {
      await this.#show('RELOAD');
    } catch (problem) {
      if (!(problem instanceof WireProblem) || problem.kind !== 'refused') throw problem;
    }
  }

  /** The entries in force, the console's own and what a wildcard leads to left out, sorted by name. */
  async databases(): Promise<readonly DatabaseEntry[]> {
    return (await this.#show('SHOW DATABASES'))
      .filter(({ name, pool_mode: mode }) => name !== 'pgbouncer' && mode === null)
      .map(({ name, host, port, database }) => ({
        name: String(name),
        host: String(host ?? ''),
        port: Number(port),
        database: String(database),
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Whom it knows; somebody who is gone stays among them until it is started anew. */
  async users(): Promise<ReadonlySet<string>> {
    return new Set((await this.#show('SHOW USERS')).map(({ name }) => String(name)));
  }

  /** Who has logged in since it was started, listed or looked up. */
  async seen(): Promise<ReadonlySet<string>> {
    return new Set((await this.#show('SHOW POOLS')).map(({ user }) => String(user)));
  }

  /** Whether no client is logged in, or about to be. */
  async isIdle(): Promise<boolean> {
    return (await this.#show('SHOW CLIENTS')).every(({ database }) => database === 'pgbouncer');
  }

  /** What it shows, as it is. */
  async tables(questions: readonly string[]): Promise<readonly (readonly Row[])[]> {
    const all: (readonly Row[])[] = [];
    for (const question of questions) all.push(await this.#show(question));
    return all;
  }

  async release(): Promise<void> {
    const login = this.#login;
    this.#login = undefined;
    this.#isLost = null;
    this.isDown = false;
    await login?.then((session) => session.end()).catch(() => {});
  }

  async #show(command: string): Promise<readonly Row[]> {
    if (this.#isLost !== null) throw this.#isLost;
    const left = Math.min(timeout, this.#remaining());
    // Not as one that is not there, who would be started.
    if (left <= 0) throw new WireProblem('hang', "the hook's time is up");
    this.#login ??= this.#open(left);
    try {
      const [rows = []] = await (await this.#login).query(command, left);
      return rows;
    } catch (problem) {
      const login = this.#login;
      this.#login = undefined;
      await login.then((session) => session.destroy()).catch(() => {});
      if (problem instanceof WireProblem && problem.kind === 'hang') this.#isLost = problem;
      throw problem;
    }
  }

  async #open(left: number): Promise<Session> {
    let problem: unknown;
    for (const address of this.#addresses)
      try {
        const session = await open(address, this.#admin, 'pgbouncer', left);
        if (this.#listens === null) return session;
        const [rows = []] = await session.query('SHOW CONFIG', left);
        const found = rows.find(({ key }) => key === 'listen_addr')?.value;
        if (found === this.#listens) return session;
        await session.end();
        throw new WireProblem('unreachable', 'another process of this unit answers in its place');
      } catch (cause) {
        problem = cause;
        if (!(cause instanceof WireProblem) || cause.kind !== 'unreachable') throw cause;
      }
    this.isDown = true;
    throw problem;
  }
}

/** Logs in as a client does and asks for one row. */
export async function tryLogin(
  address: Address,
  user: Login,
  database: string,
  remaining: () => number,
): Promise<void> {
  const left = Math.min(timeout, remaining());
  if (left <= 0) throw new WireProblem('unreachable', "the hook's time is up");
  const session = await open(address, user, database, left);
  try {
    await session.query('SELECT 1', left);
  } finally {
    await session.end();
  }
}

/** Milliseconds within which PgBouncer has tried a server again that let nobody in. */
const untilTriedAgain = 3_000;

/**
 * Logs in as a client does until it gets to its server: PgBouncer, which tries by itself to keep
 * connections at hand, may have failed meanwhile, and tries again only after a while.
 */
export async function introduce(
  addresses: readonly Address[],
  user: TenantLogin,
  remaining: () => number,
): Promise<void> {
  const until = performance.now() + Math.min(untilTriedAgain, remaining());
  const left = () => until - performance.now();
  for (let at = 0; ; ) {
    const address = addresses[at];
    if (address === undefined) return;
    try {
      await tryLogin(address, user, user.database, left);
      return;
    } catch (problem) {
      if (!(problem instanceof WireProblem) || left() <= 0) throw problem;
      if (problem.kind === 'unreachable') at += 1;
      else if (problem.message.startsWith(failing)) await after(50);
      else throw problem;
    }
  }
}

/** How it refuses those who wait for such a server. */
const failing = 'server login has been failing';

/** By TLS only where PgBouncer lets in nobody without: it is this unit's own, and on this machine. */
async function open(
  { host, port }: Address,
  { user, password: { secret: password } }: Login,
  database: string,
  left: number,
): Promise<Session> {
  const to = { host, port, user, password, database, timeout: left };
  try {
    return await connect({ ...to, tls: { mode: 'off' } });
  } catch (problem) {
    const isShut = problem instanceof WireProblem && problem.message === 'SSL required';
    if (!isShut) throw problem;
    return connect({ ...to, tls: { mode: 'prefer' } });
  }
}
