import * as E from 'fp-ts/lib/Either.js';
import { expect, it } from 'vitest';
import { dispatch, type JujuEvent } from '../../src/engine/index.ts';
import { MemoryWorld } from '../memory-world.ts';

const leader = 'p/1';

async function run(world: MemoryWorld, unit: string, event: JujuEvent): Promise<void> {
  const outcome = await dispatch(world.adapters(unit))(event)();
  if (E.isLeft(outcome)) throw new Error(outcome.left._tag);
}

it('a status says what the reconciliation could not do, until it is done', async () => {
  const world = new MemoryWorld();
  await world.relate(4);
  const requested = { hook: 'database-relation-changed', relation: 7 };
  world.juju.request(7, { database: 'not a name' });
  world.pooler('p/0').isUp = false;
  await run(world, leader, requested);
  await world.relate(9);
  await run(world, 'p/0', { hook: 'database-relation-departed', relation: 4 });
  expect(world.juju.status('p/0')).toEqual({
    name: 'blocked',
    message: expect.stringMatching(/^relation 7/),
  });
  world.juju.forget(7);
  await run(world, leader, { hook: 'update-status' });
  await run(world, 'p/0', { hook: 'database-relation-departed', relation: 4 });
  expect(world.juju.status('p/0')).toEqual({
    name: 'waiting',
    message: expect.stringMatching(/^PgBouncer at .+ does not answer/),
  });
  world.pooler('p/0').isUp = true;
  await run(world, 'p/0', { hook: 'database-relation-departed', relation: 4 });
  expect(world.juju.status('p/0')).toEqual({ name: 'active', message: '' });
});

it('a status says nothing of a request that was taken back', async () => {
  const world = new MemoryWorld();
  await world.relate(4);
  const changed = { hook: 'database-relation-changed', relation: 4 };
  world.juju.request(4, { database: 'another' });
  await run(world, leader, changed);
  expect(world.juju.status(leader)?.name).toBe('blocked');
  world.juju.request(4, {});
  await run(world, leader, changed);
  expect(world.juju.status(leader)).toEqual({ name: 'active', message: '' });
  expect(world.users()).toEqual(['relation_id_4']);
});
