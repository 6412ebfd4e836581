import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Secret } from '../../hook/index.ts';
import { attempt, once, take } from '../commands/steps.ts';
import { type HookError, render } from '../errors.ts';
import type { PgbouncerOptions } from '../pooler/index.ts';
import { clientsWithin, secretIn } from '../pooler/pgbouncer-files.ts';
import type { Attempt, Entropy, Pooler } from '../ports.ts';
import type { Workload } from '../workload/index.ts';
import type { PoolerOptions } from './config.ts';
import type { KeyPlace } from './identity.ts';
import { unreached } from './unreached.ts';

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

/** This unit's key, and the certificate that clients see. */
const clientFilesIn = (folder: string) => ({
  clientKeyFile: join(folder, 'client-key.pem'),
  clientCertificateFile: join(folder, 'client-certificate.pem'),
});

export const keyPlaceOf = ({ folder, workload }: Place): KeyPlace => ({
  keyFile: clientFilesIn(folder).clientKeyFile,
  files: workload,
});

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
  find: Attempt<Pooler>,
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
  const heard = <Result>(asked: Attempt<Result>): Attempt<Result> =>
    pipe(
      asked,
      TE.mapLeft((error) => {
        isUnusable ||= error._tag === 'PoolerUnusable';
        return isGoing && error.class === 'broken' ? asAway(error) : error;
      }),
    );
  const pooler: Pooler = {
    apply: (configuration) =>
      heard(
        attempt(async () => {
          applied = await take(here);
          const outcome = await take(applied.apply(configuration));
          isApplied = true;
          return outcome;
        }),
      ),
    looksUp: () => applied?.looksUp() ?? false,
    admits: (login, database) =>
      pipe(
        heard(here),
        TE.chain((found) => found.admits(login, database)),
      ),
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
): Promise<Pooler> {
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
      ...clientFilesIn(folder),
      accessFile: join(folder, 'access.conf'),
      admin: { user: admin, password: await adminPassword(place, userlistFile, entropy) },
      processes: 1,
    };
    const consoles = socket === null ? [address] : [{ host: socket, port: listenPort }, address];
    const process = { iniFile, settings, consoles, workload };
    // Most hooks ask no PgBouncer, and are spared the loading of what it takes.
    const { pgbouncer } = await import('../pooler/index.ts');
    return pgbouncer({
      processes: [process],
      clients: address,
      remaining,
      ...(watch === undefined ? {} : { watch }),
    });
  } catch (problem) {
    return unreached(problem, `${local}:${listenPort}`);
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
