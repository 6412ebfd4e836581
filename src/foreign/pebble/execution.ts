/** One program that a charm runs in a container, with the connections by which it talks to it. */
import type { ChildProcess } from 'node:child_process';
import type { FileTree } from './file-tree.ts';
import { type Command, type Jailed, jailed } from './jail.ts';
import type { WebSocketEnd } from './web-socket.ts';

export interface ExecutionOrder extends Command {
  /** When it is ended, whatever it does; null where it may go on. */
  readonly seconds: number | null;
  /** Whether what it says of errors comes by itself. */
  readonly isSplit: boolean;
}

/** How it ended, and what it has made of the files; null where it was never begun. */
export interface Ending {
  readonly exit?: number;
  readonly error?: string;
  readonly files: FileTree | null;
}

/** Begins once all connections are there, as Pebble does. */
export class Execution {
  readonly #root: string;
  readonly #files: FileTree;
  readonly #order: ExecutionOrder;
  readonly #ended: (ending: Ending) => void;
  readonly #sockets = new Map<string, WebSocketEnd>();
  /** What came before it was begun. */
  readonly #early: (readonly [content: Buffer, isText: boolean])[] = [];
  #jailed: Jailed | null = null;

  constructor(
    root: string,
    files: FileTree,
    order: ExecutionOrder,
    ended: (ending: Ending) => void,
  ) {
    this.#root = root;
    this.#files = files;
    this.#order = order;
    this.#ended = ended;
  }

  connect(end: string, socket: WebSocketEnd): void {
    this.#sockets.set(end, socket);
    const needed = this.#order.isSplit ? ['control', 'stdio', 'stderr'] : ['control', 'stdio'];
    if (this.#jailed === null && needed.every((one) => this.#sockets.has(one))) this.#begin();
  }

  take(end: string, content: Buffer, isText: boolean): void {
    if (end === 'control') this.#signalled(content);
    else if (end === 'stdio' && this.#jailed === null) this.#early.push([content, isText]);
    else if (end === 'stdio') this.#given(content, isText);
  }

  kill(name: NodeJS.Signals = 'SIGKILL'): void {
    const pid = this.#jailed?.child.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // It has ended by itself.
    }
  }

  #begin(): void {
    const jail = jailed(this.#root, this.#files, this.#order);
    this.#jailed = jail;
    const { child } = jail;
    const [stdio, stderr] = [this.#sockets.get('stdio'), this.#sockets.get('stderr')];
    child.stdin?.on('error', () => {});
    child.stdout?.on('data', (part: Buffer) => stdio?.send(part));
    child.stderr?.on('data', (part: Buffer) => (stderr ?? stdio)?.send(part));
    const { seconds } = this.#order;
    let isLate = false;
    const timer =
      seconds === null
        ? undefined
        : setTimeout(() => {
            isLate = true;
            this.kill();
          }, seconds * 1000);
    child.on('error', (error) => this.#ended({ error: error.message, files: null }));
    child.on('exit', () => this.kill());
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      stdio?.end();
      stderr?.end();
      this.#ended({ ...endOf(code, signal, isLate), files: jail.files() });
    });
    for (const [content, isText] of this.#early) this.#given(content, isText);
  }

  #given(content: Buffer, isText: boolean): void {
    const stdin: ChildProcess['stdin'] | undefined = this.#jailed?.child.stdin;
    if (isText) stdin?.end();
    else stdin?.write(content);
  }

  #signalled(content: Buffer): void {
    const name = /"name"\s*:\s*"(SIG[A-Z0-9]+)"/.exec(content.toString())?.[1];
    if (name === 'SIGTERM' || name === 'SIGINT' || name === 'SIGHUP' || name === 'SIGKILL')
      this.kill(name);
  }
}

const numbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

const endOf = (
  code: number | null,
  signal: NodeJS.Signals | null,
  isLate: boolean,
): Pick<Ending, 'exit' | 'error'> => {
  if (isLate) return { error: 'timed out: context deadline exceeded' };
  return { exit: code ?? 128 + (numbers[signal ?? ''] ?? 0) };
};
