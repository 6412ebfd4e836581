import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Secret } from '../../hook/index.ts';
import { attempt, once, take } from '../commands/steps.ts';
import { type HookError, render } from '../errors.ts';
import type { PgbouncerOptions, PgbouncerProcess } from '../pooler/index.ts';
import { clientsWithin, secretIn } from '../pooler/pgbouncer-files.ts';
import type { Attempt, Entropy, Pooler } from '../ports.ts';
import type { Workload } from '../workload/index.ts';
import type { PoolerOptions } from './config.ts';
import type { KeyPlace } from './identity.ts';
import { groupOf, hostOf, isSharedBy, placesOf, retire, shareOf } from './processes.ts';
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
  /** How many PgBouncers the unit runs, and which of them this is, from 0. */
  readonly count: number;
  readonly number: number;
  /** The place of another one of them. */
  readonly other: (number: number) => Place;
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
 * This unit's PgBouncers, with the options of the charm. The login of their consoles is nobody else's
 * business: it is in their userlists, and made anew where that is lost.
 */
export async function poolerAt(
  main: Place,
  options: PoolerOptions,
  entropy: Entropy,
  remaining: () => number,
  watch?: PgbouncerOptions['watch'],
): Promise<Pooler> {
  const address = { host: main.local, port: options.listenPort };
  try {
    await retire(main);
    const all = placesOf(main);
    for (const { workload, folder } of all) await workload.tidy(folder);
    const password = await adminPassword(main, userlistIn(main.folder), entropy);
    const processes: PgbouncerProcess[] = [];
    for (const place of all) processes.push(await processAt(place, main, options, password));
    // Most hooks ask no PgBouncer, and are spared the loading of what it takes.
    const { pgbouncer } = await import('../pooler/index.ts');
    return pgbouncer({
      processes,
      clients: address,
      remaining,
      ...(watch === undefined ? {} : { watch }),
    });
  } catch (problem) {
    return unreached(problem, `${address.host}:${address.port}`);
  }
}

async function processAt(
  place: Place,
  main: Place,
  { listenPort, maxDatabaseConnections, ...options }: PoolerOptions,
  password: Secret,
): Promise<PgbouncerProcess> {
  const { folder, iniFile, pidFile, logFile, listens, local, isHere, workload } = place;
  const socket = isHere && folder.length <= longestFolder ? folder : null;
  const group = groupOf(place);
  const { clientCertificateFile } = clientFilesIn(folder);
  const settings = {
    ...options,
    listenPort,
    listenAddress: group === null ? listens : `${listens},${hostOf(place.number)}`,
    socketDirectory: socket,
    logFile,
    pidFile,
    mostClients: clientsWithin(await workload.openFiles()),
    userlistFile: userlistIn(folder),
    caFile: join(folder, 'backend-ca.pem'),
    // One key, which is nowhere else; and what is read back is what this process was given.
    clientKeyFile: clientFilesIn(main.folder).clientKeyFile,
    clientCertificateFile,
    accessFile: join(folder, 'access.conf'),
    admin: { user: admin, password },
    maxDatabaseConnections: shareOf(maxDatabaseConnections, place),
    processes: 1,
    ...(group === null ? {} : { group }),
  };
  const own = { host: group === null ? local : hostOf(place.number), port: listenPort };
  const consoles = socket === null ? [own] : [{ host: socket, port: listenPort }, own];
  const shared = group === null ? {} : { isShared: isSharedBy(place) };
  return { iniFile, settings, consoles, workload, ...shared };
}

/** The login of PgBouncer's console. */
export const admin = 'hookchart_admin';

const userlistIn = (folder: string): string => join(folder, 'userlist.txt');

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
