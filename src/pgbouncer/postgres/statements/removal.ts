/** How a user goes: its login, its sessions, its transactions, its objects, and then itself. */
import { isHalf, isMaker } from './facts.ts';
import { asOwner } from './grant.ts';
import { ended } from './hold-up.ts';
import { block, id, ids, oids, text, texts } from './quoted.ts';

export const endLogin = (role: string): string =>
  `ALTER ROLE ${id(role)} NOLOGIN NOCREATEDB NOCREATEROLE PASSWORD NULL CONNECTION LIMIT -1`;

export const makeAgent = (role: string, verifier: string): string =>
  `CREATE ROLE ${id(role)} LOGIN PASSWORD ${text(verifier)}`;

/**
 * Its own first, and some of killed hooks; one that cannot go now logs in no more, and goes later. A tenant may call
 * roles by such a name, and hold them.
 */
export const sweepAgents = (prefix: string, own: string): string =>
  block(`
DECLARE agent pg_catalog.name;
BEGIN
  PERFORM pg_catalog.set_config('lock_timeout', '1000', true);
  FOR agent IN
    SELECT r.rolname FROM pg_catalog.pg_roles r
     WHERE pg_catalog.starts_with(r.rolname::pg_catalog.text, ${text(`${prefix}_`)})
       AND pg_catalog.pg_has_role(r.oid, 'USAGE')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members m
                         JOIN pg_catalog.pg_roles u ON u.oid = m.member
                        WHERE m.roleid = r.oid AND ${isMaker} AND u.rolname <> SESSION_USER)
     ORDER BY r.rolname <> ${text(own)}, pg_catalog.random() LIMIT 5
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('ALTER ROLE %I NOLOGIN', agent);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
      EXECUTE pg_catalog.format('DROP OWNED BY %I', agent);
      EXECUTE pg_catalog.format('DROP ROLE %I', agent);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END`);

export const takeRole = (role: string, from: string): string =>
  `REVOKE ${id(role)} FROM ${id(from)}`;

/** Ends sessions, and waits for all as long as one may take; what was open in them is said. */
export const endSessions = (users: readonly number[]): string => `
SELECT a.datname AS database, a.xact_start IS NOT NULL AS "isOpen", ${ended('a.pid')} AS ended
  FROM pg_catalog.pg_stat_activity a
 WHERE a.usesysid IN (${oids(users)}) AND a.pid <> pg_catalog.pg_backend_pid()`;

export const readPrepared = (users: readonly string[]): string => `
SELECT p.gid, p.owner AS "user", p.database,
       d.datallowconn AND d.datconnlimit = -1 AS "isOpen",
       r.rolname AS owner, pg_catalog.pg_has_role(d.datdba, 'USAGE') AS "isOurs"
  FROM pg_catalog.pg_prepared_xacts p JOIN pg_catalog.pg_database d ON d.datname = p.database
  JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE p.owner IN (${texts(users)})
 ORDER BY p.gid`;

export const rollBack = (gid: string): string => `ROLLBACK PREPARED ${text(gid)}`;

export const become = (role: string): string => `SET ROLE ${id(role)}`;

/**
 * Where something of a user is, and whose objects it was given rights on:
 * only who gave them takes them back.
 */
export const readHomes = (users: readonly number[], databases: readonly string[]): string => `
SELECT d.datname AS name, d.datallowconn AND d.datconnlimit = -1 AS "isOpen",
       ${isHalf} AS "isHalf", r.rolname AS owner, pg_catalog.pg_has_role(d.datdba, 'USAGE') AS "isOurs",
       (SELECT o.rolname FROM hookchart.roles h
          JOIN pg_catalog.pg_roles o ON o.oid = h.id AND o.rolname = h.name
         WHERE h.place = d.datname) AS heir,
       d.datdba IN (${oids(users)}) OR d.datname IN (${texts(databases)}) AS "isKept",
       ARRAY(SELECT DISTINCT g.rolname::pg_catalog.text
               FROM (${owners(users)}) o JOIN pg_catalog.pg_roles g ON g.oid = o.owner
              WHERE pg_catalog.pg_has_role(g.oid, 'USAGE')) AS givers
  FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE d.oid IN (SELECT s.dbid FROM pg_catalog.pg_shdepend s
                  WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                    AND s.refobjid IN (${oids(users)}))
    OR d.datdba IN (${oids(users)})
    OR d.datname IN (SELECT p.database FROM pg_catalog.pg_prepared_xacts p
                      WHERE p.owner IN (SELECT o.rolname FROM pg_catalog.pg_roles o
                                         WHERE o.oid IN (${oids(users)})))
 ORDER BY d.datname`;

