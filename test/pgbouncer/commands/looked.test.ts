/** What a hook reads of relations that it was not called for, and what it leaves to later hooks. */
import * as E from 'fp-ts/lib/Either.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bag, JujuEvent } from '../../../src/juju/port.ts';
import { dispatch } from '../../dispatch.ts';
import { MemoryWorld } from '../../memory-world.ts';

const leader = 'p/1';
const slices = { look: 2, wait: 2, again: 1, move: 2 };
const updateStatus = { hook: 'update-status' };
const served = [4, 5, 6, 7, 8];

let world: MemoryWorld;
/** The relations whose requests the last hook has read. */
let read: readonly number[];

const run = async (unit: string, event: JujuEvent, refused: readonly number[] = []) => {
  const requests: number[] = [];
  const adapters = world.adapters(unit);
  const isRefused = (bag: Bag) => bag._tag === 'RemoteApp' && refused.includes(bag.relation);
  const why = { _tag: 'ModelRefused', class: 'broken', call: 'read', why: 'no' } as const;
  const juju = {
    ...adapters.juju,
    read: (bags: readonly Bag[]) => async () => {
      for (const bag of bags) if (bag._tag === 'RemoteApp') requests.push(bag.relation);
      const contents = await adapters.juju.read(bags)();
      return contents.map((content, at) => {
        const bag = bags[at];
        return bag !== undefined && isRefused(bag) ? E.left(why) : content;
      });
    },
  };
  const outcome = await dispatch({ ...adapters, juju }, { slices })(event)();
  if (E.isLeft(outcome)) throw new Error(JSON.stringify(outcome.left));
  read = [...new Set(requests)].sort((one, other) => one - other);
  return outcome.right;
};

/** The requests that so many hooks have read, one after the other. */
const reads = async (unit: string, event: JujuEvent, hooks: number) => {
  const found: (readonly number[])[] = [];
  for (let hook = 0; hook < hooks; hook++) {
    await run(unit, event);
    found.push(read);
  }
  return found;
};

const peerBag = async (key: string): Promise<string | undefined> => {
  const [bag] = await world.juju.hook(leader).read([{ _tag: 'PeerApp' }])();
  return bag !== undefined && E.isRight(bag) ? bag.right[key] : undefined;
};
const looked = async (unit: string): Promise<string | undefined> => {
  const state = await world.juju.hook(unit).state();
  return E.isRight(state) ? state.right.looked : undefined;
};
const error = (relation: number) => world.record(relation)?.error ?? null;

beforeEach(async () => {
  world = new MemoryWorld();
  for (const relation of served) await world.relate(relation);
  for (let hook = 0; hook < 4; hook++) await run(leader, updateStatus);
  expect(await peerBag('looking')).toBeUndefined();
});

describe('requests of others', () => {
  it('are not read in a hook of one relation', async () => {
    world.juju.request(9, { database: 'db9' });
    await run(leader, { hook: 'database-relation-changed', relation: 9 });
    expect(read).toEqual([9]);
    expect(world.logsIn(world.own(9))).toBe(true);
    world.juju.breaking(9);
    await run(leader, { hook: 'database-relation-broken', relation: 9 });
    expect(read).toEqual([]);
  });

  it('are read again in update-status, a slice after the other, and nobody is left out', async () => {
    const found = await reads(leader, updateStatus, 2 * (served.length + 1));
    expect(found.every((one) => one.length <= slices.again)).toBe(true);
    expect(new Set(found.flat())).toEqual(new Set(served));
  });

  it('that changed without a word are found by that', async () => {
    world.juju.request(6, { database: 'another' });
    await reads(leader, updateStatus, served.length + 1);
    expect(error(6)).toContain('another');
  });

  it('wait in turn where more of them wait than one hook reads', async () => {
    const waiting = [11, 12, 13, 14, 15];
    for (const relation of waiting) world.juju.request(relation, {});
    const event = { hook: 'database-relation-departed', relation: 4 };
    const found = await reads(leader, event, 3);
    expect(new Set(found.flat().filter((one) => one > 10))).toEqual(new Set(waiting));
    for (const one of found) expect(one.filter((id) => id > 10)).toHaveLength(slices.wait);
  });

  it('that could not be read are read in each hook until they can be', async () => {
    world.juju.request(5, { database: 'another' });
    const changed = { hook: 'database-relation-changed', relation: 5 };
    await run(leader, changed, [5]);
    expect(error(5)).toBeNull();
    await run(leader, { hook: 'database-relation-departed', relation: 4 });
    expect(read).toContain(5);
    expect(error(5)).toContain('another');
  });
});

