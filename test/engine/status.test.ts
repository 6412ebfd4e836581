import { expect, it } from 'vitest';
import { MemoryWorld } from '../memory-world.ts';

const leader = 'p/1';

it('a status says what the reconciliation could not do, until it is done', async () => {
  const world = new MemoryWorld();
  await world.relate(4);
  const requested = { hook: 'database-relation-changed', relation: 7 };
  world.juju.request(7, { database: 'not a name' });
  world.pooler('p/0').isUp = false;
  await world.dispatch(leader, requested);
  await world.relate(9);
  await world.dispatch('p/0', { hook: 'database-relation-departed', relation: 4 });
  expect(world.juju.status('p/0')).toEqual({
    name: 'blocked',
    message: expect.stringMatching(/^relation 7/),
  });
  world.juju.forget(7);
  await world.dispatch(leader, { hook: 'update-status' });
  await world.dispatch('p/0', { hook: 'database-relation-departed', relation: 4 });
  expect(world.juju.status('p/0')).toEqual({
    name: 'waiting',
    message: expect.stringMatching(/^PgBouncer at .+ does not answer/),
  });
  world.pooler('p/0').isUp = true;
  await world.dispatch('p/0', { hook: 'database-relation-departed', relation: 4 });
  expect(world.juju.status('p/0')).toEqual({ name: 'active', message: '' });
});

it('a status says nothing of a request that was taken back', async () => {
  const world = new MemoryWorld();
  await world.relate(4);
  const changed = { hook: 'database-relation-changed', relation: 4 };
  world.juju.request(4, { database: 'another' });
  await world.dispatch(leader, changed);
  expect(world.juju.status(leader)?.name).toBe('blocked');
  world.juju.request(4, {});
  await world.dispatch(leader, changed);
  expect(world.juju.status(leader)).toEqual({ name: 'active', message: '' });
  expect(world.users()).toEqual(['relation_id_4']);
});
