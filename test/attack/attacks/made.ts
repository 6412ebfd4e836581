/** What roles do that a tenant made: they speak for themselves, and the charm inherits nothing of them. */
import { type Attack, type Attacker, NotLanded, type Session } from '../attack.ts';
import { HookFailed } from '../world.ts';
import { isMended } from './halfway.ts';
import { asOther, goesThough, thirdComes } from './leaving.ts';
import { homeOf } from './stuck.ts';

const entry = (
  name: string,
  how: Omit<Attack, 'name' | 'position' | 'rule' | 'versions' | 'extra'>,
  extra = 'CREATEROLE',
): Attack => ({
  ...{ name, position: 'direct', rule: 8, versions: [16, 99] },
  extra: { 'extra-user-roles': extra },
  ...how,
});

/** A session as a role that it made, and whose rights nobody inherits who is a member. */
async function asMade(
  attacker: Attacker,
  name = 'evil_one',
  ...before: readonly string[]
): Promise<Session> {
  const session = await attacker.direct();
  await session.done(
    'SET ROLE NONE',
    `CREATE ROLE ${name} CREATEROLE`,
    `GRANT ${name} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE`,
    ...before,
    `SET ROLE ${name}`,
  );
  return session;
}

/** Everybody can read whose the charm's home is. */
async function charmsLogin(session: Session): Promise<string> {
  const [row] = await session.query(
    `SELECT pg_catalog.pg_get_userbyid(datdba)::text AS login FROM pg_catalog.pg_database WHERE datname = '${await homeOf(session)}'`,
  );
  return String(row?.login);
}

async function giveRoleOfRole(attacker: Attacker, username = ''): Promise<void> {
  const session = await asMade(attacker);
  await session.done('CREATE ROLE evil_two', `GRANT evil_two TO "${username}"`);
}

/** The published password logs in, whether a rotation is carried out or fails. */
async function logsInThroughout(attacker: Attacker): Promise<void> {
  const { world } = attacker;
  const third = await thirdComes(attacker);
  await giveRoleOfRole(attacker, third.bag.username);
  await attacker.own();
  const { relation } = third;
  const { failure } = await world.action(world.leader, 'rotate-password', {
    relation,
    force: true,
  });
  attacker.notes.push(`the rotation: ${failure ?? 'done'}`);
  // What was carried out has its hooks to come; what failed is over.
  if (failure === null) await world.settle();
  try {
    const bag = world.answerOf(relation);
    await (await world.login(bag)).end();
    // PgBouncer may have a session that was there before.
    await (await asOther(attacker, { ...third, bag })).end();
  } catch (problem) {
    throw new HookFailed(`another is locked out, ${attacker.notes.at(-1)}: ${String(problem)}`);
  }
  await world.unrelate(relation);
}

