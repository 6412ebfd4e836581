/** What a tenant does in sessions straight to PostgreSQL, in its own databases and in common ones. */
import { type Attack, type Attacker, NotLanded, type Session } from '../attack.ts';
import { canary } from '../canary.ts';
import { ownerOf } from './pooler.ts';

const creates = { 'extra-user-roles': 'CREATEDB' };
const makesRoles = { 'extra-user-roles': 'CREATEDB,CREATEROLE' };
const since16 = [16, 99] as const;

/** The names that newcomers' things will have, from those that its own have. */
async function likely(attacker: Attacker, session: Session): Promise<readonly string[]> {
  const owner = await ownerOf(session, attacker);
  const { world, user, me } = attacker;
  const next = world.charm.world.made.relations;
  const users = Array.from({ length: 6 }, (_, n) => user.replace(/\d+/, String(next + n)));
  const names = [attacker.newcomer, `${attacker.newcomer}_readonly`];
  const derived = [me.database, me.bag.database ?? ''].map((name) =>
    owner.replace(name, attacker.newcomer),
  );
  return [
    ...new Set([
      ...users,
      ...names,
      ...derived,
      `${attacker.newcomer}_owner`,
      `hookchart_${attacker.newcomer}`,
      `${attacker.newcomer}_admin`,
    ]),
  ].filter((name) => name !== user && name !== owner);
}

async function asOwner(attacker: Attacker, session: Session): Promise<void> {
  await session.tried(`SET ROLE "${await ownerOf(session, attacker)}"`, '22023');
}

/** False where a session of another's is in it, which it may not end. */
const dropOwn = (attacker: Attacker, session: Session): Promise<boolean> =>
  session.tried(`DROP DATABASE "${attacker.me.database}" WITH (FORCE)`, '55006');

