import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { JujuEvent } from '../../../src/juju/port.ts';
import type { HookError } from '../../../src/pgbouncer/errors.ts';
import type { Adapters } from '../../../src/pgbouncer/ports.ts';
import { dispatch } from '../../dispatch.ts';
import { MemoryWorld } from '../../memory-world.ts';

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

describe('what only an operator can mend', () => {
  const why = 'port 6432 is taken: end what listens there, or set listen_port to one that is free';
  const unusable: HookError = { _tag: 'PoolerUnusable', class: 'unavailable', where: 'h:1', why };
  const broken = (world: MemoryWorld, unit: string): Adapters => {
    const adapters = world.adapters(unit);
    return {
      ...adapters,
      pooler: { ...adapters.pooler, apply: () => async () => E.left(unusable) },
    };
  };
  const blocked = {
    name: 'blocked',
    message: `PgBouncer cannot run at h:1: ${why}; the hook is deferred until it can`,
  };

  it('blocks a unit with its words, and comes back until it is mended', async () => {
    const world = new MemoryWorld();
    world.juju.request(4, { database: 'app' });
    const requested: JujuEvent = { hook: 'database-relation-changed', relation: 4 };
    const outcome = await dispatch(broken(world, leader))(requested)();
    expect(outcome._tag).toBe('Right');
    expect(world.juju.status(leader)).toEqual(blocked);
    expect(world.own(4)).toEqual({});
    await world.dispatch(leader, { hook: 'update-status' });
    expect(world.juju.status(leader)).toEqual({ name: 'active', message: '' });
    expect(world.logsIn(world.own(4))).toBe(true);
  });

  it('blocks it where the reconciliation meets it as well', async () => {
    const world = new MemoryWorld();
    await world.relate(4);
    const updateStatus = { hook: 'update-status' };
    expect((await dispatch(broken(world, leader))(updateStatus)())._tag).toBe('Right');
    expect(world.juju.status(leader)).toEqual(blocked);
  });
});
