/** How a process comes to answer where it is to listen, and how one that does not is taken back. */
import { setTimeout as after } from 'node:timers/promises';
import { WireProblem } from '../wire/index.ts';
import { type Workload, WorkloadProblem } from '../workload/workload.ts';
import { Console } from './console.ts';
import {
  confirm,
  consolesIn,
  type filesOf,
  frontOf,
  ownListening,
  type PgbouncerProcess,
  write,
} from './files.ts';
import { portIn } from './pgbouncer-files.ts';
import { isListenedTo, portIsTaken } from './taken.ts';

/** A process, and how one hook speaks to it. */
export interface Spoken {
  readonly process: PgbouncerProcess;
  readonly console: Console;
  /** Milliseconds that are left to the hook. */
  readonly remaining: () => number;
}

/** A process that somebody looks after. */
export interface Kept extends Spoken {
  readonly workload: Workload;
}

export const consoleAt = (
  { process: { settings }, remaining }: Spoken,
  addresses: ConstructorParameters<typeof Console>[0],
  listens = settings.group === undefined ? null : settings.listenAddress,
) => new Console(addresses, settings.admin, remaining, listens);

/**
 * Whether a process, of which a lost hook has left unknown what it was started with, serves clients
 * where it is to. One that hangs is nobody's to end.
 */
export async function isInPlace(spoken: Spoken): Promise<boolean> {
  const { listenAddress, listenPort } = spoken.process.settings;
  const front = consoleAt(spoken, frontOf(spoken.process));
  try {
    const { address, port } = await front.listens();
    return address === listenAddress && port === listenPort;
  } catch (problem) {
    if (await isOfNobody(spoken.process, problem)) return false;
    throw problem;
  } finally {
    await front.release();
  }
}

/**
 * Whether what went wrong says that PgBouncer is not there: nobody answers who knows the console's
 * login, or somebody accepts and says nothing while no process of ours is running.
 */
export async function isOfNobody(
  { workload }: PgbouncerProcess,
  problem: unknown,
): Promise<boolean> {
  if (!(problem instanceof WireProblem)) return false;
  if (problem.kind !== 'hang') return true;
  return workload !== undefined && !(await workload.isRunning());
}

/** Milliseconds that a process has to let go of its port, which its supervisor ends meanwhile. */
const ending = 2_000;

/** Throws where PgBouncer is down, and somebody else has its port meanwhile. */
export async function refuseTaken({ process, workload }: Kept): Promise<void> {
  const { settings } = process;
  if (await process.isShared?.(settings.listenPort)) return;
  const until = performance.now() + ending;
  while (!(await workload.isRunning()) && (await isListenedTo(settings))) {
    if (performance.now() > until) throw portIsTaken(settings.listenPort);
    await after(50);
  }
}

/** Throws where another port is wanted, and somebody has it: BEFORE anything is ended for it. */
export async function refuseMove({ process }: Spoken, ini: string): Promise<void> {
  const { settings } = process;
  // On its own port nobody but the process itself is to be expected, and those that share it.
  if (portIn(ini) === settings.listenPort || !(await isListenedTo(settings))) return;
  if (!(await process.isShared?.(settings.listenPort))) throw portIsTaken(settings.listenPort);
}

/** Starts the process, or starts it anew, and waits until it answers where clients come to it. */
export async function begin(kept: Kept, how: 'start' | 'restart'): Promise<void> {
  const { console, workload } = kept;
  await console.release();
  try {
    await workload[how]();
    await console.answers(workload.isRunning).catch(async (problem) => {
      if (!(problem instanceof WireProblem) || how === 'restart' || problem.kind === 'hang')
        throw problem;
      // It runs on with files that are gone, and does not know the console's login.
      await workload.restart();
      await console.answers(workload.isRunning);
    });
    await inFront(kept);
  } catch (problem) {
    throw await told(kept, problem);
  }
}

/** A process that answers through its socket may have started without its port. */
async function inFront(kept: Kept): Promise<void> {
  const front = consoleAt(kept, frontOf(kept.process));
  try {
    await front.version();
  } finally {
    await front.release();
  }
}

/** Why a process was not started, or does not answer: in its own words, or that its port is taken. */
async function told({ process: { settings }, workload }: Kept, problem: unknown): Promise<unknown> {
  const isAnswer = problem instanceof WireProblem;
  if (!isAnswer && !(problem instanceof WorkloadProblem)) return problem;
  const words = isAnswer ? await workload.lastWords() : problem.message;
  if (isInWords.test(words) && (await isListenedTo(settings)))
    return portIsTaken(settings.listenPort);
  if (!isAnswer || words === '') return problem;
  return new WorkloadProblem(`${problem.message}; PgBouncer says: ${words}`);
}

const isInWords = /address already in use|nowhere to listen/i;

/**
 * Puts the process back where it was, with its files as they were. One that was not ended goes on
 * as it is.
 */
export async function goBack(
  kept: Kept,
  files: Awaited<ReturnType<typeof filesOf>>,
  ini: string,
): Promise<void> {
  const { process, workload } = kept;
  const before = consoleAt(kept, consolesIn(ini, process), ownListening(ini));
  try {
    await write(process, { ...files, ini }, ini);
    const isThere = await before.version().then(
      () => true,
      (problem) => {
        // One that hangs, or does not know the console's login, is nobody's to end.
        if (problem instanceof WireProblem && problem.kind === 'unreachable') return false;
        throw problem;
      },
    );
    await before.release();
    if (isThere) await before.reload();
    else await workload.restart();
    await before.answers(workload.isRunning);
    await confirm(process);
  } finally {
    await before.release();
  }
}
