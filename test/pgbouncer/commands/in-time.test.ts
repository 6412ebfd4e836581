import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { JujuEvent } from '../../../src/juju/port.ts';
import { render } from '../../../src/pgbouncer/errors.ts';
import type { Adapters } from '../../../src/pgbouncer/ports.ts';
import { dispatch } from '../../dispatch.ts';
import { MemoryWorld } from '../../memory-world.ts';

/** A unit whose hook is to be over after so many provisionings. */
function lateAfter(world: MemoryWorld, provisionings: number): Adapters {
  const { backend, ...rest } = world.adapters('p/1');
  let now = 0;
  return {
    ...rest,
    backend: {
      ...backend,
      provision: (...asked) => {
        now += 1;
        return backend.provision(...asked);
      },
    },
    clock: () => now,
    deadline: provisionings,
  };
}

async function run(adapters: Adapters, event: JujuEvent) {
  const outcome = await dispatch(adapters)(event)();
  if (E.isLeft(outcome)) throw new Error(render(outcome.left));
  return outcome.right;
}

const updateStatus: JujuEvent = { hook: 'update-status' };

const asked = (...relations: number[]) => {
  const world = new MemoryWorld();
  for (const relation of relations) world.juju.request(relation, { database: `db${relation}` });
  return world;
};

describe('a hook whose time is up', () => {
  it('begins nothing more, says of each thing that it was not begun, and commits what was done', async () => {
    const world = asked(4, 5, 6);
    const { reconciled } = await run(lateAfter(world, 2), updateStatus);
    const provisioned = reconciled.filter(({ hook }) => hook === 'database-requested');
    expect(provisioned.map(({ end }) => end)).toMatchObject([
      { _tag: 'Returned' },
      { _tag: 'Deferred', why: { _tag: 'OutOfTime' } },
      { _tag: 'Deferred', why: { _tag: 'OutOfTime' } },
    ]);
    expect(world.logsIn(world.own(4))).toBe(true);
    expect([5, 6].map((relation) => world.own(relation))).toEqual([{}, {}]);
    await run(world.adapters('p/1'), updateStatus);
    for (const relation of [4, 5, 6]) expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('defers its own event, and the next hook meets it', async () => {
    const world = asked(4);
    const changed: JujuEvent = { hook: 'database-relation-changed', relation: 4 };
    const { charts } = await run(lateAfter(world, 0), changed);
    expect(charts).toMatchObject([{ end: { _tag: 'Deferred', why: { _tag: 'OutOfTime' } } }]);
    expect(world.postgres.roles.size).toBe(0);
    expect(world.juju.status('p/1')).toEqual({
      name: 'waiting',
      message: expect.stringContaining('the hook’s time was up'.replace('’', "'")),
    });
    const later = await run(world.adapters('p/1'), {
      hook: 'database-relation-joined',
      relation: 4,
    });
    expect(later.charts).toMatchObject([{ end: { _tag: 'Returned' } }]);
    expect(world.logsIn(world.own(4))).toBe(true);
  });

  it('forgets no removal', async () => {
    const world = asked(4);
    await world.settle();
    world.juju.breaking(4);
    await run(lateAfter(world, 0), { hook: 'database-relation-broken', relation: 4 });
    expect(world.users()).toEqual(['relation_id_4']);
    await run(world.adapters('p/1'), updateStatus);
    expect(world.users()).toEqual([]);
  });

  it('serves who asks before it tries again to remove who cannot go', async () => {
    const world = asked(4);
    await world.settle();
    world.juju.breaking(4);
    await run(lateAfter(world, 0), { hook: 'database-relation-broken', relation: 4 });
    world.juju.request(5, { database: 'db5' });
    const { backend, ...rest } = world.adapters('p/1');
    let now = 0;
    const remove: typeof backend.remove = (...asked) => {
      now += 1;
      return backend.remove(...asked);
    };
    const late = { ...rest, backend: { ...backend, remove }, clock: () => now, deadline: 1 };
    await run(late, { hook: 'database-relation-changed', relation: 5 });
    expect(now).toBe(1);
    expect(world.logsIn(world.own(5))).toBe(true);
  });

  it('is none where no deadline is given', async () => {
    const world = asked(4);
    const { deadline: _, ...adapters } = lateAfter(world, 0);
    const { charts } = await run(adapters, updateStatus);
    expect(charts).toMatchObject([{ end: { _tag: 'Returned' } }]);
    expect(world.logsIn(world.own(4))).toBe(true);
  });
});