describe('all requests are looked at, a slice in each hook', () => {
  const allOf = async (unit: string, first: JujuEvent) => {
    await run(unit, first);
    const found = [read];
    while ((await peerBag('looking')) !== undefined) {
      await run(unit, { hook: 'pgb-peers-relation-changed' });
      found.push(read);
    }
    return found;
  };
  const slicesOf = [[4, 5], [6, 7], [8]];

  it.each(['leader-elected', 'upgrade-charm'])('after %s', async (hook) => {
    expect(await allOf(leader, { hook })).toEqual(slicesOf);
  });

  it('by whoever leads next, also where it was told nothing', async () => {
    await run('p/0', updateStatus);
    world.juju.leader = 'p/0';
    world.juju.request(8, { database: 'another' });
    const found = await allOf('p/0', updateStatus);
    expect(new Set(found.flat())).toEqual(new Set(served));
    expect(error(8)).toContain('another');
  });

  it('by one that did not lead in a hook, though nobody else has led meanwhile', async () => {
    world.juju.leader = 'p/2';
    world.juju.request(7, { database: 'another' });
    await run(leader, { hook: 'database-relation-changed', relation: 7 });
    expect(await looked(leader)).toBeUndefined();
    world.juju.leader = leader;
    await allOf(leader, updateStatus);
    expect(error(7)).toContain('another');
  });

  it('once PostgreSQL is back', async () => {
    world.postgres.isUp = false;
    await run(leader, updateStatus);
    world.postgres.isUp = true;
    expect(await allOf(leader, updateStatus)).toEqual(slicesOf);
  });

  it('again from the beginning, by a unit that comes to lead half-way', async () => {
    await run(leader, { hook: 'leader-elected' });
    expect(await peerBag('looking')).toBe('5');
    world.juju.leader = 'p/0';
    expect(await allOf('p/0', { hook: 'leader-elected' })).toEqual(slicesOf);
  });
});

describe('a pooler that has moved', () => {
  const told = () => served.filter((relation) => world.own(relation).endpoints === 'pgb-1:7000');

  it('is told to a slice in each hook, those first that came first, and the status counts', async () => {
    world.endpoints.set(leader, 'pgb-1:7000');
    await run(leader, { hook: 'config-changed' });
    expect(told()).toEqual([4, 5]);
    expect(await peerBag('moving')).toBe('3 5');
    expect(world.juju.status(leader)).toEqual({
      name: 'waiting',
      message: 'republishing: 2 of 5',
    });
    await run(leader, { hook: 'pgb-peers-relation-changed' });
    expect(told()).toEqual([4, 5, 6, 7]);
    await run(leader, { hook: 'pgb-peers-relation-changed' });
    expect(told()).toEqual(served);
    expect(await peerBag('moving')).toBeUndefined();
    expect(world.juju.status(leader)).toEqual({ name: 'active', message: '' });
  });

  it('is told to the others where one databag cannot be read', async () => {
    world.endpoints.set(leader, 'pgb-1:7000');
    await run(leader, { hook: 'config-changed' }, [4, 5]);
    for (let hook = 0; hook < 4; hook++)
      await run(leader, { hook: 'pgb-peers-relation-changed' }, [4, 5]);
    expect(told()).toEqual([6, 7, 8]);
    await run(leader, updateStatus);
    await run(leader, updateStatus);
    expect(told()).toEqual(served);
  });
});
