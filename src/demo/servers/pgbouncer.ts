import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type PgbouncerProcess, prepare } from '../../adapters/pgbouncer/index.ts';
import { freePort, Server, type Workspace } from './child.ts';

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
    console: { host: '127.0.0.1', port },
    settings: {
      listenAddress: '127.0.0.1',
      listenPort: port,
      socketDirectory: null,
      logFile: join(folder, 'pgbouncer.log'),
      pidFile,
      userlistFile: join(folder, 'userlist.txt'),
      admin: { user: 'hookchart_admin', password: { secret: adminPassword } },
      poolMode: 'session',
      maxDatabaseConnections: 8,
      processes: 1,
      maxPreparedStatements: 100,
    },
  };
  const prepared = await prepare(process, { databases: [], auth: null })();
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

const places = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** PgBouncer's program; installed from the distribution where there is none and that can be done. */
export function findPgbouncer(): string {
  const found = lookFor('pgbouncer');
  if (found !== null) return found;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (lookFor('apt-get') !== null) {
    process.stderr.write('PgBouncer is missing: installing it with apt-get …\n');
    for (const command of [
      ['apt-get', 'update', '-qq'],
      ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'pgbouncer'],
    ]) {
      const [program = '', ...args] = [
        ...sudo,
        'env',
        'DEBIAN_FRONTEND=noninteractive',
        ...command,
      ];
      spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    }
  }
  const installed = lookFor('pgbouncer');
  if (installed !== null) return installed;
  throw new Error('PgBouncer is missing: install it, e.g. with "sudo apt-get install pgbouncer"');
}

function lookFor(program: string): string | null {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...places]) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}
