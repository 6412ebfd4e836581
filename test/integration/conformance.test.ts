import pg from 'pg';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { pgbouncer } from '../../src/adapters/pgbouncer/index.ts';
import { postgres } from '../../src/adapters/postgres/index.ts';
import { Workspace } from '../../src/demo/servers/child.ts';
import { type PgbouncerServer, startPgbouncer } from '../../src/demo/servers/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../../src/demo/servers/postgres.ts';
import { backendConformance, poolerConformance } from '../../src/testing/conformance/index.ts';

const workspace = new Workspace();
let server: PostgresServer;
let pooler: PgbouncerServer;
beforeAll(async () => {
  server = await startPostgres(workspace, 'superuser');
  pooler = await startPgbouncer(workspace, 'unit', 'admin-pw');
});
afterAll(async () => {
  await pooler.kill();
  await server.stop();
  workspace.remove();
});

async function databases(): Promise<string[]> {
  const { process } = pooler;
  const { user, password } = process.settings.admin;
  const client = new pg.Client({
    ...process.console,
    user,
    password: password.secret,
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

async function admits(login: { user: string; password: string; database: string }) {
  const client = new pg.Client({ host: server.host, port: server.port, ...login });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

const backend = backendConformance(async () => ({
  hook: () => postgres({ ...server, lockTimeout: 500 }),
  admits: ({ user, password }, database) => admits({ user, password: password.secret, database }),
}));

const poolers = poolerConformance(async () => ({
  hook: () => pgbouncer({ processes: [pooler.process], clients: pooler }),
  databases: async () => (await databases()).sort(),
  backend: { host: server.host, port: server.port },
}));

describe('PostgreSQL conforms', () => {
  it.each(backend.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});

describe('PgBouncer conforms', () => {
  it.each(poolers.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});
