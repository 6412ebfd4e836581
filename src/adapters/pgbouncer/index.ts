/**
 * PgBouncer as the pooler, and what keeps its process.
 *
 * @module hookchart/pgbouncer
 */
import * as E from 'fp-ts/lib/Either.js';
import { sameDatabases } from '../../domain/configuration.ts';
import { isFenced, oldestVersion, parseVersion } from '../../domain/pgbouncer-files.ts';
import type {
  Attempt,
  Configuration,
  DatabaseEntry,
  HookError,
  Pooler,
} from '../../engine/index.ts';
import { WireProblem } from '../wire/index.ts';
import { FileProblem } from '../workload/files.ts';
import { WorkloadProblem } from '../workload/workload.ts';
import { type Address, Console, tryLogin } from './console.ts';
import {
  confirm,
  filesFor,
  filesOf,
  isConfirmed,
  listensAsIn,
  type PgbouncerProcess,
  write,
} from './files.ts';
import { goingOn, looksUp } from './lookup.ts';

export type { Settings } from '../../domain/pgbouncer-files.ts';
export {
  childProcess,
  type PebbleOptions,
  pebble,
  systemd,
  type Workload,
} from '../workload/index.ts';
export type { Address } from './console.ts';
export type { PgbouncerProcess } from './files.ts';

export interface PgbouncerOptions {
  /** All processes of this unit: it is in step when each of them is. */
  readonly processes: readonly PgbouncerProcess[];
  /** Where clients reach this unit. */
  readonly clients: Address;
  /** Told what the first process's configuration file says, and what it said before. */
  readonly watch?: (ini: { readonly before: string | null; readonly after: string }) => void;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}

/**
 * PgBouncer 1.17 or later, through its files and its admin console. It serves one hook at a time:
 * its connections are opened when they are needed and end with `release`.
 */
export function pgbouncer({
  processes,
  clients,
  watch,
  remaining = () => Number.MAX_SAFE_INTEGER,
}: PgbouncerOptions): Pooler {
  const consoles = new Map(
    processes.map((process) => [
      process,
      new Console(process.consoles, process.settings.admin, remaining),
    ]),
  );
  let isLookingUp = false;
  return {
    looksUp: () => isLookingUp,
    apply: (configuration) =>
      attempt(clients, async () => {
        const applied: Applied[] = [];
        for (const [process, console] of consoles) {
          const outcome = await apply(process, console, configuration);
          if (E.isLeft(outcome)) {
            for (const { restore } of applied) await restore();
            return outcome;
          }
          applied.push(outcome.right);
          if (applied.length === 1) watch?.(outcome.right.ini);
        }
        isLookingUp = applied.some((one) => one.isLookingUp);
        return E.right(applied.some(({ isNew }) => isNew) ? 'applied' : 'unchanged');
      }),
    admits: (login, database) => async () => {
      try {
        await tryLogin(clients, login, database, remaining);
        return E.right(undefined);
      } catch (problem) {
        if (!(problem instanceof WireProblem)) throw problem;
        const why = problem.message;
        const { user } = login;
        return E.left({ _tag: 'LoginRefused', class: 'unavailable', user, database, why });
      }
    },
    release: async () => {
      await Promise.all([...consoles.values()].map((console) => console.release()));
    },
  };
}

/** Writes the files for a process that is not running yet, so that it starts with what it should serve. */
export const prepare = (process: PgbouncerProcess, configuration: Configuration): Attempt<void> =>
  attempt(process.consoles[0] ?? nowhere, async () => {
    await write(process, await filesFor(process, configuration, oldestVersion));
    return E.right(undefined);
  });

const nowhere: Address = { host: '', port: 0 };

interface Applied {
  readonly ini: { readonly before: string | null; readonly after: string };
  readonly isNew: boolean;
  readonly isLookingUp: boolean;
  /** Puts back in force what was before. */
  readonly restore: () => Promise<void>;
}

