import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, Server, Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { findPgbouncer } from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import {
  connect,
  type Destination,
  type Session,
  type Tls,
  WireProblem,
  type WireProblemKind,
} from '../../src/pgbouncer/wire/index.ts';
import { verifierOf } from '../../src/pgbouncer/wire/scram.ts';
import { type Authority, authority } from './certificates.ts';
import {
  asksForMd5,
  asksForScram,
  asksInClear,
  challenge,
  falseProof,
  impostor,
  letIn,
  message,
  ready,
} from './impostor.ts';

const workspace = new Workspace();
const password = 'Xq7-nobody-says-this';
const off: Tls = { mode: 'off' };
const prefer: Tls = { mode: 'prefer' };
const authorities: readonly Authority[] = [authority(), authority()];
const certificateFor = (name: string, index = 0) => {
  const found = authorities[index];
  if (found === undefined) throw new Error(`no CA ${index}`);
  return found.sign(name);
};
let server: PostgresServer;
let named: PostgresServer;
let socketFolder: string;

beforeAll(async () => {
  socketFolder = await workspace.folder('socket');
  server = await startPostgres(workspace, password, {
    settings: [`unix_socket_directories=${socketFolder}`, 'max_connections=12'],
    hba: [
      'hostssl all only_tls 127.0.0.1/32 scram-sha-256',
      'host all only_tls 127.0.0.1/32 reject',
      'host all in_clear 127.0.0.1/32 password',
      'host all in_md5 127.0.0.1/32 md5',
      'host all trusted 127.0.0.1/32 trust',
    ],
    tls: certificateFor('IP:127.0.0.1'),
  });
  named = await startPostgres(workspace, password, { tls: certificateFor('DNS:localhost') });
  const client = await server.connect();
  for (const user of ['only_tls', 'in_clear', 'trusted', 'plain'])
    await client.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  await client.query(`SET password_encryption = md5`);
  await client.query(`CREATE ROLE in_md5 LOGIN PASSWORD '${password}'`);
  await client.query(`ALTER DATABASE postgres SET search_path = public, pg_catalog`);
  await client.query(`ALTER ROLE postgres SET work_mem = '1MB'`);
  await client.end();
});
afterAll(async () => {
  for (const { remove } of authorities) remove();
  await Promise.all([server?.stop(), named?.stop()]);
  workspace.remove();
});

const to = (port: number, more: Partial<Destination> = {}) =>
  connect({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    tls: off,
    timeout: 10_000,
    ...more,
  });

/** What goes wrong, which nothing may be secret in. */
async function problemOf(attempt: Promise<unknown>): Promise<WireProblem> {
  const problem = await attempt.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(problem instanceof WireProblem))
    throw new Error('no problem of the wire', { cause: problem });
  const told = `${problem.stack} ${JSON.stringify(problem)} ${problem.detail} ${problem.cause}`;
  expect(told).not.toContain(password);
  return problem;
}

async function using<Result>(
  session: Promise<Session>,
  body: (session: Session) => Promise<Result>,
) {
  const opened = await session;
  try {
    return await body(opened);
  } finally {
    await opened.end();
  }
}

const isEncrypted = (session: Promise<Session>) =>
  using(session, async (opened) => {
    const [[row] = []] = await opened.query(
      'SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()',
      5_000,
    );
    return row?.ssl;
  });

const ca = (index = 0): Tls => ({ mode: 'verify', ca: authorities[index]?.ca ?? '' });

