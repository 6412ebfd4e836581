import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from '../../machines/index.ts';
import { type LeftoverOptions, leftovers } from '../../src/cli/leftovers.ts';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import type { Backend } from '../../src/pgbouncer/ports.ts';
import { postgres } from '../../src/pgbouncer/postgres/index.ts';
import { homeOf } from '../../src/pgbouncer/postgres/login.ts';
import { aGrant as grant } from '../a-grant.ts';
import { done } from './asked.ts';

const owner = 'model/pgbouncer';
const workspace = new Workspace();
let server: PostgresServer;
let backend: Backend;
beforeAll(async () => {
  server = await startPostgres(workspace, 'superuser', {
    settings: ['max_prepared_transactions=10'],
  });
  backend = postgres({ ...server, ...server.login, owner, lockTimeout: 500 });
});
afterAll(async () => {
  await backend.release();
  await server.stop();
  workspace.remove();
});

const clients: pg.Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

const holdings = (...grants: readonly Grant[]) => ({ owner, grants });

async function provisioned(one: Grant): Promise<Grant> {
  return { ...one, ...(await done(backend.provision(one, holdings(one)))) };
}

async function sessionOf({ user, password, place, database }: Grant): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ host: server.host, port: server.port, user },
    ...{ password: password?.secret ?? '', database: place ?? database },
  });
  client.on('error', () => {});
  await client.connect();
  clients.push(client);
  return client;
}

async function rolesLike(pattern: string): Promise<readonly string[]> {
  const client = await server.connect('postgres');
  try {
    const { rows } = await client.query('SELECT rolname FROM pg_roles WHERE rolname LIKE $1', [
      pattern,
    ]);
    return rows.map(({ rolname }) => String(rolname));
  } finally {
    await client.end();
  }
}

