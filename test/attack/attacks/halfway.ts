/** What a tenant leaves half done: it is neither there nor gone, and others stumble over it. */
import { type Attack, type Attacker, NotLanded } from '../attack.ts';
import { HookFailed, type Tenant } from '../world.ts';

/** What is interrupted once it has begun stays: a database that nobody enters, and nobody may alter. */
async function dropByHalf(attacker: Attacker): Promise<void> {
  const { database } = attacker.me;
  const inside = await attacker.direct();
  // What is to be written first takes longer than the statement may.
  await inside.done(
    "CREATE TABLE evil_much AS SELECT n, pg_catalog.repeat('x', 800) AS x FROM pg_catalog.generate_series(1, 60000) n",
  );
  await inside.end();
  const session = await attacker.direct('postgres');
  // Too little leaves it whole, too much drops it: from little on, in small steps.
  for (let patience = 2; patience < 300; patience = Math.ceil(patience * 1.25)) {
    await session.done(`SET statement_timeout = ${patience}`);
    if (await session.tried(`DROP DATABASE "${database}" WITH (FORCE)`, '57014', '55000'))
      throw new NotLanded('it was dropped in time');
    await session.done('SET statement_timeout = 0');
    const [row] = await session.query(
      `SELECT datconnlimit AS "limit" FROM pg_catalog.pg_database WHERE datname = '${database}'`,
    );
    if (row?.limit !== -2) continue;
    attacker.notes.push(`after ${patience} ms its limit is ${row.limit}`);
    return;
  }
  throw new NotLanded('it was never dropped by half');
}

/** What the next audits mend of another is mended, and nothing is laid at its door. */
export async function isMended({ world }: Attacker, { bag, relation }: Tenant): Promise<void> {
  // No attack, but something that a DBA might have done.
  await world.judge.query(`ALTER ROLE "${bag.username}" VALID UNTIL '2001-01-01'`);
  for (const name of ['update-status', 'update-status']) await world.hook(world.leader, name);
  const { rows } = await world.judge.query(
    "SELECT rolvaliduntil = 'infinity' AS lasts FROM pg_roles WHERE rolname = $1",
    [bag.username],
  );
  const status = world.charm.statusOf(world.leader);
  if (rows[0]?.lasts !== true) throw new HookFailed(`another is not mended for it: ${status}`);
  if (new RegExp(`blocked: relation ${relation}\\b`).test(status))
    throw new HookFailed(`another is told that it is at fault: ${status}`);
}

/** What cannot be done yet is not said to be done; and it is done as soon as it can be. */
export async function isToldTheTruth(attacker: Attacker): Promise<void> {
  const { world, user } = attacker;
  const logins = () =>
    world.judge.query('SELECT rolcanlogin AS "isOpen" FROM pg_roles WHERE rolname = $1', [user]);
  const status = world.charm.statusOf(world.leader);
  const { rows } = await logins();
  attacker.notes.push(`its role is ${JSON.stringify(rows)}, and the status ${status}`);
  if (rows[0]?.isOpen === true && !status.includes('it can still log in'))
    throw new HookFailed(`who still logs in past PgBouncer is said to be out: ${status}`);
  for (let tries = 0; tries < 300; tries++) {
    const { rowCount } = await world.judge.query(
      "SELECT FROM pg_stat_activity WHERE usename = $1 AND query LIKE '%normalize%'",
      [user],
    );
    if (rowCount === 0) break;
    await new Promise((next) => setTimeout(next, 200));
  }
  await world.hook(world.leader, 'update-status');
}

export const halfway: readonly Attack[] = [
  {
    name: 'a-session-does-not-hear-that-it-is-ended',
    position: 'direct',
    rule: 8,
    at: {
      leaving: async (attacker) => {
        const session = await attacker.direct('postgres', { query_timeout: 3_600_000 });
        await session.done(`SET ROLE NONE; BEGIN; ALTER ROLE "${attacker.user}" PASSWORD 'held'`);
        // Nothing in there asks whether it is to end.
        session.send(
          "SELECT pg_catalog.length(pg_catalog.normalize('a' || pg_catalog.repeat(U&'\\0301', 20000) || pg_catalog.repeat(U&'\\0316', 20000)))",
        );
      },
      removed: isToldTheTruth,
    },
  },
  {
    name: 'its-database-is-dropped-halfway',
    position: 'direct',
    rule: 8,
    do: dropByHalf,
  },
  {
    name: 'a-database-dropped-halfway-ends-the-session-for-others',
    position: 'direct',
    rule: 8,
    do: dropByHalf,
    at: {
      joined: async (attacker) => {
        const { world } = attacker;
        const relation = world.charm.world.made.relations - 2;
        const newcomer = await world.tenant(relation, 'newcomer');
        if (newcomer === null) throw new NotLanded('the newcomer is not served');
        await isMended(attacker, newcomer);
      },
    },
  },
];
