import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import type { Secret } from '../../hook/index.ts';
import { once } from '../../hook/steps.ts';
import { type Entropy, type HookError, type Pooler, render } from '../engine.ts';
import type { PgbouncerOptions } from '../pooler/index.ts';
import { clientsWithin, secretIn } from '../pooler/pgbouncer-files.ts';
import { FileProblem, type Workload, WorkloadProblem } from '../workload/index.ts';
import type { PoolerOptions } from './config.ts';

/** Where this unit's PgBouncer is. */
export interface Place {
  /** Folder of its files, as it sees them. */
  readonly folder: string;
  readonly iniFile: string;
  /** Null where a supervisor knows the process, and hears it. */
  readonly pidFile: string | null;
  readonly logFile: string | null;
  /** What it listens on, and what clients on this machine connect to. */
  readonly listens: string;
  readonly local: string;
  /** Whether its folder is this machine's too, so that its socket in it can be used. */
  readonly isHere: boolean;
  readonly workload: Workload;
}

export const filesIn = (folder: string) => ({
  folder,
  iniFile: join(folder, 'pgbouncer.ini'),
  pidFile: join(folder, 'pgbouncer.pid'),
  logFile: join(folder, 'pgbouncer.log'),
});

/**
 * This unit's PgBouncer; looked up when a hook first needs it. Where it goes with its unit, what is
 * broken about it fails no hook.
 */
export function unitPooler(
  isGoing: boolean,
  find: () => Promise<E.Either<HookError, Pooler>>,
): {
  readonly pooler: Pooler;
  readonly isUnusable: () => boolean;
  readonly isApplied: () => boolean;
} {
  let isFound = false;
  let isUnusable = false;
  let isApplied = false;
  let applied: Pooler | null = null;
  const here = once(() => {
    isFound = true;
    return find();
  });
  const heard = <Result>(outcome: E.Either<HookError, Result>): E.Either<HookError, Result> => {
    if (E.isRight(outcome)) return outcome;
    isUnusable ||= outcome.left._tag === 'PoolerUnusable';
    return isGoing && outcome.left.class === 'broken' ? E.left(asAway(outcome.left)) : outcome;
  };
  const pooler: Pooler = {
    apply: (configuration) => async () => {
      const found = await here();
      if (E.isLeft(found)) return heard(found);
      applied = found.right;
      const outcome = await applied.apply(configuration)();
      isApplied ||= E.isRight(outcome);
      return heard(outcome);
    },
    looksUp: () => applied?.looksUp() ?? false,
    admits: (login, database) => async () => {
      const found = await here();
      return E.isLeft(found) ? heard(found) : found.right.admits(login, database)();
    },
    release: async () => {
      const found = isFound ? await here() : null;
      if (found !== null && E.isRight(found)) await found.right.release();
    },
  };
  return { pooler, isUnusable: () => isUnusable, isApplied: () => isApplied };
}

const asAway = (error: HookError): HookError => ({
  _tag: 'PoolerUnavailable',
  class: 'unavailable',
  where: 'this unit',
  why: render(error),
});

/**
 * PgBouncer at its place, with the options of the charm. The login of its console is nobody else's
 * business: it is in its userlist, and made anew where that is lost.
 */
export async function poolerAt(
  place: Place,
  { listenPort, ...options }: PoolerOptions,
  entropy: Entropy,
  remaining: () => number,
  watch?: PgbouncerOptions['watch'],
): Promise<E.Either<HookError, Pooler>> {
  const { folder, iniFile, pidFile, logFile, listens, local, isHere, workload } = place;
  const userlistFile = join(folder, 'userlist.txt');
  const address = { host: local, port: listenPort };
  const socket = isHere && folder.length <= longestFolder ? folder : null;
  try {
    await workload.tidy(folder);
    const settings = {
      ...options,
      listenPort,
      listenAddress: listens,
      socketDirectory: socket,
      logFile,
      pidFile,
      mostClients: clientsWithin(await workload.openFiles()),
      userlistFile,
      caFile: join(folder, 'backend-ca.pem'),
      accessFile: join(folder, 'access.conf'),
      admin: { user: admin, password: await adminPassword(place, userlistFile, entropy) },
      processes: 1,
    };
    const consoles = socket === null ? [address] : [{ host: socket, port: listenPort }, address];
    const process = { iniFile, settings, consoles, workload };
    // Most hooks ask no PgBouncer, and are spared the loading of what it takes.
    const { pgbouncer } = await import('../pooler/index.ts');
    return E.right(
      pgbouncer({
        processes: [process],
        clients: address,
        remaining,
        ...(watch === undefined ? {} : { watch }),
      }),
    );
  } catch (problem) {
    if (problem instanceof FileProblem) {
      const { path, code } = problem;
      return E.left({ _tag: 'FileFailed', class: 'broken', path, code });
    }
    if (!(problem instanceof WorkloadProblem)) throw problem;
    const where = `${local}:${listenPort}`;
    const { message: why, turn } = problem;
    if (turn === 'operator')
      return E.left({ _tag: 'PoolerUnusable', class: 'unavailable', where, why });
    return E.left({ _tag: 'PoolerUnavailable', class: 'unavailable', where, why });
  }
}

const admin = 'hookchart_admin';

/** A socket's path has 107 bytes at most, of which its name takes some 20. */
const longestFolder = 85;

/**
 * The password of the console: in a file of its own, of which PgBouncer knows nothing. Version 0.1
 * had it in the userlist, and a process that runs on knows no other.
 */
async function adminPassword(
  { folder, workload }: Place,
  userlistFile: string,
  entropy: Entropy,
): Promise<Secret> {
  const file = join(folder, 'console-password');
  const known = await workload.read(file);
  if (known !== null && known !== '') return { secret: known };
  const listed = secretIn((await workload.read(userlistFile)) ?? '', admin);
  const isClear = listed !== null && !listed.startsWith('SCRAM-SHA-256$');
  const password = isClear ? { secret: listed } : entropy.password();
  await workload.replace(file, password.secret);
  return password;
}