async function apply(
  process: PgbouncerProcess,
  console: Console,
  wholly: Configuration,
): Promise<E.Either<HookError, Applied>> {
  const { workload } = process;
  const before = await filesOf(process);
  const isElsewhere = before.ini !== null && !listensAsIn(before.ini, process.settings);
  const known = isElsewhere ? null : await versionOf(console);
  const seen = known === null || wholly.lookup === null ? new Set<string>() : await console.seen();
  const later = goingOn(wholly, { ...before, seen });
  const isStartedAnew =
    known !== null &&
    workload !== undefined &&
    looksUp(later) &&
    !looksUp(wholly) &&
    (await console.isIdle());
  const isMoving = isElsewhere || isStartedAnew;
  const version = isMoving ? null : known;
  const configuration = isMoving || console.isDown ? wholly : later;
  const isLookingUp = looksUp(configuration);
  // A wildcard that is read no more stays in force until the process is started anew.
  const wasFenced = version !== null && before.ini !== null && isFenced(before.ini);
  const files = await filesFor(process, configuration, version ?? oldestVersion, wasFenced);
  const isWritten =
    before.ini === files.ini &&
    before.userlist === files.userlist &&
    before.ca === files.ca &&
    before.access === files.access;
  const wanted = [...configuration.databases].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  const restart = async () => {
    if (workload === undefined) return;
    if (isMoving) {
      await console.release();
      await workload.restart();
    } else await workload.start();
    try {
      await console.answers();
    } catch (problem) {
      if (!(problem instanceof WireProblem) || isMoving || problem.kind === 'hang') throw problem;
      // It runs on with files that are gone, and does not know the console's login.
      await workload.restart();
      await console.answers();
    }
  };
  const restore = async () => {
    await write(process, before);
    if (isMoving) await workload?.restart();
    else await console.reload();
    await confirm(process);
  };
  if (
    version !== null &&
    isWritten &&
    (await isConfirmed(process)) &&
    (await differs(console, configuration, wanted)) === null
  )
    return E.right({
      ini: { before: before.ini, after: files.ini },
      isNew: false,
      isLookingUp,
      restore,
    });
  if (!isWritten) await write(process, files);
  let after = files.ini;
  if (version === null && workload !== undefined) {
    await restart();
    // Only a process that runs says which keys it knows.
    const started = await versionOf(console);
    const whole = await filesFor(process, configuration, started ?? oldestVersion);
    if (whole.ini !== files.ini) await write(process, whole);
    after = whole.ini;
  }
  // Where the process is down this fails, and the files stay: it reads them when it starts.
  await console.reload();
  const why = await differs(console, configuration, wanted);
  if (why === null) {
    await confirm(process);
    return E.right({ ini: { before: before.ini, after }, isNew: true, isLookingUp, restore });
  }
  await restore();
  return E.left({ _tag: 'ConfigRejected', class: 'broken', file: process.iniFile, why });
}

/**
 * Null where nobody answers who knows the console's login. One that hangs may be about to go on, and
 * all its sessions with it: whether to end it is for an operator to say.
 */
async function versionOf(console: Console) {
  try {
    return parseVersion(await console.version());
  } catch (problem) {
    if (problem instanceof WireProblem && problem.kind !== 'hang') return null;
    throw problem;
  }
}

/** In what PgBouncer differs from what it was given; null where it does not. */
async function differs(
  console: Console,
  { users }: Configuration,
  wanted: readonly DatabaseEntry[],
): Promise<string | null> {
  const found = await console.databases();
  if (!sameDatabases(found, wanted)) return difference(found, wanted);
  const known = await console.users();
  const missing = users.find(({ name }) => !known.has(name));
  return missing === undefined ? null : `user ${missing.name} is not in force`;
}

function difference(found: readonly DatabaseEntry[], wanted: readonly DatabaseEntry[]): string {
  const text = ({ name, host, port, database }: DatabaseEntry) =>
    `${name} to ${database} at ${host}:${port}`;
  const inForce = new Set(found.map(text));
  const expected = new Set(wanted.map(text));
  const missing = [...expected].filter((entry) => !inForce.has(entry));
  const left = [...inForce].filter((entry) => !expected.has(entry));
  return [
    ...missing.slice(0, 3).map((entry) => `${entry} is not in force`),
    ...left.slice(0, 3).map((entry) => `${entry} is still in force`),
  ].join('; ');
}

const attempt =
  <Result>(
    { host, port }: Address,
    body: () => Promise<E.Either<HookError, Result>>,
  ): Attempt<Result> =>
  async () => {
    try {
      return await body();
    } catch (problem) {
      if (problem instanceof FileProblem) {
        const { path, code } = problem;
        return E.left({ _tag: 'FileFailed', class: 'broken', path, code });
      }
      if (problem instanceof WireProblem || problem instanceof WorkloadProblem) {
        const where = `${host}:${port}`;
        return E.left({
          _tag: 'PoolerUnavailable',
          class: 'unavailable',
          where,
          why: problem.message,
        });
      }
      throw problem;
    }
  };
