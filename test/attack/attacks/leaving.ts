/** What a tenant gives on, or holds open, so that others cannot go. */
import { type Attack, type Attacker, NotLanded, type Session } from '../attack.ts';
import { HookFailed, type Tenant } from '../world.ts';
import { ownerOf } from './pooler.ts';

/** Somebody else, who shares the newcomer's database unless told otherwise; it is not gone yet. */
export async function thirdComes(attacker: Attacker, database = attacker.newcomer) {
  const relation = await attacker.world.relate('third', { database });
  const third = await attacker.world.tenant(relation, 'third');
  if (third === null) throw new NotLanded('the third is not served');
  return third;
}

/** A session of another tenant's, past PgBouncer: it works as it always does. */
export const asOther = (attacker: Attacker, { bag, database }: Tenant): Promise<Session> =>
  attacker.direct(database, { user: bag.username ?? '', password: bag.password ?? '' });

/** A database that the attacker makes, where what it has leans on what somebody else has. */
export async function shareDatabase(attacker: Attacker, other: Tenant): Promise<Session> {
  const session = await attacker.direct('postgres');
  await session.done('SET ROLE NONE', 'CREATE DATABASE evil_both');
  const inside = await attacker.direct('evil_both');
  await inside.done('GRANT ALL ON SCHEMA public TO PUBLIC');
  const theirs = await asOther(attacker, { ...other, database: 'evil_both' });
  await theirs.done('CREATE TYPE public.evil_type AS (n int)');
  await inside.done('CREATE TABLE public.evil_table (x public.evil_type)');
  return inside;
}

/** Who shares the attacker's database, and came after it. */
async function secondOf({ world }: Attacker): Promise<Tenant> {
  const second = await world.tenant(world.charm.world.made.relations - 1, 'second');
  if (second === null) throw new NotLanded('the second is not served');
  return second;
}

/** Somebody else comes, is named in what the attacker does, and goes: nothing of that may keep it. */
export async function goesThough(
  attacker: Attacker,
  what: (username: string, third: Tenant) => Promise<void>,
  database = attacker.newcomer,
): Promise<void> {
  const { world } = attacker;
  const third = await thirdComes(attacker, database);
  const { username = '' } = third.bag;
  await what(username, third);
  await attacker.own();
  await world.unrelate(third.relation);
  await isGone(attacker, third);
}

/** With the next hook at the latest. */
async function isGone({ world }: Attacker, { bag }: Tenant): Promise<void> {
  await world.hook(world.leader, 'update-status');
  const { rowCount } = await world.judge.query('SELECT FROM pg_roles WHERE rolname = $1', [
    bag.username,
  ]);
  if (rowCount !== 0)
    throw new HookFailed(
      `another cannot go for what the attacker did: ${world.charm.statusOf(world.leader)}`,
    );
}

/** What is too much for one hook the next one goes on with, until nothing is left. */
async function goesBySlices(attacker: Attacker): Promise<void> {
  const { world } = attacker;
  const third = await thirdComes(attacker);
  const session = await attacker.direct(attacker.me.database, { query_timeout: 3_600_000 });
  await session.done(
    `DO $$ BEGIN FOR n IN 1..120 LOOP
       EXECUTE 'GRANT SELECT ON LARGE OBJECT ' ||
         (SELECT pg_catalog.string_agg(pg_catalog.lo_create(0)::text, ', ') FROM pg_catalog.generate_series(1, 5000)) ||
         ' TO "${third.bag.username}"';
       COMMIT; END LOOP; END $$`,
  );
  const left = async (): Promise<number> => {
    const { rows } = await world.judge.query(
      `SELECT pg_catalog.count(s)::int AS left FROM pg_roles r LEFT JOIN pg_shdepend s
           ON s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid
        WHERE r.rolname = $1 HAVING pg_catalog.count(r) > 0`,
      [third.bag.username],
    );
    return rows[0]?.left ?? 0;
  };
  const shown = await left();
  if (shown < 600_000) throw new NotLanded(`${shown} are shown`);
  await world.unrelate(third.relation);
  for (let before = shown, now = await left(); now > 0; before = now, now = await left()) {
    if (now >= before)
      throw new HookFailed(
        `${now} of ${shown} are left, and no hook makes it less: ${world.charm.statusOf(world.leader)}`,
      );
    await world.hook(world.leader, 'update-status');
  }
  await isGone(attacker, third);
  // How it goes itself with so many is another question.
  await session.done(
    `DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) LOOP
       PERFORM pg_catalog.lo_unlink(m.oid) FROM (SELECT oid FROM pg_catalog.pg_largeobject_metadata LIMIT 5000) m;
       COMMIT; END LOOP; END $$`,
  );
}

