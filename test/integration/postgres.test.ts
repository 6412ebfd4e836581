import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from '../../machines/index.ts';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import { render } from '../../src/pgbouncer/errors.ts';
import type { Backend, Holdings } from '../../src/pgbouncer/ports.ts';
import { type PostgresOptions, postgres } from '../../src/pgbouncer/postgres/index.ts';
import { aGrant as grant } from '../a-grant.ts';
import { done, rowsOn } from './asked.ts';

const owner = 'model/pgbouncer';

const workspace = new Workspace();
let server: PostgresServer;
let backend: Backend;
beforeAll(async () => {
  const settings = ['log_statement=all', 'log_connections=on', 'max_prepared_transactions=10'];
  server = await startPostgres(workspace, 'superuser', { settings });
  backend = adapter();
});
afterAll(async () => {
  await backend.release();
  await server.stop();
  workspace.remove();
});

const adapter = (change: Partial<PostgresOptions> = {}) =>
  postgres({ ...server, ...server.login, owner, lockTimeout: 500, ...change });

const holdings = (...grants: readonly Grant[]): Holdings => ({ owner, grants });

/** The grant as a ledger keeps it. */
async function provisioned(one: Grant): Promise<Grant> {
  return { ...one, ...(await done(backend.provision(one, holdings(one)))) };
}

const removed = (one: Grant) => done(backend.remove(one, holdings(one)));

const query = (text: string, database?: string) => rowsOn(server, text, database);

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

const major = async () => Number.parseInt(await done(backend.version), 10);

/** The owner of a database, whatever it is called. */
const ownerOf = async (database: string) =>
  (
    await query(
      `SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = '${database}'`,
    )
  )[0]?.owner as string | undefined;

const memberOf = (role: string) =>
  query(`SELECT r.rolname AS role FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
          WHERE m.member = (SELECT oid FROM pg_roles WHERE rolname = '${role}')`);

describe('ready', () => {
  it('says so, with the version as a number and nothing more', async () => {
    await done(backend.ready);
    expect(await done(backend.version)).toMatch(/^\d+(?:\.\d+)?$/);
  });

  it('says why not: nobody listens, another password, too few rights', async () => {
    const why = async (change: Partial<PostgresOptions>) => {
      const outcome = await adapter(change).ready();
      return E.isLeft(outcome) ? render(outcome.left) : 'ready';
    };
    expect(await why({ port: 1 })).toContain('127.0.0.1:1 is not available (connect ECONNREFUSED');
    expect(await why({ password: 'wrong' })).toContain('password authentication failed for user');
    await query("CREATE ROLE weak LOGIN PASSWORD 'weak'");
    expect(await why({ user: 'weak', password: 'weak', owner: 'weak/pgbouncer' })).toContain(
      'its role weak has neither SUPERUSER nor both CREATEROLE and CREATEDB',
    );
  });
});

