/** Holes that the driver makes itself, as a superuser: a judge who misses one is worth nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import type { Attack, Attacker, Moment } from '../attack.ts';

const hole = (
  name: string,
  body: (attacker: Attacker) => Promise<unknown>,
  at?: Moment,
): Attack => {
  const run = async (attacker: Attacker) => {
    await body(attacker);
  };
  return {
    name,
    position: 'direct',
    rule: 1,
    ...(at === undefined ? { do: run } : { at: { [at]: run } }),
  };
};

const sql = (name: string, text: (attacker: Attacker) => string, at?: Moment): Attack =>
  hole(name, (attacker) => attacker.world.judge.query(text(attacker)), at);

const inside = async ({ world }: Attacker, database: string, ...texts: readonly string[]) => {
  const client = await world.asJudge(database);
  for (const text of texts) await client.query(text);
  await client.end();
};

/** The same, where operators have set and related more. */
const beside = (...of: Parameters<typeof hole>): Attack => ({
  ...hole(...of),
  setting: 'operated',
});

const victim = ({ world }: Attacker): string => world.victim.bag.username ?? '';

export const planted: readonly Attack[] = [
  sql('the-attacker-is-a-superuser', ({ user }) => `ALTER ROLE "${user}" SUPERUSER`, 'hooked'),
  sql(
    'the-attacker-bypasses-row-security',
    ({ user }) => `ALTER ROLE "${user}" BYPASSRLS`,
    'hooked',
  ),
  sql('the-attacker-may-make-roles', ({ user }) => `ALTER ROLE "${user}" CREATEROLE`, 'joined'),
  sql(
    'the-attacker-has-a-predefined-role',
    ({ user }) => `GRANT pg_monitor TO "${user}"`,
    'hooked',
  ),
  sql(
    'the-attacker-has-the-victims-role',
    (attacker) => `GRANT "${victim(attacker)}" TO "${attacker.user}"`,
    'hooked',
  ),
  hole(
    'the-attacker-may-enter-the-victims-database',
    ({ world, user }) =>
      world.judge.query(`GRANT CONNECT ON DATABASE "${world.victim.database}" TO "${user}"`),
    'hooked',
  ),
  hole('a-row-of-the-victims-is-copied', async (attacker) => {
    await inside(
      attacker,
      attacker.me.database,
      'CREATE TABLE public.evil_copy (note text)',
      `INSERT INTO public.evil_copy VALUES ('${attacker.world.secret}')`,
      'GRANT ALL ON SCHEMA public TO PUBLIC',
      'GRANT SELECT ON public.evil_copy TO PUBLIC',
    );
    const session = await attacker.direct();
    await session.query('SELECT * FROM public.evil_copy');
  }),
  hole('a-row-of-the-victims-is-changed', (attacker) =>
    inside(
      attacker,
      attacker.world.victim.database,
      "UPDATE public.wages SET amount = 1 WHERE who = 'employee 7'",
    ),
  ),
  hole(
    'an-object-lies-in-the-victims-database',
    (attacker) =>
      inside(
        attacker,
        attacker.world.victim.database,
        "CREATE FUNCTION public.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      ),
    'hooked',
  ),
  hole(
    'an-object-lies-in-the-template',
    (attacker) => inside(attacker, 'template1', 'CREATE TABLE public.evil (n int)'),
    'joined',
  ),
  hole(
    'a-default-right-lies-in-the-common-database',
    (attacker) =>
      inside(
        attacker,
        'postgres',
        `ALTER DEFAULT PRIVILEGES FOR ROLE "${victim(attacker)}" GRANT ALL ON TABLES TO PUBLIC`,
      ),
    'hooked',
  ),
  sql(
    'the-victim-has-a-setting',
    (attacker) => `ALTER ROLE "${victim(attacker)}" SET work_mem = '1MB'`,
    'hooked',
  ),
  sql(
    'the-victims-role-has-a-comment',
    (attacker) => `COMMENT ON ROLE "${victim(attacker)}" IS 'evil'`,
    'hooked',
  ),
  sql(
    'the-victims-database-has-a-limit',
    ({ world }) => `ALTER DATABASE "${world.victim.database}" CONNECTION LIMIT 50`,
    'joined',
  ),
  sql(
    'the-victims-database-belongs-to-another',
    ({ world }) => `ALTER DATABASE "${world.victim.database}" OWNER TO postgres`,
    'hooked',
  ),
  sql(
    'the-victims-password-is-another',
    (attacker) => `ALTER ROLE "${victim(attacker)}" PASSWORD 'another'`,
    'joined',
  ),
  sql(
    'a-session-of-the-victims-is-cut',
    (attacker) =>
      `SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity WHERE usename = '${victim(attacker)}'`,
    'hooked',
  ),
  sql('a-role-is-left-behind', () => 'CREATE ROLE left_behind', 'joined'),
  sql('a-role-of-the-attackers-is-left-behind', () => "CREATE ROLE evil_left LOGIN PASSWORD 'x'"),
  hole(
    'somebody-with-rights-enters-the-attackers-database',
    async ({ world, me }) => {
      const password = 'intruder';
      await world.judge.query(`CREATE ROLE intruder CREATEROLE LOGIN PASSWORD '${password}'`);
      const { host, port } = world.server;
      const bag = { username: 'intruder', password, endpoints: `${host}:${port}` };
      await world.judge.query(`GRANT CONNECT ON DATABASE "${me.database}" TO intruder`);
      await (await login({ ...bag, database: me.database })).end();
      await world.gate.look();
      await world.judge.query(`REVOKE CONNECT ON DATABASE "${me.database}" FROM intruder`);
      await world.judge.query('DROP ROLE intruder');
    },
    'hooked',
  ),
  hole('a-function-of-the-attackers-runs-as-a-superuser', async (attacker) => {
    await inside(
      attacker,
      attacker.me.database,
      "DO $$ BEGIN RAISE LOG 'canary planted session=% current=%', SESSION_USER, CURRENT_USER; END $$",
    );
  }),
  hole('a-function-of-the-attackers-runs-as-the-victim', async (attacker) => {
    await attacker.world.held[0]?.query(
      "DO $$ BEGIN RAISE LOG 'canary planted session=% current=%', SESSION_USER, CURRENT_USER; END $$",
    );
  }),
  hole('a-verifier-of-anothers-is-read', async (attacker) => {
    const { rows } = await attacker.world.judge.query(
      'SELECT rolpassword FROM pg_authid WHERE rolname = $1',
      [victim(attacker)],
    );
    attacker.reads(rows);
  }),
  hole(
    'a-prepared-transaction-is-left',
    async (attacker) => {
      const client = await attacker.world.asJudge('postgres');
      await client.query(`BEGIN; CREATE TABLE evil_prepared (n int); PREPARE TRANSACTION 'left'`);
      await client.end();
    },
    'leaving',
  ),
  hole(
    'a-file-is-left-in-a-units-home',
    async ({ world }) =>
      writeFileSync(join(world.charm.home(world.leader), 'password.tmp'), 'secret'),
    'leaving',
  ),
  hole(
    'a-user-is-left-in-the-userlist',
    async ({ world }) => {
      const path = join(world.charm.home('pgbouncer/0'), 'userlist.txt');
      writeFileSync(path, `${readFileSync(path, 'utf8')}"evil_left" "x"\n`);
    },
    'removed',
  ),
  hole(
    'a-right-on-the-catalog-is-given',
    (attacker) => inside(attacker, 'postgres', 'GRANT SELECT ON pg_catalog.pg_authid TO PUBLIC'),
    'hooked',
  ),
  hole('the-newcomer-cannot-be-served', async ({ world, newcomer }) => {
    await world.judge.query(`CREATE DATABASE "${newcomer}"`);
    await world.judge.query(`ALTER DATABASE template1 IS_TEMPLATE false CONNECTION LIMIT 0`);
    await world.judge.query(
      `ALTER ROLE "${world.setting === 'superuser' ? 'postgres' : 'backend_login'}" CONNECTION LIMIT 0`,
    );
    if (world.setting === 'superuser')
      await world.judge.query('ALTER ROLE postgres NOSUPERUSER NOCREATEDB NOCREATEROLE');
  }),
  beside(
    'a-password-stands-in-the-metrics',
    async ({ world }) => {
      const hooks = { [world.victim.bag.password ?? '']: { done: 1, failed: 0, seconds: 1 } };
      const figures = JSON.stringify({ hooks, charts: {}, records: {}, last: 1 });
      writeFileSync(join(world.charm.home(world.leader), 'hooks.json'), figures);
    },
    'hooked',
  ),
  beside('an-action-shows-a-password', async ({ world }) => {
    world.shown.push(`failed for ${world.victim.bag.password}`);
  }),
  beside(
    'a-user-is-left-in-the-userlist-of-another-process',
    async ({ world }) => {
      const path = join(world.charm.home('pgbouncer/0'), '1', 'userlist.txt');
      writeFileSync(path, `${readFileSync(path, 'utf8')}"evil_left" "x"\n`);
    },
    'removed',
  ),
  beside(
    'somebody-comes-in-without-tls',
    async ({ world }) => {
      for (const folder of ['', '1'].map((name) => join(world.charm.home(world.leader), name))) {
        const path = join(folder, 'pgbouncer.ini');
        const ini = readFileSync(path, 'utf8');
        writeFileSync(
          path,
          ini.replace(/^client_tls_sslmode = .*$/m, 'client_tls_sslmode = allow'),
        );
        process.kill(Number(readFileSync(join(folder, 'pgbouncer.pid'), 'utf8')), 'SIGHUP');
      }
    },
    'joined',
  ),
];
