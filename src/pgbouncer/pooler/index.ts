/**
 * PgBouncer as the pooler, and what keeps its process.
 */
import * as kit from '../../hook/index.ts';
import type { HookError } from '../errors.ts';
import type { Attempt, Pooler, PoolerDifference } from '../ports.ts';
import { WireProblem } from '../wire/index.ts';
import { FileProblem } from '../workload/files.ts';
import { WorkloadProblem } from '../workload/workload.ts';
import { type Applied, apply } from './apply.ts';
import { compare } from './compare.ts';
import type { Configuration } from './configuration.ts';
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
export type { ProcessGroup, Settings } from './pgbouncer-files.ts';

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
export function pgbouncer(options: PgbouncerOptions): Pooler {
  kit.given('pgbouncer', 'its options', options, { processes: 'list', clients: 'record' });
  const { processes, clients, watch, remaining = () => Number.MAX_SAFE_INTEGER } = options;
  const consoles = new Map(
    processes.map((process) => [
      process,
      new Console(
        process.consoles,
        process.settings.admin,
        remaining,
        process.settings.group === undefined ? null : process.settings.listenAddress,
      ),
    ]),
  );
  let isLookingUp = false;
  return {
    looksUp: () => isLookingUp,
    apply: (configuration, loginOf) =>
      attempt(clients, async () => {
        const applied: Applied[] = [];
        for (const [process, console] of consoles) {
          const outcome = await apply({ process, console, remaining }, configuration, loginOf);
          if (outcome._tag === 'Rejected') {
            for (const { restore } of applied) await restore();
            halt({
              _tag: 'ConfigRejected',
              class: 'broken',
              file: process.iniFile,
              why: outcome.why,
            });
          } else {
            applied.push(outcome);
            if (applied.length === 1) watch?.(outcome.ini);
          }
        }
        isLookingUp = applied.some((one) => one.isLookingUp);
        return applied.some(({ isNew }) => isNew) ? 'applied' : 'unchanged';
      }),
    differences: (configuration) =>
      attempt(clients, async () => {
        const all: PoolerDifference[] = [];
        for (const [process, console] of consoles)
          all.push(...(await compare({ process, console, remaining }, configuration)));
        return all;
      }),
    admits: (login, database) =>
      kit.attempt(async () => {
        try {
          await tryLogin(clients, login, database, remaining);
        } catch (problem) {
          if (!(problem instanceof WireProblem)) throw problem;
          const { message: why } = problem;
          const { user } = login;
          halt({ _tag: 'LoginRefused', class: 'unavailable', user, database, why });
        }
      }),
    release: async () => {
      await Promise.all([...consoles.values()].map((console) => console.release()));
    },
  };
}

/** Writes the files for a process that is not running yet, so that it starts with what it should serve. */
export function prepare(process: PgbouncerProcess, configuration: Configuration): Attempt<void> {
  kit.given('prepare', 'the process', process, { consoles: 'list', settings: 'record' });
  kit.given('prepare', 'the configuration', configuration, 'record');
  return attempt(process.consoles[0] ?? nowhere, async () => {
    await write(process, await filesFor(process, configuration, oldestVersion), null);
  });
}

const nowhere: Address = { host: '', port: 0 };

/** The one place where what is thrown in this room becomes what the charm has words for. */
const attempt = <Result>({ host, port }: Address, body: () => Promise<Result>): Attempt<Result> =>
  kit.attempt(async () => {
    try {
      return await body();
    } catch (problem) {
      if (problem instanceof FileProblem) {
        const { path, code } = problem;
        halt({ _tag: 'FileFailed', class: 'broken', path, code });
      }
      if (!(problem instanceof WireProblem || problem instanceof WorkloadProblem)) throw problem;
      const { message: why } = problem;
      const isUnusable = problem instanceof WorkloadProblem && problem.turn === 'operator';
      const _tag = isUnusable ? 'PoolerUnusable' : 'PoolerUnavailable';
      return halt({ _tag, class: 'unavailable', where: `${host}:${port}`, why });
    }
  });

const halt: (error: HookError) => never = kit.halt;
