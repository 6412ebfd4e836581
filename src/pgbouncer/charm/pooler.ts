import { join } from 'node:path';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Secret } from '../../hook/index.ts';
import { attempt, take } from '../commands/steps.ts';
import { type HookError, render } from '../errors.ts';
import type { Configuration } from '../pooler/configuration.ts';
import type { PgbouncerOptions, PgbouncerProcess } from '../pooler/index.ts';
import { clientsWithin, secretIn } from '../pooler/pgbouncer-files.ts';
import type { Attempt, Entropy, Pooler, PoolerDifference } from '../ports.ts';
import type { Workload } from '../workload/index.ts';
import type { PoolerOptions } from './config.ts';
import type { KeyPlace } from './identity.ts';
import { onNeed } from './on-need.ts';
import { groupOf, hostOf, isSharedBy, placesOf, retire, shareOf, surplusOf } from './processes.ts';
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
  /** The same for who only looks at it: nothing is ended, tidied or written to come by it. */
  look: Attempt<Pooler>,
): {
  readonly pooler: Pooler;
  readonly isUnusable: () => boolean;
  readonly isApplied: () => boolean;
} {
  const unit = onNeed(find);
  const seen = onNeed(look);
  let isUnusable = false;
  let isApplied = false;
  let applied: Pooler | null = null;
  const heard = <Result>(asked: Attempt<Result>): Attempt<Result> =>
    pipe(
      asked,
      TE.mapLeft((error) => {
        isUnusable ||= error._tag === 'PoolerUnusable';
        return isGoing && error.class === 'broken' ? asAway(error) : error;
      }),
    );
  const pooler: Pooler = {
    apply: (configuration, loginOf) =>
      heard(
        attempt(async () => {
          applied = await take(unit.here);
          const outcome = await take(applied.apply(configuration, loginOf));
          isApplied = true;
          return outcome;
        }),
      ),
    differences: (configuration) =>
      heard(
        attempt(async () => {
          const { differences } = await take(seen.here);
          return differences === undefined ? [] : take(differences(configuration));
        }),
      ),
    looksUp: () => applied?.looksUp() ?? false,
    admits: (login, database) =>
      pipe(
        heard(unit.here),
        TE.chain((found) => found.admits(login, database)),
      ),
    release: async () => {
      await unit.release();
      await seen.release();
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

interface PoolerUse {
  /** Milliseconds that are left to the hook. */
  readonly remaining: () => number;
  readonly watch: PgbouncerOptions['watch'];
  /** Whether nothing is to be done for it. */
  readonly isLooking?: boolean;
}

/**
 * This unit's PgBouncers, with the options of the charm. The login of their consoles is nobody else's
 * business: it is in their userlists, and made anew where that is lost.
 */
export async function poolerAt(
  main: Place,
  options: PoolerOptions,
  entropy: Entropy,
  { remaining, watch, isLooking = false }: PoolerUse,
): Promise<Pooler> {
  const address = { host: main.local, port: options.listenPort };
  try {
    const all = placesOf(main);
    const surplus = isLooking ? await surplusOf(main) : [];
    if (!isLooking) {
      await retire(main);
      for (const { workload, folder } of all) await workload.tidy(folder);
    }
    const { password, isNew } = await adminPassword(main, userlistIn(main.folder), entropy);
    if (isNew && !isLooking)
      await main.workload.replace(consolePasswordIn(main.folder), password.secret);
    const processes: PgbouncerProcess[] = [];
    for (const place of all) processes.push(await processAt(place, main, options, password));
    // Most hooks ask no PgBouncer, and are spared the loading of what it takes.
    const { pgbouncer } = await import('../pooler/index.ts');
    const watching = watch === undefined ? {} : { watch };
    const pooler = pgbouncer({ processes, clients: address, remaining, ...watching });
    return isLooking ? { ...pooler, differences: withSurplus(pooler, surplus) } : pooler;
  } catch (problem) {
    return unreached(problem, `${address.host}:${address.port}`);
  }
}

/** Those that are too many by now are told beside what the others differ in. */
const withSurplus =
  ({ differences }: Pick<Pooler, 'differences'>, surplus: readonly Place[]) =>
  (configuration: Configuration): Attempt<readonly PoolerDifference[]> =>
    attempt(async () => [
      ...(differences === undefined ? [] : await take(differences(configuration))),
      ...surplus.map(({ iniFile: file }) => {
        return { file, what: ['one PgBouncer too many'], by: 'end' } as const;
      }),
    ]);

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

const consolePasswordIn = (folder: string): string => join(folder, 'console-password');

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
): Promise<{ readonly password: Secret; readonly isNew: boolean }> {
  const known = await workload.read(consolePasswordIn(folder));
  if (known !== null && known !== '') return { password: { secret: known }, isNew: false };
  const listed = secretIn((await workload.read(userlistFile)) ?? '', admin);
  const isClear = listed !== null && !listed.startsWith('SCRAM-SHA-256$');
  return { password: isClear ? { secret: listed } : entropy.password(), isNew: true };
}
