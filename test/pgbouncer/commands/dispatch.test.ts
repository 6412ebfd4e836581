import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Changes, JujuEvent } from '../../../src/juju/port.ts';
import { render } from '../../../src/pgbouncer/errors.ts';
import type { Adapters } from '../../../src/pgbouncer/ports.ts';
import { dispatch } from '../../dispatch.ts';
import { MemoryWorld } from '../../memory-world.ts';

const changed: JujuEvent = { hook: 'database-relation-changed', relation: 4 };
const deferred = '[{"hook":"database-requested","event":{"relation":4}}]';

/** What a unit has put by, beside what it knows to be looked at. */
const state = async (world: MemoryWorld, unit: string) => {
  const read = await world.juju.hook(unit).state();
  const { looked: _, ...rest } = E.isRight(read) ? read.right : {};
  return rest;
};

const requested = () => {
  const world = new MemoryWorld();
  world.juju.request(4, { database: 'app' });
  return world;
};

describe('one Juju hook', () => {
  it('derives the request from a changed databag, and serves it once', async () => {
    const world = requested();
    const first = await world.dispatch('p/1', changed);
    expect(first).toMatchObject({
      event: changed,
      charts: [{ hook: 'database-requested', end: { _tag: 'Returned' } }],
      dropped: [],
    });
    expect(world.logsIn(world.own(4))).toBe(true);
    const again = await world.dispatch('p/1', changed);
    expect(again).toMatchObject({ charts: [], dropped: [] });
  });

  it('does nothing for an event that nobody handles, not even a commit', async () => {
    const world = requested();
    const run1 = await world.dispatch('p/1', { hook: 'database-relation-joined', relation: 4 });
    expect(run1).toEqual({
      event: { hook: 'database-relation-joined', relation: 4 },
      charts: [],
      dropped: [],
      reconciled: [],
      notes: [],
      milliseconds: 0,
    });
    expect(world.juju.status('p/1')).toBeUndefined();
  });

  it.each(['leader-elected', 'update-status', 'upgrade-charm', 'start', 'stop'])(
    'does what nobody asks for again in %s, and asks the backend',
    async (hook) => {
      const world = requested();
      await world.dispatch('p/1', { hook });
      expect(world.logsIn(world.own(4))).toBe(true);
      world.postgres.roles.delete('relation_id_4');
      await world.dispatch('p/1', { hook });
      expect(world.logsIn(world.own(4))).toBe(true);
    },
  );

  it.each([
    'pgb-peers-relation-joined',
    'pgb-peers-relation-changed',
    'pgb-peers-relation-departed',
    'pgbouncer-pebble-ready',
  ])('puts its own PgBouncer right in %s', async (hook) => {
    const world = requested();
    await world.dispatch('p/1', changed);
    const { charts, reconciled } = await world.dispatch('p/0', { hook });
    expect(charts[0]?.path).toContain('update_pg');
    expect(reconciled).toEqual([]);
    expect(world.pooler('p/0').serves('app')).toBe(true);
  });

  it('goes through the charts of departed and broken', async () => {
    const world = requested();
    await world.dispatch('p/1', changed);
    const departed: JujuEvent = {
      hook: 'database-relation-departed',
      relation: 4,
      departingUnit: 'p/1',
    };
    expect((await world.dispatch('p/1', departed)).charts[0]?.path).toContain('add_flag');
    world.juju.breaking(4);
    const broken = await world.dispatch('p/1', { hook: 'database-relation-broken', relation: 4 });
    expect(broken.charts[0]?.path).toContain('is_departing');
  });
});

