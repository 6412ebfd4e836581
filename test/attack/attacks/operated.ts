/** What is done to what operators add: metrics, actions, several PgBouncers, TLS, one endpoint for all. */
import { createConnection, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { scraped } from '../../pgbouncer/charm/a-scraper.ts';
import { type Attack, type Attacker, NotLanded, type Session } from '../attack.ts';
import { processes } from '../operations.ts';
import { HookFailed } from '../world.ts';

const attack = (
  name: string,
  position: Attack['position'],
  rule: Attack['rule'],
  how: Omit<Attack, 'name' | 'position' | 'rule'>,
): Attack => ({ name, position, rule, setting: 'operated', ...how });

const metricsPort = ({ world }: Attacker): number => world.operations?.port(world.leader) ?? 0;
const poolerPort = ({ world }: Attacker): number =>
  Number(world.charm.config(world.leader).listen_port);

const holds = (is: boolean, what: string): void => {
  if (!is) throw new NotLanded(what);
};

/** An attacker that got what nobody may have. */
const got = (is: boolean, what: string): void => {
  if (is) throw new HookFailed(what);
};

/** Connections that the attacker's round ends at the latest. */
const sockets = (attacker: Attacker, count: number, port: number): Promise<readonly Socket[]> =>
  Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = createConnection({ host: '127.0.0.1', port });
          attacker.ending.push(() => socket.destroy());
          socket.once('connect', () => resolve(socket)).once('error', reject);
        }),
    ),
  );

/** What comes first, or null where the other side ends it without a word. */
const answerOf = (socket: Socket): Promise<Buffer | null> =>
  new Promise((resolve) => {
    socket.once('data', (data: Buffer) => resolve(data));
    socket.once('close', () => resolve(null)).once('error', () => resolve(null));
  });

const message = (...numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 + 4 * numbers.length);
  for (const [at, number] of [bytes.length, ...numbers].entries())
    bytes.writeUInt32BE(number, 4 * at);
  return bytes;
};

/** Asks for TLS, as every client does that wants it. */
const sslRequest = message(80_877_103);

const startup = ({ user, me }: Attacker): Buffer => {
  const text = Buffer.from(`user\0${user}\0database\0${me.bag.database}\0\0`);
  const head = message(196_608);
  head.writeUInt32BE(8 + text.length);
  return Buffer.concat([head, text]);
};

/** The code of what PostgreSQL or PgBouncer refuse a login with; null where they do not. */
async function refusalOf(opening: Promise<Session>): Promise<string | null> {
  try {
    await (await opening).end();
    return null;
  } catch (problem) {
    const { code = '' } = problem as { code?: string };
    return `${code} ${String(problem)}`;
  }
}

/** The attacker's own password, as an operator has it replaced. */
async function rotated(attacker: Attacker): Promise<string | null> {
  const { world, relation, application } = attacker;
  const { failure } = await world.action(world.leader, 'rotate-password', {
    relation,
    force: true,
  });
  if (failure !== null) return failure;
  await world.settle();
  attacker.tenant = await world.tenant(relation, application);
  holds(attacker.tenant !== null, 'the new password opens nothing');
  return null;
}

/** No way is left for a password that is none any more. */
async function opensNothing(attacker: Attacker, password: string): Promise<void> {
  const ways = [
    ...Array.from({ length: processes }, (_, number) => attacker.ofProcess(number, { password })),
    attacker.direct(attacker.me.database, { password }),
  ];
  for (const why of await Promise.all(ways.map(refusalOf))) {
    got(why === null, 'a password that was replaced still lets its owner in');
    holds(/^(?:28P01|08P01) /.test(why ?? ''), `the old password was not refused as such: ${why}`);
    attacker.notes.push(`refused: ${why}`);
  }
}

const makesDatabases = { extra: { 'extra-user-roles': 'CREATEDB' } };

