import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { startBackend } from '../../../src/pgbouncer/demo/world.ts';
import { RealCharm } from './charm.ts';

const units = ['pgbouncer/0', 'pgbouncer/1'];

/** Every hook that a unit has beside those of the relations that ask for databases. */
const hooks = [
  'start',
  'config-changed',
  'update-status',
  'upgrade-charm',
  'secret-changed',
  'leader-elected',
  'backend-database-relation-created',
  'backend-database-relation-changed',
  'pgb-peers-relation-changed',
];

describe.each(['CREATEROLE and CREATEDB', 'a superuser'])('given a login with %s', (given) => {
  let charm: RealCharm;
  beforeAll(async () => {
    const topology = {
      units: 2,
      hasSecrets: true,
      requirers: {
        first: { units: 1, request: { database: 'shared', 'extra-user-roles': 'CREATEDB' } },
        second: { units: 1, request: { database: 'shared' } },
        third: { units: 1, request: { database: 'third' } },
      },
    };
    charm = await RealCharm.start(topology, await startBackend(['log_connections=on']));
    if (given === 'a superuser') charm.giveSuperuser();
    await charm.settle();
  }, 60_000);
  afterAll(() => charm.stop());

  it('nobody enters a tenant’s database but its own users, and an agent with their rights, in whatever hook', async () => {
    const places = new Map<string, string>();
    for (const [index, application] of ['first', 'second', 'third'].entries()) {
      await charm.take({ _tag: 'Relate', application });
      await charm.settle();
      const answer = charm.answerOf(index + 1);
      const client = await login(answer);
      const { rows } = await client.query('SELECT current_database() AS place');
      await client.query('CREATE TABLE of_its_own (a int)').catch(() => {});
      await client.end();
      places.set(String(answer.username), String(rows[0].place));
    }
    for (const name of hooks)
      for (const unit of units) {
        const relation = name.startsWith('pgb-peers') ? { relation: 0 } : {};
        const ended = await charm.hook(unit, { name, ...relation });
        expect(ended, `${unit} ${name}: ${ended.error}`).toMatchObject({ code: 0, error: '' });
      }
    for (const relation of [2, 1, 3]) {
      await charm.take({ _tag: 'RemoveRelation', relation });
      await charm.settle();
    }
    expect(await charm.roles()).toEqual([]);

    const entered = new Set<string>();
    for (const [, user = '', database = ''] of charm.backend.primary
      .log()
      .matchAll(/connection authorized: user=(\S+) database=(\S+)/g))
      entered.add(`${user.replace(/^hookchart_agent_[0-9a-f]{12}$/, 'an agent')} ${database}`);
    const homes = [...entered].filter((entry) => entry.includes(' hookchart_home_'));
    const worker = given === 'a superuser' ? /^hookchart_login_\w+ / : /^pooler /;
    expect(homes).toEqual([expect.stringMatching(worker)]);
    const expected = [
      ...[...places].map(([user, place]) => `${user} ${place}`),
      ...new Set([...places.values()].map((place) => `an agent ${place}`)),
      ...homes,
      // Where it looks for its home first; the superuser is the test's own as well.
      'postgres postgres',
      ...(given === 'a superuser' ? [] : ['pooler postgres']),
    ];
    expect([...entered].sort()).toEqual(expected.sort());
  }, 120_000);
});
