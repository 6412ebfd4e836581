import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { emptyConfiguration } from '../../../src/pgbouncer/pooler/configuration.ts';
import { MemoryWorld } from '../../memory-world.ts';

const broken = 'database-relation-broken';
const departed = 'database-relation-departed';
const relation = 4;

/** As remove-relation goes: departed for the remote unit, then broken, on every unit. */
async function remove(world: MemoryWorld, units = world.juju.units): Promise<void> {
  for (const unit of units)
    await world.run(unit, departed, { relation, departingUnit: 'application/0' });
  world.juju.breaking(relation);
  for (const unit of units) await world.run(unit, broken, { relation });
  world.juju.forget(relation);
  await world.settle();
}

const isClean = (world: MemoryWorld): void => {
  expect(world.users()).toEqual([]);
  expect(Object.keys(world.peer())).toEqual(['format', 'leader']);
  for (const unit of world.juju.units) {
    expect(world.pooler(unit).configuration.databases, unit).toEqual([]);
    expect(Object.keys(world.peer(unit)).sort(), unit).toEqual(['address', 'serving', 'users']);
    expect(world.juju.status(unit), unit).toEqual({ name: 'active', message: '' });
  }
};

describe('a relation is removed', () => {
  it('U-13, U-35: nothing of it remains, on any unit, the leader included', async () => {
    const world = new MemoryWorld();
    const { password } = await world.relate(relation);
    await remove(world);
    isClean(world);
    expect(
      JSON.stringify([world.peer(), ...world.juju.units.map((unit) => world.peer(unit))]),
    ).not.toContain(password);
  });

  it('U-30: what another relation uses stays', async () => {
    const world = new MemoryWorld();
    await world.relate(relation, { database: 'app' });
    const other = await world.relate(7, { database: 'app' });
    await remove(world);
    expect(world.users()).toEqual(['relation_id_7']);
    expect(world.pooler('p/0').serves('app_readonly')).toBe(true);
    expect(world.logsIn(other)).toBe(true);
  });

  it('U-32: needs no remote databag', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    world.juju.request(relation, {});
    await remove(world);
    isClean(world);
  });

  it('U-34: is nothing where nothing was provisioned', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, {});
    await remove(world);
    expect(world.peer()).toEqual({});
    expect(world.pooler('p/1').reloads).toBe(0);
  });

  it('H5g, H23: acts on what is half provisioned, and a late replay brings nothing back', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    world.pooler('p/1').isUp = false;
    await world.run('p/1', 'database-requested', { relation });
    expect(world.users()).toEqual(['relation_id_4']);
    world.pooler('p/1').isUp = true;
    await remove(world);
    isClean(world);
    await world.run('p/1', 'database-requested', { relation });
    isClean(world);
  });

  it('H12: while the backend is down, the entry goes and the removal is remembered', async () => {
    const world = new MemoryWorld();
    const { password } = await world.relate(relation);
    world.postgres.isUp = false;
    await remove(world);
    expect(world.pooler('p/1').serves('db4')).toBe(false);
    expect(world.record(relation)).toMatchObject({ state: 'removing', password: null });
    expect(JSON.stringify(world.peer())).not.toContain(password);
    world.postgres.isUp = true;
    await world.settle();
    isClean(world);
  });

  it('U-33, H19, H20: a role that cannot be dropped now is retried, visibly; the hook ends well', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    world.postgres.inUse.set('relation_id_4', 'its table is locked');
    await remove(world);
    expect(world.record(relation)).toMatchObject({ state: 'removing' });
    expect(world.juju.status('p/1')).toMatchObject({ name: 'waiting' });
    expect(world.juju.status('p/1')?.message).toContain('its table is locked');
    world.postgres.inUse.clear();
    await world.settle();
    isClean(world);
  });

  it('H13, H14: a leader elected after broken ran everywhere finishes the work', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    world.juju.leader = null;
    await remove(world);
    expect(world.users()).toEqual(['relation_id_4']);
    world.juju.leader = 'p/2';
    await world.settle();
    await world.settle();
    isClean(world);
  });

  it('H18: a dead pooler does not stop the removal, and comes back clean', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    world.pooler('p/1').isUp = false;
    world.juju.breaking(relation);
    await world.run('p/1', broken, { relation });
    expect(world.users()).toEqual([]);
    world.pooler('p/1').isUp = true;
    world.juju.forget(relation);
    await world.settle();
    isClean(world);
  });
});