export const operated: readonly Attack[] = [
  attack('a-database-bears-the-name-of-a-metric', 'pooler', 8, {
    ...makesDatabases,
    do: async (attacker) => {
      const name = `evil"} 1\nhookchart_evil{x="${attacker.round}\\`;
      const session = await attacker.direct();
      await session.done('SET ROLE NONE', `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
      const why = await refusalOf(attacker.pooled(name));
      const { text } = await scraped(metricsPort(attacker));
      got(/^hookchart_evil/m.test(text), 'a metric is the attacker’s own');
      attacker.notes.push(why === null ? 'it was let in by that name' : `refused: ${why}`);
    },
  }),
  attack('hundreds-of-names-fill-the-metrics', 'pooler', 8, {
    ...makesDatabases,
    do: async (attacker) => {
      const before = (await scraped(metricsPort(attacker))).text.length;
      for (let n = 0; n < 20; n++)
        await Promise.all(
          Array.from({ length: 25 }, (_, one) =>
            refusalOf(attacker.pooled(`${'never_there_'.repeat(4)}${n * 25 + one}`)),
          ),
        );
      const { text } = await scraped(metricsPort(attacker));
      attacker.notes.push(`metrics have ${text.length} characters, and had ${before}`);
      got(text.length > 20 * before, 'names that somebody made up fill the metrics');
    },
  }),
  attack('the-exporter-is-asked-for-what-lies-beside-it', 'network', 9, {
    do: async (attacker) => {
      const port = metricsPort(attacker);
      for (const path of [
        ...['/', '/console-password', '/metrics/../console-password', '/..%2fconsole-password'],
        ...['//etc/passwd', '/metrics/../../userlist.txt', '/metrics%00/../client-key.pem'],
        ...['/debug/pprof/', '/metrics.json', '/hooks.json', '/-/reload', '/quitquitquit'],
      ]) {
        const [socket] = await sockets(attacker, 1, port);
        socket?.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        const answer = socket === undefined ? null : await answerOf(socket);
        attacker.reads(answer?.toString('latin1') ?? '');
        const status = /^HTTP\/1\.1 (\d+)/.exec(answer?.toString('latin1') ?? '')?.[1];
        got(status?.startsWith('2') === true, `${path} is answered with ${status}`);
        holds(/^4/.test(status ?? ''), `${path} is answered with ${status}`);
      }
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const reply = await fetch(`http://127.0.0.1:${port}/metrics`, { method });
        got(reply.ok, `${method} is answered with ${reply.status}`);
      }
    },
  }),
  attack('requests-to-the-exporter-have-no-end', 'network', 8, {
    do: async (attacker) => {
      for (const socket of await sockets(attacker, 300, metricsPort(attacker)))
        socket.on('error', () => {}).write('GET /metrics HTTP/1.1\r\nX-Slow: ');
      const [endless] = await sockets(attacker, 1, metricsPort(attacker));
      endless?.on('error', () => {}).write(`GET /metrics HTTP/1.1\r\nX: ${'x'.repeat(5_000_000)}`);
      const { status } = await scraped(metricsPort(attacker));
      holds(status === 200, `it is answered with ${status} meanwhile`);
    },
  }),
  attack('scrapes-come-in-a-flood', 'network', 8, {
    do: async (attacker) => {
      const { charm, leader } = attacker.world;
      const logins = () => charm.consoleLogins(leader);
      const before = logins();
      const all = await Promise.all(
        Array.from({ length: 300 }, () => scraped(metricsPort(attacker))),
      );
      holds(
        all.every(({ status }) => status === 200),
        'not all of them are answered',
      );
      attacker.notes.push(`300 scrapes, ${logins() - before} logins to the console`);
      got(logins() - before >= 300, 'each scrape is a login to the console');
    },
  }),
  attack('a-password-lives-on-after-its-rotation', 'pooler', 9, {
    do: async (attacker) => {
      const { password } = attacker;
      const held = await attacker.pooled();
      await held.done('BEGIN', 'SELECT 1');
      const failure = await rotated(attacker);
      holds(failure === null, `it was not rotated: ${failure}`);
      await opensNothing(attacker, password);
      await held.done('SELECT 1', 'COMMIT');
    },
  }),
  attack('a-password-of-its-own-outlives-a-rotation', 'direct', 4, {
    do: async (attacker) => {
      const session = await attacker.direct();
      const { user } = attacker;
      await session.asMyself(`ALTER ROLE "${user}" PASSWORD 'mine'`);
      await (await attacker.direct(attacker.me.database, { password: 'mine' })).end();
      const failure = await rotated(attacker);
      holds(failure === null, `it was not rotated: ${failure}`);
      await opensNothing(attacker, 'mine');
    },
  }),
  attack('a-rotation-meets-a-role-that-is-held', 'direct', 8, {
    do: async (attacker) => {
      const { password, user } = attacker;
      const session = await attacker.direct();
      await session.done(`SET ROLE NONE; BEGIN; ALTER ROLE "${user}" PASSWORD 'held'`);
      const failure = await rotated(attacker);
      holds(failure === null, `it was not rotated: ${failure}`);
      const isCut = await session.query('COMMIT').then(
        () => false,
        () => true,
      );
      holds(isCut, 'the transaction that held the role was carried out');
      await opensNothing(attacker, 'held');
      await opensNothing(attacker, password);
    },
  }),
  attack('roles-of-its-own-pose-as-leftovers', 'direct', 4, {
    versions: [16, 99],
    extra: { 'extra-user-roles': 'CREATEROLE' },
    do: async (attacker) => {
      const { world, user } = attacker;
      const session = await attacker.direct();
      const rows = await session.query(
        `SELECT pg_catalog.shobj_description(oid, 'pg_authid') AS mark FROM pg_catalog.pg_roles WHERE rolname = '${user}'`,
      );
      const mark = String(rows[0]?.mark).replaceAll("'", "''");
      const names = ['relation_id_7777', `hookchart_owner_${'e'.repeat(12)}`, 'relation-7778'];
      for (const name of names)
        await session.done(
          `SET ROLE NONE; CREATE ROLE "${name}"; COMMENT ON ROLE "${name}" IS '${mark}'`,
        );
      const { results, failure } = await world.action(world.leader, 'remove-leftovers');
      holds(failure === null, `leftovers were not removed: ${failure}`);
      attacker.notes.push(`removed: ${results.removed}, left: ${results.left}`);
      const { rows: left } = await world.judge.query(
        'SELECT rolname::text AS name FROM pg_roles WHERE rolname = ANY($1)',
        [names],
      );
      got(left.length < names.length, 'a role that the charm did not make was taken for its own');
    },
  }),
  attack('a-request-is-made-for-an-operators-terminal', 'databag', 8, {
    raw: true,
    isRefused: true,
    request: () => ({ database: '\u001b[2J\u001b]0;evil\u0007\u202e\r\nrelations=[]' }),
    do: async ({ world, relation }) => {
      const { results } = await world.action(world.leader, 'show-relations', { relation });
      holds((results.relations ?? '').includes('refused'), 'it is not shown as refused');
      await world.action(world.leader, 'show-relations', { relation: '\u001b[2J' });
    },
  }),
  attack('an-action-is-asked-for-megabytes', 'databag', 8, {
    raw: true,
    isRefused: true,
    request: () => ({
      database: 'x'.repeat(1_000_000),
      'extra-user-roles': Array.from({ length: 20_000 }, (_, n) => `role_${n}`).join(','),
    }),
    do: async ({ world }) => {
      for (const name of ['show-relations', 'plan', 'resync']) {
        const { failure } = await world.action(world.leader, name);
        holds(failure === null, `${name} fails: ${failure}`);
      }
    },
  }),
  attack('sessions-on-every-process-outlive-it', 'pooler', 7, {
    do: async (attacker) => {
      for (let number = 0; number < processes; number++) {
        const session = await attacker.ofProcess(number);
        await session.done('SELECT 1');
        attacker.kept.push(session);
      }
    },
    at: {
      removed: async (attacker) => {
        holds(attacker.kept.length === processes, 'it had no sessions');
        for (const session of attacker.kept) {
          const isAlive = await session.query('SELECT 1').then(
            () => true,
            () => false,
          );
          got(isAlive, 'a session of one of the PgBouncers has outlived its relation');
        }
        for (let number = 0; number < processes; number++) {
          const why = await refusalOf(attacker.ofProcess(number));
          got(why === null, `process ${number} still lets it in`);
          attacker.notes.push(`refused: ${why}`);
        }
      },
    },
  }),
  attack('cancellations-are-guessed-at-every-process', 'network', 7, {
    do: async (attacker) => {
      const [victim] = attacker.world.held;
      const asleep = victim?.query('SELECT pg_catalog.pg_sleep(1.5)');
      const own = await attacker.pooled();
      const cancelled = own.query('SELECT pg_catalog.pg_sleep(20)').then(
        () => false,
        () => true,
      );
      const { processID: pid = 0, secretKey: key = 0 } = own.client as unknown as {
        processID?: number;
        secretKey?: number;
      };
      const [port, wrong] = [poolerPort(attacker), key ^ 1];
      // Its own key as it is goes to all of them, last; to one of them it means something.
      // Who goes before it is answered makes PgBouncer fall over before 1.20, which nothing here stops.
      for (const secret of [...Array.from({ length: 40 }, (_, n) => wrong + n * 7), key])
        for (const socket of await sockets(attacker, 8, port))
          socket.on('error', () => {}).write(message(80_877_102, pid >>> 0, secret >>> 0));
      holds(await cancelled, 'a cancellation of its own does nothing');
      await asleep?.catch((problem: unknown) => got(true, `the victim was cancelled: ${problem}`));
    },
  }),
  attack('nobody-asks-for-tls', 'pooler', 9, {
    do: async (attacker) => {
      for (const host of [
        '127.0.0.1',
        ...Array.from({ length: processes }, (_, n) => `127.0.0.${11 + n}`),
      ]) {
        const why = await refusalOf(
          attacker.pooled(attacker.me.bag.database, { host, ssl: false }),
        );
        got(why === null, `${host} lets it in without TLS`);
        holds(/SSL|TLS/i.test(why ?? ''), `it was not refused for that: ${why}`);
      }
    },
  }),
  attack('bytes-come-before-the-handshake', 'network', 9, {
    do: async (attacker) => {
      const [socket] = await sockets(attacker, 1, poolerPort(attacker));
      if (socket === undefined) return;
      socket.write(Buffer.concat([sslRequest, startup(attacker)]));
      const first = await answerOf(socket);
      const isOver = first === null || first.toString('latin1', 0, 1) === 'E';
      if (!isOver) {
        got(first.length > 1, `it was answered in the clear: ${first.toString('latin1')}`);
        // What came before is not to be taken for what comes after.
        const secured = tlsConnect({ socket, ca: attacker.me.bag['tls-ca'] });
        const next = await new Promise<string>((resolve) => {
          secured.once('data', (data: Buffer) => resolve(data.toString('latin1')));
          secured.once('close', () => resolve('')).once('error', () => resolve(''));
        });
        got(/^R/.test(next), 'what came in the clear was taken for what came by TLS');
      }
      attacker.notes.push('refused: what comes before the handshake');
    },
  }),
  attack('handshakes-have-no-end', 'network', 8, {
    do: async (attacker) => {
      const all = await sockets(attacker, 300, poolerPort(attacker));
      const answers = all.map(async (socket) => {
        const answer = answerOf(socket);
        socket.on('error', () => {}).write(sslRequest);
        return (await answer)?.toString('latin1');
      });
      const said = await Promise.all(answers);
      holds(said.filter((one) => one === 'S').length > 250, `TLS is not offered: ${said[0]}`);
    },
  }),
  attack('tls-of-before-is-offered', 'network', 9, {
    do: async (attacker) => {
      const [socket] = await sockets(attacker, 1, poolerPort(attacker));
      if (socket === undefined) return;
      const answer = answerOf(socket);
      socket.write(sslRequest);
      holds((await answer)?.toString('latin1') === 'S', 'TLS is not offered');
      const ended = await new Promise<string>((resolve) => {
        const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
        const ciphers = 'DEFAULT:@SECLEVEL=0';
        const secured = tlsConnect({ socket, rejectUnauthorized: false, ciphers, ...old });
        secured.once('secureConnect', () => resolve(`agreed on ${secured.getProtocol()}`));
        secured.once('error', (problem) => resolve(String(problem)));
        secured.once('close', () => resolve('closed'));
      });
      got(ended.startsWith('agreed'), `PgBouncer ${ended}`);
      attacker.notes.push(`refused: ${ended}`);
    },
  }),
  attack('answers-about-tls-stand-in-its-own-databag', 'databag', 4, {
    raw: true,
    request: (database) => ({
      database,
      ...{ tls: 'False', 'tls-ca': 'evil', endpoints: '127.0.0.1:1', 'read-only-endpoints': 'x:1' },
    }),
    do: async ({ world }) => {
      await world.action(world.leader, 'resync');
    },
  }),
  attack('a-way-in-from-outside-is-asked-of-the-service', 'databag', 5, {
    setting: 'service',
    isRefused: true,
    request: (database) => ({ database, 'external-node-connectivity': 'true' }),
  }),
  attack('every-unit-of-the-service-is-crowded', 'pooler', 8, {
    setting: 'service',
    do: async (attacker) => {
      const ports = attacker.world.units.map(
        (unit) => attacker.world.charm.config(unit).listen_port,
      );
      for (const port of ports)
        for (let n = 0; n < 60; n++)
          await attacker
            .pooled(attacker.me.bag.database, { port: Number(port) })
            .then((session) => session.send('BEGIN'))
            .catch(() => {});
      holds(attacker.sessions.length > 60, 'hardly anybody was let in');
    },
  }),
];