describe('a session', () => {
  it('yields the rows of each statement, in one round trip', async () => {
    await using(to(server.port), async (session) => {
      expect(
        await session.query(
          `SELECT 1 AS one; SET work_mem = '2MB'; SELECT 2 AS two, 'b' AS b`,
          5_000,
        ),
      ).toEqual([[{ one: 1 }], [], [{ two: 2, b: 'b' }]]);
      expect(await session.query(`SELECT 3 AS three`, 5_000)).toEqual([[{ three: 3 }]]);
    });
  });

  it('pins settings that win over those of the role and of the database', async () => {
    const settings = {
      search_path: 'pg_catalog, pg_temp',
      work_mem: '3MB',
      'hook.odd': String.raw`a  b\ c\\ 'd' "e" -c work_mem=4MB`,
    };
    await using(to(server.port, { settings, applicationName: 'a name' }), async (session) => {
      const names = [...Object.keys(settings), 'application_name'];
      const [[row] = []] = await session.query(
        `SELECT ${names.map((name) => `current_setting('${name}') AS "${name}"`).join(', ')}`,
        5_000,
      );
      expect(row).toEqual({ ...settings, application_name: 'a name' });
    });
  });

  it('tells what the server refuses, and goes on', async () => {
    await using(to(server.port), async (session) => {
      const problem = await problemOf(session.query('SELECT 1 / 0', 5_000));
      expect(problem).toMatchObject({
        kind: 'refused',
        sqlState: '22012',
        message: 'division by zero',
      });
      const told = `DO $$ BEGIN RAISE 'a\x1b[2J\u202eb%', repeat('x', 5000) USING DETAIL = E'c\nd'; END $$`;
      const { message, detail } = await problemOf(session.query(told, 5_000));
      expect(message).toMatch(/^a \[2J bx{100,}$/);
      expect(message).toHaveLength(500);
      expect(detail).toBe('c d');
      expect(await session.query('SELECT 1 AS one', 5_000)).toEqual([[{ one: 1 }]]);
    });
  });

  it('answers queries that are asked at once one after another', async () => {
    await using(to(server.port), async (session) => {
      const asked = [1, 2, 3].map((n) => session.query(`SELECT ${n} AS n`, 5_000));
      expect(await Promise.all(asked)).toEqual([[[{ n: 1 }]], [[{ n: 2 }]], [[{ n: 3 }]]]);
    });
  });

  it('is over when the server does not answer in time, and says so at once', async () => {
    const session = await to(server.port);
    const started = performance.now();
    expect((await problemOf(session.query('SELECT pg_sleep(20)', 200))).kind).toBe('hang');
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await problemOf(session.query('SELECT 1', 5_000))).toMatchObject({ kind: 'lost' });
    await session.end();
  });

  it('is over when the server ends it, in a query and between two', async () => {
    const kill = async (session: Session) => {
      const [[row] = []] = await session.query('SELECT pg_backend_pid() AS pid', 5_000);
      return () =>
        using(to(server.port), (other) =>
          other.query(`SELECT pg_terminate_backend(${row?.pid}, 5000)`, 5_000),
        );
    };
    const [busy, idle] = [await to(server.port), await to(server.port)];
    const [killBusy, killIdle] = [await kill(busy), await kill(idle)];
    const asked = problemOf(busy.query('SELECT pg_sleep(21)', 10_000));
    await using(to(server.port), async (other) => {
      const sleeping = `SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(21)'`;
      await expect.poll(async () => (await other.query(sleeping, 5_000))[0]?.length).toBe(1);
    });
    await Promise.all([killBusy(), killIdle()]);
    expect(await asked).toMatchObject({ kind: 'refused', sqlState: '57P01' });
    for (const session of [busy, idle])
      expect(await problemOf(session.query('SELECT 1', 5_000))).toMatchObject({ kind: 'lost' });
    expect(await problemOf(idle.query('SELECT 1', 5_000))).toMatchObject({ sqlState: '57P01' });
    await Promise.all([busy.end(), idle.end()]);
  });
});

describe('TLS', () => {
  it('is used where the server offers it, and left where not', async () => {
    expect(await isEncrypted(to(server.port, { tls: prefer }))).toBe(true);
    expect(await isEncrypted(to(server.port, { tls: off }))).toBe(false);
  });

  it('opens a server that lets in nobody without', async () => {
    const user = 'only_tls';
    expect(await isEncrypted(to(server.port, { user, tls: prefer }))).toBe(true);
    expect(await problemOf(to(server.port, { user }))).toMatchObject({
      kind: 'refused',
      sqlState: '28000',
    });
  });

  it('verifies the certificate by the CA and by the name or address', async () => {
    expect(await isEncrypted(to(server.port, { tls: ca() }))).toBe(true);
    expect(await isEncrypted(to(named.port, { tls: ca(), host: 'localhost' }))).toBe(true);
    const failing = [
      to(server.port, { tls: ca(), host: 'localhost' }),
      to(named.port, { tls: ca() }),
      to(server.port, { tls: ca(1) }),
      to(server.port, { tls: { mode: 'verify', ca: '' } }),
      to(server.port, { tls: { mode: 'verify', ca: 'nonsense' } }),
      to(server.port, { tls: ca(), host: socketFolder }),
    ];
    for (const problem of await Promise.all(failing.map(problemOf)))
      expect(problem.kind).toBe('tls');
  });

  it('binds the login to the certificate', async () => {
    const between = await relay(server.port);
    try {
      const problem = await problemOf(to(between.port, { tls: prefer }));
      expect(problem.kind).not.toBe('hang');
      expect(problem.message).toMatch(/channel binding|SCRAM/);
    } finally {
      await between.close();
    }
  });
});

