import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/hook/index.ts';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import type { Backend, Provisioned } from '../../src/pgbouncer/ports.ts';
import { postgres } from '../../src/pgbouncer/postgres/index.ts';
import { aGrant } from '../a-grant.ts';

const owner = 'model/pgbouncer';
const workspace = new Workspace();
let server: PostgresServer;
let backend: Backend;
beforeAll(async () => {
  server = await startPostgres(workspace, 'superuser');
  backend = postgres({ ...server, ...server.login, owner });
});
afterAll(async () => {
  await backend.release();
  await server.stop();
  workspace.remove();
});

async function inHome(sql: string): Promise<void> {
  const { rows } = await query("SELECT datname FROM pg_database WHERE datname ~ '^hookchart_home'");
  await query(sql, rows[0].datname);
}

const ownerOf = async (database: string): Promise<string> =>
  (
    await query(
      `SELECT pg_get_userbyid(datdba)::text AS owner FROM pg_database WHERE datname = '${database}'`,
    )
  ).rows[0].owner;

async function as({ user, place }: Provisioned, password: Secret | null, sql: string) {
  const client = new pg.Client({
    ...server,
    user,
    password: password?.secret ?? '',
    database: place,
  });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function query(sql: string, database = 'postgres'): Promise<pg.QueryResult> {
  const client = await server.connect(database);
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

describe('a server whose roles have other numbers than before', () => {
  it('has no role that is known as ours, until the table is filled anew by name', async () => {
    const made = await backend.provision(aGrant(1), { owner, grants: [] })();
    if (E.isLeft(made)) throw new Error(made.left._tag);
    const grant = { ...aGrant(1), ...made.right, state: 'published' as const };
    const holdings = { owner, grants: [grant] };
    await inHome('UPDATE hookchart.roles SET id = (id::int8 + 1000000)::oid');

    expect(await backend.audit(holdings)()).toMatchObject({
      right: { damaged: [{ relation: 1, what: 'role relation_id_1 is not there' }] },
    });
    expect(await backend.provision(grant, holdings)()).toMatchObject({
      left: { _tag: 'RoleTaken', role: 'relation_id_1' },
    });

    const [, statements = ''] =
      /```sql\n([\s\S]*?)```/.exec(readFileSync('docs/security.md', 'utf8')) ?? [];
    await inHome(statements);
    expect(await backend.audit(holdings)()).toEqual(E.right({ orphans: [], damaged: [] }));
    expect(await backend.provision(grant, holdings)()).toEqual(made);
    await as(made.right, grant.password, 'SELECT 1');
    expect(await backend.remove(grant, holdings)()).toEqual(E.right([]));
  });

  it('is served anew by whoever hands its databases over', async () => {
    const made = await backend.provision(aGrant(2), { owner, grants: [] })();
    if (E.isLeft(made)) throw new Error(made.left._tag);
    const grant = { ...aGrant(2), ...made.right, state: 'published' as const };
    const holdings = { owner, grants: [grant] };
    await as(made.right, grant.password, 'CREATE TABLE public.t (n int)');
    await inHome('DELETE FROM hookchart.roles');
    expect(await backend.provision(grant, holdings)()).toMatchObject({
      left: { _tag: 'RoleTaken' },
    });

    const { user, place } = made.right;
    const old = await ownerOf(place);
    await query(
      `REASSIGN OWNED BY ${user} TO "${old}"; DROP OWNED BY ${user}; DROP ROLE ${user};
       ALTER DATABASE ${place} OWNER TO ${server.login.user}`,
      place,
    );
    expect(await backend.provision(grant, holdings)()).toEqual(made);
    await query(`REASSIGN OWNED BY "${old}" TO "${await ownerOf(place)}"`, place);
    await as(made.right, grant.password, 'DROP TABLE public.t');
    expect(await backend.audit(holdings)()).toEqual(E.right({ orphans: [], damaged: [] }));
  });
});
