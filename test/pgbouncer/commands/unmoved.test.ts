import { beforeEach, describe, expect, it } from 'vitest';
import type { JujuEvent } from '../../../src/juju/port.ts';
import type { DispatchRun } from '../../../src/pgbouncer/run.ts';
import { MemoryWorld } from '../../memory-world.ts';

const leader = 'p/1';
const follower = 'p/0';
const peers = 'pgb-peers-relation-changed';
const requested = { hook: 'database-relation-changed', relation: 4 };

const isPassed = ({ charts, reconciled }: DispatchRun): boolean =>
  charts.length === 0 && reconciled.length === 0;

let world: MemoryWorld;
beforeEach(async () => {
  world = new MemoryWorld();
  await world.relate(4);
});

const all: readonly (readonly [string, string, JujuEvent])[] = [
  ['the leader’s own ledger', leader, { hook: peers }],
  ['a unit that serves what is published', leader, { hook: peers, remoteUnit: follower }],
  ['another unit, to a follower', follower, { hook: peers, remoteUnit: 'p/2' }],
  ['a ledger that a follower has confirmed', follower, { hook: peers }],
  ['a request that is served', leader, requested],
  ['a request that is served, to a follower', follower, requested],
];

describe('a changed databag that says nothing new', () => {
  it.each(all)('%s: is passed over', async (_, unit, event) => {
    expect(isPassed(await world.dispatch(unit, event))).toBe(true);
  });

  it('a request that is refused already is passed over, and one that is mended is not', async () => {
    world.juju.request(4, { database: 'not a name' });
    expect(isPassed(await world.dispatch(leader, requested))).toBe(false);
    expect(isPassed(await world.dispatch(leader, requested))).toBe(true);
    world.juju.request(4, { database: 'db4' });
    expect(isPassed(await world.dispatch(leader, requested))).toBe(false);
    expect(world.juju.status(leader)).toEqual({ name: 'active', message: '' });
  });
});

describe('a changed databag is looked into', () => {
  const change = async (values: Record<string, string>, bag: 'app' | 'unit') => {
    const model = world.juju.hook(bag === 'app' ? leader : follower);
    const named = bag === 'app' ? ({ _tag: 'PeerApp' } as const) : null;
    await model.commit({
      bags: [{ bag: named ?? { _tag: 'PeerUnit', unit: follower }, values }],
      state: {},
      status: { name: 'active', message: '' },
    })();
  };

  it('where a unit does not serve any more', async () => {
    await change({ serving: '{}' }, 'unit');
    expect(isPassed(await world.dispatch(leader, { hook: peers, remoteUnit: follower }))).toBe(
      false,
    );
    expect(world.own(4)['read-only-endpoints']).toBe('pgb-2:6432');
  });

  it('where a unit has moved', async () => {
    await change({ address: 'elsewhere:6432' }, 'unit');
    expect(isPassed(await world.dispatch(leader, { hook: peers, remoteUnit: follower }))).toBe(
      false,
    );
    expect(world.own(4)['read-only-endpoints']).toBe('elsewhere:6432,pgb-2:6432');
  });

  it('where the ledger has moved', async () => {
    await world.run(leader, 'database-requested', { relation: 4 });
    world.juju.request(7, { database: 'db7' });
    await world.run(leader, 'database-requested', { relation: 7 });
    expect(isPassed(await world.dispatch(follower, { hook: peers }))).toBe(false);
    expect(world.pooler(follower).serves('db7')).toBe(true);
  });

  it.each(all.filter(([, unit]) => unit === leader))(
    'where another unit has led since: %s',
    async (_, unit, event) => {
      await change({ leader: 'p/2' }, 'app');
      expect(isPassed(await world.dispatch(unit, event))).toBe(false);
    },
  );

  it.each(all)('where a removal is not done yet: %s', async (_, unit, event) => {
    await world.relate(9);
    world.juju.breaking(9);
    world.postgres.isUp = false;
    await world.dispatch(leader, { hook: 'database-relation-broken', relation: 9 });
    expect(isPassed(await world.dispatch(unit, event))).toBe(false);
  });

  it('where something waits', async () => {
    world.pooler(follower).isUp = false;
    world.juju.request(7, { database: 'db7' });
    await world.run(leader, 'database-requested', { relation: 7 });
    await world.dispatch(follower, { hook: peers });
    world.pooler(follower).isUp = true;
    const event = { hook: peers, remoteUnit: 'p/2' };
    expect(isPassed(await world.dispatch(follower, event))).toBe(false);
    expect(world.pooler(follower).serves('db7')).toBe(true);
  });
});
