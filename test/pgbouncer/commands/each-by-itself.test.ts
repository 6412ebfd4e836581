import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { hooks } from '../../../machines/index.ts';
import type { Bag, JujuEvent } from '../../../src/juju/port.ts';
import { type HookError, render } from '../../../src/pgbouncer/errors.ts';
import type { Adapters } from '../../../src/pgbouncer/ports.ts';
import type { DispatchRun } from '../../../src/pgbouncer/run.ts';
import { dispatch } from '../../dispatch.ts';
import { interpret } from '../../interpret.ts';
import { MemoryWorld } from '../../memory-world.ts';

const bad = 4;
const good = 5;

async function run(
  world: MemoryWorld,
  event: JujuEvent,
  change: (adapters: Adapters) => Partial<Adapters> = () => ({}),
): Promise<DispatchRun> {
  const adapters = world.adapters('p/1');
  const outcome = await dispatch({ ...adapters, ...change(adapters) })(event)();
  if (E.isLeft(outcome)) throw new Error(render(outcome.left));
  return outcome.right;
}

const updateStatus: JujuEvent = { hook: 'update-status' };
const changed = (relation: number): JujuEvent => ({ hook: 'database-relation-changed', relation });

const asked = () => {
  const world = new MemoryWorld();
  world.juju.request(bad, { database: 'bad' });
  world.juju.request(good, { database: 'good' });
  return world;
};

const errorsOf = ({ reconciled }: DispatchRun) =>
  reconciled.map(({ hook, event, end }) => [
    `${hook} ${event.relation}`,
    'why' in end ? (end.why?._tag ?? null) : null,
  ]);

describe('a databag that cannot be read', () => {
  const refusal: HookError = {
    ...({ _tag: 'ModelRefused', class: 'broken' } as const),
    ...{ call: 'relation-get', why: 'it printed more than 16 MB' },
  };
  const isBad = (bag: Bag) => bag._tag === 'RemoteApp' && bag.relation === bad;
  const unreadable = ({ juju }: Adapters): Partial<Adapters> => ({
    juju: {
      ...juju,
      read: (bags) => async () => {
        const outcomes = await juju.read(bags)();
        return outcomes.map((outcome, index) =>
          bags.slice(index, index + 1).some(isBad) ? E.left(refusal) : outcome,
        );
      },
    },
  });
  const why = `the databag of relation 4 cannot be read (Juju refused relation-get: it printed more than 16 MB)`;

  it.each([
    ['update-status', updateStatus],
    ['a hook of another relation', changed(good)],
    ['a hook of its own', changed(bad)],
  ])('concerns its relation alone, and the status says so: %s', async (_, event) => {
    const world = asked();
    await run(world, event, unreadable);
    expect(world.logsIn(world.own(good))).toBe(true);
    expect(world.own(bad)).toEqual({});
    expect(world.juju.status('p/1')).toEqual({ name: 'waiting', message: why });
    await run(world, updateStatus);
    expect(world.logsIn(world.own(bad))).toBe(true);
    expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
  });

  it('takes nothing from a relation that is served', async () => {
    const world = asked();
    await world.settle();
    const before = world.own(bad);
    expect(world.logsIn(before)).toBe(true);
    await run(world, updateStatus, unreadable);
    expect(world.own(bad)).toEqual(before);
    expect(world.logsIn(before)).toBe(true);
  });

  it('neither withdraws what was begun nor clears a refusal', async () => {
    const world = asked();
    world.pooler('p/1').isUp = false;
    await run(world, changed(bad));
    expect(world.record(bad)).toMatchObject({ state: 'provisioning' });
    world.pooler('p/1').isUp = true;
    await run(world, updateStatus, unreadable);
    expect(world.record(bad)).toMatchObject({ state: 'provisioning' });
    world.juju.request(bad, { database: 'not a name' });
    await run(world, updateStatus);
    const refused = world.record(bad);
    expect(refused).toMatchObject({ state: 'refused' });
    await run(world, updateStatus, unreadable);
    expect(world.record(bad)).toEqual(refused);
  });

  it('keeps nobody from putting right what was granted', async () => {
    const world = asked();
    await world.settle();
    const role = world.postgres.roles.get('relation_id_4');
    if (role === undefined) throw new Error('it was made');
    world.postgres.roles.set('relation_id_4', { ...role, attributes: ['CREATEROLE'] });
    const done = await run(world, updateStatus, unreadable);
    expect(errorsOf(done)).toContainEqual([`grant-damaged ${bad}`, null]);
    expect(world.postgres.roles.get('relation_id_4')?.attributes).toEqual([]);
  });

  it('does not keep the endpoints of others from moving, and its own move once it can be read', async () => {
    const world = asked();
    await world.settle();
    world.juju.removeUnit('p/2');
    const readers = (relation: number) => world.own(relation)['read-only-endpoints'];
    for (const event of [
      updateStatus,
      { hook: 'database-relation-departed', relation: bad, departingUnit: 'application/0' },
    ]) {
      const done = await run(world, event, unreadable);
      expect(errorsOf(done)).toContainEqual([`connection-moved ${bad}`, 'ModelRefused']);
      expect([readers(good), readers(bad)]).toEqual(['pgb-0:6432', 'pgb-0:6432,pgb-2:6432']);
    }
    await run(world, updateStatus);
    expect(readers(bad)).toBe('pgb-0:6432');
  });

  it('is removed with its relation all the same', async () => {
    const world = asked();
    await world.settle();
    world.juju.breaking(bad);
    await run(world, { hook: 'database-relation-broken', relation: bad }, unreadable);
    expect(world.users()).toEqual(['relation_id_5']);
  });
});

