/** How a user goes: its login, its sessions, its transactions, its objects, and then itself. */
import { id, ids, oids, text, texts } from './quoted.ts';

export const endLogin = (role: string): string =>
  `ALTER ROLE ${id(role)} NOLOGIN NOCREATEDB NOCREATEROLE PASSWORD NULL CONNECTION LIMIT -1`;

export const makeAgent = (role: string, verifier: string): string =>
  `CREATE ROLE ${id(role)} LOGIN PASSWORD ${text(verifier)}`;

/** Those of killed hooks as well; one that is somebody else's is left alone. */
export const sweepAgents = (prefix: string): string => `
DO $do$
DECLARE agent pg_catalog.name;
BEGIN
  FOR agent IN
    SELECT r.rolname FROM pg_catalog.pg_roles r
     WHERE pg_catalog.starts_with(r.rolname::pg_catalog.text, ${text(`${prefix}_`)})
       AND pg_catalog.pg_has_role(r.oid, 'USAGE')
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('DROP OWNED BY %I', agent);
      EXECUTE pg_catalog.format('DROP ROLE %I', agent);
    EXCEPTION WHEN insufficient_privilege OR dependent_objects_still_exist THEN NULL;
    END;
  END LOOP;
END $do$`;

export const takeRole = (role: string, from: string): string =>
  `REVOKE ${id(role)} FROM ${id(from)}`;

/** Ends sessions, and waits for each as long as that may take; what was open in them is said. */
export const endSessions = (users: readonly number[], patience: number): string => `
SELECT a.datname AS database, a.xact_start IS NOT NULL AS "isOpen",
       pg_catalog.pg_terminate_backend(a.pid, ${Number(patience)}) AS ended
  FROM pg_catalog.pg_stat_activity a
 WHERE a.usesysid IN (${oids(users)}) AND a.pid <> pg_catalog.pg_backend_pid()`;

export const readPrepared = (users: readonly string[]): string => `
SELECT p.gid, p.owner AS "user", p.database,
       d.datallowconn AND d.datconnlimit = -1 AS "isOpen",
       pg_catalog.pg_has_role(d.datdba, 'USAGE') AS "isOurs"
  FROM pg_catalog.pg_prepared_xacts p JOIN pg_catalog.pg_database d ON d.datname = p.database
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
       pg_catalog.pg_has_role(d.datdba, 'USAGE') AS "isOurs",
       d.datdba IN (${oids(users)}) OR d.datname IN (${databases.map(text).join(', ') || 'NULL'}) AS "isKept",
       ARRAY(SELECT DISTINCT g.rolname::pg_catalog.text
               FROM pg_catalog.pg_shdepend a
               JOIN pg_catalog.pg_shdepend o
                 ON o.dbid = a.dbid AND o.classid = a.classid AND o.objid = a.objid
                AND o.refclassid = a.refclassid AND o.deptype = 'o'
               JOIN pg_catalog.pg_roles g ON g.oid = o.refobjid
              WHERE a.dbid = d.oid AND a.deptype = 'a'
                AND a.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                AND a.refobjid IN (${oids(users)}) AND o.refobjid NOT IN (${oids(users)})
                AND pg_catalog.pg_has_role(o.refobjid, 'USAGE')) AS givers
  FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE d.oid IN (SELECT s.dbid FROM pg_catalog.pg_shdepend s
                  WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                    AND s.refobjid IN (${oids(users)}))
    OR d.datdba IN (${oids(users)})
    OR d.datname IN (SELECT p.database FROM pg_catalog.pg_prepared_xacts p
                      WHERE p.owner IN (SELECT o.rolname FROM pg_catalog.pg_roles o
                                         WHERE o.oid IN (${oids(users)})))
 ORDER BY d.datname`;

export const reopen = (database: string): string =>
  `ALTER DATABASE ${id(database)} ALLOW_CONNECTIONS true CONNECTION LIMIT -1`;

/** Databases of the deployment's own on which users were given rights by others. */
export const readShown = (users: readonly number[]): string => `
SELECT DISTINCT d.datname AS name
  FROM pg_catalog.pg_shdepend s
  JOIN pg_catalog.pg_database d ON d.oid = s.objid
 WHERE s.dbid = 0 AND s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND s.deptype = 'a'
   AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
   AND s.refobjid IN (${oids(users)}) AND pg_catalog.pg_has_role(d.datdba, 'USAGE')`;

export const letEnter = (database: string, user: string): string =>
  `GRANT CONNECT ON DATABASE ${id(database)} TO ${id(user)}`;

export const leave = (database: string, users: readonly string[]): string =>
  `REVOKE ALL ON DATABASE ${id(database)} FROM ${ids(users)}`;

/** Functions and operators are only taken over by whoever may create in their schema. */
export const readSchemas = (users: readonly number[], heir: string): string => `
SELECT n.nspname AS name, n.nspowner IN (${oids(users)}) AS "isOwn"
  FROM pg_catalog.pg_namespace n
 WHERE n.nspowner IN (${oids(users)})
    OR (pg_catalog.pg_has_role(n.nspowner, 'USAGE')
        AND NOT pg_catalog.has_schema_privilege(${text(heir)}::pg_catalog.name, n.oid, 'CREATE'))`;

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

/** Lets a user hand over what roles own that it made. */
export const lendRole = (role: string, user: string, major: number): string =>
  `GRANT ${id(role)} TO ${id(user)}${major < 16 ? '' : ' WITH INHERIT TRUE, SET TRUE'}`;
