import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { type PgbouncerOptions, pgbouncer } from '../adapters/pgbouncer/index.ts';
import { FileProblem, type Workload, WorkloadProblem } from '../adapters/workload/index.ts';
import type { Entropy, HookError, Pooler } from '../engine/index.ts';
import { once } from '../engine/steps.ts';
import type { PoolerOptions } from './config.ts';

/** Where this unit's PgBouncer is. */
export interface Place {
  /** Folder of its files, as it sees them. */
  readonly folder: string;
  readonly iniFile: string;
  readonly pidFile: string;
  /** What it listens on, and what clients on this machine connect to. */
  readonly listens: string;
  readonly console: string;
  readonly workload: Workload;
}

export const filesIn = (folder: string) => ({
  folder,
  iniFile: join(folder, 'pgbouncer.ini'),
  pidFile: join(folder, 'pgbouncer.pid'),
});

/** This unit's PgBouncer; looked up when a hook first needs it. */
export function unitPooler(find: () => Promise<E.Either<HookError, Pooler>>): Pooler {
  let isFound = false;
  const pooler = once(() => {
    isFound = true;
    return find();
  });
  return {
    apply: (configuration) => async () => {
      const here = await pooler();
      return E.isLeft(here) ? here : here.right.apply(configuration)();
    },
    admits: (login, database) => async () => {
      const here = await pooler();
      return E.isLeft(here) ? here : here.right.admits(login, database)();
    },
    release: async () => {
      const here = isFound ? await pooler() : null;
      if (here !== null && E.isRight(here)) await here.right.release();
    },
  };
}

/**
 * PgBouncer at its place, with the options of the charm. The login of its console is nobody else's
 * business: it is in its userlist, and made anew where that is lost.
 */
export async function poolerAt(
  place: Place,
  { listenPort, ...options }: PoolerOptions,
  entropy: Entropy,
  watch?: PgbouncerOptions['watch'],
): Promise<E.Either<HookError, Pooler>> {
  const { folder, iniFile, pidFile, listens, console, workload } = place;
  const userlistFile = join(folder, 'userlist.txt');
  const address = { host: console, port: listenPort };
  try {
    await workload.tidy(folder);
    const known = adminIn((await workload.read(userlistFile)) ?? '');
    const settings = {
      ...options,
      listenPort,
      listenAddress: listens,
      socketDirectory: null,
      logFile: join(folder, 'pgbouncer.log'),
      pidFile,
      userlistFile,
      admin: { user: admin, password: known ?? entropy.password() },
      processes: 1,
    };
    const process = { iniFile, settings, console: address, workload };
    return E.right(
      pgbouncer({
        processes: [process],
        clients: address,
        ...(watch === undefined ? {} : { watch }),
      }),
    );
  } catch (problem) {
    if (problem instanceof FileProblem) {
      const { path, code } = problem;
      return E.left({ _tag: 'FileFailed', class: 'broken', path, code });
    }
    if (!(problem instanceof WorkloadProblem)) throw problem;
    const where = `${console}:${listenPort}`;
    return E.left({ _tag: 'PoolerUnavailable', class: 'unavailable', where, why: problem.message });
  }
}

const admin = 'hookchart_admin';

function adminIn(userlist: string) {
  const secret = new RegExp(`^"${admin}" "([^"]+)"$`, 'm').exec(userlist)?.[1];
  return secret === undefined ? null : { secret };
}
