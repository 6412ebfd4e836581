import { describe, expect, it } from 'vitest';
import type { World } from '../../src/pgbouncer/demo/world.ts';
import type { Databag } from '../../src/pgbouncer/relation/request.ts';
import { reconcile } from './hooks.ts';
import { databasesOf, login, own, relate, sql, unrelate, useServers } from './look.ts';

let world: World;
useServers((servers) => {
  world = servers.world;
});

const [maker, plain, rival] = [4, 5, 6];
const bag = (relation: number): Databag => own(world, relation);

/** What comes of a login through a unit, and of a statement there. */
async function through(
  unit: number,
  relation: number,
  database: string,
  statement = 'SELECT pg_catalog.current_database() AS value',
): Promise<unknown> {
  const { host, port } = world.pooler(`pgbouncer-k8s/${unit}`);
  const client = await login({ ...bag(relation), endpoints: `${host}:${port}` }, { database });
  try {
    const { rows } = await client.query(statement);
    return rows[0]?.value;
  } finally {
    await client.end();
  }
}
const refused = (relation: number, database: string) =>
  expect(through(1, relation, database), `${relation} into ${database}`).rejects;

describe('a client that may make databases', () => {
  it('reaches those that it made, at once and through every unit', async () => {
    await relate(world, maker, { database: 'maker', 'extra-user-roles': 'CREATEDB' });
    await relate(world, plain, { database: 'plain' });
    await relate(world, rival, { database: 'rival', 'extra-user-roles': 'CREATEDB' });
    await through(1, maker, 'maker', 'CREATE DATABASE "made Here"');
    for (const unit of [0, 1, 2]) expect(await through(unit, maker, 'made Here')).toBe('made Here');
    await through(1, maker, 'made Here', "CREATE TABLE kept AS SELECT 'mine' AS value");
    expect(await through(2, maker, 'made Here', 'SELECT value FROM kept')).toBe('mine');
  });

  it('is no reason to reload, and what it has come to is no entry', async () => {
    expect(await databasesOf(world.pooler('pgbouncer-k8s/1'))).toContain('made Here');
    const reloads = () => world.pooler('pgbouncer-k8s/1').log().split('RELOAD').length;
    const before = reloads();
    await world.settle();
    expect(reloads()).toBe(before);
  });

  it('comes nowhere else: not to the deployment’s own, nor to what everybody has', async () => {
    const [home] = await sql(
      world,
      `SELECT datname FROM pg_database WHERE datname ~ '^hookchart_home'`,
    );
    for (const name of ['postgres', 'template0', 'template1', String(home?.datname)])
      await refused(maker, name).toThrow('login rejected');
    await refused(maker, 'pgbouncer').toThrow();
    for (const name of ['plain', 'rival', 'plain_readonly'])
      await refused(maker, name).toThrow(/permission denied for database/);
  });

  it('has no rights in what another has made but those that this one gives to all', async () => {
    expect(await through(1, rival, 'made Here')).toBe('made Here');
    await expect(through(1, rival, 'made Here', 'SELECT value FROM kept')).rejects.toThrow(
      'permission denied for table kept',
    );
    await expect(through(1, rival, 'rival', 'DROP DATABASE "made Here"')).rejects.toThrow(
      'must be owner of database',
    );
    await through(1, maker, 'maker', 'REVOKE ALL ON DATABASE "made Here" FROM PUBLIC');
    // Whoever is in stays in, as on any server; nobody comes in anew.
    await expect(through(2, rival, 'made Here')).rejects.toThrow(/permission denied for database/);
  });
});

describe('a client that may not', () => {
  it('does not get in where there is no entry, whatever it names', async () => {
    await through(1, maker, 'maker', 'GRANT CONNECT ON DATABASE "made Here" TO PUBLIC');
    for (const name of ['made Here', 'postgres', 'template1', 'no such database', 'all'])
      await refused(plain, name).toThrow('login rejected');
    expect(await through(1, plain, 'plain')).toBe('plain');
    expect(await through(1, plain, 'plain_readonly')).toBe('plain');
  });
});

it('nobody gets in any more when the last that might has gone, though PgBouncer forgets no wildcard', async () => {
  for (const relation of [maker, rival]) await unrelate(world, relation);
  await refused(plain, 'made Here').toThrow('login rejected');
  await refused(plain, 'postgres').toThrow('login rejected');
  expect(await through(1, plain, 'plain')).toBe('plain');
  // Started anew it has none, and needs no rules.
  const { kill, start } = world.pooler('pgbouncer-k8s/1');
  await kill();
  await reconcile(world, 'pgbouncer-k8s/1');
  await start();
  await world.settle();
  await refused(plain, 'made Here').toThrow(/no such database|authentication failed/);
  expect(await through(1, plain, 'plain')).toBe('plain');
});