describe('provision', () => {
  it('makes a user that works as itself and owns its database, and may be repeated', async () => {
    const one = await provisioned(grant(1));
    const again = await provisioned(one);
    expect(again).toEqual(one);
    expect(
      await as(one, 'CREATE TABLE public.t (a int)', 'SELECT session_user, current_user'),
    ).toEqual([{ session_user: 'relation_id_1', current_user: 'relation_id_1' }]);
    expect(
      await as(one, 'CREATE SCHEMA s', "SELECT tableowner FROM pg_tables WHERE tablename = 't'"),
    ).toEqual([{ tableowner: 'relation_id_1' }]);
  });

  it('lets two relations share a database, and one leave without taking anything from the other', async () => {
    const [first, second] = [
      await provisioned(grant(2)),
      await provisioned(grant(3, { database: 'db_2' })),
    ];
    await as(first, 'CREATE TABLE public.t (a int)', 'CREATE SCHEMA s', 'CREATE TABLE s.t (a int)');
    await as(
      second,
      'INSERT INTO public.t VALUES (1)',
      'SELECT * FROM s.t',
      'CREATE TABLE public.u (a int)',
    );
    await as(first, 'INSERT INTO public.u VALUES (2)');
    await removed(second);
    await as(first, 'ALTER TABLE public.u ADD b int', 'DROP TABLE public.u');
    expect(await as(first, 'SELECT a FROM public.t')).toEqual([{ a: 1 }]);
  });

  it('grants attributes that work, and shares what such a user makes', async () => {
    const maker = await provisioned(grant(4, { attributes: ['CREATEDB', 'CREATEROLE'] }));
    const reader = await provisioned(grant(5, { database: 'db_4' }));
    await as(maker, 'CREATE DATABASE by_client', 'CREATE ROLE made_by_client');
    await as(maker, 'CREATE TABLE public.t (a int)', 'INSERT INTO public.t VALUES (1)');
    expect(await as(reader, 'SELECT a FROM public.t')).toEqual([{ a: 1 }]);
    await provisioned(maker);
  });

  it('keeps strangers out of the database, PUBLIC included', async () => {
    await provisioned(grant(6));
    await query("CREATE ROLE stranger LOGIN PASSWORD 'x'");
    const stranger = grant(6, { user: 'stranger', password: { secret: 'x' } });
    await expect(as(stranger, 'SELECT 1')).rejects.toThrow('permission denied for database');
    await expect(as(grant(1, { database: 'db_6' }), 'SELECT 1')).rejects.toThrow(
      'permission denied',
    );
  });

  it('keeps the verifier, which costs nobody a login, and puts right a login that is not', async () => {
    const verifier = async () =>
      (await query("SELECT rolpassword FROM pg_authid WHERE rolname = 'relation_id_7'"))[0]
        .rolpassword as string;
    const one = await provisioned(grant(7));
    expect(one.verifier?.secret).toMatch(/^SCRAM-SHA-256\$4096:/);
    expect(await verifier()).toBe(one.verifier?.secret);
    await query("ALTER ROLE relation_id_7 PASSWORD 'other' NOLOGIN VALID UNTIL '2001-01-01'");
    await provisioned(one);
    expect(await verifier()).toBe(one.verifier?.secret);
    expect(await as(one, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('quotes whatever a name holds', async () => {
    const one = await provisioned(grant(8, { database: 'Odd.na-me', user: 'relation_id_8' }));
    expect(await as(one, 'SELECT current_database() AS name')).toEqual([{ name: 'Odd.na-me' }]);
    const long = await provisioned(grant(9, { database: 'l'.repeat(63) }));
    expect(await as(long, 'CREATE TABLE public.t (a int)')).toEqual([]);
    await removed(long);
  });

  it('U-02: a name cut to 63 bytes is not another’s database', async () => {
    const rows = await query(
      `SELECT count(*)::int AS count FROM pg_database WHERE datname = '${'l'.repeat(63)}'`,
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('U-29, H25: touches neither role nor database that another made, whatever is written on them', async () => {
    await query(
      `CREATE ROLE relation_id_10 LOGIN; COMMENT ON ROLE relation_id_10 IS 'user of relation 10 on database db_10, made by hookchart'`,
    );
    await query('CREATE DATABASE theirs');
    const other = await provisioned(grant(10));
    expect(other.user).toMatch(/^relation_id_10_[0-9a-f]{12}$/);
    expect(await as(other, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const published = grant(110, { user: 'relation_id_10', state: 'published', place: 'db_110' });
    expect(await backend.provision(published, holdings())()).toEqual(
      E.left({ _tag: 'RoleTaken', class: 'refused', relation: 110, role: 'relation_id_10' }),
    );
    expect(await backend.provision(grant(11, { database: 'theirs' }), holdings())()).toMatchObject({
      left: { _tag: 'DatabaseTaken', takenBy: 'postgres', handOver: 'pooler' },
    });
    await removed(other);
    expect(await roleExists('relation_id_10')).toBe(true);
    expect(await roleExists('relation_id_11')).toBe(false);
  });

  it('serves who asks for a name that a tenant has taken, with another database by it', async () => {
    const maker = await provisioned(grant(15, { attributes: ['CREATEDB'] }));
    await as(maker, 'CREATE DATABASE coveted', 'CREATE TABLE public.secret_of_15 (a int)');
    const other = await provisioned(grant(16, { database: 'coveted' }));
    expect(other.place).toMatch(/^hookchart_coveted_[0-9a-f]{12}$/);
    expect(await as({ ...other, database: other.place ?? '' }, 'SELECT 1 AS one')).toEqual([
      { one: 1 },
    ]);
    await expect(as(other, 'SELECT 1')).resolves.toBeDefined();
    await removed(maker);
    const later = await provisioned(grant(18, { database: 'coveted' }));
    expect(later.place).toBe(other.place);
  });

  it('takes a database over that its operator handed over', async () => {
    await query('CREATE DATABASE sales');
    const one = grant(17, { database: 'sales' });
    expect(await backend.provision(one, holdings())()).toMatchObject({
      left: { _tag: 'DatabaseTaken' },
    });
    const page = readFileSync('docs/hooks/database.md', 'utf8');
    const [, statements = ''] = /```sql\n([\s\S]*?)```/.exec(page) ?? [];
    await query(statements.replace('LOGIN', server.login.user));
    const served = await provisioned(one);
    expect(await as(served, 'CREATE SCHEMA s', 'CREATE TABLE s.t (a int)')).toEqual([]);
  });

  it('H5b: a database that is there, closed, or a template in use are no reason to fail', async () => {
    const blocker = await server.connect('template1');
    const one = await provisioned(grant(12));
    await blocker.end();
    await query('ALTER DATABASE db_12 ALLOW_CONNECTIONS false CONNECTION LIMIT 0');
    await provisioned(one);
    expect(await as(one, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('two hooks at once end as one', async () => {
    const [one, other] = [adapter({ lockTimeout: 30_000 }), adapter({ lockTimeout: 30_000 })];
    const outcomes = await Promise.all([
      one.provision(grant(13), holdings())(),
      other.provision(grant(13), holdings())(),
    ]);
    await Promise.all([one.release(), other.release()]);
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Right', 'Right']);
    expect(await as(grant(13), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('takes back what an interrupted request was given', async () => {
    await query('CREATE ROLE auditors');
    await query(`GRANT auditors TO ${server.login.user} WITH ADMIN OPTION`);
    const first = grant(14, { database: 'payroll', attributes: ['CREATEDB'], roles: ['auditors'] });
    await provisioned(first);
    const changed = await provisioned(grant(14, { database: 'web' }));
    expect(await memberOf('relation_id_14')).toEqual([{ role: await ownerOf('web') }]);
    expect(
      await query("SELECT rolcreatedb AS may FROM pg_roles WHERE rolname = 'relation_id_14'"),
    ).toEqual([{ may: false }]);
    await expect(as({ ...changed, database: 'payroll' }, 'SELECT 1')).rejects.toThrow('denied');
  });

  it('revokes what a tenant or a DBA gave, and settings that decide for whoever logs in', async () => {
    const one = await provisioned(grant(19));
    await as(
      one,
      `ALTER ROLE ${one.user} SET search_path = 'evil'`,
      'ALTER DATABASE db_19 SET default_transaction_read_only = on',
    );
    const { user: login } = server.login;
    await query(
      `CREATE ROLE friend; GRANT friend TO ${login} WITH ADMIN OPTION;
       GRANT friend TO relation_id_19 GRANTED BY ${login};
       ALTER ROLE relation_id_19 CONNECTION LIMIT 0 CREATEDB`,
    );
    const other = await provisioned(grant(119, { attributes: ['CREATEROLE'] }));
    await as(other, 'CREATE ROLE of_other', `GRANT of_other TO ${one.user}`);
    const audited = await done(backend.audit(holdings({ ...one, state: 'published' })));
    expect(audited.damaged.map(({ relation }) => relation)).toEqual([19]);
    await provisioned({ ...one, state: 'published' });
    expect((await done(backend.audit(holdings({ ...one, state: 'published' })))).damaged).toEqual(
      [],
    );
    expect(await memberOf('relation_id_19')).toEqual([{ role: await ownerOf('db_19') }]);
  });

  it('is refused by what only a superuser takes back, after all else was mended', async () => {
    const asked = grant(124, { attributes: ['CREATEDB'] });
    const one: Grant = { ...(await provisioned(asked)), state: 'published' };
    // What it shares it says anew, with no more rights than the database's owner has meanwhile.
    await query('DROP OWNED BY relation_id_124', 'db_124');
    await query(
      'CREATE ROLE friend_124; GRANT friend_124 TO relation_id_124; ALTER ROLE relation_id_124 NOLOGIN',
    );
    const refused = await backend.provision(one, holdings(one))();
    expect(refused).toMatchObject({ left: { _tag: 'NotAccepted', relation: 124 } });
    expect(
      await as(one, 'SELECT rolcreatedb AS may FROM pg_roles WHERE rolname = CURRENT_USER'),
    ).toEqual([{ may: true }]);
    const renewed: Grant = { ...one, password: grant(125).password };
    expect(await backend.provision(renewed, holdings(one))()).toMatchObject({
      left: { _tag: 'NotAccepted' },
    });
    expect(await as(one, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('remove', () => {
  it('cuts sessions, hands over what the user owned wherever it lies, and drops the role', async () => {
    const one = await provisioned(grant(20, { attributes: ['CREATEDB', 'CREATEROLE'] }));
    await as(
      one,
      'CREATE TABLE public.t (a int)',
      'CREATE SCHEMA s',
      "CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      'REVOKE ALL ON SCHEMA s FROM PUBLIC',
      'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
      'CREATE DATABASE second_home',
      'CREATE ROLE a_friend',
    );
    await as(
      { ...one, database: 'second_home' },
      'CREATE TABLE public.u (a int)',
      'INSERT INTO public.u VALUES (7)',
    );
    await as({ ...one, database: 'postgres' }, 'SELECT lo_create(0)');
    const session = new pg.Client({
      ...server,
      user: one.user,
      password: 'secret-20',
      database: one.database,
    });
    session.on('error', () => {});
    await session.connect();
    await session.query('BEGIN; LOCK TABLE public.t');
    expect(await removed(one)).toEqual(['an open transaction in db_20 was rolled back']);
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await roleExists(one.user)).toBe(false);
    expect(await roleExists('a_friend')).toBe((await major()) < 16);
    expect(await query('SELECT a FROM public.u', 'second_home')).toEqual([{ a: 7 }]);
    expect(await ownerOf('second_home')).toBe(await ownerOf('db_20'));
    expect(await query('SELECT count(*)::int AS n FROM pg_largeobject_metadata')).toEqual([
      { n: 0 },
    ]);
  });

  it('rolls back what the user has prepared, and says so', async () => {
    const one = await provisioned(grant(26));
    await as(
      one,
      'CREATE TABLE public.t (a int)',
      'BEGIN',
      'LOCK TABLE public.t',
      "PREPARE TRANSACTION 'left'",
    );
    const owner = await ownerOf('db_26');
    await as(
      one,
      `SET ROLE "${owner}"`,
      'BEGIN',
      'CREATE TABLE public.p (a int)',
      "PREPARE TRANSACTION 'left too'",
    );
    expect(await removed(one)).toEqual([
      'the prepared transaction left in db_26 was rolled back',
      'the prepared transaction left too in db_26 was rolled back',
    ]);
    expect(await query('SELECT gid FROM pg_prepared_xacts')).toEqual([]);
  });

  it('ends what holds the role itself: an open transaction, and a prepared one', async () => {
    const one = await provisioned(grant(33));
    await as(
      one,
      'BEGIN',
      'ALTER ROLE relation_id_33 SET work_mem = 64',
      "PREPARE TRANSACTION 'of itself'",
    );
    const session = new pg.Client({
      ...server,
      user: one.user,
      password: 'secret-33',
      database: 'db_33',
    });
    session.on('error', () => {});
    await session.connect();
    await session.query('BEGIN; CREATE TABLE public.t (a int)');
    expect((await removed(one)).toSorted()).toEqual([
      'an open transaction in db_33 was rolled back',
      'the prepared transaction of itself in db_33 was rolled back',
    ]);
    const two = await provisioned(grant(34));
    const changing = new pg.Client({
      ...server,
      user: two.user,
      password: 'secret-34',
      database: 'db_34',
    });
    changing.on('error', () => {});
    await changing.connect();
    await changing.query('BEGIN; ALTER ROLE relation_id_34 SET work_mem = 64');
    expect(await removed(two)).toEqual(['an open transaction in db_34 was rolled back']);
    expect(
      await query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'hookchart_agent%'"),
    ).toEqual([]);
  });

  it('drops a user that granted roles to others, and the roles that it made', async () => {
    const one = await provisioned(grant(21, { attributes: ['CREATEROLE'] }));
    await as(
      one,
      'CREATE ROLE team',
      "CREATE ROLE member LOGIN PASSWORD 'm'",
      'GRANT team TO member',
    );
    await removed(one);
    expect(await roleExists(one.user)).toBe(false);
    expect(await roleExists('member')).toBe((await major()) < 16);
  });

  it('re-relates: the next user of the database has all the rights on what is there', async () => {
    const first = await provisioned(grant(22, { attributes: ['CREATEDB'] }));
    await as(first, 'CREATE TABLE public.t (a int)');
    await removed(first);
    const second = await provisioned(grant(23, { database: 'db_22' }));
    await as(second, 'ALTER TABLE public.t ADD b int', 'DROP TABLE public.t');
  });

  it('is done where there is nothing, and again where it is done', async () => {
    for (const _ of [1, 2]) expect(await removed(grant(24))).toEqual([]);
  });

  it('gives up on a lock in bounded time, and leaves the role locked out', async () => {
    const one = await provisioned(grant(25));
    await as(one, 'CREATE TABLE public.t (a int)');
    const blocker = await server.connect('db_25');
    await blocker.query('BEGIN; LOCK TABLE public.t');
    const outcome = await backend.remove(one, holdings(one))();
    expect(outcome).toMatchObject({
      left: { _tag: 'RoleInUse', role: 'relation_id_25', isLockedOut: true },
    });
    await expect(as(one, 'SELECT 1')).rejects.toThrow();
    await blocker.query('ROLLBACK');
    await blocker.end();
    await removed(one);
  });

  it('says that the role can still log in where nobody could see to that', async () => {
    const one = await provisioned(grant(65));
    const blocker = await server.connect('postgres');
    await blocker.query('BEGIN; ALTER ROLE relation_id_65 CONNECTION LIMIT 7');
    expect(await backend.remove(one, holdings(one))()).toMatchObject({
      left: { _tag: 'RoleInUse', role: 'relation_id_65', isLockedOut: false },
    });
    expect(await as(one, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await blocker.query('ROLLBACK');
    await blocker.end();
    await removed(one);
  });

  it('loses what others gave it, in whatever database, and is not to be kept by that', async () => {
    const one = await provisioned(grant(28));
    const other = await provisioned(grant(29));
    const sharer = await provisioned(grant(32, { database: 'db_28' }));
    await as(
      other,
      'CREATE TABLE public.t (a int, b int)',
      `GRANT ALL ON public.t TO ${one.user}`,
      `GRANT SELECT (b) ON public.t TO ${one.user}`,
      `GRANT ALL ON SCHEMA public TO ${one.user}`,
      `GRANT ALL ON DATABASE db_29 TO ${one.user}`,
      `ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO ${one.user}`,
    );
    await as(
      { ...other, database: 'postgres' },
      'SELECT lo_create(77)',
      `GRANT ALL ON LARGE OBJECT 77 TO ${one.user}`,
    );
    await as(
      sharer,
      'CREATE TABLE public.of_sharer (a int)',
      `GRANT ALL ON public.of_sharer TO ${one.user}`,
    );
    expect(await removed(one)).toEqual([]);
    expect(await roleExists(one.user)).toBe(false);
    expect(await as(other, 'SELECT count(*)::int AS n FROM public.t')).toEqual([{ n: 0 }]);
    expect(await as(sharer, 'SELECT count(*)::int AS n FROM public.of_sharer')).toEqual([{ n: 0 }]);
    expect(
      (
        await done(
          backend.audit(
            holdings({ ...other, state: 'published' }, { ...sharer, state: 'published' }),
          ),
        )
      ).damaged,
    ).toEqual([]);
    for (const left of [other, sharer]) await removed(left);
  });

  it('is not to be kept from it by what a tenant does to its database', async () => {
    const one = await provisioned(grant(27));
    const owner = await ownerOf('db_27');
    await as(
      one,
      'CREATE TABLE public.t (a int)',
      `ALTER DATABASE db_27 SET role = 'nobody_at_all'`,
    ).catch(() => {});
    await as(
      { ...one, database: 'postgres' },
      'ALTER DATABASE db_27 SET search_path = evil',
      'ALTER DATABASE db_27 SET local_preload_libraries = nothing',
      'ALTER DATABASE db_27 CONNECTION LIMIT 0',
      'ALTER DATABASE db_27 ALLOW_CONNECTIONS false',
      `REVOKE ALL ON DATABASE db_27 FROM "${owner}"`,
    );
    expect(await removed(one)).toEqual([]);
    expect(await roleExists(one.user)).toBe(false);
  });
});

describe('grantable', () => {
  it('finds roles whatever their case, but none with a superuser’s or a tenant’s rights', async () => {
    await query(`CREATE ROLE "Analyst"; CREATE ROLE power SUPERUSER; CREATE ROLE dba; GRANT power TO dba;
                 CREATE ROLE twin; CREATE ROLE "Twin"`);
    const maker = await provisioned(grant(31, { attributes: ['CREATEROLE'] }));
    await as(maker, 'CREATE ROLE made_by_31');
    const asked = [
      ...[
        'analyst',
        'dba',
        'power',
        'postgres',
        'twin',
        'missing',
        'relation_id_1',
        server.login.user,
      ],
      ...['pg_execute_server_program', 'pg_monitor', 'made_by_31', await ownerOf('db_1')],
    ].map(String);
    const found = await done(backend.grantable(asked, holdings()));
    const made: [string, string][] = (await major()) < 16 ? [['made_by_31', 'made_by_31']] : [];
    expect(found).toEqual(new Map([['analyst', 'Analyst'], ...made, ['pg_monitor', 'pg_monitor']]));
    await query(`GRANT "Analyst" TO ${server.login.user} WITH ADMIN OPTION`);
    const one = await provisioned(grant(30, { roles: ['Analyst'] }));
    expect(await as(one, `SELECT pg_has_role(session_user, 'Analyst', 'USAGE') AS yes`)).toEqual([
      { yes: true },
    ]);
  });
});

describe('audit', () => {
  it('finds the roles that nobody remembers, and what is not as it was granted', async () => {
    const kept: Grant[] = [];
    for (const relation of [40, 41, 42, 43])
      kept.push({ ...(await provisioned(grant(relation))), state: 'published' });
    await query('ALTER ROLE relation_id_41 NOLOGIN');
    await query('DROP DATABASE db_42');
    const found = await done(backend.audit(holdings(...kept.slice(0, 3))));
    expect(found.damaged).toEqual([
      { relation: 41, what: 'relation_id_41 may not log in' },
      { relation: 42, what: 'its database is not there' },
    ]);
    expect(found.orphans).toContainEqual({ relation: 43, user: 'relation_id_43' });
  });

  it('gives back a password that was changed, without having to know of it', async () => {
    const one = { ...(await provisioned(grant(44))), state: 'published' as const };
    await as(one, "ALTER ROLE relation_id_44 PASSWORD 'changed by itself'");
    await done(backend.audit(holdings(one)));
    expect(await as(one, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('waits for no tenant that changes its password and does not end the transaction', async () => {
    const [one, other] = [
      { ...(await provisioned(grant(45))), state: 'published' as const },
      { ...(await provisioned(grant(46))), state: 'published' as const },
    ];
    const session = new pg.Client({
      ...server,
      user: one.user,
      password: 'secret-45',
      database: 'db_45',
    });
    session.on('error', () => {});
    await session.connect();
    await session.query("BEGIN; ALTER ROLE relation_id_45 PASSWORD 'held'");
    await as(other, "ALTER ROLE relation_id_46 PASSWORD 'changed'");
    expect((await done(backend.audit(holdings(one, other)))).damaged).toEqual([]);
    expect(await as(other, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await session.query('COMMIT');
    await session.end();
    await done(backend.audit(holdings(one, other)));
    expect(await as(one, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('given a superuser', () => {
  const mighty = (change: Partial<PostgresOptions> = {}) =>
    postgres({
      ...server,
      owner: 'mighty/pgbouncer',
      preferred: 'own',
      lockTimeout: 500,
      ...change,
    });

  it('it makes itself a login that is none, works as that one, and enters no tenant’s database', async () => {
    const before = server.log().length;
    const superuser = mighty();
    const one = grant(60, { owner: 'mighty/pgbouncer' });
    const made = await done(superuser.provision(one, holdings()));
    await done(
      superuser.audit({
        owner: 'mighty/pgbouncer',
        grants: [{ ...one, ...made, state: 'published' }],
      }),
    );
    await done(superuser.remove(one, holdings()));
    await superuser.release();
    const entered = [
      ...server
        .log()
        .slice(before)
        .matchAll(/connection authorized: user=(\S+) database=(\S+)/g),
    ];
    const mine = entered.filter(
      ([, user]) => user?.startsWith('hookchart_login_') || user === 'postgres',
    );
    expect(new Set(mine.map(([, user, database]) => `${user} in ${database}`))).toEqual(
      new Set([
        'postgres in postgres',
        expect.stringMatching(/^hookchart_login_\w+ in hookchart_home_\w+$/),
      ]),
    );
    const [login] = await query(
      "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname LIKE 'hookchart_login_%'",
    );
    expect(login).toEqual({ rolsuper: false, rolcreaterole: true, rolcreatedb: true });
  });

  it('nobody who was a member of a role of that name is one any more', async () => {
    const [row] = await query(
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'hookchart_login_%'",
    );
    await query(`GRANT ${row.rolname} TO stranger; ALTER ROLE ${row.rolname} PASSWORD 'spoiled'`);
    await done(mighty().ready);
    expect(
      await query(
        `SELECT member::regrole::text FROM pg_auth_members WHERE roleid = '${row.rolname}'::regrole`,
      ),
    ).toEqual([]);
  });

  it('lends itself what may be granted', async () => {
    const superuser = mighty();
    expect(await done(superuser.grantable(['friend'], holdings()))).toEqual(
      new Map([['friend', 'friend']]),
    );
    const one = grant(61, { owner: 'mighty/pgbouncer', roles: ['friend'] });
    await done(superuser.provision(one, holdings()));
    await done(superuser.remove(one, holdings()));
    await superuser.release();
  });
});

describe('what is sent', () => {
  it('holds no password, only verifiers', () => {
    expect(server.log()).toContain('SCRAM-SHA-256$4096:');
    for (let relation = 1; relation <= 61; relation++)
      expect(server.log()).not.toContain(`'secret-${relation}'`);
  });

  it('takes nine round trips at most for a provisioning, logins included, and waits for none that hangs', async () => {
    const fresh = adapter();
    await done(fresh.ready);
    await done(fresh.provision(grant(70, { attributes: ['CREATEDB'] }), holdings()));
    expect(fresh.roundTrips()).toBeLessThanOrEqual(9);
    await fresh.release();
    const late = adapter({ remaining: () => 0 });
    expect(await late.provision(grant(71), holdings())()).toMatchObject({
      left: { _tag: 'BackendUnavailable', why: "the hook's time is up" },
    });
  });
});
