import { join } from 'node:path';
import type { Environment, Variables } from '../../juju/hook-tools/index.ts';
import { filesWanted } from '../pooler/pgbouncer-files.ts';
import { childProcess, pebble, systemd } from '../workload/index.ts';
import type { ProgramOptions } from './config.ts';
import { filesIn, type Place } from './pooler.ts';
import { hostOf } from './processes.ts';

/** The container of the charm on Kubernetes, and of `metadata.yaml`. */
export const container = 'pgbouncer';

/** PgBouncer's program, where the operator says that it is; tests have it elsewhere. */
export const programOf = (
  { HOOKCHART_PGBOUNCER }: Variables,
  { program }: Pick<ProgramOptions, 'program'>,
): string => HOOKCHART_PGBOUNCER ?? program;

/** Whether systemd keeps the PgBouncer of a machine. */
export const isUnderSystemd = ({ HOOKCHART_WORKLOAD }: Variables): boolean =>
  HOOKCHART_WORKLOAD !== 'child';

/** How this unit is called where neither `/` nor its number alone would do. */
export const dashed = ({ application, number }: Environment): string => `${application}-${number}`;

/** Pebble's socket, as the container of the charm sees it. */
export const pebbleSocketIn = ({ HOOKCHART_PEBBLE_SOCKET: socket }: Variables): string =>
  socket ?? `/charm/containers/${container}/pebble.socket`;

/**
 * Kubernetes keeps PgBouncer in a container of its own, machines keep it under systemd. Where there
 * is no systemd, `HOOKCHART_WORKLOAD=child` has it run as a process, in the folder that
 * `HOOKCHART_HOME` names.
 */
export function placeOf(
  environment: Environment,
  variables: Variables,
  options: ProgramOptions,
  address: { readonly bind: string },
  /** Milliseconds that are left to the hook. */
  remaining?: () => number,
  /** How many PgBouncers the unit runs, and which of them this is. */
  { count, number }: { readonly count: number; readonly number: number } = alone,
): Place {
  const inTime = remaining === undefined ? {} : { remaining };
  const program = programOf(variables, options);
  const { user } = options;
  const runs = { program, user, openFiles: filesWanted, ...inTime };
  const [folder, suffix] =
    number === 0
      ? [(home: string) => home, '']
      : [(home: string) => join(home, `${number}`), `-${number}`];
  const of = {
    count,
    number,
    other: (number: number) =>
      placeOf(environment, variables, options, address, remaining, { count, number }),
  };
  if (environment.machine === null) {
    const { HOOKCHART_HOME: home = '/var/lib/hookchart' } = variables;
    const socket = pebbleSocketIn(variables);
    const files = { ...filesIn(folder(home)), ...unheard };
    const { iniFile } = files;
    const service = `${container}${suffix}`;
    const host = count === 1 ? {} : { host: hostOf(number) };
    const workload = pebble({ socket, service, iniFile, ...host, ...runs });
    return { ...files, ...of, listens: '*', local: '127.0.0.1', isHere: false, workload };
  }
  const { HOOKCHART_HOME: home = `/var/lib/hookchart/${dashed(environment)}` } = variables;
  const files = filesIn(folder(home));
  const service = `hookchart-${dashed(environment)}${suffix}.service`;
  const here = { ...of, listens: address.bind, local: address.bind, isHere: true };
  return isUnderSystemd(variables)
    ? {
        ...files,
        ...unheard,
        ...here,
        workload: systemd({ service, iniFile: files.iniFile, ...runs }),
      }
    : { ...files, ...here, workload: childProcess({ ...files, ...runs }) };
}

const alone = { count: 1, number: 0 };

/** Under a supervisor PgBouncer needs no file for its number, and none for what it has to say. */
const unheard = { pidFile: null, logFile: null };