describe('a unit goes, and the relation stays', () => {
  const die = async (world: MemoryWorld, unit: string, flagged: boolean) => {
    world.juju.dying.add(unit);
    if (flagged) await world.run(unit, departed, { relation, departingUnit: unit });
    world.juju.breaking(relation);
    await world.run(unit, broken, { relation });
    world.juju.removeUnit(unit);
    world.juju.request(relation, { database: 'db4' });
  };

  it('a dying leader keeps everything, and its successor moves the endpoints', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    await die(world, 'p/1', true);
    expect(world.users()).toEqual(['relation_id_4']);
    world.juju.leader = 'p/0';
    await world.reconcile('p/0');
    // U-28: within that same hook, and without any unit that is gone.
    expect(world.own(relation)).toEqual({
      ...bag,
      endpoints: 'pgb-0:6432',
      'read-only-endpoints': 'pgb-2:6432',
      uris: bag.uris?.replace('pgb-1', 'pgb-0'),
    });
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('H7: so it does where no departed hook ran', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    await die(world, 'p/1', false);
    expect(world.users()).toEqual(['relation_id_4']);
    world.juju.leader = 'p/2';
    await world.settle();
    expect(world.own(relation).password).toBe(bag.password);
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('H16: the successor deletes where the relation went at the same time', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    await die(world, 'p/1', true);
    world.juju.forget(relation);
    world.juju.leader = 'p/0';
    await world.settle();
    await world.settle();
    isClean(world);
  });

  it('H6, U-38: the whole application goes, and takes its users along', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    for (const unit of world.juju.units) world.juju.dying.add(unit);
    for (const unit of world.juju.units)
      await world.run(unit, departed, { relation, departingUnit: unit });
    world.juju.breaking(relation);
    for (const unit of world.juju.units) await world.run(unit, broken, { relation });
    expect(world.users()).toEqual([]);
    expect(Object.keys(world.peer())).toEqual(['format', 'leader']);
  });

  it('H10, H22: a stale flag goes with its relation, and delays nothing', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    const state = async () => {
      const read = await world.adapters('p/1').juju.state();
      return E.isRight(read) ? read.right : {};
    };
    await world.run('p/1', departed, { relation, departingUnit: 'p/1' });
    expect((await state())['departing-4']).toBe('p/1');
    world.juju.breaking(relation);
    for (const unit of world.juju.units) await world.run(unit, broken, { relation });
    expect(world.users()).toEqual([]);
    expect((await state())['departing-4']).toBeUndefined();
    world.juju.forget(relation);
    await world.settle();
    isClean(world);
  });
});

describe('departed', () => {
  const event = { relation, departingUnit: 'application/0' };

  it('H9: writes nothing for a relation that has no credentials', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app', 'extra-user-roles': 'SUPERUSER' });
    for (const unit of world.juju.units) await world.run(unit, departed, event);
    expect(Object.keys(world.own(relation))).toEqual(['status']);
  });

  it('H11: writes nothing a second time, and moves what has changed', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    await world.run('p/1', departed, event);
    expect(world.own(relation)).toEqual(bag);
    world.juju.removeUnit('p/2');
    await world.run('p/1', departed, event);
    const moved = world.own(relation);
    expect(moved).toEqual({ ...bag, 'read-only-endpoints': 'pgb-0:6432' });
    await world.run('p/1', departed, event);
    expect(world.own(relation)).toBe(moved);
  });

  it('H21: does its work while the backend is down, and keeps the version that is known', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    world.postgres.isUp = false;
    world.juju.removeUnit('p/2');
    const run = await world.run('p/1', departed, event);
    expect(run.end).toEqual({ _tag: 'Returned' });
    expect(world.own(relation)).toEqual({ ...bag, 'read-only-endpoints': 'pgb-0:6432' });
  });
});

