import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Bag, JujuEvent } from '../../../src/juju/port.ts';
import type { Adapters } from '../../../src/pgbouncer/ports.ts';
import { dispatch } from '../../dispatch.ts';
import { MemoryWorld } from '../../memory-world.ts';

const relation = 4;

/** What a hook of a unit asked of its model, in order, and what it wrote. */
async function asked(world: MemoryWorld, unit: string, event: JujuEvent) {
  const { juju, ...rest } = world.adapters(unit);
  const calls: string[] = [];
  const noted =
    <Result>(name: string, call: () => Promise<Result>) =>
    () => {
      calls.push(name);
      return call();
    };
  const adapters: Adapters = {
    ...rest,
    juju: {
      ...juju,
      leader: noted('leader', juju.leader),
      plannedUnits: noted('planned', juju.plannedUnits),
      peers: noted('peers', juju.peers),
      relations: (endpoint: string) => noted('relations', juju.relations(endpoint)),
      state: noted('state', juju.state),
      read: (bags) => {
        for (const bag of bags) calls.push(nameOf(bag));
        return juju.read(bags);
      },
      commit: (changes) => {
        for (const { bag } of changes.bags) calls.push(`write ${nameOf(bag)}`);
        if (Object.keys(changes.state).length > 0) calls.push('write state');
        return juju.commit(changes);
      },
    },
  };
  const outcome = await dispatch(adapters)(event)();
  if (E.isLeft(outcome)) throw new Error(outcome.left._tag);
  return calls;
}

const nameOf = (bag: Bag): string =>
  'relation' in bag
    ? `${bag._tag} ${bag.relation}`
    : 'unit' in bag
      ? `${bag._tag} ${bag.unit}`
      : bag._tag;

const always = ['PeerApp', 'leader', 'relations', 'state'];

describe('what a hook asks of the model', () => {
  it('provisioning on the leader: its request and its answer; no planned units', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    const calls = await asked(world, 'p/1', { hook: 'database-relation-changed', relation });
    expect([...calls].sort()).toEqual([
      'OwnApp 4',
      'PeerApp',
      'RemoteApp 4',
      'leader',
      'relations',
      'state',
      'write OwnApp 4',
      'write PeerApp',
      'write PeerUnit p/1',
      'write state',
    ]);
    expect(calls.slice(0, 4).sort()).toEqual(['PeerApp', 'RemoteApp 4', 'leader', 'state']);
  });

  it('a removal on the leader: whether units are planned, and nothing of others', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    await world.relate(7);
    world.juju.breaking(relation);
    const calls = await asked(world, 'p/1', { hook: 'database-relation-broken', relation });
    expect([...new Set(calls)].sort()).toEqual([
      'OwnApp 4',
      'PeerApp',
      'leader',
      'planned',
      'state',
      'write OwnApp 4',
      'write PeerApp',
      'write PeerUnit p/1',
    ]);
  });

  it('update-status on the leader where nothing has changed: one databag for each relation', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    await world.relate(7);
    const calls = await asked(world, 'p/1', { hook: 'update-status' });
    expect([...calls].sort()).toEqual(
      [
        ...always,
        'PeerUnit p/0',
        'PeerUnit p/1',
        'PeerUnit p/2',
        'RemoteApp 4',
        'RemoteApp 7',
        'peers',
      ].sort(),
    );
  });

  it('a follower: its own databag, and no other unit’s', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    const calls = await asked(world, 'p/0', { hook: 'update-status' });
    expect([...calls].sort()).toEqual([...always, 'PeerUnit p/0'].sort());
  });

  it('a request that is met: what tells so, and nothing else', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    const calls = await asked(world, 'p/0', { hook: 'database-relation-changed', relation });
    expect([...calls].sort()).toEqual(['PeerApp', 'RemoteApp 4', 'leader', 'state']);
  });

  it('a departing flag: state that is written where it differs, and only then', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    const event = { hook: 'database-relation-departed', relation, departingUnit: 'p/0' };
    expect(await asked(world, 'p/0', event)).toContain('write state');
    expect(await asked(world, 'p/0', event)).not.toContain('write state');
  });

  it('a hook that nobody handles: the state, for what waits there', async () => {
    const world = new MemoryWorld();
    expect(await asked(world, 'p/0', { hook: 'database-relation-joined', relation })).toEqual([
      'state',
    ]);
  });

  it('a record that is refused: its databag, for what it may still show', async () => {
    const world = new MemoryWorld();
    await world.relate(relation, { database: 'not a name' });
    const calls = await asked(world, 'p/1', { hook: 'update-status' });
    expect(calls).toContain('OwnApp 4');
    expect(calls.filter((call) => call.startsWith('write'))).toEqual([]);
  });
});
