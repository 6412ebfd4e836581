import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { FileProblem, filesOf } from './files.ts';
import { type Workload, WorkloadProblem } from './workload.ts';

/** How long a process may take to end, in milliseconds. */
const patience = 10_000;
const longestWords = 10_000;

/**
 * PgBouncer as a process of its own that goes on when the hook ends. It runs as the owner of the
 * folder in which its configuration is, for it refuses to run as root.
 */
export function childProcess(options: {
  /** The program, `/usr/sbin/pgbouncer`. */
  readonly program: string;
  readonly iniFile: string;
  /** Where PgBouncer writes its process id. */
  readonly pidFile: string;
  /** Who is to own the folder, where it is not there yet. */
  readonly user: string;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}): Workload {
  const { program, iniFile, pidFile, user, remaining = () => patience } = options;
  const left = () => Math.ceil(Math.max(1, Math.min(patience, remaining())));
  const files = filesOf(user);
  const running = async (): Promise<number | null> => {
    const pid = Number((await files.read(pidFile))?.trim() ?? Number.NaN);
    return Number.isInteger(pid) && (await isOurs(pid, iniFile)) ? pid : null;
  };
  const start = async (): Promise<void> => {
    if ((await running()) !== null) return;
    // PgBouncer does not start over the process id of one that was killed.
    await files.replace(pidFile, null);
    const folder = dirname(iniFile);
    const { uid, gid } = await stat(folder).catch((cause: unknown) => {
      throw new FileProblem(folder, cause);
    });
    const child = spawn(program, ['-d', iniFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      timeout: left(),
      killSignal: 'SIGKILL',
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < longestWords) said += chunk.toString('utf8');
    });
    const end = await new Promise<string | number | null>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(code ?? signal));
    });
    child.stderr.destroy();
    if (end !== 0) throw new WorkloadProblem(`${program} does not start (${end}): ${said.trim()}`);
  };
  const end = async (): Promise<void> => {
    const pid = await running();
    if (pid !== null) await ended(pid, iniFile, left());
  };
  return {
    ...files,
    start,
    restart: async () => {
      await end();
      await start();
    },
    remove: end,
  };
}

/** Whether a process id is that of the PgBouncer which reads this file, and not a later process's. */
async function isOurs(pid: number, iniFile: string): Promise<boolean> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return command.split('\0').includes(iniFile);
  } catch {
    return false;
  }
}

async function ended(pid: number, iniFile: string, within: number): Promise<void> {
  // Immediate in every version: what SIGTERM waits for has changed in 1.23.
  try {
    process.kill(pid, 'SIGQUIT');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // It has ended by itself meanwhile.
    if (code === 'ESRCH') return;
    throw new WorkloadProblem(`process ${pid} cannot be ended (${code})`);
  }
  const until = performance.now() + within;
  while (await isOurs(pid, iniFile)) {
    if (performance.now() > until) throw new WorkloadProblem(`process ${pid} does not end`);
    await after(5);
  }
}
