/** The files of one PgBouncer process: what they say, what they are to say, and whether that is in force. */

import { steadyVerifierOf } from '../wire/scram.ts';
import { localFiles } from '../workload/files.ts';
import type { Workload } from '../workload/workload.ts';
import type { Configuration } from './configuration.ts';
import type { Address } from './console.ts';
import {
  type PgbouncerFiles,
  portIn,
  renderFiles,
  type Settings,
  type Version,
} from './pgbouncer-files.ts';

/** One PgBouncer process of this unit. */
export interface PgbouncerProcess {
  readonly iniFile: string;
  readonly settings: Settings;
  /**
   * Where its admin console answers, the best way first: the folder of its socket, which no other
   * process can listen in, and what it listens on. With several processes on one port only folders.
   */
  readonly consoles: readonly Address[];
  /** Whether another process of this unit has a port already, which this one is to share. */
  readonly isShared?: (port: number) => Promise<boolean>;
  /**
   * Keeps its files and starts it where it does not run, or where a change takes a restart. Without
   * one the files are this machine's, and whoever started the process looks after it.
   */
  readonly workload?: Workload;
}

/** What PgBouncer reads when it starts, and never again: where it listens. */
export const listensAsIn = (ini: string, { listenAddress, listenPort }: Settings): boolean =>
  [`listen_addr = ${listenAddress}`, `listen_port = ${listenPort}`].every((line) =>
    ini.includes(`${line}\n`),
  );

const filesIn = ({ workload }: PgbouncerProcess) => workload ?? localFiles;

export async function filesOf(process: PgbouncerProcess) {
  const { read } = filesIn(process);
  const { userlistFile, caFile, accessFile, clientCertificateFile } = process.settings;
  return {
    ini: await read(process.iniFile),
    userlist: await read(userlistFile),
    ca: await read(caFile),
    certificate: clientCertificateFile === undefined ? null : await read(clientCertificateFile),
    access: await read(accessFile),
  };
}

export async function filesFor(
  { settings }: PgbouncerProcess,
  configuration: Configuration,
  version: Version,
  wasFenced = false,
): Promise<PgbouncerFiles> {
  const verifier = await steadyVerifierOf(settings.admin.password.secret);
  return renderFiles(configuration, settings, version, verifier, wasFenced);
}

/**
 * Stands from before the files are written until they are read back, and holds the configuration
 * that was in force last: a hook that is lost in between leaves files that look right and are not.
 */
export const markerOf = (iniFile: string): string => `${iniFile}.unconfirmed`;

/** The configuration that was in force before a hook was lost, empty for none; null where none was. */
export const unconfirmed = (process: PgbouncerProcess): Promise<string | null> =>
  filesIn(process).read(markerOf(process.iniFile));

export const confirm = (process: PgbouncerProcess): Promise<void> =>
  filesIn(process).replace(markerOf(process.iniFile), null);

type Whole = { readonly [File in keyof PgbouncerFiles]: string | null };

/** Says, until it is confirmed, that what is written is not in force. */
export const mark = (process: PgbouncerProcess, inForce: string | null): Promise<void> =>
  filesIn(process).replace(markerOf(process.iniFile), inForce ?? '');

export async function write(
  process: PgbouncerProcess,
  files: Whole,
  inForce: string | null,
): Promise<void> {
  const { replace } = filesIn(process);
  const { clientCertificateFile } = process.settings;
  const certify = async () => {
    if (clientCertificateFile !== undefined)
      await replace(clientCertificateFile, files.certificate);
  };
  await mark(process, inForce);
  // A configuration that names a file that is not there keeps PgBouncer from starting.
  if (files.certificate !== null) await certify();
  await replace(process.settings.caFile, files.ca);
  await replace(process.settings.accessFile, files.access);
  await replace(process.settings.userlistFile, files.userlist);
  await replace(process.iniFile, files.ini);
  if (files.certificate === null) await certify();
}

/** Where the console of a process answers that has this configuration in force. */
export const consolesIn = (ini: string, { consoles }: PgbouncerProcess): readonly Address[] => {
  const port = portIn(ini);
  // Of several the last is its own.
  const address = /^listen_addr = (\S+)$/m.exec(ini)?.[1]?.split(',').at(-1);
  return consoles.map(({ host, port: wanted }) => ({
    host: host.startsWith('/') || address === undefined || address === '*' ? host : address,
    port: port ?? wanted,
  }));
};

/** Where a process listens, where that tells it from others on its port; null where it is alone. */
export function ownListening(ini: string): string | null {
  const address = /^listen_addr = (\S+)$/m.exec(ini)?.[1] ?? '';
  return address.includes(',') ? address : null;
}

/** Where clients reach a process, by which it is told whether it has its port; its socket, where that is all. */
export const frontOf = ({ consoles }: PgbouncerProcess): readonly Address[] => consoles.slice(-1);
