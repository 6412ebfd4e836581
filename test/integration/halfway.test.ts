import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from '../../machines/index.ts';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import type { Backend } from '../../src/pgbouncer/ports.ts';
import { postgres } from '../../src/pgbouncer/postgres/index.ts';
import { aGrant as grant } from '../a-grant.ts';
import { done, rowsOn } from './asked.ts';

const owner = 'model/pgbouncer';
const workspace = new Workspace();
let server: PostgresServer;
let backend: Backend;
beforeAll(async () => {
  server = await startPostgres(workspace, 'superuser');
  backend = postgres({ ...server, ...server.login, owner, lockTimeout: 20_000 });
});
afterEach(() => backend.release());
afterAll(async () => {
  await server.stop();
  workspace.remove();
});

const holdings = (...grants: readonly Grant[]) => ({ owner, grants });

async function published(one: Grant): Promise<Grant> {
  const made = await done(backend.provision(one, holdings(one)));
  return { ...one, ...made, state: 'published' };
}

const query = (text: string, database?: string) => rowsOn(server, text, database);

/** As an interrupted DROP DATABASE leaves it. */
const dropHalf = (database: string) =>
  query(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${database}'`);

const named = (kind: 'role' | 'database', name: string) =>
  query(
    kind === 'role'
      ? `SELECT FROM pg_roles WHERE rolname LIKE '${name}'`
      : `SELECT FROM pg_database WHERE datname LIKE '${name}'`,
  );

/** Ends the sessions of the deployment's own login, and waits until they are gone. */
const endOurs = () =>
  query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'hookchart'",
  );

describe('a database whose drop was interrupted', () => {
  it('is said to be so, and is made anew, empty, for who still wants it', async () => {
    const [one, other] = [await published(grant(1)), await published(grant(2))];
    await query('CREATE TABLE old (n int)', 'db_1');
    await dropHalf('db_1');
    await query('ALTER ROLE relation_id_2 NOLOGIN');
    expect((await done(backend.audit(holdings(one, other)))).damaged).toEqual([
      { relation: 1, what: 'database db_1 was dropped halfway' },
      { relation: 2, what: 'relation_id_2 may not log in' },
    ]);
    await published(one);
    await published(other);
    expect((await done(backend.audit(holdings(one, other)))).damaged).toEqual([]);
    expect(await query("SELECT to_regclass('old') AS old", 'db_1')).toEqual([{ old: null }]);
  });

  it('is made anew also where its user has taken it for its own', async () => {
    const one = await published(grant(3));
    await query('ALTER DATABASE db_3 OWNER TO relation_id_3');
    await dropHalf('db_3');
    await published(one);
    expect((await done(backend.audit(holdings(one)))).damaged).toEqual([]);
  });

  it('keeps nobody from going, and goes itself', async () => {
    const one = await published(grant(4, { attributes: ['CREATEDB'] }));
    await query('CREATE DATABASE more_of_4 OWNER relation_id_4');
    for (const database of ['db_4', 'more_of_4']) await dropHalf(database);
    expect(await done(backend.remove(one, holdings(one)))).toEqual([]);
    for (const role of ['relation_id_4', 'hookchart_agent%'])
      expect(await named('role', role)).toEqual([]);
    for (const database of ['db_4', 'more_of_4'])
      expect(await named('database', database)).toEqual([]);
  });

  it('stays where it is a stranger’s', async () => {
    await query('CREATE ROLE stranger');
    await query('CREATE DATABASE of_a_stranger OWNER stranger');
    const one = await published(grant(5));
    await query('GRANT CREATE ON SCHEMA public TO relation_id_5', 'of_a_stranger');
    await dropHalf('of_a_stranger');
    expect(await backend.remove(one, holdings(one))()).toMatchObject({
      left: { _tag: 'RoleInUse', role: 'relation_id_5' },
    });
    expect(await named('database', 'of_a_stranger')).toHaveLength(1);
  });
});

describe('a session that somebody ends', () => {
  it('is opened once more for what follows in the hook, and no oftener', async () => {
    const one = await published(grant(11));
    await endOurs();
    await published(one);
    await endOurs();
    expect(await backend.provision(one, holdings(one))()).toMatchObject({
      left: { _tag: 'BackendUnavailable' },
    });
    await backend.release();
    await published(one);
  });

  it('takes with it what was begun there, and nothing of others', async () => {
    const [one, other] = [await published(grant(12)), await published(grant(13))];
    const holder = await server.connect('postgres');
    await holder.query('BEGIN; ALTER ROLE relation_id_12 CONNECTION LIMIT 1');
    const begun = backend.provision(one, holdings(one))();
    await expect
      .poll(() => query("SELECT FROM pg_locks l WHERE NOT granted AND locktype = 'transactionid'"))
      .toHaveLength(1);
    await endOurs();
    expect(await begun).toMatchObject({ left: { _tag: 'BackendUnavailable' } });
    await holder.query('ROLLBACK');
    await holder.end();
    await published(other);
  });
});
