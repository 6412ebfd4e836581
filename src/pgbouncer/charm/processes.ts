/** The PgBouncers of one unit: each uses one core, and all of them have one port. */
import { availableParallelism } from 'node:os';
import { type ProcessGroup, portIn } from '../pooler/pgbouncer-files.ts';
import type { ParsedConfig } from './config.ts';
import type { Place } from './pooler.ts';

/** As many as an operator may have. */
export const mostProcesses = 16;

/** As many as there are cores, but no more than this, where nobody says how many. */
const mostByItself = 4;

export const countOf = ({ processes }: Pick<ParsedConfig, 'processes'>): number =>
  processes === 'auto' ? Math.min(mostByItself, availableParallelism()) : processes;

/**
 * Where one of them, and no other, listens beside the address of all: an address of the loopback, of
 * which every machine and every pod has 16 million, with the port of all.
 */
export const hostOf = (number: number): string => `127.0.0.${11 + number}`;

/** All of them, the first of which is where one that is alone would be. */
export const placesOf = (main: Place): readonly Place[] =>
  Array.from({ length: main.count }, (_, number) => (number === 0 ? main : main.other(number)));

/** Null where one is alone. */
export const groupOf = ({ count, number }: Place): ProcessGroup | null =>
  count === 1 ? null : { number, hosts: Array.from({ length: count }, (_, one) => hostOf(one)) };

/** Its part of a limit of the unit's; each has one at least. */
export const shareOf = (limit: number, { count }: Pick<Place, 'count'>): number =>
  limit === 0 ? 0 : Math.max(1, Math.floor(limit / count));

/** Whether another one runs on a port: then that one is not somebody else's. */
export const isSharedBy =
  (place: Place) =>
  async (port: number): Promise<boolean> => {
    for (let number = 0; number < place.count; number++) {
      if (number === place.number) continue;
      const { workload, iniFile } = place.other(number);
      const ini = await workload.read(iniFile);
      if (ini !== null && portIn(ini) === port && (await workload.isRunning())) return true;
    }
    return false;
  };

/** Those that are too many by now, the last first; which there are their files say. */
export async function surplusOf(main: Place): Promise<readonly Place[]> {
  const surplus: Place[] = [];
  for (let number = main.count; number < mostProcesses; number++) {
    const place = main.other(number);
    if ((await place.workload.read(place.iniFile)) === null) break;
    surplus.unshift(place);
  }
  return surplus;
}

/**
 * Ends those that are too many, with their sessions: their port is shared as long as they run. The
 * configuration, by which they are found, goes last.
 */
export async function retire(main: Place): Promise<void> {
  for (const { workload, folder, iniFile, pidFile, logFile } of await surplusOf(main)) {
    await workload.remove();
    const names = ['userlist.txt', 'backend-ca.pem', 'access.conf', 'client-certificate.pem'];
    const files = names.map((name) => `${folder}/${name}`);
    for (const file of [...files, pidFile, logFile, iniFile])
      if (file !== null) await workload.replace(file, null);
  }
}
