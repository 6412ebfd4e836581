import { describe, expect, it } from 'vitest';
import type { ExtraRoles } from '../../../src/pgbouncer/relation/extra-roles.ts';
import { defaultPolicy } from '../../../src/pgbouncer/relation/request.ts';
import type { DispatchRun } from '../../../src/pgbouncer/run.ts';
import { MemoryWorld } from '../../memory-world.ts';

const relation = 4;
const user = 'relation_id_4';

async function updateStatus(
  world: MemoryWorld,
  extraRoles: ExtraRoles = 'default',
): Promise<DispatchRun> {
  const policy = { ...defaultPolicy, extraRoles };
  return world.dispatch('p/1', { hook: 'update-status' }, { policy });
}

async function granted(extra: string, extraRoles: ExtraRoles = 'default') {
  const world = new MemoryWorld();
  const plain = { owner: '', relation: null, password: null, attributes: [] };
  world.postgres.roles.set('Analyst', { ...plain, roles: [], databases: [] });
  world.postgres.version = '16.1';
  world.juju.request(relation, { database: 'app', 'extra-user-roles': extra });
  await updateStatus(world, extraRoles);
  expect(world.logsIn(world.own(relation))).toBe(true);
  return world;
}

const rightsOf = ({ postgres }: MemoryWorld) => {
  const { attributes = [], roles = [] } = postgres.roles.get(user) ?? {};
  return [...attributes, ...roles];
};

const leftToDo = ({ reconciled }: DispatchRun) => reconciled.map(({ hook }) => hook);

describe('what was granted while more was allowed', () => {
  it.each([
    ['an attribute', 'CREATEDB,CREATEROLE', ['createdb', 'createrole'], ['createdb'], ['CREATEDB']],
    ['a role', 'CREATEDB,analyst', ['createdb', 'analyst'], ['createdb'], ['CREATEDB']],
    ['all of it', 'CREATEDB', ['createdb'], [], []],
  ])(
    'is revoked: %s; the login and the credentials stay',
    async (_, extra, before, after, left) => {
      const world = await granted(extra, before);
      const bag = world.own(relation);
      expect(rightsOf(world).length).toBeGreaterThan(left.length);
      expect(leftToDo(await updateStatus(world, after))).toContain('grant-damaged');
      expect(rightsOf(world)).toEqual(left);
      const makers = world.pooler('p/1').configuration.wildcard?.users ?? [];
      expect(makers).toEqual(left.includes('CREATEDB') ? [user] : []);
      expect(world.own(relation)).toEqual({ ...bag, status: expect.stringContaining('4003') });
      expect(world.logsIn(bag)).toBe(true);
      expect(world.juju.status('p/1')).toMatchObject({
        name: 'blocked',
        message: expect.stringContaining('which the option allowed-extra-roles does not allow'),
      });
      expect(leftToDo(await updateStatus(world, after))).toEqual([]);
    },
  );

  it.each([
    ['in one hook', true],
    ['refused first, and revoked when the backend was back', false],
  ])('is given again when it is allowed again: %s', async (_, isUp) => {
    const world = await granted('CREATEDB');
    world.postgres.isUp = isUp;
    await updateStatus(world, []);
    world.postgres.isUp = true;
    await updateStatus(world, []);
    expect(rightsOf(world)).toEqual([]);
    await updateStatus(world);
    expect(rightsOf(world)).toEqual(['CREATEDB']);
    expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
    expect(leftToDo(await updateStatus(world))).toEqual([]);
  });
});

describe('CREATEROLE', () => {
  const why = 'which before PostgreSQL 16 reaches the roles of others';

  it('is refused before PostgreSQL 16, before anything is made', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app', 'extra-user-roles': 'CREATEROLE' });
    await updateStatus(world);
    expect(world.users()).toEqual([]);
    expect(world.record(relation)).toMatchObject({ state: 'refused' });
    expect(world.juju.status('p/1')?.message).toContain(why);
  });

  it('is given there where the option names it', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app', 'extra-user-roles': 'CREATEROLE' });
    await updateStatus(world, ['createrole']);
    expect(rightsOf(world)).toEqual(['CREATEROLE']);
  });

  it('is revoked where it was granted before it was known to reach the roles of others', async () => {
    const world = await granted('CREATEROLE');
    world.postgres.version = '14.11';
    for (const _ of [1, 2]) {
      await updateStatus(world);
      expect(rightsOf(world)).toEqual([]);
      expect(world.juju.status('p/1')?.message).toContain(why);
    }
    expect(world.logsIn(world.own(relation))).toBe(true);
  });
});