/** A man in the middle with a certificate of his own, and TLS on either side. */
async function relay(port: number) {
  const { certificate, key } = certificateFor('IP:127.0.0.1', 1);
  const secured = createTlsServer({ cert: certificate, key }, (client) => {
    client.on('error', () => {});
    const upstream = connectTcp(port, '127.0.0.1');
    upstream.on('error', () => {});
    upstream.write(Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]));
    upstream.once('data', () => {
      const inside = connectTls({ socket: upstream, rejectUnauthorized: false });
      inside.on('error', () => {});
      client.pipe(inside).pipe(client);
    });
  });
  const front = await impostor((client, said, turn) => {
    if (turn !== 0 || said.length !== 8) return;
    client.removeAllListeners('data');
    client.write('S');
    secured.emit('connection', client);
  });
  return front;
}

describe('a Unix socket', () => {
  it('is reached by its folder', async () => {
    for (const tls of [off, prefer])
      expect(await isEncrypted(to(server.port, { host: socketFolder, tls }))).toBe(false);
  });
});

describe('a server that', () => {
  it('knows another password gets none', async () => {
    expect(await problemOf(to(server.port, { password: 'another' }))).toMatchObject({
      kind: 'password',
      sqlState: '28P01',
    });
    expect((await problemOf(to(server.port, { password: '' }))).kind).toBe('password');
  });

  it.each([
    ['in_clear', 'in clear'],
    ['in_md5', 'as md5'],
    ['trusted', 'without proof'],
  ])('lets %s in otherwise than by SCRAM is not trusted', async (user, why) => {
    for (const tls of [off, prefer]) {
      const problem = await problemOf(to(server.port, { user, tls }));
      expect(problem).toMatchObject({ kind: 'untrusted', message: expect.stringContaining(why) });
    }
  });

  it('has no database of that name says so', async () => {
    const problem = await problemOf(to(server.port, { database: 'nowhere' }));
    expect(problem).toMatchObject({ kind: 'refused', sqlState: '3D000' });
  });

  it('cannot be told anything by a zero byte', async () => {
    for (const more of [
      { database: 'postgres\0options\0-c work_mem=5MB' },
      { user: 'postgres\0' },
      { applicationName: '\0' },
      { settings: { work_mem: '1\0' } },
      { settings: { 'a=b -c x': '1' } },
      { user: '' },
    ])
      expect((await problemOf(to(server.port, more))).kind).toBe('refused');
    const session = await to(server.port);
    expect((await problemOf(session.query('SELECT 1\0', 5_000))).kind).toBe('refused');
    await session.end();
  });

  it('has no place is full', async () => {
    const sessions: Session[] = [];
    const fill = async (): Promise<never> => {
      for (;;) sessions.push(await to(server.port, { user: 'plain' }));
    };
    expect(await problemOf(fill())).toMatchObject({ kind: 'full', sqlState: '53300' });
    expect(sessions.length).toBeGreaterThan(3);
    await Promise.all(sessions.map((session) => session.end()));
  });

  it('is not there is unreachable', async () => {
    const gone = await impostor(() => {});
    await gone.close();
    expect((await problemOf(to(gone.port))).kind).toBe('unreachable');
    expect((await problemOf(to(gone.port, { host: '/nowhere' }))).kind).toBe('unreachable');
    expect((await problemOf(to(gone.port, { host: 'no-such-host.invalid' }))).kind).toBe(
      'unreachable',
    );
  });

  it('is stopped hangs, in a login and in a query, for as long as it is given', async () => {
    const session = await to(server.port);
    const [[row] = []] = await session.query(
      `SELECT pg_backend_pid() AS pid, current_setting('data_directory') AS data`,
      5_000,
    );
    const postmaster = Number(
      readFileSync(join(String(row?.data), 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    const pids = [postmaster, Number(row?.pid)];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      const started = performance.now();
      const attempts = [
        to(server.port, { timeout: 300 }),
        to(server.port, { timeout: 300, tls: prefer }),
        to(server.port, { timeout: 300, tls: ca() }),
        to(server.port, { timeout: 300, host: socketFolder }),
        session.query('SELECT 1', 300),
      ];
      for (const problem of await Promise.all(attempts.map(problemOf)))
        expect(problem.kind).toBe('hang');
      expect(performance.now() - started).toBeLessThan(2_000);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await session.end();
  });
});

describe("PgBouncer's console", () => {
  let bouncer: Server;
  let port: number;
  let folder: string;
  beforeAll(async () => {
    folder = await workspace.folder('bouncer');
    port = await freePort();
    const files = {
      'pgbouncer.ini': [
        '[databases]',
        `postgres = host=127.0.0.1 port=${server.port}`,
        '[pgbouncer]',
        'listen_addr = 127.0.0.1',
        `listen_port = ${port}`,
        `unix_socket_dir = ${folder}`,
        'auth_type = scram-sha-256',
        `auth_file = ${join(folder, 'userlist.txt')}`,
        'admin_users = admin',
        'max_client_conn = 3',
      ],
      'userlist.txt': [`"admin" "${await verifierOf(password)}"`, `"plain" "${password}"`],
    };
    for (const [name, lines] of Object.entries(files)) {
      writeFileSync(join(folder, name), `${lines.join('\n')}\n`, { mode: 0o644 });
    }
    bouncer = await Server.start(findPgbouncer(), [join(folder, 'pgbouncer.ini')], /process up/);
  });
  afterAll(() => bouncer?.stop('SIGKILL'));

  const console = { user: 'admin', database: 'pgbouncer' };

  it('is entered by SCRAM, over TCP and through a Unix socket', async () => {
    for (const more of [{}, { host: folder }, { tls: prefer }])
      await using(to(port, { ...console, ...more }), async (session) => {
        const [[row] = []] = await session.query('SHOW VERSION', 5_000);
        expect(String(row?.version)).toMatch(/^PgBouncer \d/);
        const [users = []] = await session.query('SHOW USERS', 5_000);
        expect(users.map(({ name }) => name).sort()).toContain('plain');
        const problem = await problemOf(session.query('SHOW NOTHING', 5_000));
        expect(problem.kind).toBe('refused');
        expect(await session.query('RELOAD', 5_000)).toEqual([[]]);
      });
  });

  it('tells a wrong password, and that it is full', async () => {
    for (const [more, kind] of [
      [{ password: 'another' }, 'password'],
      [{ user: 'nobody' }, 'password'],
      [{ user: 'plain' }, 'refused'],
    ] as const) {
      const problem = await problemOf(to(port, { ...console, ...more }));
      expect(problem.kind).toBe(kind);
    }
    const sessions: Session[] = [];
    const fill = async (): Promise<never> => {
      for (;;) sessions.push(await to(port, { user: 'plain' }));
    };
    expect((await problemOf(fill())).kind).toBe('full');
    await Promise.all(sessions.map((session) => session.end()));
  });
});

type Hear = Parameters<typeof impostor>[0];

/** What an impostor does, and what becomes of it. */
async function meet(hear: Hear, more: Partial<Destination> = {}) {
  const met = await impostor(hear);
  try {
    const problem = await problemOf(to(met.port, { timeout: 2_000, ...more }));
    return { problem, received: met.received(), connections: met.connections() };
  } finally {
    await met.close();
  }
}

/** Says one thing for each thing that it hears. */
const saying =
  (...answers: readonly (Buffer | string | ((said: Buffer) => Buffer))[]): Hear =>
  (client, said, turn) => {
    const answer = answers[turn];
    if (answer !== undefined) client.write(typeof answer === 'function' ? answer(said) : answer);
  };

const hashes = ['postgres', 'in_md5'].map((user) =>
  createHash('md5').update(`${password}${user}`).digest('hex'),
);

describe('an impostor', () => {
  it.each<[does: string, kind: WireProblemKind, hear: Hear]>([
    ['asks in clear', 'untrusted', saying(asksInClear)],
    ['asks for md5', 'untrusted', saying(asksForMd5)],
    ['asks for Kerberos', 'untrusted', saying(message('R', 7))],
    ['asks for what nobody knows', 'untrusted', saying(message('R', 99))],
    ['asks for a token', 'untrusted', saying(message('R', 10, 'OAUTHBEARER\0\0'))],
    ['lets everybody in', 'untrusted', saying(Buffer.concat([letIn, ready]))],
    ['is ready at once', 'untrusted', saying(ready)],
    ['asks for SCRAM, then in clear', 'untrusted', saying(asksForScram, asksInClear)],
    ['asks for SCRAM, then for md5', 'untrusted', saying(asksForScram, asksForMd5)],
    ['asks for both at once', 'untrusted', saying(Buffer.concat([asksForScram, asksInClear]))],
    ['asks for SCRAM twice', 'untrusted', saying(asksForScram, asksForScram)],
    [
      'asks for SCRAM and lets in',
      'untrusted',
      saying(asksForScram, Buffer.concat([letIn, ready])),
    ],
    [
      'challenges, and asks in clear',
      'untrusted',
      saying(asksForScram, (said) => Buffer.concat([challenge(said), asksInClear])),
    ],
    [
      'challenges, and lets in',
      'untrusted',
      saying(asksForScram, challenge, Buffer.concat([letIn, ready])),
    ],
    [
      'challenges, and proves what is false',
      'untrusted',
      saying(asksForScram, challenge, Buffer.concat([falseProof, letIn, ready])),
    ],
    [
      'does not wait for the answer',
      'untrusted',
      saying(asksForScram, (said) => Buffer.concat([challenge(said), falseProof, letIn, ready])),
    ],
    ['proves without a challenge', 'untrusted', saying(asksForScram, falseProof)],
    ['says nothing', 'hang', saying()],
    ['says half a word', 'hang', saying(asksForScram.subarray(0, 7))],
    ['stops in the middle of SCRAM', 'hang', saying(asksForScram, challenge)],
    ['hangs up', 'unreachable', (client) => client.destroy()],
    [
      'hangs up in the middle',
      'unreachable',
      (client, _, turn) => (turn === 0 ? client.write(asksForScram) : client.resetAndDestroy()),
    ],
    ['speaks HTTP', 'unreachable', saying('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['says an error without an end', 'unreachable', saying(message('E', 'SFATAL'))],
    ['says an error without anything', 'unreachable', saying(message('E'))],
    ['says a length of nothing', 'unreachable', saying(Buffer.from([82, 0, 0, 0, 0]))],
    ['says a length without measure', 'unreachable', saying(Buffer.from([78, 255, 255, 255, 255]))],
    ['says what the driver cannot read', 'unreachable', saying(message('K', 'ab'))],
    ['says rows before anything', 'unreachable', saying(message('D', 0))],
    [
      'never stops',
      'unreachable',
      (client) => {
        const notice = message('N', 'M', 'x'.repeat(60_000), '\0\0');
        for (let count = 0; count < 10; count++) client.write(notice);
      },
    ],
  ])('that %s: %s', async (_, kind, hear) => {
    const { problem, received } = await meet(hear);
    expect(problem).toMatchObject({ kind });
    for (const secret of [password, ...hashes, 'md5'])
      expect(received.toString('latin1')).not.toContain(secret);
    // No statement either.
    expect(received.toString('latin1')).not.toContain('SELECT');
  });

  it.each<[does: string, kind: WireProblemKind, hear: Hear]>([
    ['hangs', 'hang', saying()],
    ['offers TLS and hangs', 'hang', saying('S')],
    [
      'offers TLS and hangs up',
      'tls',
      (client, _, turn) => (turn === 0 ? client.write('S') : client.destroy()),
    ],
    ['offers TLS and speaks something else', 'tls', saying('S', 'no TLS at all')],
    ['says more with its offer', 'tls', saying(Buffer.concat([Buffer.from('S'), asksInClear]))],
    ['says more with its denial', 'tls', saying(Buffer.concat([Buffer.from('N'), asksInClear]))],
    ['offers none and asks in clear', 'untrusted', saying('N', asksInClear)],
    ['says nonsense', 'unreachable', saying('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['hangs up', 'unreachable', (client) => client.destroy()],
  ])('that is asked for TLS and %s: %s', async (_, kind, hear) => {
    const { problem, received } = await meet(hear, { tls: prefer });
    expect(problem).toMatchObject({ kind });
    expect(received.toString('latin1')).not.toContain(password);
  });

  it('that knows nothing of TLS is asked without, unless TLS is wanted', async () => {
    const hear: Hear = (client, _, __, connection) =>
      connection === 0 ? client.end(message('E', 'Mlies\0\0')) : client.write(asksInClear);
    const met = await meet(hear, { tls: prefer });
    expect(met.problem.kind).toBe('untrusted');
    expect(met.connections).toBe(2);
    for (const answer of ['N', message('E', 'Mlies\0\0')]) {
      const { problem, connections } = await meet(saying(answer), { tls: ca() });
      expect(problem.kind).toBe('tls');
      expect(problem.message).not.toContain('lies');
      expect(connections).toBe(1);
    }
  });

  it('that asks for the password after the login gets none', async () => {
    const upstreams: Socket[] = [];
    const between = await impostor((client, said, turn) => {
      const upstream =
        upstreams[0] ??
        connectTcp(server.port, '127.0.0.1').on('data', (data) => client.write(data));
      if (turn === 0) upstreams.push(upstream);
      if (said[0] === 'Q'.charCodeAt(0)) client.write(asksInClear);
      else upstream.write(said);
    });
    try {
      const session = await to(between.port);
      expect(await problemOf(session.query('SELECT 1', 2_000))).toMatchObject({
        kind: 'untrusted',
      });
      await session.end();
      expect(between.received().toString('latin1')).not.toContain(password);
    } finally {
      for (const upstream of upstreams) upstream.destroy();
      await between.close();
    }
  });
});
