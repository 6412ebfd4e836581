import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whom servers run as; neither PostgreSQL nor PgBouncer runs as root. */
export type Identity = { readonly uid: number; readonly gid: number } | Record<string, never>;

/** Ourselves, or where we are root the user `postgres`, or else `nobody`. */
export function identity(): Identity {
  if (process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    try {
      const number = (flag: string) => Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
      return { uid: number('-u'), gid: number('-g') };
    } catch {
      // The next one, then.
    }
  }
  throw new Error('running as root takes a user "postgres" or "nobody" to run the servers as');
}

/** What is done when this process ends, however it does: one listener for all of a story's servers. */
const atExit = new Set<() => void>();
process.once('exit', () => {
  for (const last of atExit) last();
});

/** A folder for a story's servers. It goes when the process does, however that ends. */
export class Workspace {
  readonly path: string;
  readonly #onExit = () => this.#remove();

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'hookchart-'));
    atExit.add(this.#onExit);
  }

  /** A folder in it that the servers' user owns. */
  async folder(name: string): Promise<string> {
    await chmod(this.path, 0o711);
    const path = join(this.path, name);
    await mkdir(path, { mode: 0o700 });
    const who = identity();
    if ('uid' in who) await chown(path, who.uid, who.gid);
    return path;
  }

  remove(): void {
    atExit.delete(this.#onExit);
    this.#remove();
  }

  #remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A server process: started, waited for, stopped by its own id. */
export class Server {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #onExit = () => this.#child.kill('SIGKILL');
  #log = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    atExit.add(this.#onExit);
  }

  /** Starts a program and waits until what it prints says that it is ready. */
  static async start(
    program: string,
    args: readonly string[],
    isReady: RegExp,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Server> {
    const child = spawn(program, args, {
      ...identity(),
      // Ctrl-C is for us, who stop the servers in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...environment },
    });
    const server = new Server(child);
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`${program} did not start (${why}): ${server.#log.trim().slice(-2000)}`));
      let isUp = false;
      const hear = (chunk: Buffer) => {
        server.#log += chunk.toString('utf8');
        // A log that is looked through at each of its lines costs the square of its length.
        isUp ||= isReady.test(server.#log);
        if (isUp) resolve();
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('error', (error) => fail(error.message));
      child.once('close', (code) => fail(`exit code ${code}`));
    });
    return server;
  }

  /** All that it has printed. */
  get log(): string {
    return this.#log;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    atExit.delete(this.#onExit);
    this.#child.kill(signal);
    await this.#ended;
  }
}

/**
 * A loopback port that nobody listens on at present, below those that systems give to outgoing
 * connections: a client's own end could take such a port before the server does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
