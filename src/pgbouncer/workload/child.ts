import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { given } from '../../hook/index.ts';
import { FileProblem, filesOf } from './files.ts';
import { lastWordsOf } from './last-words.ts';
import { ownLimit, raised, withinLimit } from './limits.ts';
import { programIsThere } from './usable.ts';
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
  /** Where PgBouncer writes its process id, and what it has to say. */
  readonly pidFile: string;
  readonly logFile: string;
  /** How many files it needs; as many as it may have, where those are fewer. */
  readonly openFiles: number;
  /** Who is to own the folder, where it is not there yet. */
  readonly user: string;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}): Workload {
  given('childProcess', 'its options', options, {
    program: 'text',
    iniFile: 'text',
    pidFile: 'text',
    logFile: 'text',
    openFiles: 'number',
    user: 'text',
  });
  const { program, iniFile, pidFile, logFile, user, remaining = () => patience } = options;
  const left = () => Math.ceil(Math.max(1, Math.min(patience, remaining())));
  const files = filesOf(user);
  /** The program that was started: it may have become another one, as a script does. */
  const programFile = `${pidFile}.program`;
  const running = async (): Promise<number | null> => {
    const pid = Number((await files.read(pidFile))?.trim() ?? Number.NaN);
    return Number.isInteger(pid) && (await isOurs(pid, iniFile)) ? pid : null;
  };
  const isCurrent = async (): Promise<boolean> => {
    if ((await running()) === null) return true;
    const before = await files.read(programFile);
    return before === null || before === program;
  };
  const start = async (): Promise<void> => {
    await programIsThere(program);
    if (!(await isCurrent())) await end();
    if ((await running()) !== null) return;
    // PgBouncer does not start over the process id of one that was killed.
    await files.replace(pidFile, null);
    await files.replace(programFile, program);
    const folder = dirname(iniFile);
    const { uid, gid } = await stat(folder).catch((cause: unknown) => {
      throw new FileProblem(folder, cause);
    });
    const openFiles = withinLimit(options.openFiles, await ownLimit());
    const child = spawn('/bin/sh', ['-c', raised(openFiles), program, '-d', iniFile], {
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
    const ending = await new Promise<string | number | null>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(code ?? signal));
    });
    child.stderr.destroy();
    if (ending === 0) return;
    throw new WorkloadProblem(`${program} does not start (${ending}): ${lastWordsOf(said)}`);
  };
  const end = async (): Promise<void> => {
    const pid = await running();
    if (pid !== null) await ended(pid, iniFile, left());
  };
  return {
    ...files,
    start,
    restart: async () => {
      await programIsThere(program);
      await end();
      await start();
    },
    isCurrent,
    isRunning: async () => (await running()) !== null,
    openFiles: ownLimit,
    lastWords: async () => lastWordsOf((await files.read(logFile).catch(() => null)) ?? ''),
    remove: end,
  };
}

/** Whether a process id is that of the PgBouncer which reads this file, and not a later process's. */
const isOurs = async (pid: number, iniFile: string): Promise<boolean> =>
  (await commandOf(pid)).includes(iniFile);

/** Nothing where there is no such process. */
async function commandOf(pid: number): Promise<readonly string[]> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch {
    return [];
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