export const leaving: readonly Attack[] = [
  {
    name: 'rights-come-by-way-of-another',
    position: 'pooler',
    rule: 8,
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          const session = await attacker.pooled();
          const owner = await ownerOf(session, attacker);
          // Who drops what a role was given takes back what the owner gave, and nothing of others.
          await session.done(
            'SET ROLE NONE; CREATE TABLE evil_chain (n int)',
            `GRANT SELECT ON evil_chain TO "${owner}" WITH GRANT OPTION`,
            `SET ROLE "${owner}"; GRANT SELECT ON evil_chain TO "${username}"; RESET ROLE`,
          );
        }),
    },
  },
  {
    name: 'rights-come-from-roles-that-it-made',
    position: 'direct',
    rule: 8,
    versions: [16, 99],
    extra: { 'extra-user-roles': 'CREATEROLE' },
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          const { database } = attacker.me;
          const session = await attacker.direct();
          await session.done(
            "SET ROLE NONE; CREATE ROLE evil_giver LOGIN PASSWORD 'evil'",
            'CREATE SCHEMA evil_given; GRANT ALL ON SCHEMA evil_given TO evil_giver',
            `GRANT CONNECT ON DATABASE "${database}" TO evil_giver`,
          );
          await attacker.own();
          const giver = await attacker.direct(database, { user: 'evil_giver', password: 'evil' });
          await giver.done(
            'CREATE TABLE evil_given.t (n int)',
            `GRANT ALL ON evil_given.t TO "${username}"`,
          );
        }),
    },
  },
  {
    name: 'a-policy-names-another-on-a-table-that-is-locked',
    position: 'pooler',
    rule: 8,
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          const session = await attacker.pooled();
          await session.done(
            'CREATE TABLE evil_shut (n int)',
            `CREATE POLICY evil ON evil_shut TO "${username}" USING (true)`,
            'BEGIN',
            'LOCK TABLE evil_shut IN ACCESS EXCLUSIVE MODE',
          );
        }),
    },
  },
  {
    name: 'another-was-given-rights-that-are-being-changed',
    position: 'pooler',
    rule: 8,
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          const session = await attacker.pooled();
          await session.done(
            'CREATE TABLE evil_half (n int)',
            `GRANT SELECT ON evil_half TO "${username}"`,
            'BEGIN',
            'GRANT SELECT ON evil_half TO PUBLIC',
          );
        }),
    },
  },
  {
    name: 'another-reads-what-it-made',
    position: 'direct',
    rule: 8,
    at: {
      leaving: async (attacker) => {
        const session = await attacker.direct();
        await session.done('CREATE TABLE evil_read (n int)');
        await session.end();
        const reader = await asOther(attacker, await secondOf(attacker));
        await reader.done('BEGIN', 'SELECT * FROM evil_read');
        attacker.kept.push(reader);
      },
      removed: async (attacker) => {
        attacker.notes.push(attacker.world.charm.statusOf(attacker.world.leader));
      },
    },
  },
  {
    name: 'a-schema-in-which-the-heir-makes-nothing',
    position: 'direct',
    rule: 8,
    at: {
      joined: (attacker) =>
        goesThough(
          attacker,
          async (_, third) => {
            const session = await attacker.direct();
            const owner = await ownerOf(session, attacker);
            await session.done(
              'CREATE SCHEMA evil_closed',
              `REVOKE ALL ON SCHEMA evil_closed FROM "${owner}"`,
              'GRANT ALL ON SCHEMA evil_closed TO PUBLIC',
              `SET ROLE "${owner}"`,
              `ALTER DATABASE "${attacker.me.database}" SET search_path = evil_closed, public`,
              'SET ROLE NONE',
            );
            const usual = await asOther(attacker, third);
            await usual.done(
              'CREATE FUNCTION harmless() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
            );
            await session.done(
              "SELECT 'evil_closed.harmless()'::pg_catalog.regprocedure",
              'REVOKE CREATE ON SCHEMA evil_closed FROM PUBLIC',
            );
          },
          attacker.name,
        ),
    },
  },
  {
    name: 'another-has-prepared-what-holds-its-table',
    position: 'direct',
    rule: 8,
    isOpen: true,
    at: {
      joined: (attacker) =>
        goesThough(
          attacker,
          async (_, third) => {
            const usual = await asOther(attacker, third);
            await usual.done('CREATE TABLE mine (n int)');
            const session = await attacker.direct();
            await session.done(
              'BEGIN',
              'LOCK TABLE mine IN ACCESS SHARE MODE',
              'CREATE TABLE evil_held (n int)',
              "PREPARE TRANSACTION 'evil'",
            );
          },
          attacker.name,
        ),
    },
  },
  {
    name: 'one-statement-keeps-an-older-tenant',
    position: 'direct',
    rule: 8,
    at: {
      leaving: async (attacker) => {
        // Who was there first is asked first whether the right is its own to take back.
        const younger = await asOther(attacker, await secondOf(attacker));
        await younger.done(
          'CREATE TABLE younger (n int)',
          `GRANT ALL ON younger TO "${attacker.user}" WITH GRANT OPTION`,
        );
        await younger.end();
      },
      removed: async ({ notes, world }) => {
        notes.push(world.charm.statusOf(world.leader));
      },
    },
  },
  {
    name: 'two-of-one-mind-in-a-common-database',
    position: 'direct',
    rule: 8,
    extra: { 'extra-user-roles': 'CREATEDB' },
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (_, third) => void (await shareDatabase(attacker, third))),
    },
  },
  {
    name: 'large-objects-without-number-are-shown-to-another',
    position: 'direct',
    rule: 8,
    at: { joined: goesBySlices },
  },
];