export const direct: readonly Attack[] = [
  {
    name: 'names-of-roles-to-come-are-taken',
    position: 'direct',
    rule: 4,
    versions: since16,
    extra: makesRoles,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      for (const name of await likely(attacker, session))
        await session.tried(`CREATE ROLE "${name}" LOGIN PASSWORD 'evil'`, '42939');
    },
  },
  {
    name: 'marks-are-forged-on-roles-of-its-own',
    position: 'direct',
    rule: 4,
    versions: since16,
    extra: makesRoles,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      const owner = await ownerOf(session, attacker);
      const rows = await session.query(
        `SELECT rolname::text AS name, coalesce(pg_catalog.shobj_description(oid, 'pg_authid'), 'nothing') AS mark FROM pg_catalog.pg_roles WHERE rolname IN ('${attacker.user}', '${owner}')`,
      );
      const next = attacker.world.charm.world.made.relations;
      for (const { name, mark } of rows)
        for (const made of name === owner
          ? [
              `${attacker.newcomer}_owner`,
              String(owner).replace(attacker.me.database, attacker.newcomer),
            ]
          : Array.from({ length: 4 }, (_, n) => attacker.user.replace(/\d+/, String(next + n)))) {
          const number = /\d+/.exec(made.replace(/^\D*$/, '')) ?? [''];
          if (await session.tried(`CREATE ROLE "${made}" LOGIN PASSWORD 'evil'`, '42939', '42710'))
            await session.done(
              `COMMENT ON ROLE "${made}" IS '${String(mark)
                .replaceAll("'", "''")
                .replace(/relation \d+/, `relation ${number[0]}`)}'`,
            );
        }
      if (
        await session.tried(
          `CREATE DATABASE "${attacker.newcomer}" OWNER "${attacker.newcomer}_owner"`,
          '42501',
          '42704',
        )
      ) {
        const inside = await attacker.direct(attacker.newcomer);
        await inside.tried(`COMMENT ON DATABASE "${attacker.newcomer}" IS 'hookchart x database'`);
        await inside.end();
      }
    },
  },
  {
    name: 'the-newcomers-database-is-there-already',
    position: 'direct',
    rule: 4,
    extra: creates,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      for (const name of [
        attacker.newcomer,
        `${attacker.newcomer}_readonly`,
        attacker.me.database.replace(attacker.me.bag.database ?? '', attacker.newcomer),
      ])
        await session.tried(`CREATE DATABASE "${name}"`, '42P04');
      const inside = await attacker.direct(attacker.newcomer);
      await inside.tried('CREATE SCHEMA evil');
      await inside.tried(canary('evil.waits', '', 'text'));
      await inside.tried(
        `ALTER DATABASE "${attacker.newcomer}" SET search_path = evil, pg_catalog`,
      );
    },
  },
  {
    name: 'its-database-has-another-name',
    position: 'direct',
    rule: 7,
    extra: creates,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await session.tried(
        `SELECT pg_catalog.pg_terminate_backend(pid, 3000) FROM pg_catalog.pg_stat_activity WHERE usename = SESSION_USER AND datname = '${attacker.me.database}'`,
      );
      await session.tried(
        `ALTER DATABASE "${attacker.me.database}" RENAME TO "evil_renamed_${attacker.round}"`,
        '55006',
      );
    },
  },
  {
    name: 'its-database-is-dropped',
    position: 'direct',
    rule: 7,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await asOwner(attacker, session);
      await dropOwn(attacker, session);
    },
  },
  {
    name: 'its-database-is-dropped-and-made-anew',
    position: 'direct',
    rule: 7,
    extra: creates,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      if (!(await dropOwn(attacker, session))) return;
      await session.done(`CREATE DATABASE "${attacker.me.database}"`);
      const inside = await attacker.direct();
      await inside.tried('CREATE SCHEMA evil');
      await inside.tried(canary('evil.waits', '', 'text'));
    },
  },
  {
    name: 'its-database-belongs-to-itself-alone',
    position: 'direct',
    rule: 6,
    extra: creates,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await session.tried(`ALTER DATABASE "${attacker.me.database}" OWNER TO "${attacker.user}"`);
    },
  },
  {
    name: 'its-database-belongs-to-a-role-that-it-made',
    position: 'direct',
    rule: 6,
    versions: since16,
    extra: makesRoles,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await session.done(
        "SET createrole_self_grant = 'set, inherit'",
        "CREATE ROLE evil_heir LOGIN PASSWORD 'evil'",
      );
      await session.tried(`ALTER DATABASE "${attacker.me.database}" OWNER TO evil_heir`);
      await session.tried(`GRANT evil_heir TO "${await ownerOf(session, attacker)}"`, '0LP01');
    },
  },
  {
    name: 'its-own-roles-are-given-to-others',
    position: 'direct',
    rule: 7,
    versions: since16,
    extra: makesRoles,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await session.done(
        "SET createrole_self_grant = 'set, inherit'",
        'CREATE ROLE evil_gift',
        'ALTER ROLE evil_gift SET statement_timeout = 1',
      );
      const rows = await session.query(
        "SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('evil_gift', 'judge')",
      );
      for (const { name } of rows)
        await session.tried(`GRANT evil_gift TO "${name}" WITH ADMIN OPTION`, '0LP01');
    },
    at: {
      joined: async (attacker) => {
        const session = await attacker.direct('postgres');
        const rows = await session.query(
          "SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('evil_gift', 'judge')",
        );
        for (const { name } of rows) await session.tried(`GRANT evil_gift TO "${name}"`, '0LP01');
      },
    },
  },
  {
    name: 'roles-that-it-made-log-in-and-own-things',
    position: 'direct',
    rule: 7,
    versions: since16,
    extra: makesRoles,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await session.done(
        "SET createrole_self_grant = 'set, inherit'",
        "CREATE ROLE evil_door LOGIN CREATEDB CREATEROLE PASSWORD 'evil'",
        'CREATE ROLE evil_inner LOGIN IN ROLE evil_door',
        `CREATE DATABASE evil_of_door_${attacker.round} OWNER evil_door`,
      );
      await session.tried(`GRANT "${await ownerOf(session, attacker)}" TO evil_door`);
      const door = await attacker.direct('postgres', { user: 'evil_door', password: 'evil' });
      await door.done('CREATE ROLE evil_made_by_door', 'CREATE TEMP TABLE evil_temporary (n int)');
    },
  },
  {
    name: 'objects-lie-in-databases-of-its-own',
    position: 'direct',
    rule: 8,
    extra: creates,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      for (const n of [1, 2, 3]) {
        const name = `evil_beside_${attacker.round}_${n}`;
        await session.done(`CREATE DATABASE "${name}"`);
        const inside = await attacker.direct(name);
        await inside.tried('CREATE SCHEMA evil');
        await inside.done(
          canary('evil.waits', 'text', 'text'),
          'CREATE TABLE evil.t (n int)',
          'SELECT pg_catalog.lo_create(0)',
        );
        await inside.end();
      }
      await session.done(
        `ALTER DATABASE "evil_beside_${attacker.round}_2" CONNECTION LIMIT 0`,
        `ALTER DATABASE "evil_beside_${attacker.round}_3" IS_TEMPLATE true`,
        `ALTER DATABASE "evil_beside_${attacker.round}_1" SET role = 'nobody'`,
        `ALTER DATABASE "evil_beside_${attacker.round}_1" SET local_preload_libraries = 'nowhere'`,
      );
    },
  },
  {
    name: 'objects-lie-in-a-database-that-takes-no-connections',
    position: 'direct',
    rule: 8,
    extra: creates,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      const name = `evil_closed_${attacker.round}`;
      await session.done(`CREATE DATABASE "${name}"`);
      const inside = await attacker.direct(name);
      await inside.done('CREATE SCHEMA evil', 'CREATE TABLE evil.t (n int)');
      await inside.end();
      await session.done(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`);
    },
  },
  {
    name: 'objects-lie-in-the-common-databases',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      for (const database of ['postgres', 'template1']) {
        const session = await attacker.maybe(database);
        if (session === null) continue;
        await session.tried('CREATE TABLE public.evil_here (n int)');
        await session.tried(
          canary(
            'public.to_regnamespace',
            'text',
            'regnamespace',
            'RETURN 2200',
            `${database}.to_regnamespace`,
          ),
        );
        await session.tried(
          canary('public.lower', 'name', 'text', 'RETURN NULL', `${database}.lower`),
        );
        await session.tried(
          canary(
            'public.starts_with',
            'text, text',
            'bool',
            'RETURN true',
            `${database}.starts_with`,
          ),
        );
        await session.tried('CREATE SCHEMA evil');
        await session.tried('CREATE TEMP TABLE pg_roles (rolname name)');
        if (database === 'postgres')
          await session.tried(`ALTER ROLE "${attacker.user}" SET search_path = public, pg_catalog`);
        if (database === 'template1') await session.end();
      }
    },
  },
  {
    name: 'large-objects-lie-in-the-template',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      for (const database of ['postgres', 'template1']) {
        const session = await attacker.maybe(database);
        await session?.tried('SELECT pg_catalog.lo_create(0)');
        await session?.end();
      }
    },
  },
  {
    name: 'default-rights-lie-in-the-template',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      for (const database of ['postgres', 'template1']) {
        const session = await attacker.maybe(database);
        await session?.tried('ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC');
        await session?.end();
      }
    },
  },
  {
    name: 'somebody-sits-in-the-template',
    position: 'direct',
    rule: 8,
    asSuperuserToo: true,
    do: async (attacker) => {
      for (const database of ['template1', 'template1', 'postgres']) {
        const session = await attacker.maybe(database);
        await session?.done('BEGIN', 'SELECT 1');
      }
    },
  },
  {
    name: 'advisory-locks-are-held',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      const watcher = await attacker.direct('postgres');
      const spoiler = await attacker.pooled();
      await spoiler.asMyself(`ALTER ROLE "${attacker.user}" PASSWORD 'spoiled'`);
      await attacker.own();
      const seen = new Set<string>();
      let isRunning = true;
      const watch = (async () => {
        while (isRunning)
          for (const row of await watcher.query(
            "SELECT classid::int8 AS high, objid::int8 AS low, objsubid FROM pg_catalog.pg_locks WHERE locktype = 'advisory'",
          ))
            seen.add(JSON.stringify(row));
      })();
      const { world } = attacker;
      for (const name of ['update-status', 'upgrade-charm', 'backend-database-relation-changed'])
        await world.hook(world.leader, name);
      isRunning = false;
      await watch;
      await attacker.others();
      for (const text of seen) {
        const { high, low, objsubid } = JSON.parse(text);
        if (objsubid === 1)
          await watcher.done(
            `SELECT pg_catalog.pg_advisory_lock(((${high}::int8 << 32) | ${low}::int8)::int8)`,
          );
        else
          await watcher.done(
            `SELECT pg_catalog.pg_advisory_lock((${high}::int8)::bit(32)::int4, (${low}::int8)::bit(32)::int4)`,
          );
      }
      attacker.notes.push(`${seen.size} advisory locks were seen and are held`);
      // The lock of version 0.1, whose key anyone can read in the project's source and in the mark.
      await watcher.done(
        "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('hookchart 5e1f3c7a-0000-4000-8000-000000000001/pgbouncer', 0))",
      );
    },
  },
  {
    name: 'a-transaction-is-open-on-its-tables',
    position: 'direct',
    rule: 6,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(
        'CREATE TABLE evil_locked (n int)',
        'BEGIN',
        'LOCK TABLE evil_locked IN ACCESS EXCLUSIVE MODE',
        'CREATE TABLE evil_unfinished (n int)',
      );
    },
  },
  {
    name: 'a-transaction-through-the-pooler-is-open',
    position: 'pooler',
    rule: 6,
    do: async (attacker) => {
      const session = await attacker.pooled();
      await session.done(
        'CREATE TABLE evil_locked (n int)',
        'BEGIN',
        'LOCK TABLE evil_locked IN ACCESS EXCLUSIVE MODE',
        'DECLARE c CURSOR FOR SELECT * FROM evil_locked',
      );
    },
  },
  {
    name: 'a-transaction-is-open-on-its-own-role',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(
        `SET ROLE NONE; BEGIN; ALTER ROLE "${attacker.user}" PASSWORD 'unfinished'; ALTER ROLE "${attacker.user}" SET work_mem = 64`,
      );
    },
  },
  {
    name: 'a-transaction-is-open-on-its-own-database',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(
        'BEGIN',
        `ALTER DATABASE "${attacker.me.database}" CONNECTION LIMIT 7`,
        `ALTER DATABASE "${attacker.me.database}" SET work_mem = 64`,
        `GRANT CONNECT ON DATABASE "${attacker.me.database}" TO PUBLIC`,
      );
      const common = await attacker.direct('postgres');
      await common.done('BEGIN');
      for (const table of [
        'pg_database',
        'pg_roles',
        'pg_auth_members',
        'pg_db_role_setting',
        'pg_class',
      ])
        await common
          .done(`LOCK TABLE pg_catalog.${table} IN ACCESS SHARE MODE`)
          .catch(() => common.query('ROLLBACK; BEGIN'));
    },
  },
  {
    name: 'a-prepared-transaction-lives-on',
    position: 'direct',
    rule: 6,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(
        'CREATE TABLE evil_prepared (n int)',
        'BEGIN',
        'INSERT INTO evil_prepared VALUES (1)',
        'LOCK TABLE evil_prepared',
        `PREPARE TRANSACTION 'evil ${attacker.round}'`,
      );
      await session.end();
    },
  },
  {
    name: 'a-transaction-is-prepared-on-its-own-role',
    position: 'direct',
    rule: 6,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await session.done(
        `BEGIN; ALTER ROLE "${attacker.user}" SET work_mem = 64; ALTER ROLE "${attacker.user}" PASSWORD 'prepared'; PREPARE TRANSACTION 'evil ${attacker.round}'`,
      );
      const inside = await attacker.direct();
      await asOwner(attacker, inside);
      await inside.done(
        `BEGIN; CREATE TABLE evil_as_owner (n int); PREPARE TRANSACTION 'evil owner ${attacker.round}'`,
      );
      await inside.end();
    },
  },
  {
    name: 'sessions-up-to-the-limit-of-the-server',
    position: 'direct',
    rule: 8,
    do: async (attacker) => {
      let open = 0;
      for (; open < 210; open++) {
        const session = await attacker.direct('postgres').catch((problem: { code?: string }) => {
          if (problem.code !== '53300') throw new NotLanded(String(problem));
          return null;
        });
        if (session === null) break;
      }
      attacker.notes.push(`${open} sessions were let in`);
    },
  },
  {
    name: 'reconnects-while-it-is-removed',
    position: 'direct',
    rule: 8,
    at: {
      leaving: async (attacker) => {
        for (let n = 0; n < 3; n++)
          (async () => {
            for (let tries = 0; tries < 400; tries++) {
              const session = await attacker.direct('postgres').catch(() => null);
              session?.send('SELECT pg_catalog.pg_sleep(60)');
              if (session === null && tries > 200) return;
              await new Promise((next) => setImmediate(next));
            }
          })().catch(() => {});
      },
    },
  },
  {
    name: 'databases-are-made-while-it-is-removed',
    position: 'direct',
    rule: 8,
    extra: creates,
    at: {
      leaving: async (attacker) => {
        const session = await attacker.direct('postgres');
        for (let n = 0; n < 5; n++)
          session.send(`CREATE DATABASE evil_late_${attacker.round}_${n}`);
        await session.query('SELECT 1').catch(() => {});
      },
    },
  },
  {
    name: 'the-victims-database-is-a-template-for-its-own',
    position: 'direct',
    rule: 7,
    extra: creates,
    do: async (attacker) => {
      const session = await attacker.direct('postgres');
      await session.tried(
        `CREATE DATABASE evil_copy TEMPLATE "${attacker.world.victim.database}"`,
        '55006',
      );
      await session.tried(
        `CREATE DATABASE evil_gift OWNER "${attacker.world.victim.bag.username}"`,
      );
      await session.tried(
        `ALTER DATABASE "${attacker.world.victim.database}" SET search_path = evil`,
      );
      await session.tried(`DROP DATABASE "${attacker.world.victim.database}"`, '55006');
      await session.tried(`ALTER DATABASE template1 CONNECTION LIMIT 0`);
      await session.tried(`COMMENT ON DATABASE "${attacker.world.victim.database}" IS 'evil'`);
    },
  },
  {
    name: 'its-marks-are-another',
    position: 'direct',
    rule: 4,
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.done(
        `COMMENT ON DATABASE "${attacker.me.database}" IS 'hookchart forged database'`,
      );
      await session.tried(`COMMENT ON ROLE "${attacker.user}" IS 'hookchart forged relation 1'`);
      await session.tried(
        `COMMENT ON ROLE "${attacker.world.victim.bag.username}" IS 'hookchart forged relation 1'`,
      );
    },
  },
  {
    name: 'a-dba-has-commented-on-every-role',
    position: 'direct',
    rule: 4,
    do: async (attacker) => {
      // No attack, but it takes away the mark that was taken for one.
      const owner = await attacker.owner();
      for (const role of [attacker.user, owner])
        await attacker.world.judge.query(
          `COMMENT ON ROLE "${role}" IS 'asked for by the web team'`,
        );
      await attacker.world.judge.query(
        `COMMENT ON DATABASE "${attacker.me.database}" IS 'the web team'`,
      );
    },
  },
  {
    name: 'a-dba-has-set-an-expiry-and-a-limit',
    position: 'direct',
    rule: 7,
    do: async (attacker) => {
      await attacker.world.judge.query(
        `ALTER ROLE "${attacker.user}" VALID UNTIL '2001-01-01' CONNECTION LIMIT 0`,
      );
      await attacker.own();
      const { world } = attacker;
      for (const name of ['update-status', 'update-status']) await world.hook(world.leader, name);
      await attacker.others();
      const isMended = await attacker.pooled().then(
        () => true,
        () => false,
      );
      const status = world.charm.statusOf(world.leader);
      if (!isMended && status.startsWith('active'))
        throw new NotLanded('logins fail, and the status says active');
    },
  },
];
