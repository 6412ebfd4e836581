/** What a hook has started in a session of its own, which no signal to its group reaches. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Environment } from './hook-environment.ts';

/**
 * Ends the processes that have the environment of a hook, by the socket at which its tools call: no
 * other soak has the same. One that has emptied its environment is not found, nor is any where there is
 * no /proc.
 */
export function endStrays({ JUJU_AGENT_SOCKET_ADDRESS: socket = '' }: Environment): void {
  const mark = `\0JUJU_AGENT_SOCKET_ADDRESS=${socket}\0`;
  const ended = new Set<string>();
  let isOver = socket === '';
  // One may start another while they are looked for.
  while (!isOver) {
    const found = processes().filter((pid) => !ended.has(pid) && isMarked(pid, mark));
    for (const pid of found) {
      ended.add(pid);
      end(Number(pid));
    }
    isOver = found.length === 0;
  }
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function isMarked(pid: string, mark: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(mark);
  } catch {
    // It has ended, or is somebody else's.
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
