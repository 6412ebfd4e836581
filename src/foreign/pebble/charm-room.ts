/**
 * A root in which `/charm` is another folder and all else is as it is: charms look for Pebble's sockets
 * there, wherever they are run. It is a namespace of Linux, and goes with the process that made it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Misuse } from '../../testing/index.ts';
import { hasNamespaces, namespaces } from './jail.ts';

/** `$1` is the new root, `$2` what is to be at `/charm`. */
const script = `set -e
mount -t tmpfs none "$1"
for at in /*; do
  [ "$at" = /charm ] && continue
  if [ -L "$at" ]; then cp -P "$at" "$1$at"
  elif [ -d "$at" ]; then mkdir "$1$at"; mount --rbind "$at" "$1$at"
  elif [ -f "$at" ]; then : > "$1$at"; mount --bind "$at" "$1$at"
  fi
done
mkdir "$1/charm"
mount --rbind "$2" "$1/charm"
echo ready
exec chroot "$1" /bin/cat`;

export class CharmRoom {
  readonly #root: string;
  readonly #charm: string;
  #holder: ChildProcess | null = null;

  /** With an empty folder for its root; it is made when it is first needed. */
  constructor(root: string, charm: string) {
    this.#root = root;
    this.#charm = charm;
  }

  /** The words by which a program is run in it; `Misuse` where this machine has no namespaces. */
  async words(folder: string, program: string): Promise<readonly [string, ...string[]]> {
    this.#holder ??= await this.#made();
    const enters = namespaces.includes('--user') ? ['--user', '--preserve-credentials'] : [];
    const target = ['--target', String(this.#holder.pid)];
    const inside = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', folder, program];
    return ['nsenter', ...target, ...enters, '--mount', '--root', '--wd', ...inside];
  }

  close(): void {
    this.#holder?.stdin?.end();
    this.#holder?.kill();
  }

  async #made(): Promise<ChildProcess> {
    const refused = (why: string) =>
      new Misuse(
        `a charm finds its containers at /charm, which takes a namespace for its processes, and ${why}: leave --plain out for a charm in Python, or run as root`,
      );
    if (!hasNamespaces()) throw refused('this machine lets nobody make one (unshare --mount)');
    mkdirSync(this.#root, { recursive: true });
    const words = [...namespaces, 'sh', '-c', script, 'charm', this.#root, this.#charm];
    const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    holder.stderr?.on('data', (part: Buffer) => said.push(part));
    await new Promise<void>((resolve, reject) => {
      holder.stdout?.once('data', () => resolve());
      holder.once('error', ({ message }) => reject(refused(message)));
      holder.once('exit', () => reject(refused(Buffer.concat(said).toString().trim())));
    });
    holder.unref();
    return holder;
  }
}