describe('what is deferred', () => {
  it('waits in the unit’s own state, once, and is met when the backend comes', async () => {
    const world = requested();
    world.postgres.isUp = false;
    expect((await world.dispatch('p/1', changed)).charts[0]?.end).toEqual({
      _tag: 'Deferred',
      why: { _tag: 'BackendUnavailable', class: 'unavailable', where: 'memory', why: 'it is down' },
    });
    await world.dispatch('p/1', changed);
    expect(await state(world, 'p/1')).toEqual({ deferred });
    expect(world.juju.status('p/1')).toEqual({
      name: 'waiting',
      message: 'waiting for the backend database at memory (it is down)',
    });
    world.postgres.isUp = true;
    const later = await world.dispatch('p/1', { hook: 'database-relation-joined', relation: 4 });
    expect(later.charts).toMatchObject([{ hook: 'database-requested', end: { _tag: 'Returned' } }]);
    expect(await state(world, 'p/1')).toEqual({});
    expect(world.logsIn(world.own(4))).toBe(true);
  });

  it('is over at once where its relation went by force before the hook was repeated', async () => {
    const world = requested();
    world.juju.forget(4);
    const { charts } = await world.dispatch('p/1', changed);
    expect(charts).toEqual([]);
  });

  it('is dropped when another unit has met it', async () => {
    const world = requested();
    world.postgres.isUp = false;
    for (const unit of ['p/0', 'p/1']) await world.dispatch(unit, changed);
    world.postgres.isUp = true;
    await world.dispatch('p/1', { hook: 'update-status' });
    const { charts, dropped } = await world.dispatch('p/0', { hook: 'update-status' });
    expect([charts.map(({ hook }) => hook), dropped]).toEqual([
      ['update-status'],
      [{ hook: 'database-requested', event: { relation: 4 } }],
    ]);
    expect(await state(world, 'p/0')).toEqual({});
  });

  it.each(['its relation is gone', 'it was withdrawn'])('is dropped when %s', async (why) => {
    const world = requested();
    world.postgres.isUp = false;
    await world.dispatch('p/1', changed);
    if (why === 'it was withdrawn') world.juju.request(4, {});
    else world.juju.forget(4);
    world.postgres.isUp = true;
    expect((await world.dispatch('p/1', { hook: 'config-changed' })).dropped).toHaveLength(1);
    expect([await state(world, 'p/1'), world.users()]).toEqual([{}, []]);
  });

  it('that cannot be read fails the hook, and is kept', async () => {
    const world = requested();
    const bad = '[{"hook":"database-requested"}]';
    await world.juju
      .hook('p/1')
      .commit({ bags: [], state: { deferred: bad }, status: { name: 'active', message: '' } })();
    const outcome = await dispatch(world.adapters('p/1'))(changed)();
    expect(outcome).toMatchObject({ left: { _tag: 'DeferralsUnreadable', class: 'broken' } });
    expect(E.isLeft(outcome) && render(outcome.left)).toMatch(/queue of deferred hooks .* repair/);
    expect(await state(world, 'p/1')).toEqual({ deferred: bad });
  });
});

/** A world whose adapters are watched, or spoiled. */
async function watched(
  world: MemoryWorld,
  unit: string,
  event: JujuEvent,
  change: (adapters: Adapters) => Partial<Adapters> = () => ({}),
) {
  const calls: string[] = [];
  const commits: Changes[] = [];
  const plain = world.adapters(unit);
  const adapters = { ...plain, ...change(plain) };
  let now = 0;
  const outcome = await dispatch({
    ...adapters,
    backend: {
      ...adapters.backend,
      audit: (...asked) => {
        calls.push('audit');
        return adapters.backend.audit(...asked);
      },
      provision: (...asked) => {
        calls.push('provision');
        return adapters.backend.provision(...asked);
      },
      release: async () => {
        calls.push('release');
      },
    },
    juju: {
      ...adapters.juju,
      commit: (changes) => {
        commits.push(changes);
        return adapters.juju.commit(changes);
      },
    },
    clock: () => {
      now += 5;
      return now;
    },
  })(event)();
  return { outcome, calls, commits, now };
}

