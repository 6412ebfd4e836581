/**
 * Calls of hook tools without a process, where a hook is Node or starts it: a module that is loaded
 * there catches them, and makes them on a line that the hook's process has inherited.
 */
import type { ChildProcess, IOType } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import type { Environment } from './hook-environment.ts';
import { agentFile, type ToolServer } from './tool-server.ts';

/** Beyond the numbers that a shell's program names, and below those that shells keep for themselves. */
const line = 19;

export class Shortcut {
  readonly #server: ToolServer;
  /** What a process has beside its output. */
  readonly stdio: readonly IOType[] = [...Array(line - 3).fill('ignore'), 'pipe'];

  constructor(server: ToolServer) {
    this.#server = server;
  }

  /** What the next hook is to find in its environment. */
  begin(): Environment {
    // One that was killed has not given the line back.
    rmSync(join(dirname(this.#server.socket), 'claimed'), { force: true });
    const module = agentFile('node-tools.cjs').replace(/[\\"]/g, '\\$&');
    return { HOOKCHART_LINE: String(line), NODE_OPTIONS: `--require "${module}"` };
  }

  /** Answers what the process asks; its end of the line ends with it. */
  heard({ stdio }: ChildProcess): Duplex | null {
    const end = stdio[line as keyof typeof stdio];
    if (!(end instanceof Duplex)) return null;
    this.#server.hear(end);
    return end;
  }
}
