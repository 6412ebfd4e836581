import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { actions } from '../../../src/pgbouncer/commands/actions.ts';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
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
      hearing: {
        units: 1,
        request: {
          version: 'v1',
          requests: JSON.stringify([
            { resource: 'heard', 'request-id': 'de015aa1e116ffda', salt: 'abcdefghijklmnop' },
          ]),
        },
        options: { library: 'v0.12' },
      },
    },
  });
  for (const application of ['shop', 'odd']) await charm.take({ _tag: 'Relate', application });
  await charm.settle();
}, 60_000);
afterAll(() => charm.stop());

const asked = (unit: string, name: string, parameters: object = {}) =>
  askedOf(charm, unit, name, parameters);

/** What an application reads, in whichever version of the interface. */
function told(relation: number): Databag {
  const bag = charm.answerOf(relation);
  const [request] = JSON.parse(bag.requests ?? '[]') as Record<string, string>[];
  if (request === undefined) return bag;
  const content = charm.secret(request['secret-user'] ?? '')?.revisions.at(-1) ?? {};
  return { ...request, database: request.resource ?? '', ...content };
}

describe('actions', () => {
  it('are those that actions.yaml lists, with the parameters that they read', () => {
    const listed = parse(readFileSync('src/pgbouncer/packaging/actions.yaml', 'utf8'));
    expect(Object.keys(listed).sort()).toEqual(Object.keys(actions).sort());
    for (const [name, { params = {}, ...others }] of Object.entries<{ params?: object }>(listed)) {
      // Juju itself refuses any other one.
      expect(others, name).toMatchObject({ additionalProperties: false });
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

  it.each([
    ['show-relations', { relaton: 1 }, 'relaton', 'there is none of this name: say "relation"'],
    ['show-relations', { x: 1 }, 'x', 'there is none of this name: say "relation" or "after"'],
    ['plan', { relation: 1 }, 'relation', 'the action takes no parameters'],
    ['resync', { force: true }, 'force', 'the action takes no parameters'],
    [
      'rotate-password',
      { relation: 1, forse: true },
      'forse',
      'there is none of this name: say "force"',
    ],
    ['remove-leftovers', { x: 1 }, 'x', 'the action takes no parameters'],
  ])('%s refuses %o, and says which is meant', async (name, parameters, parameter, why) => {
    expect(await asked(leader, name, parameters)).toEqual({
      ...{ results: {}, writes: [] },
      failure: `parameter ${parameter} is not as expected (${why})`,
    });
  });

  it('plan: says what the next hook would do, and does nothing', async () => {
    expect((await asked(leader, 'plan')).results).toMatchObject({ left: [], 'left-in-all': 0 });
    await charm.take({ _tag: 'Relate', application: 'late' });
    await charm.until(leader, 'database-relation-changed');
    const { results, writes } = await asked(leader, 'plan');
    expect(writes).toEqual([]);
    expect(results.left).toEqual([{ chart: 'database-requested', relation: 3 }]);
    expect(results.says).toBe('the next hook would do this');
    expect((await asked(follower, 'plan')).results.left).toEqual([]);
    expect(charm.answerOf(3).username).toBeUndefined();
  });

  it('resync: does what is left, and says so', async () => {
    const { results } = await asked(leader, 'resync');
    expect(results.done).toContainEqual({
      ...{ chart: 'database-requested', relation: 3, end: 'returned' },
    });
    await charm.settle();
    await (await login(charm.answerOf(3))).end();
    await charm.take({ _tag: 'Relate', application: 'hearing' });
    await charm.settle();
    const again = await asked(leader, 'resync');
    expect(again.results.done).not.toContainEqual(
      expect.objectContaining({ chart: 'database-requested' }),
    );
  });

  it.each([
    ['rotate-password', { relation: 1 }],
    ['remove-leftovers', {}],
  ])('%s: a follower refuses', async (name, parameters) => {
    expect(await asked(follower, name, parameters)).toEqual({
      ...{ results: {}, writes: [] },
      failure: 'only the leader can, which `juju status` marks with a star',
    });
  });

  it('rotate-password: refuses what nobody hears of, or is nobody’s, and changes nothing', async () => {
    const refusals = [
      [{}, /^parameter relation is not as expected/],
      [{ relation: 1, force: 'yes' }, /^parameter force is not as expected/],
      [{ relation: 2, force: true }, /^relation 2 has no password that is published/],
      [{ relation: 7, force: true }, /^relation 7 has no password that is published/],
      [{ relation: 1 }, /^nobody would hear of it: .* version 0 .*; say force=true/],
    ] as const;
    const before = charm.answerOf(1);
    for (const [parameters, why] of refusals) {
      const { failure, writes } = await asked(leader, 'rotate-password', parameters);
      expect([failure, writes]).toEqual([expect.stringMatching(why), []]);
    }
    expect(charm.answerOf(1)).toEqual(before);
    await (await login(before)).end();
  });

  it.each([
    ['1, which hears of nothing, by force', 1, true, /^nobody: its application speaks version 0/],
    ['4, which hears of it', 4, false, /^the application: its secret has a new revision$/],
  ] as const)('rotate-password: of relation %s', async (_, relation, force, hears) => {
    const before = told(relation);
    const session = await login(before);
    // While one session holds the only connection to the server another one takes a new one.
    const busy = await login(before);
    const read = { ...before, endpoints: before['read-only-endpoints'] ?? '' };
    const reading = [await login(read), await login(read)];
    const revisions = () => Object.values(charm.world.secrets).map((one) => one.revisions.length);
    const [made, total] = [revisions().length, revisions().reduce((sum, one) => sum + one)];
    const { results, failure } = await asked(leader, 'rotate-password', { relation, force });
    expect(failure).toBeNull();
    expect(results).toMatchObject({
      ...{ relation, user: before.username, hears: expect.stringMatching(hears) },
      next: expect.stringMatching(/^sessions go on/),
    });
    const now = told(relation);
    const { password = '' } = now;
    expect(password).not.toBe(before.password);
    expect(JSON.stringify(results)).not.toContain(password);
    expect(now.uris).toBe(before.uris?.replace(before.password ?? '', password));
    // One new revision of the one secret, in which all of it stands.
    expect([revisions().length, revisions().reduce((sum, one) => sum + one)]).toEqual([
      made,
      total + 1,
    ]);
    await busy.query('BEGIN');
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await Promise.all([busy.end(), session.end()]);
    await expect(login(before)).rejects.toThrow();
    await (await login(now)).end();
    await charm.settle();
    for (const one of reading) await one.query('BEGIN');
    await Promise.all(reading.map((one) => one.end()));
    const reader = { ...now, endpoints: told(relation)['read-only-endpoints'] ?? '' };
    await (await login(reader)).end();
    await expect(login({ ...reader, password: before.password ?? '' })).rejects.toThrow();
    // It is what stands on record from now on: nothing puts the old one back.
    expect(await charm.hook(leader, { name: 'update-status' })).toMatchObject({ code: 0 });
    await (await login(now)).end();
  });

  it('remove-leftovers: says what stays and why, and what is gone', async () => {
    const session = await login(charm.answerOf(3));
    await session.query('CREATE TABLE held AS SELECT 1 AS one');
    await session.end();
    const { database, username } = charm.answerOf(3);
    const holder = await charm.backend.primary.connect(database);
    await holder.query('BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
    await charm.take({ _tag: 'RemoveRelation', relation: 3 });
    const broken = await charm.until(leader, 'database-relation-broken');
    await charm.take({ _tag: 'RunHook', unit: leader, hook: broken });
    const first = await asked(leader, 'remove-leftovers');
    expect(first).toMatchObject({
      failure: null,
      results: {
        removed: [],
        left: [{ relation: 3, user: username, why: expect.stringContaining('lock') }],
      },
    });
    await holder.query('ROLLBACK');
    await holder.end();
    expect((await asked(leader, 'remove-leftovers')).results).toEqual({
      removed: [{ relation: 3, user: username }],
      left: [],
    });
    expect(await charm.roles()).not.toContain(username);
    expect((await asked(leader, 'remove-leftovers')).results).toEqual({ removed: [], left: [] });
  });

  it.each([
    ['rotate-password', { relation: 1, force: true }],
    ['remove-leftovers', {}],
  ])('%s: refuses while PostgreSQL is not reached', async (name, parameters) => {
    const before = charm.answer;
    charm.answer = { ...charm.backendDatabag, endpoints: '127.0.0.1:1' };
    const { failure, writes } = await asked(leader, name, parameters);
    charm.answer = before;
    expect(failure).toMatch(/^PostgreSQL at 127\.0\.0\.1:1 is not available/);
    expect(writes).toEqual([]);
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
