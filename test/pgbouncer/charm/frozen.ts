/** Processes that are there and do nothing, as on a machine that hangs. */
import { readdirSync, readFileSync } from 'node:fs';

/** Stops these processes where they are; what it gives lets them go on. */
export function freeze(...pids: readonly number[]): () => void {
  // Any other number is somebody else's process, or a whole group of them.
  if (!pids.every((pid) => pid > 1)) throw new Error(`no process has the id ${pids.join(', ')}`);
  const frozen = new Set<number>();
  // Whoever is stopped first starts no more children.
  for (const pid of pids)
    for (const one of [pid, ...childrenOf(pid)]) {
      signal(one, 'SIGSTOP');
      frozen.add(one);
    }
  return () => {
    for (const pid of frozen) signal(pid, 'SIGCONT');
    frozen.clear();
  };
}

const childrenOf = (pid: number): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((one) => one > 0 && parentOf(one) === pid);

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
