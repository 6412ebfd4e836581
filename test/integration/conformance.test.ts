import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as TE from 'fp-ts/lib/TaskEither.js';
import pg from 'pg';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { unitIdentity } from '../../src/pgbouncer/charm/identity.ts';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import {
  type PgbouncerServer,
  startPgbouncer,
} from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import { pgbouncer } from '../../src/pgbouncer/pooler/index.ts';
import { postgres } from '../../src/pgbouncer/postgres/index.ts';
import {
  backendConformance,
  identityConformance,
  poolerConformance,
} from '../../src/pgbouncer/testing/index.ts';
import { localFiles } from '../../src/pgbouncer/workload/files.ts';
import { authority } from './certificates.ts';
import { databasesOf } from './look.ts';

const workspace = new Workspace();
const [first, second] = [authority(), authority()];
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
  for (const one of [first, second]) one.remove();
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

const identities = identityConformance(async () => {
  const keyFile = join(workspace.path, `${randomUUID()}.key`);
  const names = ['10.0.0.7', 'pooler.example'];
  return {
    hook: () => unitIdentity(TE.right({ keyFile, files: localFiles }), TE.right(names)),
    authority: first.ca,
    stranger: second.ca,
    certify: async (request) => first.certify(request),
  };
});

describe('PostgreSQL conforms', () => {
  it.each(backend.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});

describe('PgBouncer conforms', () => {
  it.each(poolers.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});

describe("a unit's key in a file conforms", () => {
  it.each(identities.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});