describe('within one hook', () => {
  it('an event that waits already is gone through once, another one by itself', async () => {
    const world = requested();
    world.juju.request(7, { database: 'other' });
    world.postgres.isUp = false;
    await world.dispatch('p/1', changed);
    expect((await world.dispatch('p/1', changed)).charts).toHaveLength(1);
    const both = await world.dispatch('p/1', { ...changed, relation: 7 });
    expect(both.charts.map(({ event }) => event.relation)).toEqual([4, 7]);
    const departed = { hook: 'database-relation-departed', relation: 4, departingUnit: 'a/0' };
    const three = await world.dispatch('p/1', departed);
    expect(three.charts.map(({ hook }) => hook)).toEqual([
      'database-requested',
      'database-requested',
      'database-relation-departed',
    ]);
  });

  it('nothing is tried twice, and the status says what it waits for', async () => {
    const world = requested();
    world.postgres.tap = (step) => (step === 'create role' ? 'lost' : null);
    const { calls } = await watched(world, 'p/1', changed);
    expect(calls).toEqual(['provision', 'release']);
    expect(world.juju.status('p/1')?.message).toMatch(/waiting for .*the connection was lost/);
  });

  it('what breaks leaves nothing behind in Juju, and lets go of the connections', async () => {
    const world = requested();
    const failed = {
      ...({ _tag: 'SqlFailed', class: 'broken', statement: 'say its version' } as const),
      ...{ sqlState: 'XX000', message: 'no' },
    };
    const { outcome, calls, commits } = await watched(world, 'p/1', changed, ({ backend }) => ({
      backend: { ...backend, version: async () => E.left(failed) },
    }));
    expect(outcome).toMatchObject({ left: { _tag: 'SqlFailed' } });
    expect([calls, commits]).toEqual([['release'], []]);
  });

  it('the backend is asked what it holds where nobody was told anything', async () => {
    const world = requested();
    await world.dispatch('p/1', changed);
    for (const hook of ['update-status', 'leader-elected'])
      expect((await watched(world, 'p/1', { hook })).calls).toEqual(['audit', 'release']);
    for (const event of [changed, { hook: 'pgb-peers-relation-changed' }])
      expect((await watched(world, 'p/1', event)).calls).toEqual(['release']);
  });

  it('what is the same already is not written', async () => {
    const world = requested();
    world.postgres.isUp = false;
    const first = await watched(world, 'p/0', changed);
    expect(first.commits.map((changes) => changes.state)).toEqual([{ deferred }]);
    const second = await watched(world, 'p/0', changed);
    expect(second.commits.map((changes) => changes.state)).toEqual([{}]);
  });

  it('a leader without a backend waits, a follower does not', async () => {
    const world = new MemoryWorld();
    world.postgres.isUp = false;
    for (const unit of ['p/0', 'p/1']) await world.dispatch(unit, { hook: 'update-status' });
    expect(world.juju.status('p/0')?.name).toBe('active');
    expect(world.juju.status('p/1')?.name).toBe('waiting');
  });

  it('the time that it took is told', async () => {
    const { outcome, now } = await watched(requested(), 'p/1', changed);
    expect(outcome).toMatchObject({ right: { milliseconds: now - 5 } });
  });

  it('an event of a relation that names none does nothing', async () => {
    const { commits, outcome } = await watched(requested(), 'p/1', {
      hook: 'database-relation-changed',
    });
    expect([commits, outcome]).toMatchObject([[], { right: { charts: [] } }]);
  });
});

describe('a unit that leads anew', () => {
  it('deletes nothing for want of a relation in its first hook, and does in its second', async () => {
    const world = requested();
    await world.dispatch('p/1', changed);
    world.juju.leader = 'p/0';
    world.juju.breaking(4);
    await world.dispatch('p/0', { hook: 'update-status' });
    expect(world.users()).toEqual(['relation_id_4']);
    await world.dispatch('p/0', { hook: 'update-status' });
    expect(world.users()).toEqual([]);
  });
});
