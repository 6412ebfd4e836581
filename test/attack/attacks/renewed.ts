/** What a tenant does again as often as it is ended, and what does not hear that it is to end. */
import { type Attack, type Attacker, NotLanded } from '../attack.ts';
import { HookFailed } from '../world.ts';
import { isToldTheTruth } from './halfway.ts';
import { goesThough, thirdComes } from './leaving.ts';
import { isLockedOut } from './stuck.ts';

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1500; tries++) {
    if (await is()) return;
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new NotLanded(`it was waited for in vain: ${what}`);
}

/** Takes some 20 s of an idle core, for each mark passes by as many others; nothing asks for its end. */
const unheard =
  "SELECT pg_catalog.length(pg_catalog.normalize('a' || pg_catalog.repeat(U&'\\0301', 26000) || pg_catalog.repeat(U&'\\0316', 26000)))";

/** Sessions that are opened again when they end; as many of them are busy when it returns. */
async function renew(
  attacker: Attacker,
  count: number,
  database: string,
  statements: (number: number) => readonly string[],
): Promise<() => void> {
  let isOver = false;
  let busy = 0;
  const end = () => {
    isOver = true;
  };
  attacker.ending.push(end);
  const one = async (number: number) => {
    while (!isOver) {
      const session = await attacker
        .direct(database, { query_timeout: 3_600_000 })
        .catch(() => null);
      if (session === null) {
        await new Promise((next) => setTimeout(next, 200));
        continue;
      }
      busy += 1;
      for (const sql of statements(number)) await session.query(sql).catch(() => {});
      busy -= 1;
      await session.end();
    }
  };
  for (let number = 0; number < count; number++) void one(number);
  await until('all sessions are busy', async () => busy === count);
  return end;
}

/** How many of its sessions do not hear. */
const deaf = async ({ world, user }: Attacker): Promise<number> => {
  const { rowCount } = await world.judge.query(
    "SELECT FROM pg_stat_activity WHERE usename = $1 AND state = 'active' AND query LIKE '%normalize%'",
    [user],
  );
  return rowCount ?? 0;
};

/** Others hold what names it and do not hear: it is out, nobody waits long, and it goes when they end. */
async function isKeptAwhile(attacker: Attacker): Promise<void> {
  const { world } = attacker;
  const third = await thirdComes(attacker);
  const end = await renew(attacker, 5, attacker.me.database, (n) => [
    `BEGIN; CREATE TABLE evil_${n} (n int); GRANT SELECT ON evil_${n} TO "${third.bag.username}"`,
    unheard,
  ]);
  await attacker.own();
  await until('they hold it', async () => (await deaf(attacker)) === 5);
  world.slowest = 0;
  await world.unrelate(third.relation);
  await world.hook(world.leader, 'update-status');
  const role = async () =>
    (
      await world.judge.query('SELECT rolcanlogin AS "isOpen" FROM pg_roles WHERE rolname = $1', [
        third.bag.username,
      ])
    ).rows;
  const status = world.charm.statusOf(world.leader);
  attacker.notes.push(`the slowest hook takes ${Math.round(world.slowest / 1000)} s: ${status}`);
  if ((await role())[0]?.isOpen === true) throw new HookFailed(`another still logs in: ${status}`);
  if (world.slowest > 20_000)
    throw new HookFailed(`hooks wait for sessions that do not hear: ${attacker.notes.at(-1)}`);
  end();
  await until('they end', async () => (await deaf(attacker)) === 0);
  await world.hook(world.leader, 'update-status');
  if ((await role()).length > 0)
    throw new HookFailed(`another cannot go: ${world.charm.statusOf(world.leader)}`);
}

export const renewed: readonly Attack[] = [
  {
    name: 'sessions-that-do-not-hear-and-hold-nothing',
    position: 'direct',
    rule: 8,
    at: {
      leaving: async (attacker) => {
        await renew(attacker, 5, 'postgres', () => [unheard]);
        await until('they run', async () => (await deaf(attacker)) === 5);
      },
      removed: async (attacker) => {
        await isLockedOut(attacker);
        await until('they end', async () => (await deaf(attacker)) === 0);
        await isToldTheTruth(attacker);
      },
    },
  },
  {
    name: 'others-hold-and-do-not-hear',
    position: 'direct',
    rule: 8,
    isOpen: true,
    at: { joined: isKeptAwhile },
  },
  {
    name: 'its-database-is-closed-again-and-again',
    position: 'direct',
    rule: 8,
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          const { database } = attacker.me;
          const inside = await attacker.direct();
          await inside.done('CREATE TABLE evil_shut (n int)');
          await inside.done(`GRANT SELECT ON evil_shut TO "${username}"`);
          await inside.end();
          await renew(attacker, 1, 'postgres', () => [
            `DO $$ BEGIN LOOP BEGIN ALTER DATABASE "${database}" ALLOW_CONNECTIONS false;
               EXCEPTION WHEN OTHERS THEN NULL; END; COMMIT; END LOOP; END $$`,
          ]);
          await until('it is closed', async () => {
            const { rows } = await attacker.world.judge.query(
              'SELECT datallowconn AS "isOpen" FROM pg_database WHERE datname = $1',
              [database],
            );
            return rows[0]?.isOpen === false;
          });
        }),
    },
  },
  {
    name: 'something-new-is-granted-all-the-time',
    position: 'direct',
    rule: 8,
    isOpen: true,
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          await renew(attacker, 2, attacker.me.database, () => [
            `DO $$ DECLARE made oid; BEGIN LOOP made := pg_catalog.lo_create(0);
               EXECUTE 'GRANT SELECT ON LARGE OBJECT ' || made || ' TO "${username}"'; COMMIT; END LOOP; END $$`,
          ]);
          await until('something is granted', async () => {
            const { rowCount } = await attacker.world.judge.query(
              `SELECT FROM pg_shdepend WHERE deptype = 'a'
                  AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1) LIMIT 1`,
              [username],
            );
            return rowCount === 1;
          });
        }),
    },
  },
];
