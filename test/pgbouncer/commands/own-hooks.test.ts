import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { JujuEvent } from '../../../src/juju/port.ts';
import { emptyConfiguration } from '../../../src/pgbouncer/pooler/configuration.ts';
import { chartNameOf } from '../../../src/pgbouncer/relation/events.ts';
import type { DispatchRun } from '../../../src/pgbouncer/run.ts';
import { type DispatchOptions, dispatch } from '../../dispatch.ts';
import { MemoryWorld } from '../../memory-world.ts';

async function run(
  world: MemoryWorld,
  unit: string,
  hook: string,
  { remoteUnit, ...options }: DispatchOptions & Pick<JujuEvent, 'remoteUnit'> = {},
): Promise<DispatchRun> {
  const event = remoteUnit === undefined ? { hook } : { hook, remoteUnit };
  return world.dispatch(unit, event, options);
}

const path = ({ charts }: DispatchRun) => charts.map((chart) => chart.path);

describe('which chart a hook goes through', () => {
  it.each([
    ['database-relation-changed', 'database-requested'],
    ['database-relation-departed', 'database-relation-departed'],
    ['database-relation-broken', 'database-relation-broken'],
    ['leader-elected', 'leader-elected'],
    ['update-status', 'update-status'],
    ['upgrade-charm', 'update-status'],
    ['config-changed', 'update-status'],
    ['secret-changed', 'update-status'],
    ['start', 'update-status'],
    ['stop', 'update-status'],
    ['backend-database-relation-created', 'update-status'],
    ['backend-database-relation-changed', 'update-status'],
    ['backend-database-relation-departed', 'update-status'],
    ['backend-database-relation-broken', 'update-status'],
    ['pgb-peers-relation-joined', 'pgb-peers-relation-changed'],
    ['pgb-peers-relation-changed', 'pgb-peers-relation-changed'],
    ['pgb-peers-relation-departed', 'pgb-peers-relation-changed'],
    ['pgbouncer-pebble-ready', 'pgb-peers-relation-changed'],
  ])('%s: %s', (hook, chart) => {
    expect(chartNameOf(hook)).toBe(chart);
  });

  it.each([
    'database-relation-created',
    'database-relation-joined',
    'pgb-peers-relation-created',
    'other-database-relation-changed',
    'install',
    'constructor',
    'toString',
    '',
  ])('%s: none', (hook) => {
    expect(chartNameOf(hook)).toBeNull();
  });
});

describe('pgb-peers-relation-changed', () => {
  it('a follower renders, reloads and confirms', async () => {
    const world = new MemoryWorld();
    world.juju.request(4, { database: 'app' });
    await world.run('p/1', 'database-requested', { relation: 4 });
    const done = await run(world, 'p/0', 'pgb-peers-relation-changed');
    expect(path(done)).toEqual([['hook_fired', 'update_pg', 'confirm', 'is_leader', 'rtn']]);
    expect(world.pooler('p/0').serves('app')).toBe(true);
    expect(world.peer('p/0')).toEqual({
      address: 'pgb-0:6432',
      serving: expect.stringMatching(/^\{"4":"app [0-9a-z]+"\}$/),
      users: 'listed',
    });
    expect(world.own(4)['read-only-endpoints']).toBeUndefined();
  });

  it('the leader publishes who has confirmed', async () => {
    const world = new MemoryWorld();
    world.juju.request(4, { database: 'app' });
    await world.run('p/1', 'database-requested', { relation: 4 });
    await run(world, 'p/0', 'pgb-peers-relation-changed');
    const done = await run(world, 'p/1', 'pgb-peers-relation-changed', { remoteUnit: 'p/0' });
    expect(path(done)[0]?.slice(-2)).toEqual(['update_connections', 'rtn2']);
    expect(world.own(4)['read-only-endpoints']).toBe('pgb-0:6432');
  });

  it('waits for a PgBouncer that is down, once, and confirms nothing meanwhile', async () => {
    const world = new MemoryWorld();
    world.juju.request(4, { database: 'app' });
    await world.run('p/1', 'database-requested', { relation: 4 });
    world.pooler('p/0').isUp = false;
    for (const _ of [1, 2]) await run(world, 'p/0', 'pgb-peers-relation-changed');
    expect(world.peer('p/0')).toEqual({});
    expect(world.juju.status('p/0')?.name).toBe('waiting');
    world.pooler('p/0').isUp = true;
    const ready = await run(world, 'p/0', 'pgbouncer-pebble-ready');
    expect(ready.charts.length).toBe(1);
    expect(world.peer('p/0').serving).toMatch(/^\{"4":"app [0-9a-z]+"\}$/);
    expect(world.juju.status('p/0')?.name).toBe('active');
  });
});