describe('what PostgreSQL refuses to one relation', () => {
  const failing = ({ backend }: Adapters): Partial<Adapters> => ({
    backend: {
      ...backend,
      provision: (grant, holdings) =>
        grant.relation === bad
          ? async () =>
              E.left({
                ...({ _tag: 'SqlFailed', class: 'broken', statement: 'make roles' } as const),
                ...{ sqlState: '42939', message: 'role name "pg_x" is reserved' },
              })
          : backend.provision(grant, holdings),
    },
  });
  const error =
    'relation 4: PostgreSQL does not make roles: role name "pg_x" is reserved (SQLSTATE 42939)';

  it.each([
    ['update-status', updateStatus],
    ['a hook of its own', changed(bad)],
  ])('refuses that one and serves the others: %s', async (_, event) => {
    const world = asked();
    await run(world, event, failing);
    expect(world.logsIn(world.own(good))).toBe(true);
    expect(Object.keys(world.own(bad))).toEqual(['status']);
    expect(world.record(bad)).toMatchObject({
      state: 'refused',
      error: expect.stringContaining(error),
    });
    expect(world.juju.status('p/1')).toEqual({
      name: 'blocked',
      message: expect.stringContaining(error),
    });
    expect(world.pooler('p/1').serves('bad')).toBe(false);
    await run(world, updateStatus);
    expect(world.logsIn(world.own(bad))).toBe(true);
    expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
  });

  it('stays granted where it was, with the reason on record', async () => {
    const world = asked();
    await world.settle();
    const before = world.own(bad);
    world.postgres.databases.delete('bad');
    const done = await run(world, updateStatus, failing);
    expect(errorsOf(done)).toContainEqual([`database-requested ${bad}`, 'NotAccepted']);
    expect(world.own(bad)).toEqual({ ...before, status: expect.stringContaining('4007') });
    expect(world.record(bad)).toMatchObject({
      state: 'published',
      error: expect.stringContaining(error),
    });
  });

  it('breaks the hook where it was asked for no relation’s sake', async () => {
    const world = asked();
    const outcome = await dispatch({
      ...world.adapters('p/1'),
      backend: {
        ...world.adapters('p/1').backend,
        version: async () =>
          E.left({
            ...({ _tag: 'SqlFailed', class: 'broken', statement: 'ask its version' } as const),
            ...{ sqlState: 'XX000', message: 'no' },
          }),
      },
    })(changed(bad))();
    expect(outcome).toMatchObject({ left: { _tag: 'SqlFailed' } });
    expect(world.peer()).toEqual({});
  });
});

describe('what PgBouncer refuses to one relation', () => {
  const rejecting =
    (name: string) =>
    ({ pooler }: Adapters): Partial<Adapters> => ({
      pooler: {
        ...pooler,
        apply: (configuration) =>
          configuration.databases.some((database) => database.name === name)
            ? async () =>
                E.left({
                  ...({ _tag: 'ConfigRejected', class: 'broken' } as const),
                  ...{ file: 'pgbouncer.ini', why: `${name} is missing` },
                })
            : pooler.apply(configuration),
      },
    });
  const error = 'relation 4: PgBouncer does not take pgbouncer.ini: bad is missing';

  it.each([
    ['update-status', updateStatus],
    ['a hook of its own', changed(bad)],
  ])('refuses that one and serves the others: %s', async (_, event) => {
    const world = asked();
    await run(world, event, rejecting('bad'));
    expect(world.logsIn(world.own(good))).toBe(true);
    expect(Object.keys(world.own(bad))).toEqual(['status']);
    expect(world.record(bad)).toMatchObject({
      state: 'refused',
      error: expect.stringContaining(error),
    });
    expect(world.juju.status('p/1')?.message).toContain(error);
    await run(world, updateStatus);
    expect(world.logsIn(world.own(bad))).toBe(true);
  });

  it('breaks the hook where it is none that is new', async () => {
    const world = asked();
    await world.settle();
    world.pooler('p/1').configuration = { ...world.pooler('p/1').configuration, users: [] };
    await expect(run(world, updateStatus, rejecting('bad'))).rejects.toThrow('bad is missing');
    const adapters = world.adapters('p/1');
    const spoiled = { ...adapters, ...rejecting('bad')(adapters) };
    const again = await interpret(spoiled)(hooks['database-requested'])({ relation: bad })();
    expect(again).toMatchObject({ left: { _tag: 'ConfigRejected' } });
  });
});

describe('a removal that cannot be finished', () => {
  it('says why, in the run and on record', async () => {
    const world = asked();
    await world.settle();
    world.postgres.inUse.set('relation_id_4', 'a lock');
    world.juju.forget(bad);
    const done = await run(world, updateStatus);
    expect(errorsOf(done)).toContainEqual([`removal-begun ${bad}`, 'RoleInUse']);
    expect(world.record(bad)).toMatchObject({
      state: 'removing',
      error: expect.stringContaining('a lock'),
    });
  });
});

describe('what a removal cut off', () => {
  it('is said of the relation, in the notes of the run', async () => {
    const world = asked();
    await world.settle();
    world.juju.breaking(bad);
    const said = ({ backend }: Adapters): Partial<Adapters> => ({
      backend: {
        ...backend,
        remove: (grant, holdings) => async () => {
          const outcome = await backend.remove(grant, holdings)();
          return E.isLeft(outcome) ? outcome : E.right(['a transaction was rolled back']);
        },
      },
    });
    const done = await run(world, { hook: 'database-relation-broken', relation: bad }, said);
    expect(done.notes).toEqual(['relation 4: a transaction was rolled back']);
    expect((await run(world, updateStatus)).notes).toEqual([]);
  });
});
