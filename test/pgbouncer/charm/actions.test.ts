import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { actions } from '../../../src/pgbouncer/commands/actions.ts';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { askedOf } from './an-action.ts';
import { RealCharm } from './charm.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];

let charm: RealCharm;
beforeAll(async () => {
  charm = await RealCharm.start({
    units: 2,
    hasSecrets: true,
    requirers: {
      shop: { units: 1, request: { database: 'orders', 'extra-user-roles': 'CREATEDB' } },
      odd: { units: 1, request: { database: 'a,b' } },
      late: { units: 1, request: { database: 'later' } },
    },
  });
  for (const application of ['shop', 'odd']) await charm.take({ _tag: 'Relate', application });
  await charm.settle();
}, 60_000);
afterAll(() => charm.stop());

const asked = (unit: string, name: string, parameters: object = {}) =>
  askedOf(charm, unit, name, parameters);

describe('actions', () => {
  it('are those that actions.yaml lists, with the parameters that they read', () => {
    const listed = parse(readFileSync('src/pgbouncer/packaging/actions.yaml', 'utf8'));
    expect(Object.keys(listed).sort()).toEqual(Object.keys(actions).sort());
    for (const [name, { params = {} }] of Object.entries<{ params?: object }>(listed)) {
      const { entries } = (actions[name] ?? expect.fail(name)).parameters as unknown as {
        entries: object;
      };
      expect(Object.keys(params).sort(), name).toEqual(Object.keys(entries).sort());
    }
  });

  it.each([leader, follower])(
    'show-relations: %s tells what is asked, given and refused',
    async (unit) => {
      const { results, failure, writes } = await asked(unit, 'show-relations');
      expect([failure, writes]).toEqual([null, []]);
      expect(results).toMatchObject({
        backend: 'ready',
        'relations-in-all': 2,
        relations: [
          {
            ...{ relation: 1, state: 'published', related: true, database: 'orders' },
            ...{ user: 'relation_id_1', roles: ['CREATEDB'] },
            wanted: { database: 'orders', roles: ['CREATEDB'] },
          },
          { relation: 2, state: 'refused', wanted: null, why: expect.stringContaining('a,b') },
        ],
      });
      expect(JSON.stringify(results)).not.toContain(charm.answerOf(1).password);
      expect(JSON.stringify(results)).not.toContain('SCRAM');
    },
  );

  it('show-relations: one of them, or those after one', async () => {
    const { results } = await asked(leader, 'show-relations', { relation: 2 });
    expect(results.relations).toMatchObject([{ relation: 2 }]);
    const after = await asked(leader, 'show-relations', { after: 1 });
    expect(after.results.relations).toMatchObject([{ relation: 2 }]);
    expect(await asked(leader, 'show-relations', { relation: 7 })).toMatchObject({
      failure: 'there is no relation 7: say 1, 2',
      writes: [],
    });
  });

  it('refuse a parameter that is not as it has to be, and say which', async () => {
    const { failure } = await asked(leader, 'show-relations', { relation: 'two' });
    expect(failure).toMatch(/^parameter relation is not as expected \(.*number/);
  });

  it('plan: says what the next hook would do, and does nothing', async () => {
    expect((await asked(leader, 'plan')).results).toMatchObject({
      left: [{ chart: 'ledger-moved' }],
      'left-in-all': 1,
    });
    await charm.take({ _tag: 'Relate', application: 'late' });
    await charm.until(leader, 'database-relation-changed');
    const { results, writes } = await asked(leader, 'plan');
    expect(writes).toEqual([]);
    expect(results.left).toEqual([
      { chart: 'ledger-moved' },
      { chart: 'database-requested', relation: 3 },
    ]);
    expect((await asked(follower, 'plan')).results.left).toEqual([{ chart: 'ledger-moved' }]);
    expect(charm.answerOf(3).username).toBeUndefined();
  });

  it('resync: does what is left, and says so', async () => {
    const { results } = await asked(leader, 'resync');
    expect(results.done).toContainEqual({
      ...{ chart: 'database-requested', relation: 3, end: 'returned' },
    });
    await charm.settle();
    await (await login(charm.answerOf(3))).end();
    const again = await asked(leader, 'resync');
    expect(again.results.done).not.toContainEqual(
      expect.objectContaining({ chart: 'database-requested' }),
    );
  });

  it('tell why PostgreSQL is not reached', async () => {
    const before = charm.answer;
    charm.answer = { ...charm.backendDatabag, endpoints: '127.0.0.1:1' };
    const { results, failure } = await asked(leader, 'show-relations', { relation: 1 });
    charm.answer = before;
    expect(failure).toBeNull();
    expect(results.backend).toMatch(/^PostgreSQL at 127\.0\.0\.1:1 is not available/);
  });
});