describe('leader-elected', () => {
  it('makes this unit the endpoint, and looks at the backend', async () => {
    const world = new MemoryWorld();
    await world.relate(4);
    world.juju.leader = 'p/2';
    const done = await run(world, 'p/2', 'leader-elected');
    expect(path(done)[0]).toEqual([
      'hook_fired',
      'is_leader',
      'update_pg',
      'update_connections',
      'is_backend_ready',
      'audit',
      'rtn3',
    ]);
    expect(world.own(4).endpoints).toBe('pgb-2:6432');
  });

  it('says nothing for a unit whose lease has run out', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(4);
    const done = await run(world, 'p/0', 'leader-elected');
    expect(path(done)).toEqual([['hook_fired', 'is_leader', 'rtn']]);
    expect(world.own(4)).toEqual(bag);
  });

  it('moves the endpoints while the backend is down', async () => {
    const world = new MemoryWorld();
    await world.relate(4);
    world.postgres.isUp = false;
    world.juju.leader = 'p/2';
    const done = await run(world, 'p/2', 'leader-elected');
    expect(path(done)[0]?.slice(-2)).toEqual(['is_backend_ready', 'rtn2']);
    expect(world.own(4).endpoints).toBe('pgb-2:6432');
  });
});

describe('update-status', () => {
  it('finds a role that nobody has on record, and one that was dropped by hand', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(4);
    const stray = { owner: 'memory/p', relation: 9, password: 'x' };
    const rights = { attributes: [], roles: [], databases: [] };
    world.postgres.roles.set('relation_id_9', { ...stray, ...rights });
    world.postgres.roles.delete('relation_id_4');
    const done = await run(world, 'p/1', 'update-status');
    expect(path(done)[0]?.slice(-2)).toEqual(['audit', 'rtn3']);
    expect(world.users()).toEqual(['relation_id_4']);
    expect(world.logsIn(bag)).toBe(true);
  });

  it('asks the backend nothing on a unit that does not lead', async () => {
    const world = new MemoryWorld();
    await world.relate(4);
    const adapters = world.adapters('p/0');
    const backend = {
      ...adapters.backend,
      ready: async () => {
        throw new Error('it was asked');
      },
    };
    const outcome = await dispatch({ ...adapters, backend })({ hook: 'update-status' })();
    expect(outcome).toMatchObject({ right: { charts: [{ end: { _tag: 'Returned' } }] } });
  });

  it('leaves PgBouncer as it is where no backend is known, and confirms nothing', async () => {
    const world = new MemoryWorld();
    await world.relate(4);
    const before = world.peer('p/0');
    const adapters = world.adapters('p/0');
    const backend = { ...adapters.backend, endpoints: async () => E.right(null) };
    world.pooler('p/0').configuration = emptyConfiguration;
    const outcome = await dispatch({ ...adapters, backend })({ hook: 'update-status' })();
    expect(E.isRight(outcome)).toBe(true);
    expect(world.pooler('p/0').configuration.databases).toEqual([]);
    expect(world.peer('p/0')).toEqual(before);
  });

  it('shows what an operator must see to before all else, and clears by itself', async () => {
    const world = new MemoryWorld();
    world.postgres.isUp = false;
    await run(world, 'p/1', 'update-status', { obstacles: async () => ['relate a backend'] });
    expect(world.juju.status('p/1')).toEqual({ name: 'blocked', message: 'relate a backend' });
    await run(world, 'p/1', 'update-status', { obstacles: async () => [] });
    expect(world.juju.status('p/1')?.name).toBe('waiting');
    world.postgres.isUp = true;
    await run(world, 'p/1', 'update-status');
    expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
  });
});
