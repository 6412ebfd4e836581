import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import {
  type DispatchRun,
  defineCharm,
  dispatch,
  halt,
  type JujuEvent,
  render,
  vocabulary,
} from '../../src/index.ts';
import { changed, lighthouse, type ShipWords, ships } from './ships.ts';

type World = ReturnType<typeof lighthouse>;

const called = (world: World, event: JujuEvent, unit = 'l/0', rest: object = {}) =>
  dispatch(ships, { juju: world.juju.hook(unit), lamp: world.lamp, ...rest })(event)();

async function run(world: World, event: JujuEvent, unit?: string): Promise<DispatchRun<ShipWords>> {
  const outcome = await called(world, event, unit);
  if (E.isLeft(outcome)) throw new Error(outcome.left._tag);
  return outcome.right;
}

const own = ({ juju }: World, relation: number) => juju.databag({ _tag: 'OwnApp', relation });

describe('dispatch of any charm', () => {
  it('goes through the chart of the hook, and commits what its handlers wrote', async () => {
    const world = lighthouse({ color: 'red' });
    const { charts, notes } = await run(world, changed(0));
    expect(charts[0]?.path).toEqual([
      ...['hook_fired', 'is_leader', 'is_ready', 'light', 'say', 'rtn2'],
    ]);
    expect(charts[0]?.commands).toEqual([
      { _tag: 'Light', relation: 0 },
      { _tag: 'Say', relation: 0, beam: 'red' },
    ]);
    expect(own(world, 0)).toEqual({ beam: 'red' });
    expect(world.juju.status('l/0')).toEqual({ name: 'active', message: '' });
    expect(notes).toEqual([]);
  });

  it('answers a follower’s question with no', async () => {
    const world = lighthouse({});
    const { charts } = await run(world, changed(0), 'l/1');
    expect(charts[0]?.path).toEqual(['hook_fired', 'is_leader', 'rtn']);
    expect(world.lamp.lit).toEqual([]);
  });

  it('stays blocked by a refusal until it is asked for anew, or its relation is gone', async () => {
    const world = lighthouse({ color: 'dark' }, { color: 'red' }, { color: 'dark' });
    const status = () => world.juju.status('l/0');
    const blocked = { name: 'blocked', message: 'NoSuchColor: dark is none' };
    await run(world, changed(0));
    expect(status()).toEqual(blocked);
    await run(world, changed(1));
    expect(status()).toEqual(blocked);
    await run(world, changed(2));
    world.juju.request(0, { color: 'blue' }, 'light');
    await run(world, changed(0));
    expect(status()).toEqual(blocked);
    world.juju.forget(2);
    await run(world, changed(1));
    expect(status()).toEqual({ name: 'active', message: '' });
  });

  it('writes nothing to a relation that is gone, where its broken was deferred, and says so', async () => {
    const { juju } = lighthouse({});
    let isReady = false;
    const { hook, nothingLearned, onFailure, asks, step, terminal, returns, fails } = vocabulary({
      learned: {},
    });
    const left = hook.createMachine({
      ...{ id: 'left', context: nothingLearned, initial: 'hook_fired', on: onFailure },
      states: {
        hook_fired: { meta: terminal('left'), on: { start: { target: 'take', actions: 'learn' } } },
        take: {
          ...{ meta: step('Take the beam back'), entry: asks(() => ({ _tag: 'TakeBack' })) },
          on: { done: 'rtn' },
        },
        ...{ rtn: returns, failed: fails },
      },
    });
    const read: object[] = [];
    const charm = defineCharm({
      ...{ name: 'lighthouse', machines: { left }, learned: ships.learned },
      events: { 'light-relation-broken': 'left' },
      perform: {
        TakeBack: async ({ juju }) => {
          if (!isReady) halt({ _tag: 'OilLate', class: 'unavailable' });
          read.push(await juju.own(0), await juju.remote(0), await juju.remoteUnits(0));
          juju.publish(0, { beam: '' });
          juju.publish(0, { beam: 'out' });
          juju.write({ _tag: 'PeerApp' }, { beams: '0' });
        },
      },
    });
    const called = async (event: JujuEvent) => {
      const ran = await dispatch(charm, { juju: juju.hook('l/0') })(event)();
      if (E.isLeft(ran)) throw new Error(render(ran.left));
      return ran.right;
    };
    juju.breaking(0);
    const first = await called({ hook: 'light-relation-broken', relation: 0 });
    expect(first.charts[0]?.end).toMatchObject({ _tag: 'Deferred' });
    juju.forget(0);
    isReady = true;
    const { charts, notes } = await called({ hook: 'update-status' });
    expect(charts[0]?.end).toEqual({ _tag: 'Returned' });
    expect(read).toEqual([{}, {}, new Map()]);
    expect(notes).toEqual([
      'relation 0 is gone: what was to be written to its databag OwnApp is left out',
    ]);
    expect(juju.databag({ _tag: 'PeerApp' })).toEqual({ beams: '0' });
  });

  it('does nothing in a hook that nobody handles, not even a commit', async () => {
    const world = lighthouse({});
    expect(await run(world, { hook: 'update-status' })).toMatchObject({ charts: [], dropped: [] });
    expect(world.juju.status('l/0')).toBeUndefined();
  });

  it('keeps what was deferred, and delivers it first at whatever comes next', async () => {
    const world = lighthouse({}, {});
    world.lamp.isReady = false;
    const { charts } = await run(world, changed(0));
    expect(charts[0]?.end).toEqual({ _tag: 'Deferred', why: null });
    expect(world.juju.status('l/0')).toEqual({ name: 'waiting', message: 'light-asked waits' });
    await run(world, changed(0));
    world.lamp.isReady = true;
    const later = await run(world, changed(1));
    expect(later.charts.map(({ event }) => event)).toEqual([changed(0), changed(1)]);
    expect(world.lamp.lit).toEqual([0, 1]);
    expect((await run(world, { hook: 'update-status' })).charts).toEqual([]);
  });

  it('delivers what comes last by the charm’s word after its own event', async () => {
    const world = lighthouse({}, {}, {});
    world.lamp.isReady = false;
    for (const relation of [0, 1]) await run(world, changed(relation));
    world.lamp.isReady = true;
    const charm: typeof ships = { ...ships, comesLast: ({ event }) => event.relation === 0 };
    const given = { juju: world.juju.hook('l/0'), lamp: world.lamp };
    expect(await dispatch(charm, given)(changed(2))()).toMatchObject({ _tag: 'Right' });
    expect(world.lamp.lit).toEqual([1, 2, 0]);
  });

  it.each([
    ['goes', async () => {}, { _tag: 'Right' }],
    ['fails', () => Promise.reject(new Error('stuck')), null],
  ])(
    'lets go of what was opened once, while Juju is told, where that %s',
    async (_, close, outcome) => {
      const world = lighthouse({});
      const calls: string[] = [];
      const juju = world.juju.hook('l/0');
      const told: typeof juju = {
        ...juju,
        commit: (changes) => {
          calls.push('commit');
          return juju.commit(changes);
        },
      };
      const closing = () => {
        calls.push('close');
        return close();
      };
      const ran = dispatch({ ...ships, close: closing }, { juju: told, lamp: world.lamp });
      const ended = ran(changed(0))();
      if (outcome === null) await expect(ended).rejects.toThrow('stuck');
      else expect(await ended).toMatchObject(outcome);
      expect(calls).toEqual(['close', 'commit']);
      expect(own(world, 0)).toEqual({ beam: 'white' });
    },
  );

  it('drops what was deferred for a relation that is gone', async () => {
    const world = lighthouse({}, {});
    world.lamp.isReady = false;
    await run(world, changed(0));
    world.juju.breaking(0);
    world.lamp.isReady = true;
    const { dropped } = await run(world, { hook: 'update-status' });
    expect(dropped).toEqual([{ hook: 'light-asked', event: changed(0) }]);
    expect(world.lamp.lit).toEqual([]);
  });

  it.each([
    ['late', 'waiting', 'OilLate: no oil yet', 'Deferred'],
    ['dark', 'blocked', 'NoSuchColor: dark is none', 'Refused'],
  ] as const)('a failure of %s makes the unit %s', async (color, name, message, end) => {
    const world = lighthouse({ color });
    const { charts } = await run(world, changed(0));
    expect(charts[0]?.path.at(-1)).toBe('failed');
    expect(charts[0]?.end._tag).toBe(end);
    expect(world.juju.status('l/0')).toEqual({ name, message });
    expect(own(world, 0)).toEqual({});
  });

  it('commits nothing of a hook that breaks', async () => {
    const world = lighthouse({ color: 'broken' });
    expect(await called(world, changed(0))).toMatchObject({ left: { _tag: 'LampBroken' } });
    expect(world.juju.status('l/0')).toBeUndefined();
  });

  it('lets a defect through', async () => {
    const world = lighthouse({});
    Object.defineProperty(world.lamp, 'isReady', {
      get: () => {
        throw new TypeError('no lamp');
      },
    });
    await expect(called(world, changed(0))).rejects.toThrow('no lamp');
  });

  it('begins nothing once its time is up, and says what is left to the next hook', async () => {
    const world = lighthouse({});
    let now = 0;
    const rest = { clock: () => now++, deadline: 4 };
    const outcome = await called(world, changed(0), 'l/0', rest);
    expect(outcome).toMatchObject({
      right: { charts: [{ end: { _tag: 'Deferred', why: { _tag: 'OutOfTime' } } }] },
    });
    expect((await run(world, { hook: 'update-status' })).charts).toHaveLength(1);
  });

  it('keeps a queue that it cannot read, and says which key is to be repaired', async () => {
    const world = lighthouse({});
    await world.juju.hook('l/0').commit({
      bags: [],
      state: { deferred: '[{"hook":"elsewhere","event":{"hook":"x"}}]' },
      status: { name: 'active', message: '' },
    })();
    expect(await called(world, changed(0))).toMatchObject({
      left: { _tag: 'DeferralsUnreadable', why: '0.hook is none of light-asked' },
    });
  });

  it('tells of each chart while it goes', async () => {
    const world = lighthouse({});
    const seen: string[] = [];
    const ports = { juju: world.juju.hook('l/0'), lamp: world.lamp };
    await dispatch(ships, ports, { watch: ({ _tag }) => seen.push(_tag) })(changed(0))();
    expect(seen[0]).toBe('Begun');
    expect(seen.at(-1)).toBe('Ended');
    expect(seen.filter((tag) => tag === 'Asked')).toHaveLength(4);
  });
});
