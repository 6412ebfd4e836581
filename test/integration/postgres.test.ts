import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grant, Login } from '../../machines/index.ts';
import { postgres } from '../../src/adapters/postgres/index.ts';
import { Workspace } from '../../src/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/demo/servers/postgres.ts';
import { type Backend, render } from '../../src/engine/index.ts';
import { aGrant as grant } from '../a-grant.ts';

const owner = 'model/pgbouncer';
const auth: Login = { user: 'lookup_user', password: { secret: 'lookup-secret' } };

const workspace = new Workspace();
let server: PostgresServer;
let backend: Backend;
beforeAll(async () => {
  server = await startPostgres(workspace, 'superuser', { settings: ['log_statement=all'] });
  backend = adapter();
});
afterAll(async () => {
  await backend.release();
  await server.stop();
  workspace.remove();
});

const adapter = (lockTimeout = 500) => postgres({ ...server, lockTimeout });

async function done<Result>(
  attempt: () => Promise<E.Either<Parameters<typeof render>[0], Result>>,
) {
  const outcome = await attempt();
  if (E.isLeft(outcome)) throw new Error(`${outcome.left._tag}: ${render(outcome.left)}`);
  return outcome.right;
}

async function query(text: string, database = 'postgres') {
  const client = await server.connect(database);
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function as({ user, password, database }: Grant, ...statements: string[]) {
  const client = new pg.Client({
    ...server,
    user,
    password: password?.secret ?? '',
    database,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

const roleExists = async (role: string) =>
  (await query(`SELECT 1 FROM pg_roles WHERE rolname = ${pg.escapeLiteral(role)}`)).length === 1;

describe('ready', () => {
  it('says so, with the version as a number and nothing more', async () => {
    expect(await backend.ready()).toBe(true);
    expect(await done(backend.version)).toMatch(/^\d+(?:\.\d+)?$/);
  });

  it('is false where nobody listens or the login fails, never an error', async () => {
    expect(await postgres({ ...server, port: 1 }).ready()).toBe(false);
    expect(await postgres({ ...server, password: 'wrong' }).ready()).toBe(false);
  });
});

describe('provision', () => {
  it('makes a user that owns what it makes through the database, and may be repeated', async () => {
    const one = grant(1);
    for (const _ of [1, 2]) await done(backend.provision(one, auth));
    expect(await as(one, 'CREATE TABLE t (a int)', 'SELECT session_user, current_user')).toEqual([
      { session_user: 'relation_id_1', current_user: 'db_1_owner' },
    ]);
    const [table] = await query("SELECT tableowner FROM pg_tables WHERE tablename = 't'", 'db_1');
    expect(table).toEqual({ tableowner: 'db_1_owner' });
  });

  it('lets two relations share a database: each may alter what the other made', async () => {
    const [first, second] = [grant(2), grant(3, { database: 'db_2' })];
    for (const one of [first, second]) await done(backend.provision(one, auth));
    await as(first, 'CREATE TABLE t (a int)');
    await as(second, 'ALTER TABLE t ADD b int', 'DROP TABLE t', 'CREATE TABLE u (a int)');
    await done(backend.remove(second));
    await as(first, 'ALTER TABLE u ADD b int', 'DROP TABLE u');
  });

  it('grants attributes that work, and shares what such a user makes', async () => {
    const [maker, reader] = [
      grant(4, { attributes: ['CREATEDB', 'CREATEROLE'] }),
      grant(5, { database: 'db_4' }),
    ];
    for (const one of [maker, reader]) await done(backend.provision(one, auth));
    await as(maker, 'CREATE DATABASE by_client', 'CREATE ROLE made_by_client');
    await as(maker, 'CREATE TABLE t (a int)', 'INSERT INTO t VALUES (1)');
    expect(await as(reader, 'SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  it('keeps strangers out of the database, PUBLIC included', async () => {
    await done(backend.provision(grant(6), auth));
    await query("CREATE ROLE stranger LOGIN PASSWORD 'x'");
    const stranger = grant(6, { user: 'stranger', password: { secret: 'x' } });
    await expect(as(stranger, 'SELECT 1')).rejects.toThrow('permission denied for database');
    await expect(as(grant(1, { database: 'db_6' }), 'SELECT 1')).rejects.toThrow(
      'permission denied',
    );
  });

  it('sets a password once: the verifier stays while it is right, and is mended when it is not', async () => {
    const one = grant(7);
    const verifier = async () =>
      (await query("SELECT rolpassword FROM pg_authid WHERE rolname = 'relation_id_7'"))[0]
        .rolpassword as string;
    await done(backend.provision(one, auth));
    const before = await verifier();
    expect(before).toMatch(/^SCRAM-SHA-256\$4096:/);
    await done(backend.provision(one, auth));
    expect(await verifier()).toBe(before);
    await query("ALTER ROLE relation_id_7 PASSWORD 'other' NOLOGIN");
    await done(backend.provision(one, auth));
    expect(await as(one, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('quotes whatever a name holds', async () => {
    const one = grant(8, { database: 'Odd.na-me', user: 'relation_id_8' });
    await done(backend.provision(one, auth));
    expect(await as(one, 'SELECT current_database() AS name')).toEqual([{ name: 'Odd.na-me' }]);
    const long = grant(9, { database: 'l'.repeat(63) });
    await done(backend.provision(long, auth));
    expect(await as(long, 'CREATE TABLE t (a int)')).toEqual([]);
    await done(backend.remove(long));
  });

  it('U-02: a name cut to 63 bytes is not another’s database', async () => {
    const rows = await query(
      `SELECT count(*)::int AS count FROM pg_database WHERE datname = '${'l'.repeat(63)}'`,
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('U-29, H25: touches neither role nor database that another deployment made', async () => {
    await query('CREATE ROLE relation_id_10 LOGIN');
    await query('CREATE DATABASE theirs');
    expect(await backend.provision(grant(10), auth)()).toEqual(
      E.left({ _tag: 'RoleTaken', class: 'refused', relation: 10, role: 'relation_id_10' }),
    );
    expect(await roleExists('db_10_owner')).toBe(false);
    expect(await backend.provision(grant(11, { database: 'theirs' }), auth)()).toMatchObject({
      left: { _tag: 'DatabaseTaken', takenBy: 'postgres' },
    });
    await done(backend.remove(grant(10)));
    expect(await roleExists('relation_id_10')).toBe(true);
    expect(await roleExists('relation_id_11')).toBe(false);
  });

  it('gives no relation the role of another that made the database, nor of its heir', async () => {
    const maker = grant(15, { attributes: ['CREATEDB'] });
    await done(backend.provision(maker, auth));
    await as(maker, 'CREATE DATABASE coveted', 'CREATE TABLE secret_of_15 (a int)');
    const other = grant(16, { database: 'coveted' });
    const taken = async (takenBy: string) =>
      expect(await backend.provision(other, auth)()).toMatchObject({
        left: { _tag: 'DatabaseTaken', database: 'coveted', takenBy },
      });
    await taken('relation_id_15');
    await done(backend.remove(maker));
    await taken('db_15_owner');
    expect(await roleExists('relation_id_16')).toBe(false);
  });

  it('takes a database over that its operator handed over', async () => {
    await query('CREATE DATABASE sales');
    const one = grant(17, { database: 'sales' });
    expect(await backend.provision(one, auth)()).toMatchObject({ left: { _tag: 'DatabaseTaken' } });
    const page = readFileSync('docs/hooks/database.md', 'utf8');
    const [, statements = ''] = /```sql\n([\s\S]*?)```/.exec(page) ?? [];
    await query(statements.replace('OWNER database', `${owner} database`));
    await done(backend.provision(one, auth));
    expect(await as(one, 'CREATE TABLE t (a int)')).toEqual([]);
  });

  it('H5b: a database that is there and a template in use are no reason to fail', async () => {
    const blocker = await server.connect('template1');
    const outcome = await backend.provision(grant(12), auth)();
    await blocker.end();
    if (E.isLeft(outcome)) expect(outcome.left).toMatchObject({ class: 'unavailable' });
    await done(backend.provision(grant(12), auth));
    expect(await as(grant(12), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('two hooks at once end as one', async () => {
    const [one, other] = [adapter(30_000), adapter(30_000)];
    const outcomes = await Promise.all([
      one.provision(grant(13), auth)(),
      other.provision(grant(13), auth)(),
    ]);
    await Promise.all([one.release(), other.release()]);
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Right', 'Right']);
    expect(await as(grant(13), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('the lookup function', () => {
  const lookup = (user: string) =>
    query(`SELECT uname FROM hookchart.user_lookup('${user}')`, 'db_1');

  it('U-42: yields a row for a user that may log in, and none for others', async () => {
    await query("CREATE ROLE expired LOGIN PASSWORD 'x' VALID UNTIL '2001-01-01'");
    await query("CREATE ROLE nologin PASSWORD 'x'");
    await query("CREATE ROLE power SUPERUSER LOGIN PASSWORD 'x'");
    expect(await lookup('relation_id_1')).toEqual([{ uname: 'relation_id_1' }]);
    for (const user of ['expired', 'nologin', 'power', 'postgres', 'nobody'])
      expect(await lookup(user), user).toEqual([]);
  });

  it('serves a superuser that the policy made, and no other', async () => {
    await done(backend.provision(grant(14, { attributes: ['SUPERUSER'] }), auth));
    expect(await lookup('relation_id_14')).toEqual([{ uname: 'relation_id_14' }]);
    await done(backend.remove(grant(14)));
  });

  it('is closed to everyone but the lookup user, and pins its search path', async () => {
    const client = grant(1);
    await expect(as(client, "SELECT hookchart.user_lookup('x')")).rejects.toThrow('denied');
    const [row] = await query(
      "SELECT proconfig, prosecdef FROM pg_proc WHERE proname = 'user_lookup'",
      'db_1',
    );
    expect(row).toEqual({ proconfig: ['search_path=pg_catalog, pg_temp'], prosecdef: true });
    const user = { ...client, user: auth.user, password: auth.password };
    expect(await as(user, "SELECT uname FROM hookchart.user_lookup('relation_id_1')")).toEqual([
      { uname: 'relation_id_1' },
    ]);
  });
});

describe('remove', () => {
  it('cuts sessions, hands over what the user owned wherever it lies, and drops the role', async () => {
    const one = grant(20, { attributes: ['CREATEDB', 'CREATEROLE'] });
    await done(backend.provision(one, auth));
    await as(
      one,
      'CREATE TABLE t (a int)',
      'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
      'CREATE DATABASE second_home',
      'CREATE ROLE a_friend',
    );
    await as(
      { ...one, database: 'second_home' },
      'CREATE TABLE u (a int)',
      'INSERT INTO u VALUES (7)',
    );
    await query('CREATE SCHEMA here AUTHORIZATION relation_id_20', 'template1');
    const session = new pg.Client({
      ...server,
      user: one.user,
      password: 'secret-20',
      database: one.database,
    });
    session.on('error', () => {});
    await session.connect();
    await session.query('BEGIN; LOCK TABLE t');
    await done(backend.remove(one));
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await roleExists(one.user)).toBe(false);
    expect(await query('SELECT a FROM u', 'second_home')).toEqual([{ a: 7 }]);
    const [home] = await query(
      "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'second_home'",
    );
    expect(home).toEqual({ owner: 'db_20_owner' });
    await query('DROP SCHEMA here', 'template1');
  });

  it('drops a user that granted roles to others', async () => {
    const one = grant(21, { attributes: ['CREATEROLE'] });
    await done(backend.provision(one, auth));
    await as(one, 'CREATE ROLE team', 'CREATE ROLE member', 'GRANT team TO member');
    await done(backend.remove(one));
    expect(await roleExists(one.user)).toBe(false);
  });

  it('re-relates: the next user of the database has all the rights on what is there', async () => {
    const first = grant(22, { attributes: ['CREATEDB'] });
    await done(backend.provision(first, auth));
    await as(first, 'CREATE TABLE t (a int)');
    await done(backend.remove(first));
    const second = grant(23, { database: 'db_22' });
    await done(backend.provision(second, auth));
    await as(second, 'ALTER TABLE t ADD b int', 'DROP TABLE t');
  });

  it('is done where there is nothing, and again where it is done', async () => {
    for (const _ of [1, 2]) await done(backend.remove(grant(24)));
  });

  it('gives up on a lock in bounded time, and leaves the role locked out', async () => {
    const one = grant(25, { attributes: ['CREATEDB'] });
    await done(backend.provision(one, auth));
    await as(one, 'CREATE TABLE t (a int)');
    const blocker = await server.connect('db_25');
    await blocker.query('BEGIN; LOCK TABLE t');
    const outcome = await backend.remove(one)();
    expect(outcome).toMatchObject({ left: { _tag: 'RoleInUse', role: 'relation_id_25' } });
    await expect(as(one, 'SELECT 1')).rejects.toThrow();
    await blocker.query('ROLLBACK');
    await blocker.end();
    await done(backend.remove(one));
  });
});

describe('grantable', () => {
  it('finds roles whatever their case, but none with a superuser’s or a tenant’s rights', async () => {
    await query(`CREATE ROLE "Analyst"; CREATE ROLE dba; GRANT power TO dba;
                 CREATE ROLE twin; CREATE ROLE "Twin"`);
    const asked = [
      'analyst',
      'dba',
      'power',
      'postgres',
      'twin',
      'missing',
      'pg_execute_server_program',
      'relation_id_1',
      'db_1_owner',
      'lookup_user',
      'pg_monitor',
    ];
    expect(await done(backend.grantable(asked))).toEqual(
      new Map([
        ['analyst', 'Analyst'],
        ['pg_monitor', 'pg_monitor'],
      ]),
    );
    const one = grant(30, { roles: ['Analyst'] });
    await done(backend.provision(one, auth));
    expect(await as(one, `SELECT pg_has_role(session_user, 'Analyst', 'MEMBER') AS yes`)).toEqual([
      { yes: true },
    ]);
  });
});

describe('audit', () => {
  it('finds the roles that nobody remembers, and the credentials that no longer work', async () => {
    const mine = 'audited/pgbouncer';
    const lookup = { user: 'audited_lookup', password: { secret: 'a' } };
    const grants = [40, 41, 42, 43].map((relation) => grant(relation, { owner: mine }));
    const kept: Grant[] = [];
    let auth = { ...lookup, secret: null, proof: '' };
    for (const one of grants) {
      const proofs = await done(backend.provision(one, lookup));
      kept.push({ ...one, password: null, proof: proofs.user });
      auth = { ...auth, proof: proofs.auth };
    }
    await query("ALTER ROLE relation_id_40 PASSWORD 'changed'");
    await query('ALTER ROLE relation_id_41 NOLOGIN');
    expect(await done(backend.audit(mine, kept.slice(0, 3), auth))).toEqual({
      orphans: [43],
      damaged: [40, 41],
    });
    await query("ALTER ROLE audited_lookup PASSWORD 'changed'");
    expect(await done(backend.audit(mine, [kept[2] as Grant], auth))).toMatchObject({
      damaged: [42],
    });
  });
});

describe('what is sent', () => {
  it('holds no password, only verifiers', () => {
    expect(server.log()).toContain('SCRAM-SHA-256$4096:');
    expect(server.log()).not.toMatch(/hookchart.*secret-\d/);
    for (let relation = 1; relation <= 43; relation++)
      expect(server.log()).not.toContain(`'secret-${relation}'`);
    expect(server.log()).not.toContain('lookup-secret');
  });

  it('says what cannot be reached, and what failed, in the engine’s words', async () => {
    const gone = postgres({ ...server, port: 1 });
    expect(await gone.provision(grant(50), auth)()).toMatchObject({
      left: { _tag: 'BackendUnavailable', where: '127.0.0.1:1' },
    });
    await query("CREATE ROLE weak LOGIN PASSWORD 'weak'");
    const weak = postgres({ ...server, user: 'weak', password: 'weak' });
    expect(await weak.provision(grant(50), auth)()).toMatchObject({
      left: { _tag: 'SqlFailed', class: 'broken', statement: 'read roles', sqlState: '42501' },
    });
    await weak.release();
  });
});
