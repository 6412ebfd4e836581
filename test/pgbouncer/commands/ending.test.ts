import * as E from 'fp-ts/lib/Either.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { dispatch } from '../../dispatch.ts';
import { MemoryWorld } from '../../memory-world.ts';

const leader = 'p/1';
const peersBroken = { hook: 'pgb-peers-relation-broken' };
const backendBroken = { hook: 'backend-database-relation-broken' };
const broken = { hook: 'database-relation-broken', relation: 4 };

let world: MemoryWorld;
beforeEach(async () => {
  world = new MemoryWorld();
  await world.relate(4);
  await world.relate(7);
});

const goAll = () => {
  for (const unit of world.juju.units) world.juju.dying.add(unit);
};

describe('the whole application goes', () => {
  it.each([
    ['the backend first', backendBroken],
    ['the peers first', peersBroken],
    ['one of its relations first', broken],
    ['departed first', { hook: 'pgb-peers-relation-departed', departingUnit: leader }],
  ])('%s: all that it has goes in that hook', async (_, event) => {
    goAll();
    if (event === broken) world.juju.breaking(4);
    await world.dispatch(leader, event);
    expect(world.users()).toEqual([]);
    expect(Object.keys(world.peer())).toEqual(['format', 'leader']);
    for (const relation of [4, 7]) expect(world.own(relation).password).toBeUndefined();
  });

  it('a unit that has left its peers has nothing to do any more, in whatever hook', async () => {
    goAll();
    await world.dispatch(leader, peersBroken);
    world.juju.left.add(leader);
    for (const event of [broken, backendBroken, { hook: 'stop' }])
      expect(await world.dispatch(leader, event)).toMatchObject({ charts: [], reconciled: [] });
  });

  it('says what it leaves where PostgreSQL is down, and takes it along where that comes back', async () => {
    goAll();
    world.postgres.isUp = false;
    const { notes } = await world.dispatch(leader, backendBroken);
    const said =
      'the application goes and leaves relation_id_4, relation_id_7 on PostgreSQL: run "hookchart leftovers URI --owner memory/p --remove" once it can be reached';
    expect(notes).toContain(said);
    expect(world.juju.status(leader)).toEqual({ name: 'blocked', message: expect.any(String) });
    expect(world.juju.status(leader)?.message).toContain(said);
    world.postgres.isUp = true;
    expect((await world.dispatch(leader, { hook: 'stop' })).notes).toEqual([]);
    expect(world.users()).toEqual([]);
  });

  it('says so where nobody leads, and not before the last hook of a unit', async () => {
    goAll();
    world.juju.leader = null;
    expect((await world.dispatch('p/0', backendBroken)).notes).toEqual([]);
    expect((await world.dispatch('p/0', { hook: 'stop' })).notes).toEqual([
      expect.stringContaining('leaves relation_id_4, relation_id_7 on PostgreSQL'),
    ]);
  });

  it('makes nobody anew whom an earlier leader has removed, before it is told of its own end', async () => {
    goAll();
    await world.dispatch(leader, { hook: 'pgb-peers-relation-departed', departingUnit: leader });
    expect(world.users()).toEqual([]);
    world.juju.leader = 'p/0';
    for (const hook of ['leader-elected', 'update-status']) {
      await world.dispatch('p/0', { hook });
      expect(world.users()).toEqual([]);
    }
    expect(Object.keys(world.peer())).toEqual(['format', 'leader']);
  });

  it('serves nobody anew', async () => {
    goAll();
    await world.dispatch(leader, {
      hook: 'database-relation-departed',
      relation: 4,
      departingUnit: leader,
    });
    world.juju.request(9, { database: 'late' });
    await world.dispatch(leader, { hook: 'database-relation-changed', relation: 9 });
    expect(world.users()).toEqual([]);
    expect(world.own(9)).toEqual({});
  });
});

it('a unit does not forget that its application ends, in hooks that hint at nothing', async () => {
  goAll();
  await world.dispatch(leader, backendBroken);
  world.juju.request(9, { database: 'late' });
  const adapters = world.adapters(leader);
  const halted = () => Promise.reject(new Error('it is known already'));
  const juju = { ...adapters.juju, plannedUnits: halted };
  for (const hook of ['config-changed', 'database-relation-changed', 'update-status']) {
    const outcome = await dispatch({ ...adapters, juju })({ hook, relation: 9 })();
    expect(E.isRight(outcome)).toBe(true);
    expect(world.users(), hook).toEqual([]);
    expect(world.own(9)).toEqual({});
  }
});

describe('a leader goes, and its application stays', () => {
  it.each([
    ['its peers first', peersBroken],
    ['its backend first', backendBroken],
    ['one of its relations first', broken],
  ])('%s: nothing goes with it', async (_, event) => {
    const before = [world.own(4), world.own(7)];
    world.juju.dying.add(leader);
    if (event === broken) world.juju.breaking(4);
    expect((await world.dispatch(leader, event)).notes).toEqual([]);
    expect(world.users()).toEqual(['relation_id_4', 'relation_id_7']);
    expect([world.own(4), world.own(7)]).toEqual(before);
  });
});
