import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import {
  type PostgresServer,
  startPostgres,
} from '../../../src/pgbouncer/demo/servers/postgres.ts';
import type { Hook } from '../../../src/testing/world.ts';
import { type Authority, authority } from '../../integration/certificates.ts';
import {
  asksForMd5,
  asksForScram,
  asksInClear,
  challenge,
  falseProof,
  type Impostor,
  impostor,
} from '../../integration/impostor.ts';
import { type Hindrance, RealCharm } from './charm.ts';
import { backendSecretId } from './tool-calls.ts';

const leader = 'pgbouncer/0';
const relation = 1;
const changed: Hook = { name: 'backend-database-relation-changed' };
const updateStatus: Hook = { name: 'update-status' };

const workspace = new Workspace();
let authorities: { readonly real: Authority; readonly other: Authority };
let primary: PostgresServer;
/** Offers no TLS. */
let plain: PostgresServer;
let charm: RealCharm;

beforeAll(async () => {
  authorities = { real: authority(), other: authority() };
  const { certificate, key } = authorities.real.sign('IP:127.0.0.1');
  const start = (options: Parameters<typeof startPostgres>[2]) =>
    startPostgres(workspace, 'of the superuser', {
      ...options,
      settings: ['log_connections=on'],
    });
  primary = await start({
    tls: { certificate, key },
    hba: [
      // For the test's own look; whoever else comes without TLS is sent away.
      'hostnossl all postgres all scram-sha-256',
      'hostnossl all all all reject',
    ],
  });
  plain = await start({});
  const stop = async () => {
    for (const server of [primary, plain]) await server.stop();
    workspace.remove();
  };
  const requirers = Object.fromEntries(
    ['app', 'late'].map((name) => [name, { units: 1, request: { database: name } }]),
  );
  const topology = { units: 1, hasSecrets: true, requirers };
  charm = await RealCharm.start(topology, { primary, replica: primary, stop });
  charm.config(leader)['hook-budget'] = 10;
  await charm.settle();
}, 60_000);
afterAll(async () => {
  await charm.stop();
  for (const { remove } of Object.values(authorities)) remove();
});

/** Whether the session that PgBouncer has with PostgreSQL for this client is encrypted. */
async function isEncrypted(patience = 10_000): Promise<boolean> {
  const client = await login(charm.answerOf(relation), { patience });
  try {
    const { rows } = await client.query(
      'SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()',
    );
    return rows[0].ssl;
  } finally {
    await client.end();
  }
}

/** What the backend says of itself from now on, and what the charm makes of it. */
async function answered(
  { ca = null, port = primary.port }: { readonly ca?: string | null; readonly port?: number },
  hindrance: Hindrance = {},
) {
  charm.tls = ca === null ? null : { tls: 'True', 'tls-ca': ca };
  const endpoints = `127.0.0.1:${port}`;
  const before = charm.answer?.endpoints;
  charm.answer = { ...charm.backendDatabag, endpoints, 'read-only-endpoints': endpoints };
  // Where the databag is as it was, it is a secret that has changed.
  const hook = before === endpoints ? { name: 'secret-changed' } : changed;
  const ended = await charm.hook(leader, hook, hindrance);
  expect(ended).toMatchObject({ code: 0, error: '' });
  return { ...ended, status: charm.statusOf(leader) };
}

/** The published relation is as it was. */
const isPublished = (): boolean => charm.answerOf(relation).password !== undefined;

