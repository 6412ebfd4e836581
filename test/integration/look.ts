import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { login } from '../../src/pgbouncer/demo/client.ts';
import type { PgbouncerServer } from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { startBackend, World, type WorldOptions } from '../../src/pgbouncer/demo/world.ts';
import type { Databag } from '../../src/pgbouncer/relation/request.ts';
import { runChart } from './hooks.ts';

export { login };

export interface Servers {
  readonly backend: Awaited<ReturnType<typeof startBackend>>;
  readonly world: World;
}

/** Starts servers for the tests of a file, hands them over, and stops them after. */
export function useServers(
  handOver: (servers: Servers) => void,
  options: WorldOptions = {},
  settings: readonly string[] = [],
): void {
  let started: Servers;
  beforeAll(async () => {
    const backend = await startBackend(settings);
    started = { backend, world: await World.before(backend.primary, backend.replica, options) };
    handOver(started);
  });
  afterAll(async () => {
    await started.world.stop();
    await started.backend.stop();
  });
}

/** Runs one statement as the superuser. */
export async function sql(world: World, text: string, database?: string) {
  const client = await world.primary.connect(database);
  try {
    const result = await client.query(text);
    return (Array.isArray(result) ? result.at(-1) : result).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** The names that a unit's PgBouncer serves, as it says itself. */
export const entries = (world: World, unit: string): Promise<string[]> =>
  databasesOf(world.pooler(unit));

export async function databasesOf({ process }: PgbouncerServer): Promise<string[]> {
  const client = new pg.Client({
    ...process.consoles[0],
    user: process.settings.admin.user,
    password: process.settings.admin.password.secret,
    database: 'pgbouncer',
  });
  await client.connect();
  try {
    const { rows } = await client.query('SHOW DATABASES');
    return rows.map(({ name }) => String(name)).filter((name) => name !== 'pgbouncer');
  } finally {
    await client.end();
  }
}

/** Whether the databag's credentials log in and do work. */
export async function logsIn(bag: Databag): Promise<boolean> {
  try {
    const client = await login(bag);
    await client.query('CREATE TEMPORARY TABLE attempt (a int)');
    await client.end();
    return true;
  } catch {
    return false;
  }
}

export const own = (world: World, relation: number): Databag =>
  world.juju.databag({ _tag: 'OwnApp', relation });

export const record = (world: World, relation: number): Record<string, unknown> | null => {
  const text = world.juju.databag({ _tag: 'PeerApp' })[`relation-${relation}`];
  return text === undefined ? null : JSON.parse(text);
};

/** A relation that is asked for, provisioned and known to all units. */
export async function relate(world: World, relation: number, remote: Databag): Promise<Databag> {
  world.juju.request(relation, remote);
  for (const unit of world.juju.units)
    await runChart(world, unit, 'database-requested', { relation });
  await world.settle();
  return own(world, relation);
}

/** As remove-relation goes: departed for the remote unit, then broken, on every unit. */
export async function unrelate(world: World, relation: number): Promise<void> {
  const { units } = world.juju;
  for (const unit of units)
    await runChart(world, unit, 'database-relation-departed', {
      relation,
      departingUnit: 'application/0',
    });
  world.juju.breaking(relation);
  for (const unit of units) await runChart(world, unit, 'database-relation-broken', { relation });
  world.juju.forget(relation);
  await world.settle();
}

export const files = (world: World, unit: string) => {
  const { iniFile, settings } = world.pooler(unit).process;
  return {
    ini: readFileSync(iniFile, 'utf8'),
    userlist: readFileSync(settings.userlistFile, 'utf8'),
  };
};
