/** What Pebble is told of PgBouncer: how it is run, and how it is found out that it does not answer. */
import { raised } from './limits.ts';

export interface Described {
  readonly service: string;
  readonly program: string;
  readonly iniFile: string;
  readonly user: string;
  readonly openFiles: number;
  /** Where it listens, and no other process does; 127.0.0.1 by default. */
  readonly host?: string | undefined;
}

/**
 * The variable by which the layer of a service is known again; Pebble gives a plan out in a form of
 * its own, with all layers in one.
 */
export const variableOf = (service: string): string =>
  service === exporterService
    ? 'HOOKCHART_EXPORTER'
    : ['HOOKCHART_LAYER', ...(/-(\d+)$/.exec(service)?.slice(1) ?? [])].join('_');

/** The service that tells PgBouncer's figures, where the image has a program for it. */
export const exporterService = 'exporter';

/**
 * A layer, with a mark. It stands with the check: Pebble starts a service anew where anything that
 * is said of it differs, and a check that differs is to end no session.
 *
 * The check asks for TLS, as any client may: one byte in answer shows that PgBouncer's loop goes
 * round, without a login, while a mere connection is taken by the kernel of one that hangs. It asks
 * at 127.0.0.1, where PgBouncer listens on `*`, whether or not the pod has IPv4 beside, and at the
 * port that the file names: a port that is taken back is so for the check as well. An image without
 * bash has no check, nor has a PgBouncer that runs on with its files lost.
 *
 * Three failures in a row, 30 seconds, are more than any RELOAD or rush of logins takes, and less
 * than the minutes that clients wait. At the level `ready` a unit that does not answer gets no more
 * traffic; at `alive` Kubernetes would do away with the container, and its files.
 */
export const layerOf =
  ({ service, program, iniFile, user, openFiles, host = '127.0.0.1' }: Described) =>
  (mark: string): string =>
    [
      'services:',
      `  ${service}:`,
      '    override: replace',
      '    summary: PgBouncer',
      '    startup: enabled',
      `    command: ${JSON.stringify(`sh -c '${raised(openFiles)}' ${program} ${iniFile}`)}`,
      `    user: ${JSON.stringify(user)}`,
      // From 1.23 on it waits for its clients when it is told to end.
      '    kill-delay: 1s',
      '    on-check-failure:',
      `      ${checkOf(service)}: restart`,
      'checks:',
      `  ${checkOf(service)}:`,
      '    override: replace',
      '    level: ready',
      '    period: 10s',
      '    timeout: 3s',
      '    threshold: 3',
      '    exec:',
      `      command: ${JSON.stringify(`sh -c '${ifBash}' bash -c '${asksForTls(iniFile, host)}'`)}`,
      `      user: ${JSON.stringify(user)}`,
      '      environment:',
      `        ${variableOf(service)}: ${JSON.stringify(mark)}`,
      '',
    ].join('\n');

const checkOf = (service: string): string => `${service}-answers`;

const ifBash = 'command -v "$0" >/dev/null || exit 0; exec "$0" "$@"';

const asksForTls = (iniFile: string, host: string): string =>
  [
    `[ -r ${iniFile} ] || exit 0`,
    `while read -r key _ value; do [ "$key" != listen_port ] || port=$value; done < ${iniFile}`,
    `exec 3<>/dev/tcp/${host}/$port || exit 1`,
    'printf "\\0\\0\\0\\010\\004\\322\\026\\057" >&3',
    'IFS= read -r -n 1 -u 3',
  ].join('; ');

/** The layer of a service that is to run no more; its check is content. */
export const retiredLayerOf = ({ service, program, iniFile }: Described): string =>
  [
    'services:',
    `  ${service}:`,
    '    override: replace',
    '    startup: disabled',
    `    command: ${JSON.stringify(`${program} ${iniFile}`)}`,
    'checks:',
    `  ${checkOf(service)}:`,
    '    override: replace',
    '    exec:',
    '      command: "true"',
    '',
  ].join('\n');

/** The mark of the layer of a service that is in a plan. */
export const markIn = (plan: string, service: string): string | null =>
  new RegExp(`^\\s*${variableOf(service)}: "?([0-9a-f]+)"?$`, 'm').exec(plan)?.[1] ?? null;
