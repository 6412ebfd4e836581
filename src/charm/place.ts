import type { Environment, Variables } from '../adapters/juju/index.ts';
import { childProcess, pebble, systemd } from '../adapters/workload/index.ts';
import { filesIn, type Place } from './pooler.ts';

/** The container of the charm on Kubernetes, and of `metadata.yaml`. */
export const container = 'pgbouncer';

/** PgBouncer's program, where the distribution puts it. */
export const programOf = ({ HOOKCHART_PGBOUNCER }: Variables): string =>
  HOOKCHART_PGBOUNCER ?? '/usr/sbin/pgbouncer';

/** Whether systemd keeps the PgBouncer of a machine. */
export const isUnderSystemd = ({ HOOKCHART_WORKLOAD }: Variables): boolean =>
  HOOKCHART_WORKLOAD !== 'child';

/** Whom PgBouncer runs as: the distribution's package, and images, have made this user. */
const user = 'postgres';

/** How this unit is called where neither `/` nor its number alone would do. */
const dashed = ({ application, number }: Environment): string => `${application}-${number}`;

/**
 * Kubernetes keeps PgBouncer in a container of its own, machines keep it under systemd. Where there
 * is no systemd, `HOOKCHART_WORKLOAD=child` has it run as a process, in the folder that
 * `HOOKCHART_HOME` names.
 */
export function placeOf(
  environment: Environment,
  variables: Variables,
  address: { readonly bind: string },
  /** Milliseconds that are left to the hook. */
  remaining?: () => number,
): Place {
  const inTime = remaining === undefined ? {} : { remaining };
  const program = programOf(variables);
  if (environment.machine === null) {
    const files = filesIn('/var/lib/hookchart');
    const socket = `/charm/containers/${container}/pebble.socket`;
    const command = `${program} ${files.iniFile}`;
    const workload = pebble({ socket, service: container, command, user, ...inTime });
    return { ...files, listens: '*', local: '127.0.0.1', isHere: false, workload };
  }
  const { HOOKCHART_HOME: home = `/var/lib/hookchart/${dashed(environment)}` } = variables;
  const files = filesIn(home);
  const service = `hookchart-${dashed(environment)}.service`;
  const workload = isUnderSystemd(variables)
    ? systemd({ service, program, iniFile: files.iniFile, user, ...inTime })
    : childProcess({ program, user, ...files, ...inTime });
  return { ...files, listens: address.bind, local: address.bind, isHere: true, workload };
}

/** Where clients reach a unit: on Kubernetes by its name, which outlives its pod and its address. */
export const hostOf = (
  { application, machine, model, ...environment }: Environment,
  { ingress }: { readonly ingress: string },
): string =>
  machine === null
    ? `${application}-${environment.number}.${application}-endpoints.${model.name}.svc.cluster.local`
    : ingress;