/**
 * Who owns what users were given rights on in a database. In one pass: a join of what was given with
 * who owns it compares each with each wherever the server has not yet counted what a tenant has made.
 */
const owners = (users: readonly number[]): string => `
SELECT pg_catalog.max(s.refobjid) FILTER (WHERE s.deptype = 'o') AS owner
  FROM pg_catalog.pg_shdepend s
 WHERE s.dbid = d.oid AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
   AND s.deptype IN ('a', 'o')
 GROUP BY s.classid, s.objid
HAVING pg_catalog.bool_or(s.deptype = 'a' AND s.refobjid IN (${oids(users)}))
   AND NOT pg_catalog.bool_or(s.deptype = 'o' AND s.refobjid IN (${oids(users)}))`;

export const reopen = (database: string): string =>
  `ALTER DATABASE ${id(database)} ALLOW_CONNECTIONS true CONNECTION LIMIT -1`;

/** Opened, and held as it is; who was quicker has closed it again, and it is as with any lost race. */
export const holdOpen = (database: string): string[] => [
  'ROLLBACK',
  reopen(database),
  'COMMIT',
  'BEGIN',
  `ALTER DATABASE ${id(database)} CONNECTION LIMIT -1`,
  block(`
BEGIN
  IF NOT (SELECT d.datallowconn FROM pg_catalog.pg_database d WHERE d.datname = ${text(database)}) THEN
    RAISE 'tuple concurrently updated: it was closed again' USING ERRCODE = 'XX000';
  END IF;
END`),
];

/** Databases of the deployment's own on which users were given rights by others. */
export const readShown = (users: readonly number[]): string => `
SELECT DISTINCT d.datname AS name, r.rolname AS owner
  FROM pg_catalog.pg_shdepend s
  JOIN pg_catalog.pg_database d ON d.oid = s.objid
  JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE s.dbid = 0 AND s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND s.deptype = 'a'
   AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
   AND s.refobjid IN (${oids(users)}) AND pg_catalog.pg_has_role(d.datdba, 'USAGE')`;

export const letEnter = (database: string, owner: string, user: string): string[] =>
  asOwner(owner, [`GRANT CONNECT ON DATABASE ${id(database)} TO ${id(user)}`]);

export const leave = (database: string, owner: string, users: readonly string[]): string[] =>
  asOwner(owner, [`REVOKE ALL ON DATABASE ${id(database)} FROM ${ids(users)} CASCADE`]);

/** Functions and operators are only taken over by whoever may create in their schema. */
export const readSchemas = (users: readonly number[], heir: string): string => `
SELECT n.nspname AS name, n.nspowner IN (${oids(users)}) AS "isOwn"
  FROM pg_catalog.pg_namespace n
 WHERE n.nspowner IN (${oids(users)})
    OR (pg_catalog.pg_has_role(n.nspowner, 'USAGE') AND ${mayNotCreate(heir)})`;

const mayNotCreate = (heir: string): string =>
  `NOT pg_catalog.has_schema_privilege(${text(heir)}::pg_catalog.name, n.oid, 'CREATE')`;

/** Whose schemas they are, of those whose rights the login has. */
export const readSchemaOwners = (heir: string, login: string): string => `
SELECT DISTINCT r.rolname AS name
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
 WHERE ${mayNotCreate(heir)}
   AND pg_catalog.pg_has_role(${text(login)}::pg_catalog.name, n.nspowner, 'USAGE')
   AND NOT pg_catalog.pg_has_role(n.nspowner, 'USAGE')`;

export const takeSchema = (schema: string, heir: string, isOwn: boolean): string[] => [
  ...(isOwn ? [`ALTER SCHEMA ${id(schema)} OWNER TO ${id(heir)}`] : []),
  `GRANT ALL ON SCHEMA ${id(schema)} TO ${id(heir)}`,
];

export const reassign = (users: readonly string[], heir: string): string =>
  `REASSIGN OWNED BY ${ids(users)} TO ${id(heir)}`;

export const dropOwned = (users: readonly string[]): string => `DROP OWNED BY ${ids(users)}`;

export const dropRoles = (roles: readonly string[]): string => `DROP ROLE ${ids(roles)}`;

export const letGo = (numbers: readonly number[]): string =>
  `DELETE FROM hookchart.roles WHERE id IN (${oids(numbers)})`;

/** Gives an agent the rights of a role. */
export const lendRole = (role: string, user: string, major: number): string =>
  `GRANT ${id(role)} TO ${id(user)}${major < 16 ? '' : ' WITH INHERIT TRUE, SET TRUE'}`;