export const made: readonly Attack[] = [
  entry('a-role-of-its-own-role-is-given-to-another', {
    do: (attacker) => giveRoleOfRole(attacker, attacker.world.victim.bag.username),
    at: { hooked: (attacker) => isMended(attacker, attacker.world.victim) },
  }),
  entry('a-rotation-locks-the-victim-out', {
    setting: 'operated',
    at: { joined: logsInThroughout },
  }),
  entry('roles-that-are-called-like-agents-are-held', {
    at: {
      joined: (attacker) =>
        goesThough(attacker, async () => {
          const session = await attacker.direct('postgres');
          const login = await charmsLogin(session);
          const agents = [1, 2, 3, 4, 5, 6].map((n) => `hookchart_agent_evil${n}`);
          await session.done('SET ROLE NONE');
          for (const agent of agents)
            await session.done(
              `CREATE ROLE ${agent}`,
              `GRANT ${agent} TO "${login}" WITH INHERIT TRUE, SET TRUE`,
            );
          await session.done(
            'BEGIN',
            ...agents.map((agent) => `ALTER ROLE ${agent} CONNECTION LIMIT 3`),
          );
        }),
    },
  }),
  entry('roles-that-are-called-like-agents-without-number', {
    at: {
      joined: async (attacker) => {
        const session = await attacker.direct('postgres', { query_timeout: 3_600_000 });
        const each = (sql: string) =>
          session.done(`DO $$ BEGIN FOR n IN 1..3500 LOOP ${sql}; END LOOP; END $$`);
        await goesThough(attacker, async () => {
          const login = await charmsLogin(session);
          await session.done('SET ROLE NONE');
          await each(
            `EXECUTE 'CREATE ROLE hookchart_agent_evil' || n;
             EXECUTE 'GRANT hookchart_agent_evil' || n || ' TO "${login}" WITH INHERIT TRUE'`,
          );
        });
        // How it goes itself with so many is another question.
        await each("EXECUTE 'DROP ROLE IF EXISTS hookchart_agent_evil' || n");
      },
    },
  }),
  entry(
    'a-database-of-a-role-that-it-made',
    {
      at: {
        joined: (attacker) =>
          goesThough(attacker, async (username) => {
            const session = await asMade(
              attacker,
              'evil_one',
              'CREATE DATABASE evil_other OWNER evil_one',
            );
            await session.done(`GRANT CONNECT ON DATABASE evil_other TO "${username}"`);
          }),
      },
    },
    'CREATEDB,CREATEROLE',
  ),
  entry(
    'a-database-of-a-role-that-it-made-is-shut',
    {
      at: {
        joined: (attacker) =>
          goesThough(attacker, async (username) => {
            await asMade(attacker, 'evil_one', 'CREATE DATABASE evil_shut OWNER evil_one');
            const inside = await attacker.direct('evil_shut');
            await inside.done(
              'SET ROLE evil_one',
              'CREATE TABLE public.t (n int)',
              `GRANT SELECT ON public.t TO "${username}"`,
              'REVOKE CONNECT ON DATABASE evil_shut FROM PUBLIC',
            );
          }),
      },
    },
    'CREATEDB,CREATEROLE',
  ),
  entry('the-giver-is-the-seventieth-in-a-row', {
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          const session = await attacker.direct();
          await session.done(
            'SET ROLE NONE',
            'CREATE SCHEMA evil_deep',
            'GRANT ALL ON SCHEMA evil_deep TO PUBLIC',
          );
          for (let n = 1; n <= 70; n++)
            await session.done(
              `CREATE ROLE evil_${n} CREATEROLE`,
              `GRANT evil_${n} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE`,
              `SET ROLE evil_${n}`,
            );
          await session.done(
            'CREATE TABLE evil_deep.t (n int)',
            `GRANT SELECT ON evil_deep.t TO "${username}"`,
          );
        }),
    },
  }),
  entry('everything-is-given-with-the-grant-option', {
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          // Who was there first is asked first whether the right is its own to take back.
          const session = await asMade(
            attacker,
            'evil_one',
            'CREATE SCHEMA evil_young',
            'GRANT ALL ON SCHEMA evil_young TO evil_one',
          );
          const [row] = await session.query(
            `SELECT (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'evil_one')
                  > (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = '${username}') AS "isYounger"`,
          );
          if (row?.isYounger !== true) throw new NotLanded('the owner was there before');
          await session.done(
            'CREATE TABLE evil_young.t (n int, m int)',
            `GRANT ALL ON evil_young.t TO "${username}" WITH GRANT OPTION`,
            `GRANT SELECT (n), UPDATE (m) ON evil_young.t TO "${username}" WITH GRANT OPTION`,
          );
        }),
    },
  }),
  entry('a-role-whose-maker-is-gone-logs-in-after-its-removal', {
    isOpen: true,
    at: {
      leaving: async (attacker) => {
        const session = await asMade(attacker);
        await session.done(
          "CREATE ROLE evil_orphan LOGIN CREATEROLE PASSWORD 'evil'",
          'SET ROLE NONE',
          'DROP ROLE evil_one',
        );
      },
      removed: async (attacker) => {
        const as = { user: 'evil_orphan', password: 'evil' };
        const session = await attacker.direct('postgres', as).catch(() => null);
        if (session !== null) throw new HookFailed('who was removed still logs in');
      },
    },
  }),
  {
    name: 'an-agent-is-given-something-and-stays',
    position: 'direct',
    rule: 8,
    isOpen: true,
    at: {
      joined: async (attacker) => {
        const { world, me } = attacker;
        await goesThough(attacker, async (username) => {
          const inside = await attacker.direct(me.database, { query_timeout: 3_600_000 });
          await inside.done(
            'CREATE TABLE evil_bait (n int)',
            `GRANT SELECT ON evil_bait TO "${username}"`,
          );
          inside.send(
            `DO $$ DECLARE a name; BEGIN FOR n IN 1..4000 LOOP
               FOR a IN SELECT rolname FROM pg_catalog.pg_roles WHERE pg_catalog.starts_with(rolname::text, 'hookchart_agent_') LOOP
                 BEGIN EXECUTE pg_catalog.format('GRANT SELECT ON evil_bait TO %I', a);
                 EXCEPTION WHEN OTHERS THEN NULL; END;
               END LOOP; COMMIT; PERFORM pg_catalog.pg_sleep(0.004); END LOOP; END $$`,
          );
        });
        for (let n = 0; n < 2; n++) await world.hook(world.leader, 'update-status');
        const { rows } = await world.judge.query(
          "SELECT rolname::text AS name, rolcanlogin AS login FROM pg_roles WHERE rolname LIKE 'hookchart\\_agent\\_%'",
        );
        if (rows.some(({ login }) => login)) throw new HookFailed('an agent can still log in');
        if (rows.length > 0) throw new HookFailed(`agents are left: ${JSON.stringify(rows)}`);
      },
    },
  },
];