describe('what comes back, and what was lost', () => {
  it('H8: a relation that is suspended and resumed is served again', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    world.juju.breaking(relation);
    for (const unit of world.juju.units) await world.run(unit, broken, { relation });
    expect(world.users()).toEqual([]);
    world.juju.request(relation, { database: 'db4' });
    await world.settle();
    await world.settle();
    expect(world.logsIn(world.own(relation))).toBe(true);
    expect(world.own(relation)['read-only-endpoints']).toBe('pgb-0:6432,pgb-2:6432');
  });

  it('H24: a relation made anew gets the database after the old one has let go', async () => {
    const world = new MemoryWorld();
    await world.relate(relation, { database: 'app' });
    world.juju.forget(relation);
    world.juju.request(9, { database: 'app' });
    const work = await world.reconcile('p/1');
    expect(work.map(({ hook }) => hook)).toEqual([
      'update-status',
      'user-left',
      'ledger-moved',
      'removal-begun',
      'database-requested',
    ]);
    expect(world.users()).toEqual(['relation_id_9']);
    expect(world.logsIn(world.own(9))).toBe(true);
  });

  it('U-39: a new backend gets the same roles with the same passwords', async () => {
    const world = new MemoryWorld();
    const bags = [await world.relate(4), await world.relate(7)];
    world.postgres.roles.clear();
    world.postgres.databases.clear();
    await world.reconcile('p/1');
    for (const bag of bags) expect(world.logsIn(bag)).toBe(true);
    expect(world.own(4)).toEqual(bags[0]);
  });

  it('removes a role whose hook was lost before it was put on record', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    await world.juju.hook('p/1').commit({
      bags: [{ bag: { _tag: 'PeerApp' }, values: { 'relation-4': '' } }],
      state: {},
      status: { name: 'active', message: '' },
    })();
    world.juju.forget(relation);
    await world.settle();
    isClean(world);
  });

  it('U-12: a unit that lost its configuration gets it from the ledger, without the client', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    world.pooler('p/1').configuration = emptyConfiguration;
    await world.reconcile('p/1');
    expect(world.logsIn(bag)).toBe(true);
  });

  it('U-09: a replica that is gone leaves the alias', async () => {
    const world = new MemoryWorld();
    const { primary } = world.postgres.endpoints;
    const alias = () =>
      world.pooler('p/0').configuration.databases.find(({ name }) => name === 'db4_readonly')?.host;
    world.postgres.endpoints = { primary, replicas: [{ host: '10.0.0.2', port: 5432 }] };
    await world.relate(relation);
    expect(alias()).toBe('10.0.0.2');
    world.postgres.endpoints = { primary, replicas: [] };
    await world.settle();
    expect(alias()).toBe(primary.host);
  });

  it('U-10: a leader without an address leaves the published endpoints alone', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    world.endpoints.set('p/1', null);
    await world.run('p/1', departed, { relation, departingUnit: 'application/1' });
    expect(world.own(relation).endpoints).toBe(bag.endpoints);
  });

  it('U-14: a unit that lags is left out, blocks nobody, and is listed once it confirms', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    world.pooler('p/2').isUp = false;
    for (const unit of world.juju.units) await world.run(unit, 'database-requested', { relation });
    await world.settle();
    expect(world.own(relation)['read-only-endpoints']).toBe('pgb-0:6432');
    world.pooler('p/2').isUp = true;
    await world.settle();
    expect(world.own(relation)['read-only-endpoints']).toBe('pgb-0:6432,pgb-2:6432');
  });
});
