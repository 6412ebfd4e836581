import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort } from '../../../src/pgbouncer/demo/servers/child.ts';
import { askedOf } from './an-action.ts';
import { RealCharm } from './charm.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];
const units = [leader, follower];

let charm: RealCharm;
beforeAll(async () => {
  const requirers = { shop: { units: 1, request: { database: 'orders' } } };
  charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers });
  await charm.settle();
  await charm.take({ _tag: 'Relate', application: 'shop' });
  await charm.settle();
}, 60_000);
afterAll(() => charm.stop());

/** All files of a unit's folder but what PgBouncer says of itself. */
function filesOf(unit: string): Readonly<Record<string, string>> {
  const names = readdirSync(charm.home(unit), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && !one.name.endsWith('.log'))
    .map((one) => join(one.parentPath, one.name));
  const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  return Object.fromEntries(names.map((file) => [file, digest(file)]));
}

/** What a unit says that it would do; it does nothing for it. */
async function planOf(unit: string) {
  const before = [filesOf(unit), charm.pooler(unit)];
  const { results, failure, writes } = await askedOf(charm, unit, 'plan');
  expect([failure, writes]).toEqual([null, []]);
  expect([filesOf(unit), charm.pooler(unit)]).toEqual(before);
  return results;
}

const nothing = {
  ...{ left: [], 'left-in-all': 0, pgbouncer: 'nothing', backend: 'ready' },
  says: 'nothing would be done, as far as can be said without an audit of PostgreSQL',
};
const iniOf = (unit: string) => join(charm.home(unit), 'pgbouncer.ini');

/** Options in force for one question. */
async function withOptions<Result>(options: object, body: () => Promise<Result>): Promise<Result> {
  const config = charm.config(leader);
  const before = { ...config };
  Object.assign(config, options);
  try {
    return await body();
  } finally {
    for (const name of Object.keys(options)) delete config[name];
    Object.assign(config, before);
  }
}

describe('plan', () => {
  it.each(units)('of %s, where all is as it is to be: nothing, in words', async (unit) => {
    expect(await planOf(unit)).toEqual(nothing);
  });

  it('with another port: what it is, what it is to be, and that it takes a restart', async () => {
    const { listen_port: before } = charm.config(leader);
    const port = await freePort();
    const results = await withOptions({ listen_port: port }, () => planOf(leader));
    expect(results).toMatchObject({
      left: [
        {
          chart: 'ledger-moved',
          why: expect.stringMatching(
            /^PgBouncer is not as it is to be; the other units are told anew: address$/,
          ),
        },
      ],
      pgbouncer: [
        {
          file: iniOf(leader),
          what: [`listen_port is ${before}, to be ${port}`],
          by: 'restart',
        },
      ],
      says: 'the next hook would do this',
    });
  });

  it('with two processes: the second one’s files, and what the first is to have else', async () => {
    const { pgbouncer } = await withOptions({ processes: '2' }, () => planOf(leader));
    expect(pgbouncer).toContainEqual({
      file: iniOf(leader),
      what: expect.arrayContaining(['so_reuseport is missing, to be 1']),
      by: 'restart',
    });
    expect(pgbouncer).toContainEqual({
      file: join(charm.home(leader), '1', 'pgbouncer.ini'),
      what: ['it is not there'],
      by: 'start',
    });
  });

  it('with TLS that is required and no certificate: whom it would let in no more', async () => {
    const { pgbouncer } = await withOptions({ tls: 'require' }, () => planOf(leader));
    expect(pgbouncer).toEqual([
      {
        file: iniOf(leader),
        what: [
          'auth_type is scram-sha-256, to be hba',
          `auth_hba_file is missing, to be ${join(charm.home(leader), 'access.conf')}`,
        ],
        by: 'reload',
      },
      { file: join(charm.home(leader), 'access.conf'), what: ['it is not there'], by: 'reload' },
    ]);
  });
});

describe.each(units)('files of %s that a hand has spoiled', (unit) => {
  const spoiled = [
    {
      file: expect.stringMatching(/pgbouncer\.ini$/),
      what: [
        'pool_mode is transaction, to be session',
        'server_round_robin is there, to be left out',
        expect.stringMatching(
          /^database orders is there, to be host=127\.0\.0\.1 port=\d+ dbname=orders$/,
        ),
      ],
      by: 'reload',
    },
    {
      file: expect.stringMatching(/userlist\.txt$/),
      what: ['user relation_id_1 has another secret'],
      by: 'reload',
    },
  ];

  it('plan: tells the settings, and no secret that stands there', async () => {
    const ini = readFileSync(iniOf(unit), 'utf8')
      .replace('pool_mode = session', 'pool_mode = transaction')
      .replace('[databases]', 'server_round_robin = 1\n[databases]')
      .replace(/^orders = .*$/m, '$& password=hidden-here');
    writeFileSync(iniOf(unit), ini);
    const userlist = join(charm.home(unit), 'userlist.txt');
    const users = readFileSync(userlist, 'utf8');
    writeFileSync(userlist, users.replace(/^("relation_id_1") .*$/m, '$1 "another-one"'));
    const { pgbouncer, left } = await planOf(unit);
    expect(left).toEqual([
      {
        chart: 'ledger-moved',
        why: 'PgBouncer is not as it is to be',
      },
    ]);
    expect(pgbouncer).toEqual(spoiled);
    expect(JSON.stringify(pgbouncer)).not.toMatch(/hidden-here|another-one|SCRAM/);
  });

  it('resync: says what it has repaired, and nothing the second time', async () => {
    const { results } = await askedOf(charm, unit, 'resync');
    expect(results).toMatchObject({
      done: expect.arrayContaining([{ chart: 'update-status', end: 'returned' }]),
      repaired: spoiled,
    });
    expect(await planOf(unit)).toEqual(nothing);
    expect((await askedOf(charm, unit, 'resync')).results.repaired).toBe('nothing');
    await (await login(charm.answerOf(1))).end();
  });
});

it('a PgBouncer that does not run: plan says so, and resync that it was started', async () => {
  const pid = charm.pooler(follower);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => isThere(pid)).toBe(false);
  const gone = [
    {
      file: iniOf(follower),
      what: ['PgBouncer does not run, or does not let the charm in'],
      by: 'start',
    },
  ];
  expect((await askedOf(charm, follower, 'plan')).results.pgbouncer).toEqual(gone);
  expect((await askedOf(charm, follower, 'resync')).results.repaired).toEqual(gone);
  expect(await planOf(follower)).toEqual(nothing);
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
