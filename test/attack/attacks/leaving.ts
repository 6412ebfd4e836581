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
  await world.hook(world.leader, 'update-status');
  const { rows } = await world.judge.query('SELECT FROM pg_roles WHERE rolname = $1', [username]);
  if (rows.length > 0)
    throw new HookFailed(
      `another cannot go for what the attacker did: ${world.charm.statusOf(world.leader)}`,
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
        const { world } = attacker;
        const relation = world.charm.world.made.relations - 1;
        const second = await world.tenant(relation, 'second');
        if (second === null) throw new NotLanded('the second is not served');
        const { username = '', password = '' } = second.bag;
        const reader = await attacker.direct(attacker.me.database, { user: username, password });
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
];
