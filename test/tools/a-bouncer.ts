import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, Server, type Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { findPgbouncer } from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { connect, type Destination, type Session } from '../../src/pgbouncer/wire/index.ts';

/** Users and their secrets, as a userlist has them. */
export type Userlist = Readonly<Record<string, string>>;

export interface BouncerFiles {
  /** Lines of the section of the databases. */
  readonly databases: readonly string[];
  readonly users: Userlist;
  /** Lines of the other section, beside those that each has. */
  readonly settings?: readonly string[];
  /** Written after the users, as it is. */
  readonly tail?: string;
}

/** A PgBouncer whose files are written by hand. */
export interface Bouncer {
  readonly port: number;
  readonly folder: string;
  readonly log: () => string;
  /** Puts files in place of those that are there, and answers what RELOAD took, in ms, or said. */
  readonly reload: (files: BouncerFiles) => Promise<{ readonly ms: number; readonly said: string }>;
  readonly console: (command: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly logIn: (user: string, password: string, more?: Partial<Destination>) => Promise<Session>;
  readonly stop: () => Promise<void>;
}

/** Milliseconds for what is measured. */
const patience = 120_000;

/** Starts one on a port of its own. The login of its console has the user `admin`. */
export async function startBouncer(
  workspace: Workspace,
  name: string,
  admin: { readonly password: string; readonly secret: string },
  files: BouncerFiles,
): Promise<Bouncer> {
  const folder = await workspace.folder(name);
  const port = await freePort();
  const write = async ({ databases, users, settings = [], tail = '' }: BouncerFiles) => {
    const ini = [
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      `unix_socket_dir = ${folder}`,
      'auth_type = scram-sha-256',
      `auth_file = ${join(folder, 'userlist.txt')}`,
      'admin_users = admin',
      'ignore_startup_parameters = extra_float_digits,options',
      'server_login_retry = 1',
      'query_wait_timeout = 5',
      ...settings,
      '[databases]',
      ...databases,
      '',
    ].join('\n');
    const list = Object.entries({ admin: admin.secret, ...users })
      .map(([user, secret]) => `"${user}" "${secret}"\n`)
      .join('');
    // A new inode, for within a second PgBouncer knows a file by nothing else.
    for (const [file, text] of [
      ['pgbouncer.ini', ini],
      ['userlist.txt', list + tail],
    ] as const) {
      const path = join(folder, file);
      await writeFile(`${path}.new`, text);
      await chmod(`${path}.new`, 0o644);
      await rename(`${path}.new`, path);
    }
  };
  await write(files);
  const server = await Server.start(findPgbouncer(), [join(folder, 'pgbouncer.ini')], /process up/);
  const logIn: Bouncer['logIn'] = (user, password, more = {}) =>
    connect({
      host: '127.0.0.1',
      port,
      user,
      password,
      database: 'shop',
      tls: { mode: 'off' },
      timeout: patience,
      ...more,
    });
  const session = await logIn('admin', admin.password, { database: 'pgbouncer' });
  const console: Bouncer['console'] = async (command) =>
    (await session.query(command, patience)).flat();
  return {
    port,
    folder,
    log: () => server.log,
    console,
    logIn,
    reload: async (next) => {
      await write(next);
      const started = performance.now();
      const said = await console('RELOAD').then(
        () => 'RELOAD',
        (cause: Error) => cause.message,
      );
      return { ms: performance.now() - started, said };
    },
    stop: async () => {
      session.destroy();
      await server.stop('SIGKILL');
    },
  };
}