describe('a user leaves, and others have something to do with it', () => {
  it('goes though another has named it in what it does not finish', async () => {
    const [one, other] = [await provisioned(grant(1)), await provisioned(grant(2))];
    const session = await sessionOf(other);
    await session.query('CREATE TABLE public.t (a int)');
    await session.query('BEGIN');
    await session.query(`GRANT SELECT ON public.t TO ${one.user}`);
    expect(await done(backend.remove(one, holdings(one, other)))).toEqual([
      `a session of ${other.user} in db_2 was ended: it held what was to be changed`,
    ]);
    expect(await rolesLike(one.user)).toEqual([]);
    await expect(session.query('COMMIT')).rejects.toThrow();
    await (await sessionOf(other)).query('SELECT a FROM public.t');
  });

  it('leaves no agent where others may give on the right to connect', async () => {
    const [other, one] = [await provisioned(grant(4)), await provisioned(grant(3))];
    const session = await sessionOf(one);
    await session.query('CREATE TABLE public.t (a int)');
    await session.query(`GRANT CONNECT ON DATABASE db_3 TO ${other.user} WITH GRANT OPTION`);
    await session.query('GRANT CONNECT ON DATABASE db_3 TO PUBLIC');
    await (await sessionOf(other)).query('GRANT CONNECT ON DATABASE db_3 TO PUBLIC');
    expect(await done(backend.remove(one, holdings(one, other)))).toEqual([]);
    expect(await rolesLike(one.user)).toEqual([]);
    expect(await rolesLike('hookchart\\_agent\\_%')).toEqual([]);
  });

  it('what strangers were let in by goes, whoever has let them in', async () => {
    const [other, one] = [await provisioned(grant(6)), await provisioned(grant(5))];
    const session = await sessionOf(one);
    await session.query('GRANT CONNECT ON DATABASE db_5 TO PUBLIC');
    await session.query(`GRANT ALL ON DATABASE db_5 TO ${other.user} WITH GRANT OPTION`);
    await (await sessionOf(other)).query('GRANT CONNECT ON DATABASE db_5 TO PUBLIC');
    const published: Grant = { ...one, state: 'published' };
    const audited = () => done(backend.audit(holdings(published)));
    expect((await audited()).damaged).toEqual([
      { relation: 5, what: 'database db_5 is open to everyone' },
    ]);
    await provisioned(published);
    expect((await audited()).damaged).toEqual([]);
  });

  it('what its own users let in goes too, though they have given themselves the right to', async () => {
    const one = await provisioned(grant(25));
    const session = await sessionOf(one);
    await session.query(`GRANT ALL ON DATABASE db_25 TO ${one.user} WITH GRANT OPTION`);
    await session.query('GRANT CONNECT ON DATABASE db_25 TO PUBLIC');
    const published: Grant = { ...one, state: 'published' };
    const audited = () => done(backend.audit(holdings(published)));
    expect((await audited()).damaged).toEqual([
      { relation: 25, what: 'database db_25 is open to everyone' },
    ]);
    await provisioned(published);
    expect((await audited()).damaged).toEqual([]);
  });

  it('nobody remembers it, and what it made stays with the owner of the database', async () => {
    const [one, sharer] = [
      await provisioned(grant(7)),
      await provisioned(grant(8, { database: 'db_7' })),
    ];
    await (await sessionOf(one)).query('CREATE TABLE public.kept (a int)');
    const orphan = { relation: 7, user: one.user, database: '' };
    expect(await done(backend.remove(orphan, holdings(sharer)))).toEqual([]);
    expect(await rolesLike(one.user)).toEqual([]);
    const { rows } = await (await sessionOf(sharer)).query('SELECT count(*)::int AS n FROM kept');
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('a database may be called as what quotes a body', async () => {
    const name = 'x$do$; CREATE ROLE evil; DO $do$';
    const one = await provisioned(grant(9));
    const session = await server.connect('postgres');
    try {
      await session.query(`CREATE DATABASE "${name}" OWNER ${one.user}`);
      await session.query(`ALTER ROLE ${one.user} IN DATABASE "${name}" SET work_mem = '1MB'`);
    } finally {
      await session.end();
    }
    const published: Grant = { ...one, state: 'published' };
    await provisioned(published);
    expect((await done(backend.audit(holdings(published)))).damaged).toEqual([]);
    expect(await rolesLike('evil')).toEqual([]);
  });

  it('loses what others gave it on, whoever owns it and whatever it is', async () => {
    const [other, one] = [await provisioned(grant(10)), await provisioned(grant(11))];
    const session = await sessionOf(other);
    await session.query(`
      CREATE TABLE public.t (a int, "B b" int);
      CREATE SCHEMA "s s";
      CREATE SEQUENCE "s s".q;
      CREATE TYPE "s s".e AS ENUM ('a');
      CREATE FUNCTION "s s".f(int, "s s".e) RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    const { rows } = await session.query(
      'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()',
    );
    const things = [
      'SCHEMA "s s"',
      'SEQUENCE "s s".q',
      'TYPE "s s".e',
      'ROUTINE "s s".f',
      'TABLE t',
    ];
    for (const thing of things) {
      await session.query(`GRANT ALL ON ${thing} TO ${rows[0].owner} WITH GRANT OPTION`);
      await session.query(
        `SET ROLE ${rows[0].owner}; GRANT ALL ON ${thing} TO ${one.user}, PUBLIC`,
      );
      await session.query(`GRANT ALL ("B b") ON t TO ${one.user}; RESET ROLE`);
    }
    await session.query(`GRANT CONNECT ON DATABASE db_10 TO ${other.user} WITH GRANT OPTION`);
    const stranger = await provisioned(grant(12));
    await session.query(`GRANT CONNECT ON DATABASE db_10 TO ${stranger.user} WITH GRANT OPTION`);
    await (await sessionOf(stranger)).query(`GRANT CONNECT ON DATABASE db_10 TO ${one.user}`);
    expect(await done(backend.remove(one, holdings(one, other, stranger)))).toEqual([]);
    expect(await rolesLike(one.user)).toEqual([]);
    expect(await rolesLike('hookchart\\_agent\\_%')).toEqual([]);
    // What was given on to anybody else is left to those.
    const left = await session.query(
      "SELECT relacl::text AS acl FROM pg_class WHERE relname = 't'",
    );
    expect(left.rows[0].acl).toMatch(/[{,]=[a-zA-Z]+\//);
  });

  it('loses what roles gave it that another made, and that speak for the owner by now', async () => {
    const other = await provisioned(grant(13, { attributes: ['CREATEROLE'] as const, roles: [] }));
    const one = await provisioned(grant(14));
    const session = await sessionOf(other);
    await session.query(`
      CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'evil';
      GRANT CONNECT ON DATABASE db_13 TO maker;
      CREATE SCHEMA given; GRANT ALL ON SCHEMA given TO PUBLIC`);
    const as = async (user: string) =>
      sessionOf({ ...other, user, password: { secret: 'evil' } } as Grant);
    const maker = await as('maker');
    await maker.query(
      "CREATE ROLE made LOGIN PASSWORD 'evil'; CREATE ROLE on_by LOGIN PASSWORD 'evil'",
    );
    await session.query('GRANT CONNECT ON DATABASE db_13 TO PUBLIC');
    const made = await as('made');
    await made.query(
      'CREATE TABLE given.t (n int); GRANT ALL ON given.t TO on_by WITH GRANT OPTION',
    );
    await (await as('on_by')).query(`GRANT ALL ON given.t TO ${one.user}`);
    await maker.query('GRANT made TO on_by');
    expect(await done(backend.remove(one, holdings(one, other)))).toEqual([]);
    expect(await rolesLike(one.user)).toEqual([]);
    expect(await done(backend.remove(other, holdings(other)))).toEqual([]);
    expect(await rolesLike('made')).toEqual([]);
  });

  it('ends who holds what is to be changed, says so, and ends nobody else', async () => {
    const [other, one] = [await provisioned(grant(15)), await provisioned(grant(16))];
    const [holder, bystander] = [await sessionOf(other), await sessionOf(other)];
    await holder.query(`
      CREATE TABLE public.t (n int); CREATE TABLE public.u (n int);
      CREATE POLICY evil ON public.t TO ${one.user} USING (true)`);
    await holder.query('BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE');
    await bystander.query('BEGIN; LOCK TABLE public.u IN ACCESS EXCLUSIVE MODE');
    expect(await done(backend.remove(one, holdings(one, other)))).toEqual([
      `a session of ${other.user} in db_15 was ended: it held what was to be changed`,
    ]);
    expect(await rolesLike(one.user)).toEqual([]);
    await bystander.query('COMMIT');
    await expect(holder.query('COMMIT')).rejects.toThrow();
  });

  it('ends with all of its sessions', async () => {
    await backend.release();
    const client = await server.connect('postgres');
    try {
      const { rows } = await client.query(
        `SELECT usename, datname FROM pg_stat_activity WHERE application_name = 'hookchart'`,
      );
      expect(rows).toEqual([]);
    } finally {
      await client.end();
    }
  });
});

describe('leftovers of an application that is gone', () => {
  const uri = () => `postgresql://${server.login.user}@${server.host}:${server.port}/postgres`;
  const find = (options: LeftoverOptions, password = server.login.password) =>
    leftovers(uri(), options, password);

  it('are found by the deployment’s own table, and removed; databases stay', async () => {
    const gone = postgres({ ...server, ...server.login, owner: 'gone/pgbouncer' });
    const mine = { owner: 'gone/pgbouncer', grants: [] };
    for (const relation of [50, 51])
      await done(gone.provision(grant(relation, { database: 'kept' }), mine));
    await gone.release();
    const other = await provisioned(grant(52));
    const users = ['relation_id_50', 'relation_id_51'];
    const looked = await find({ owner: mine.owner });
    expect(looked.map(({ user }) => user).sort()).toEqual(users);
    expect(await rolesLike('relation_id_5_')).toEqual([...users, other.user]);
    const removed = await find({ owner: mine.owner, remove: true });
    expect(removed.map(({ kept }) => kept)).toEqual([null, null]);
    expect(await rolesLike('relation_id_5_')).toEqual([other.user]);
    expect(await find({ owner: mine.owner })).toEqual([]);
    const client = await server.connect('kept');
    await client.end();
  });

  it('are not looked for under a name that nobody has, and nothing is made for it', async () => {
    await expect(find({ owner: 'nobody/pgbouncer', remove: true })).rejects.toThrow(
      'nothing of nobody/pgbouncer is on this server',
    );
    const client = await server.connect('postgres');
    const { rows } = await client.query('SELECT datname FROM pg_database WHERE datname = $1', [
      homeOf('nobody/pgbouncer'),
    ]);
    await client.end();
    expect(rows).toEqual([]);
  });

  it.each([
    ['a server that is none', () => leftovers('nowhere', { owner }, 'p'), 'name the server as'],
    ['an owner that is none', () => find({ owner: 'pgbouncer' }), 'MODEL-UUID/APPLICATION'],
    ['no password', () => leftovers(uri(), { owner }, undefined), 'PGPASSWORD'],
  ])('refuse %s, and say what to do', async (_, call, what) => {
    await expect(call()).rejects.toThrow(what);
  });
});