describe('a backend that takes TLS alone', () => {
  it('serves without a CA, and PgBouncer comes to it by TLS', async () => {
    await charm.take({ _tag: 'Relate', application: 'app' });
    await charm.settle();
    expect(charm.statusOf(leader)).toBe('active: ');
    expect(charm.ini(leader)).toContain('server_tls_sslmode = prefer\n');
    expect(await isEncrypted()).toBe(true);
  });

  it('whose CA is known is verified by it, by the charm and by PgBouncer', async () => {
    const { ca } = authorities.real;
    expect((await answered({ ca })).status).toBe('active: ');
    const file = join(charm.home(leader), 'backend-ca.pem');
    expect(charm.ini(leader)).toContain(
      `server_tls_sslmode = verify-full\nserver_tls_ca_file = ${file}\n`,
    );
    expect(readFileSync(file, 'utf8')).toBe(ca);
    expect(await isEncrypted()).toBe(true);
  });

  it('that another CA has signed gets nothing, and takes nothing from who is served', async () => {
    const before = primary.log().length;
    const { status, out } = await answered({ ca: authorities.other.ca });
    expect(status).toMatch(/^waiting: .*\(.*certificate.*\)/);
    expect(out).toContain('certificate');
    expect(isPublished()).toBe(true);
    expect(primary.log().slice(before)).not.toMatch(/authenticated: identity="pooler/);
    // Until the hook has reloaded it, PgBouncer fills its pools as it did before.
    const reloaded = primary.log().length;
    await expect(isEncrypted(2_000)).rejects.toThrow();
    expect(primary.log().slice(reloaded)).not.toMatch(/authenticated: identity/);
    expect((await answered({ ca: authorities.real.ca })).status).toBe('active: ');
    expect(await isEncrypted()).toBe(true);
  });

  it('offers TLS where a CA is known, or is refused', async () => {
    const before = plain.log().length;
    const { ca } = authorities.real;
    const { status, out } = await answered({ ca, port: plain.port });
    expect(status).toMatch(/^waiting: .*\(the server offers no TLS\)/);
    expect(out).toContain('the server offers no TLS');
    expect(plain.log().slice(before)).not.toMatch(/authenticated: identity/);
    expect((await answered({ ca })).status).toBe('active: ');
  });

  it('is asked for no TLS any more when it says nothing of a CA', async () => {
    expect((await answered({})).status).toBe('active: ');
    expect(charm.ini(leader)).toContain('server_tls_sslmode = prefer\n');
    expect(existsSync(join(charm.home(leader), 'backend-ca.pem'))).toBe(false);
  });
});

describe('why a backend is not reached', () => {
  const otherPassword: Hindrance = {
    instead: ({ tool, args }) =>
      tool === 'secret-get' && args.includes(backendSecretId)
        ? { code: 0, out: JSON.stringify({ username: 'pooler', password: 'wrong' }), error: '' }
        : null,
  };
  const silent = async (): Promise<readonly [number, () => Promise<void>]> => {
    const server = await impostor(() => {});
    return [server.port, server.close];
  };

  it.each([
    ['the password', /password authentication failed for user "pooler"/, otherPassword],
    ['too many clients', /too many connections for role "pooler"/, {}],
    ['a hang', /the server does not answer in time/, {}],
    ['nobody there', /connect ECONNREFUSED 127.0.0.1:\d+/, {}],
    ['no PostgreSQL', /what answers is no PostgreSQL/, {}],
  ] as const)('%s: is in status and log', async (reason, why, hindrance) => {
    let [port, close]: readonly [number, () => Promise<unknown>] = [primary.port, async () => {}];
    if (reason === 'a hang') [port, close] = await silent();
    if (reason === 'nobody there') port = await freePort();
    if (reason === 'no PostgreSQL') {
      const server = await impostor((client) => client.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      [port, close] = [server.port, server.close];
    }
    if (reason === 'too many clients') {
      await charm.sql('ALTER ROLE pooler CONNECTION LIMIT 0');
      close = () => charm.sql('ALTER ROLE pooler CONNECTION LIMIT -1');
    }
    const { status, out } = await answered({ port }, hindrance);
    await close();
    expect(status).toMatch(/^waiting: waiting for the backend database at 127.0.0.1:\d+ \(/);
    expect(status).toMatch(why);
    expect(out).toMatch(why);
    expect(isPublished()).toBe(true);
    expect((await answered({})).status).toBe('active: ');
  });
});

describe('somebody in place of PostgreSQL', () => {
  it.each([
    ['in clear', asksInClear, 'it asked for the password in clear'],
    ['as md5', asksForMd5, 'it asked for the password as md5'],
  ])('who asks for the password %s gets none, and is told of', async (_, question, why) => {
    const heard: string[] = [];
    const somebody: Impostor = await impostor((client, said, turn, connection) => {
      heard[connection] = (heard[connection] ?? '') + said.toString('latin1');
      client.write(turn === 0 ? 'N' : turn === 1 ? question : '');
    });
    const { status, out } = await answered({ port: somebody.port });
    expect(status).toContain(`(the server is not trusted: ${why})`);
    expect(out).toContain(why);
    // A tenant that logs in to PgBouncer has it come along as well.
    await expect(isEncrypted(2_000)).rejects.toThrow();
    await somebody.close();
    const isOf = (user: string) => (text: string) => text.includes(`\0${user}\0`);
    const [charms, poolers] = ['pooler', 'relation_id_1'].map((user) => heard.filter(isOf(user)));
    expect([charms?.length, poolers?.length]).toEqual([1, expect.toSatisfy((n) => n > 0)]);
    // No message of this kind, the only one that could hold what follows from a password.
    for (const text of charms ?? []) expect(text).not.toMatch(/p\0\0/);
    const { password = '' } = charm.answerOf(relation);
    for (const text of poolers ?? []) expect(text).not.toContain(password);
    expect((await answered({})).status).toBe('active: ');
    expect(await isEncrypted()).toBe(true);
  });
});

describe('somebody on the port of PgBouncer', () => {
  it('gets no password of the console, and PgBouncer is told by its socket', async () => {
    const port = Number(charm.config(leader).listen_port);
    const heard: Buffer[] = [];
    const fake = createServer((client) => {
      let turn = 0;
      client.on('error', () => {});
      client.on('data', (said) => {
        heard.push(said);
        client.write([asksForScram, challenge(said), falseProof][turn++] ?? '');
      });
    });
    const pid = charm.pooler(leader);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    await died(pid);
    const listening = async () => {
      fake.listen(port, '127.0.0.1');
      await once(fake, 'listening');
    };
    // The kernel lets go of a killed process's sockets a moment after the process.
    await expect.poll(listening).toBeUndefined();
    expect(await charm.hook(leader, updateStatus)).toMatchObject({ code: 0 });
    expect(charm.statusOf(leader)).toMatch(new RegExp(`^blocked: .*port ${port} is taken`));
    // As after a reboot: with a socket PgBouncer starts without its port.
    startedAgain(command, charm.home(leader));
    await charm.take({ _tag: 'Relate', application: 'late' });
    await charm.settle();
    const secret = readFileSync(join(charm.home(leader), 'console-password'), 'utf8');
    expect(Buffer.concat(heard).toString('latin1')).not.toContain(secret);
    expect(charm.statusOf(leader)).toMatch(/^waiting: .*cannot log in to late.*not trusted/);
    // Read back from the real one, or it would not be there.
    expect(charm.serving(leader)).toContain('late');
    expect(charm.answerOf(2).password).toBeUndefined();
    fake.close();
    await died(charm.pooler(leader));
    expect(await charm.hook(leader, updateStatus)).toMatchObject({ code: 0, error: '' });
    await charm.settle();
    expect(charm.statusOf(leader)).toBe('active: ');
    await (await login(charm.answerOf(2))).end();
  });
});

/** Starts a PgBouncer as it was started before, as the owner of its folder. */
function startedAgain([program = '', ...args]: readonly string[], home: string): void {
  const { uid, gid } = statSync(home);
  rmSync(join(home, 'pgbouncer.pid'));
  const { status, stderr } = spawnSync(program, args, { uid, gid, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
}

/** Kills a process, and waits until it is gone. */
async function died(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  const state = () => {
    const stat = `/proc/${pid}/stat`;
    return existsSync(stat) ? readFileSync(stat, 'utf8').replace(/^.*\) /s, '')[0] : 'Z';
  };
  // One that nobody has asked about yet has closed its sockets.
  await expect.poll(state).toBe('Z');
}

describe('the password of the console', () => {
  it('stands in no file that PgBouncer reads, and not in its log', async () => {
    const read = (file: string) => readFileSync(join(charm.home(leader), file), 'utf8');
    const secret = read('console-password');
    expect(secret.length).toBeGreaterThan(20);
    const log = read('pgbouncer.log');
    expect(log).toContain('login attempt: db=pgbouncer user=hookchart_admin');
    for (const text of [read('pgbouncer.ini'), read('userlist.txt'), log])
      expect(text).not.toContain(secret);
  });
});
