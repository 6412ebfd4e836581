import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyConfiguration } from '../../pooler/configuration.ts';
import { type PgbouncerProcess, prepare } from '../../pooler/index.ts';
import { freePort, Server, type Workspace } from './child.ts';
import { findProgram } from './program.ts';

/** One PgBouncer of a unit, on loopback. */
export interface PgbouncerServer {
  readonly process: PgbouncerProcess;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** All that it has logged since it was started last. */
  readonly log: () => string;
  readonly start: () => Promise<void>;
  /** As a machine that loses power: nothing is closed in order. */
  readonly kill: () => Promise<void>;
}

/** Lays out a folder and an empty configuration, and starts the process on a port of its own. */
export async function startPgbouncer(
  workspace: Workspace,
  name: string,
  adminPassword: string,
): Promise<PgbouncerServer> {
  const program = findPgbouncer();
  const folder = await workspace.folder(name);
  const port = await freePort();
  const pidFile = join(folder, 'pgbouncer.pid');
  const process: PgbouncerProcess = {
    iniFile: join(folder, 'pgbouncer.ini'),
    consoles: [{ host: folder, port }],
    settings: {
      listenAddress: '127.0.0.1',
      listenPort: port,
      socketDirectory: folder,
      logFile: join(folder, 'pgbouncer.log'),
      pidFile,
      userlistFile: join(folder, 'userlist.txt'),
      caFile: join(folder, 'backend-ca.pem'),
      accessFile: join(folder, 'access.conf'),
      clientKeyFile: join(folder, 'client-key.pem'),
      clientCertificateFile: join(folder, 'client-certificate.pem'),
      admin: { user: 'hookchart_admin', password: { secret: adminPassword } },
      mostClients: 400,
      poolMode: 'session',
      maxDatabaseConnections: 8,
      processes: 1,
      maxPreparedStatements: 100,
    },
  };
  const prepared = await prepare(process, emptyConfiguration)();
  if (prepared._tag === 'Left') throw new Error(`cannot write ${process.iniFile}`);
  let server: Server | null = null;
  const start = async () => {
    await rm(pidFile, { force: true });
    server = await Server.start(program, [process.iniFile], /process up/);
  };
  await start();
  return {
    process,
    host: '127.0.0.1',
    port,
    log: () => server?.log ?? '',
    start,
    kill: async () => {
      const running = server;
      server = null;
      await running?.stop('SIGKILL');
    },
  };
}

/** PgBouncer's program; installed from the distribution where there is none and that can be done. */
export const findPgbouncer = (): string => findProgram('pgbouncer', 'PgBouncer');
