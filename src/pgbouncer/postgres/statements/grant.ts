/** What a grant takes: roles, a database, and the rights of the one in the other. */
import { joinWith } from './given.ts';
import { block, id, oids, text } from './quoted.ts';

/** Puts a role that was just made, or found, into the deployment's own table. */
export const hold = (
  role: string,
  of: { readonly relation: number } | { readonly database: string; readonly place: string },
): string => {
  const [relation, database, place] =
    'relation' in of
      ? [Number(of.relation), 'NULL', 'NULL']
      : ['NULL', text(of.database), text(of.place)];
  const key = 'relation' in of ? 'relation' : 'database';
  return `
INSERT INTO hookchart.roles (name, id, relation, database, place)
SELECT r.rolname, r.oid, ${relation}, ${database}, ${place}
  FROM pg_catalog.pg_roles r WHERE r.rolname = ${text(role)}
    ON CONFLICT (${key}) DO UPDATE
   SET name = EXCLUDED.name, id = EXCLUDED.id, place = EXCLUDED.place`;
};

/** Nobody reads this but people: it decides nothing. */
export const comment = (role: string, words: string): string =>
  `COMMENT ON ROLE ${id(role)} IS ${text(words)}`;

export const makeOwner = (role: string): string => `CREATE ROLE ${id(role)} NOLOGIN`;

/** The maker of a role may use it; from 16 on that has to be said. */
export const join = (role: string, major: number): string =>
  `GRANT ${id(role)} TO CURRENT_USER${major < 16 ? '' : ' WITH INHERIT TRUE, SET TRUE'}`;

export const makeUser = (role: string, limit: number, verifier: string): string =>
  `CREATE ROLE ${id(role)} LOGIN CONNECTION LIMIT ${limit} PASSWORD ${text(verifier)}`;

/** The password is always set: it cannot be read, and the same verifier costs nobody a login. */
export const restoreUser = (
  role: string,
  limit: number,
  verifier: string,
  attributes: readonly string[],
): string => `
ALTER ROLE ${id(role)} LOGIN INHERIT ${options(attributes)} CONNECTION LIMIT ${limit}
      PASSWORD ${text(verifier)} VALID UNTIL 'infinity'`;

const options = (attributes: readonly string[]): string =>
  ['CREATEDB', 'CREATEROLE']
    .map((attribute) => (attributes.includes(attribute) ? attribute : `NO${attribute}`))
    .join(' ');

export const giveAttributes = (role: string, attributes: readonly string[]): string =>
  `ALTER ROLE ${id(role)} ${options(attributes)}`;

/**
 * Each by itself, and without waiting for a tenant that changes its own and does not end the
 * transaction: that one is renewed the next time.
 */
export const renewPasswords = (
  users: readonly { readonly role: string; readonly verifier: string }[],
): string =>
  block(`
BEGIN
  PERFORM pg_catalog.set_config('lock_timeout', '50', true);
${users
  .map(
    ({ role, verifier }) => `  BEGIN
    ALTER ROLE ${id(role)} PASSWORD ${text(verifier)};
  EXCEPTION WHEN lock_not_available OR undefined_object OR insufficient_privilege OR internal_error
  THEN NULL;
  END;`,
  )
  .join('\n')}
END`);

/** Settings that `RESET` refuses, and with them all others; they are put back instead. */
export const fixed = {
  transaction_read_only: 'off',
  transaction_isolation: 'read committed',
  transaction_deferrable: 'off',
  seed: '0',
} as const;

/** Settings decide for whoever logs in; of a role in all databases where none is named. */
export const resetSettings = (role: string, database: string): string => {
  const where = database === '' ? '' : `IN DATABASE ${id(database)} `;
  const values = Object.entries(fixed).map(([name, value]) => `(${text(name)}, ${text(value)})`);
  return block(`
DECLARE setting record;
BEGIN
  FOR setting IN
    SELECT c.item, v.value, i.name
      FROM pg_catalog.pg_db_role_setting s
      JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
      LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
           pg_catalog.unnest(s.setconfig) AS c (item)
      LEFT JOIN (VALUES ${values.join(', ')}) AS v (name, value)
             ON v.name = pg_catalog.split_part(c.item, '=', 1),
           LATERAL (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(p.part), '.')
                      FROM pg_catalog.unnest(pg_catalog.string_to_array(
                             pg_catalog.split_part(c.item, '=', 1), '.')) AS p (part)) AS i (name)
     WHERE r.rolname = ${text(role)} AND COALESCE(d.datname, '') = ${text(database)}
  LOOP
    BEGIN
      EXECUTE pg_catalog.concat(${text(`ALTER ROLE ${id(role)} ${where}`)},
        CASE WHEN setting.value IS NULL THEN 'RESET ' || setting.name
             ELSE 'SET ' || setting.name || ' = ' || pg_catalog.quote_literal(setting.value) END);
    EXCEPTION WHEN insufficient_privilege THEN
      -- It takes a superuser, and so it was one who set it.
      NULL;
    END;
  END LOOP;
END`);
};

export const grantRole = (role: string, to: string): string => `GRANT ${id(role)} TO ${id(to)}`;

/** A membership by the numbers of its roles. */
export interface Membership {
  readonly role: number;
  readonly member: number;
  readonly grantorId: number;
  readonly isFar: boolean;
}

