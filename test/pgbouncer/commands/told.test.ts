import { beforeEach, describe, expect, it } from 'vitest';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { relievedDatabag } from '../../../src/pgbouncer/relation/telling.ts';
import { MemoryWorld } from '../../memory-world.ts';

const relation = 4;

const refused = {
  code: 4003,
  message: 'extra-user-roles asks for "superuser", which is never granted',
  resolution: 'change the request',
};
const parsed = (text: string | undefined) => JSON.parse(text ?? 'null');

describe.each([
  ['v0', (change: Databag): Databag => ({ database: 'app', ...change })],
  [
    'v1',
    (change: Databag): Databag => ({
      version: 'v1',
      requests: JSON.stringify([
        { resource: 'app', 'request-id': 'de01', salt: 'salt', ...change },
      ]),
    }),
  ],
])('a requirer of %s', (version, asking) => {
  let world: MemoryWorld;
  beforeEach(() => {
    world = new MemoryWorld({ hasSecrets: true });
  });
  const ask = async (change: Databag = {}) => {
    world.juju.request(relation, asking(change));
    await world.run('p/1', 'database-requested', { relation });
    return world.own(relation);
  };
  const spoil = () => ask({ 'extra-user-roles': 'superuser' });

  it('is told that its request is refused, beside nothing that it could take for an answer', async () => {
    const { status, ...rest } = await spoil();
    expect(parsed(status)).toEqual([refused]);
    if (version === 'v0') expect(rest).toEqual({});
    else {
      const [request] = parsed(asking({ 'extra-user-roles': 'superuser' }).requests);
      const { 'extra-user-roles': _, ...named } = request;
      expect(rest).toEqual({
        version: 'v1',
        data: JSON.stringify({ de01: request }),
        requests: JSON.stringify([named]),
      });
    }
  });

  it('is told that it is mended, with the answer', async () => {
    await spoil();
    const answer = await ask();
    expect(answer.status).toBeUndefined();
    if (version === 'v0') expect(world.logsIn(answer)).toBe(true);
    else {
      // The library compares with what is kept here.
      expect(parsed(answer.data)).toMatchObject({ de01: {}, status: { 4003: refused } });
      expect(parsed(answer.requests)[0]['secret-user']).toMatch(/^secret:/);
      await world.settle();
      expect(parsed(world.own(relation).data).status).toEqual({ 4003: refused });
    }
  });

  it('is told the same while it is served; what was published stays as it was', async () => {
    const answer = await ask();
    for (const again of [1, 2]) {
      const spoiled = await spoil();
      expect({ ...spoiled, data: '' }).toEqual({
        ...answer,
        data: '',
        status: JSON.stringify([refused]),
      });
      // In v1 it is heard again only where nothing says that it was heard before.
      expect(parsed(spoiled.data).status).toBeUndefined();
      await ask();
      const { data, ...mended } = world.own(relation);
      expect(mended).toEqual({ ...answer, data: undefined });
      const kept = version === 'v0' ? undefined : { 4003: refused };
      expect(parsed(data).status, String(again)).toEqual(kept);
    }
  });

  it('is told nothing but that: where the poolers are may be written in the same hook', async () => {
    await ask();
    const { data, ...relieved } = relievedDatabag(await spoil());
    expect(relieved).toEqual({ status: '' });
    expect(parsed(data)?.status).toEqual(version === 'v0' ? undefined : { 4003: refused });
  });

  it.each(['refused', 'served'])(
    'is told nothing more once it has withdrawn what was refused: %s',
    async (before) => {
      const answer = before === 'served' ? await ask() : {};
      await spoil();
      const nothing = version === 'v0' ? {} : { version: 'v1', requests: '[]' };
      world.juju.request(relation, nothing);
      await world.settle();
      const { data: _, ...shown } = { data: '', ...world.own(relation) };
      const { data: __, ...expected } = { data: '', ...answer };
      expect(Object.keys(shown).sort()).toEqual(
        expect.arrayContaining(Object.keys(expected).sort()),
      );
      expect(shown).not.toHaveProperty('status');
      expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
      expect(world.record(relation)?.state).toBe(before === 'served' ? 'published' : undefined);
    },
  );

  it('is told in the same hook that it is relieved, and where the poolers are by now', async () => {
    const answer = await ask();
    await world.settle();
    await spoil();
    world.juju.request(relation, version === 'v0' ? {} : { version: 'v1', requests: '[]' });
    world.juju.leader = 'p/2';
    await world.dispatch('p/2', { hook: 'leader-elected' });
    const { status, endpoints, requests } = world.own(relation);
    expect(status).toBeUndefined();
    const published = version === 'v0' ? endpoints : parsed(requests)[0].endpoints;
    expect([JSON.stringify(answer).includes('pgb-1:6432'), published]).toEqual([
      true,
      'pgb-2:6432',
    ]);
  });
});

describe('a requirer of v1 whose requests no answer can name', () => {
  it.each([
    ['[{"resource":"app","request-id":"\\u0000","salt":"s"}]'],
    ['no JSON'],
    [JSON.stringify([{ resource: 'app', 'request-id': 'a', salt: 'x'.repeat(20_000) }])],
  ])('is told by the databag alone', async (requests) => {
    const world = new MemoryWorld({ hasSecrets: true });
    world.juju.request(relation, { version: 'v1', requests });
    await world.settle();
    expect(Object.keys(world.own(relation))).toEqual(['status']);
  });

  it('is told of several at once, each by its name', async () => {
    const world = new MemoryWorld({ hasSecrets: true });
    const requests = ['a', 'b'].map((id) => ({ resource: 'app', 'request-id': id, salt: 's' }));
    world.juju.request(relation, { version: 'v1', requests: JSON.stringify(requests) });
    await world.settle();
    const own = world.own(relation);
    expect([parsed(own.requests), Object.keys(parsed(own.data))]).toEqual([requests, ['a', 'b']]);
    expect(parsed(own.status)).toMatchObject([{ code: 4001 }]);
  });
});
