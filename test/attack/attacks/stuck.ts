/** What a tenant holds up, spoils half, or gives on, so that others cannot be let in or go. */
import { type Attack, type Attacker, NotLanded, type Session } from '../attack.ts';
import { HookFailed } from '../world.ts';
import { ownerOf } from './pooler.ts';

/** How many sessions wait for a database to be theirs alone. */
async function waits(attacker: Attacker): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const { rows } = await attacker.world.judge.query(
      `SELECT 1 FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_database'::regclass
          AND mode = 'AccessExclusiveLock' AND NOT granted`,
    );
    if (rows.length > 0) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new NotLanded('nobody waits for the database');
}

/** The server takes the lock before it asks whose the database is, and whoever comes waits behind. */
async function queueAt(attacker: Attacker, database: string): Promise<void> {
  const holder = await attacker.direct('postgres');
  await holder.done(
    `SET ROLE NONE; BEGIN; ALTER ROLE "${attacker.user}" IN DATABASE "${database}" SET work_mem = 64`,
  );
  const waiting = await attacker.direct('postgres', { query_timeout: 3_600_000 });
  waiting.send(`DROP DATABASE "${database}"`);
  await waits(attacker);
}

export async function homeOf(session: Session): Promise<string> {
  const rows = await session.query(
    "SELECT datname::text AS name FROM pg_catalog.pg_database WHERE datname LIKE 'hookchart\\_home\\_%'",
  );
  const name = rows[0]?.name;
  if (typeof name !== 'string') throw new NotLanded('there is no home');
  return name;
}

/** Who is removed, or cannot be yet, is out: through PgBouncer and past it. */
export async function isLockedOut(attacker: Attacker): Promise<void> {
  const { world, user } = attacker;
  const session = await attacker.direct('postgres').catch(() => null);
  const { rows } = await world.judge.query('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [
    user,
  ]);
  attacker.notes.push(`its role: ${JSON.stringify(rows)}`);
  if (session !== null)
    throw new HookFailed(
      `who was removed still logs in past PgBouncer: ${world.charm.statusOf(world.leader)}`,
    );
}

export const stuck: readonly Attack[] = [
  {
    name: 'one-thing-of-each-kind',
    position: 'pooler',
    rule: 8,
    do: async (attacker) => {
      const session = await attacker.pooled();
      for (const sql of [
        'CREATE SCHEMA evil',
        'CREATE EXTENSION hstore SCHEMA evil',
        'CREATE EXTENSION pgcrypto',
        'CREATE TABLE evil.t (n int PRIMARY KEY, x text) PARTITION BY RANGE (n)',
        'CREATE TABLE evil.t1 PARTITION OF evil.t DEFAULT',
        'CREATE STATISTICS evil.s ON n, x FROM evil.t1',
        'CREATE MATERIALIZED VIEW evil.m AS SELECT * FROM evil.t',
        'CREATE VIEW evil.v AS SELECT * FROM evil.m',
        'CREATE SEQUENCE evil.q',
        'CREATE DOMAIN evil.d AS text',
        "CREATE TYPE evil.e AS ENUM ('a')",
        'CREATE TYPE evil.r AS RANGE (SUBTYPE = float8)',
        'CREATE TYPE evil.c AS (a int)',
        'CREATE TABLE evil.typed OF evil.c',
        "CREATE FUNCTION evil.f(evil.c) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
        'CREATE CAST (evil.c AS text) WITH FUNCTION evil.f(evil.c)',
        'CREATE PROCEDURE evil.p() LANGUAGE sql AS $$ SELECT 1 $$',
        'CREATE AGGREGATE evil.a (text) (SFUNC = pg_catalog.textcat, STYPE = text)',
        'CREATE OPERATOR evil.### (FUNCTION = pg_catalog.textcat, LEFTARG = text, RIGHTARG = text)',
        'CREATE OPERATOR FAMILY evil.fam USING btree',
        'CREATE COLLATION evil.col FROM "C"',
        "CREATE CONVERSION evil.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        'CREATE TEXT SEARCH DICTIONARY evil.dict (TEMPLATE = pg_catalog.simple)',
        'CREATE TEXT SEARCH CONFIGURATION evil.conf (COPY = pg_catalog.english)',
        'CREATE PUBLICATION evil_pub FOR TABLE evil.t1',
        'CREATE LANGUAGE evil_language HANDLER plpgsql_call_handler',
        'CREATE SERVER evil_server FOREIGN DATA WRAPPER evil_wrapper',
        'CREATE EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION evil.f()',
        'SELECT pg_catalog.lo_create(0)',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA evil GRANT ALL ON TABLES TO PUBLIC',
        'ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC',
        'GRANT SELECT (n) ON evil.t TO PUBLIC',
      ])
        await session.tried(sql, '42704', '42883', '0A000', '42P17');
    },
  },
  {
    name: 'somebody-waits-for-the-charms-home',
    position: 'direct',
    rule: 8,
    at: {
      leaving: async (attacker) => {
        const session = await attacker.direct('postgres');
        await queueAt(attacker, await homeOf(session));
      },
      removed: isLockedOut,
    },
  },
  {
    name: 'somebody-waits-for-its-own-database',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      const { database } = attacker.me;
      const inside = await attacker.direct();
      const owner = await ownerOf(inside, attacker);
      for (const kind of ['TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES', 'SCHEMAS'])
        await inside.done(`ALTER DEFAULT PRIVILEGES REVOKE ALL ON ${kind} FROM "${owner}"`);
      await inside.end();
      await queueAt(attacker, database);
    },
  },
  {
    name: 'somebody-renames-its-own-database-and-sits',
    position: 'direct',
    rule: 8,
    extra: { 'extra-user-roles': 'CREATEDB' },
    do: async (attacker) => {
      const { database } = attacker.me;
      const session = await attacker.direct('postgres');
      const inside = `datname = '${database}' AND usename = '${attacker.user}'`;
      await session.done(
        `SET ROLE NONE; SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${inside}`,
      );
      await session.done(`BEGIN; ALTER DATABASE "${database}" RENAME TO "${database}_elsewhere"`);
    },
  },
  {
    name: 'thousands-of-roles-that-it-made',
    position: 'direct',
    rule: 8,
    versions: [16, 99],
    extra: { 'extra-user-roles': 'CREATEROLE' },
    at: {
      leaving: async (attacker) => {
        const session = await attacker.direct('postgres');
        await session.done(
          "DO $$ BEGIN FOR n IN 1..3000 LOOP EXECUTE 'CREATE ROLE evil_of_many_' || n; END LOOP; END $$",
        );
      },
      removed: isLockedOut,
    },
  },
];