/**
 * Memberships are taken back from whoever gave them; before 16 who that was decides nothing. By
 * number, since a tenant may give a role that it made a name which is no text.
 */
export function revokeRoles(all: readonly Membership[], major: number): string[] {
  if (all.length === 0) return [];
  const far = all.flatMap(({ isFar, grantorId }) => (isFar ? [grantorId] : []));
  const rows = all.map(({ role, member, grantorId }) => `(${oids([role, member, grantorId])})`);
  const grantor = major < 16 ? '' : " || pg_catalog.format(' GRANTED BY %I', one.grantor)";
  const revoking = block(`
DECLARE one record;
BEGIN
  FOR one IN
    SELECT r.rolname AS role, m.rolname AS member, g.rolname AS grantor
      FROM (VALUES ${rows.join(', ')}) AS v (role, member, grantor)
      JOIN pg_catalog.pg_roles r ON r.oid = v.role
      JOIN pg_catalog.pg_roles m ON m.oid = v.member
      LEFT JOIN pg_catalog.pg_roles g ON g.oid = v.grantor
  LOOP
    EXECUTE pg_catalog.format('REVOKE %I FROM %I', one.role, one.member)${grantor} || ' CASCADE';
  END LOOP;
END`);
  return [
    ...(far.length === 0
      ? []
      : [joinWith(`(VALUES ${far.map((one) => `(${oids([one])})`).join(', ')})`)]),
    revoking,
  ];
}

/**
 * Of `template0`, into which nobody can put anything, and where nobody sits; closed, since whoever
 * enters a new database before its owner may leave something in it.
 */
export const makeDatabase = (place: string, owner: string): string =>
  `CREATE DATABASE ${id(place)} OWNER ${id(owner)} TEMPLATE template0 ALLOW_CONNECTIONS false`;

/** What was dropped halfway; in a message by itself, as it can run in no transaction. */
export const dropDatabase = (place: string): string => `DROP DATABASE IF EXISTS ${id(place)}`;

export const takeDatabase = (place: string, owner: string): string =>
  `ALTER DATABASE ${id(place)} OWNER TO ${id(owner)}`;

/**
 * In the name of a database's owner. Otherwise the server takes any role for the grantor of which the
 * login is a member and that may grant, and what one has granted another does not take back.
 */
export const asOwner = (owner: string, statements: readonly string[]): string[] => [
  `SET LOCAL ROLE ${id(owner)}`,
  ...statements,
  'RESET ROLE',
];

/** For its owner, and the members of that role, alone. */
export const openDatabase = (place: string, owner: string): string[] => [
  joinWith(`SELECT a.grantor FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a
             WHERE d.datname = ${text(place)}
               AND pg_catalog.pg_has_role(a.grantor, 'MEMBER WITH ADMIN OPTION')`),
  ...asOwner(owner, [
    takeBackGivenOn(place, owner),
    endGrantOptions(place),
    `REVOKE ALL ON DATABASE ${id(place)} FROM PUBLIC`,
    `GRANT ALL ON DATABASE ${id(place)} TO ${id(owner)}`,
    `ALTER DATABASE ${id(place)} ALLOW_CONNECTIONS true CONNECTION LIMIT -1`,
  ]),
];

/** A member of the owner has its right to give rights on from the owner too: no cascade reaches that. */
const takeBackGivenOn = (place: string, owner: string): string =>
  block(`
DECLARE one record;
BEGIN
  FOR one IN
    SELECT g.rolname AS giver, COALESCE(pg_catalog.quote_ident(t.rolname), 'PUBLIC') AS grantee,
           pg_catalog.string_agg(DISTINCT a.privilege_type, ', ') AS rights
      FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a
      JOIN pg_catalog.pg_roles g ON g.oid = a.grantor
      LEFT JOIN pg_catalog.pg_roles t ON t.oid = a.grantee
     WHERE d.datname = ${text(place)} AND a.grantor <> d.datdba
     GROUP BY 1, 2
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('GRANT %s ON DATABASE %I TO %I WITH GRANT OPTION',
                                one.rights, ${text(place)}, one.giver);
      EXECUTE pg_catalog.format('SET LOCAL ROLE %I', one.giver);
      EXECUTE pg_catalog.format('REVOKE %s ON DATABASE %I FROM %s CASCADE',
                                one.rights, ${text(place)}, one.grantee);
      EXECUTE pg_catalog.format('SET LOCAL ROLE %I', ${text(owner)});
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
  END LOOP;
END`);

/** With the right to give rights on goes all that was given on. */
const endGrantOptions = (place: string): string =>
  block(`
DECLARE held pg_catalog.name;
BEGIN
  FOR held IN
    SELECT DISTINCT r.rolname
      FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a
      JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
     WHERE d.datname = ${text(place)} AND a.is_grantable
       AND a.grantor = d.datdba AND a.grantee <> d.datdba
  LOOP
    EXECUTE pg_catalog.format(
      'REVOKE GRANT OPTION FOR ALL ON DATABASE %I FROM %I CASCADE', ${text(place)}, held);
  END LOOP;
END`);

/** Said by the user itself in its database: whoever else is a member of the owner can use what it makes. */
export const share = (owner: string): string[] =>
  ['TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES', 'SCHEMAS'].map(
    (kind) => `ALTER DEFAULT PRIVILEGES GRANT ALL ON ${kind} TO ${id(owner)}`,
  );
