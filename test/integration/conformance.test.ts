import pg from 'pg';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import {
  type PgbouncerServer,
  startPgbouncer,
} from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import { pgbouncer } from '../../src/pgbouncer/pooler/index.ts';
import { postgres } from '../../src/pgbouncer/postgres/index.ts';
import { backendConformance, poolerConformance } from '../../src/pgbouncer/testing/index.ts';
import { databasesOf } from './look.ts';

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
  hook: (owner) => postgres({ ...server, ...server.login, owner, lockTimeout: 500 }),
  admits: ({ user, password }, database) => admits({ user, password: password.secret, database }),
}));

const poolers = poolerConformance(async () => ({
  hook: () => pgbouncer({ processes: [pooler.process], clients: pooler }),
  databases: async () => (await databasesOf(pooler)).sort(),
  backend: { host: server.host, port: server.port },
}));

describe('PostgreSQL conforms', () => {
  it.each(backend.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});

describe('PgBouncer conforms', () => {
  it.each(poolers.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});
