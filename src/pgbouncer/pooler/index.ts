/**
 * PgBouncer as the pooler, and what keeps its process.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Attempt, Configuration, HookError, Pooler } from '../engine.ts';
import { WireProblem } from '../wire/index.ts';
import { FileProblem } from '../workload/files.ts';
import { WorkloadProblem } from '../workload/workload.ts';
import { type Applied, apply } from './apply.ts';
import { type Address, Console, tryLogin } from './console.ts';
import { filesFor, type PgbouncerProcess, write } from './files.ts';
import { oldestVersion } from './pgbouncer-files.ts';

export {
  childProcess,
  pebble,
  systemd,
  type Workload,
} from '../workload/index.ts';
export type { Address } from './console.ts';
export type { PgbouncerProcess } from './files.ts';
export type { Settings } from './pgbouncer-files.ts';

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
          const outcome = await apply({ process, console, remaining }, configuration);
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
    await write(process, await filesFor(process, configuration, oldestVersion), null);
    return E.right(undefined);
  });

const nowhere: Address = { host: '', port: 0 };

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
      const where = `${host}:${port}`;
      if (problem instanceof WorkloadProblem && problem.turn === 'operator') {
        const { message: why } = problem;
        return E.left({ _tag: 'PoolerUnusable', class: 'unavailable', where, why });
      }
      if (problem instanceof WireProblem || problem instanceof WorkloadProblem) {
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
