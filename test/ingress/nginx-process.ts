/** A real nginx on loopback, run by whoever runs the tests, as the charm and its nginx are run by one user. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ReverseProxy } from '../../docs/ingress/charm/charm.ts';
import { atFirst, nginx } from '../../docs/ingress/charm/nginx.ts';
import { freePort } from '../../src/pgbouncer/demo/servers/child.ts';
import { findProgram } from '../../src/pgbouncer/demo/servers/program.ts';

const run = promisify(execFile);

export class Nginx {
  readonly program = findProgram('nginx', 'nginx');
  readonly folder: string;
  readonly listen: string;
  readonly proxy: ReverseProxy;
  readonly #onExit = () => this.#tell('SIGKILL');

  private constructor(folder: string, listen: string) {
    this.folder = folder;
    this.listen = listen;
    this.proxy = nginx({ program: this.program, folder, listen });
  }

  static async make(folder: string): Promise<Nginx> {
    // Its workers are somebody else where its master is root.
    mkdirSync(folder, { mode: 0o711 });
    const made = new Nginx(folder, `127.0.0.1:${await freePort()}`);
    writeFileSync(made.file, atFirst(made.listen));
    await made.start();
    return made;
  }

  get file(): string {
    return join(this.folder, 'nginx.conf');
  }

  get text(): string {
    return readFileSync(this.file, 'utf8');
  }

  /** Returns when it listens: it becomes a daemon only then. */
  async start(): Promise<void> {
    process.once('exit', this.#onExit);
    await run(this.program, ['-p', this.folder, '-e', 'stderr', '-c', this.file]);
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#onExit);
    if (!existsSync(this.#pidFile)) return;
    await new Promise<void>((resolve) => {
      // The last that a master does is to take its file away.
      const watcher = watch(this.folder, () => {
        if (existsSync(this.#pidFile)) return;
        watcher.close();
        resolve();
      });
      this.#tell('SIGQUIT');
    });
  }

  get #pidFile(): string {
    return join(this.folder, 'nginx.pid');
  }

  #tell(signal: NodeJS.Signals): void {
    const pid = existsSync(this.#pidFile) ? Number(readFileSync(this.#pidFile, 'utf8')) : 0;
    if (pid > 0) process.kill(pid, signal);
  }
}
