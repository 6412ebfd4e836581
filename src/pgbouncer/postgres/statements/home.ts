/**
 * A deployment's home on a server: a login that is no superuser, and a database that nobody else
 * enters. In it stands which roles the deployment has made, by their numbers: names and comments
 * can be taken, or written, by tenants.
 */
import { block, id, text } from './quoted.ts';

/** What is to be known of a server and of the login before anything else. */
export const look = `
SELECT r.rolname AS login,
       r.rolsuper AS "isSuperuser",
       r.rolcreaterole AND r.rolcreatedb AS "isAble",
       d.datdba = r.oid AS "isOwner",
       NOT pg_catalog.pg_is_in_recovery() AS "isPrimary",
       pg_catalog.to_regclass('hookchart.roles') IS NOT NULL AS "isFurnished",
       pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) AS version,
       pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 AS major,
       GREATEST(1, (pg_catalog.current_setting('max_connections')::pg_catalog.int4
                    - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
                    - COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4) * 4 / 5) AS "limit"
  FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
 WHERE r.rolname = SESSION_USER
   AND d.datname = pg_catalog.current_database()`;

/**
 * Made by a superuser. Whoever was a member of a role of that name is one no more: it could act as
 * the login, or had made it to be found.
 */
export const makeLogin = (login: string, verifier: string, maintenance: string): string[] => [
  block(`
   DECLARE held record;
   BEGIN
     IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${text(login)}) THEN
       CREATE ROLE ${id(login)};
     END IF;
     FOR held IN
       SELECT m.rolname AS member, g.rolname AS grantor
         FROM pg_catalog.pg_auth_members a
         JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
         JOIN pg_catalog.pg_roles m ON m.oid = a.member
         LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantor
        WHERE r.rolname = ${text(login)}
     LOOP
       EXECUTE pg_catalog.format(
         CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000
              THEN 'REVOKE %1$I FROM %2$I CASCADE'
              ELSE 'REVOKE %1$I FROM %2$I GRANTED BY %3$I CASCADE' END,
         ${text(login)}, held.member, held.grantor);
     END LOOP;
   END`),
  `ALTER ROLE ${id(login)} LOGIN INHERIT CREATEROLE CREATEDB NOSUPERUSER NOREPLICATION NOBYPASSRLS
     CONNECTION LIMIT -1 PASSWORD ${text(verifier)} VALID UNTIL 'infinity'`,
  `ALTER ROLE ${id(login)} RESET ALL`,
  `GRANT CONNECT ON DATABASE ${id(maintenance)} TO ${id(login)}`,
];

/** Closed until it is nobody else's: whoever enters a new database first may leave something in it. */
export const makeHome = (home: string, login: string): string =>
  `CREATE DATABASE ${id(home)} OWNER ${id(login)} TEMPLATE template0 ALLOW_CONNECTIONS false`;

export const findHome = (home: string): string =>
  `SELECT FROM pg_catalog.pg_database WHERE datname = ${text(home)}`;

/** Which of both are there by these names. */
export const findOwn = (login: string, home: string): string =>
  `SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname = ${text(login)}
    UNION ALL SELECT datname FROM pg_catalog.pg_database WHERE datname = ${text(home)}`;

export const openHome = (home: string): string[] => [
  `REVOKE ALL ON DATABASE ${id(home)} FROM PUBLIC`,
  `ALTER DATABASE ${id(home)} ALLOW_CONNECTIONS true`,
];

/**
 * A user has a relation, a database's owner the database that is asked for and its name on the
 * server. Roles made by hand are in no row.
 */
export const furnish: readonly string[] = [
  // Other units come here at the same time, and IF NOT EXISTS does not see what is not committed.
  'SELECT pg_catalog.pg_advisory_xact_lock(1)',
  'CREATE SCHEMA IF NOT EXISTS hookchart',
  `CREATE TABLE IF NOT EXISTS hookchart.roles (
     name pg_catalog.text NOT NULL,
     id pg_catalog.oid PRIMARY KEY,
     relation pg_catalog.int8 UNIQUE,
     database pg_catalog.text UNIQUE,
     place pg_catalog.text UNIQUE,
     CHECK ((relation IS NULL) <> (database IS NULL))
   )`,
];

/** Holds the other units of the deployment off, and a leader that was deposed, until `unlock`. */
export const lock = 'SELECT pg_catalog.pg_advisory_lock(1)';
export const unlock = 'SELECT pg_catalog.pg_advisory_unlock(1)';

/** Lends a role that somebody else has made: what may be granted, and what version 0.1 left. */
export const lend = (role: string, login: string, major: number): string =>
  `GRANT ${id(role)} TO ${id(login)} WITH ADMIN OPTION${major < 16 ? '' : ', INHERIT TRUE, SET TRUE'}`;

/**
 * The function that version 0.1 left in each database can be called by this login alone. It stays,
 * for a superuser that went there to drop it would enter databases that tenants have furnished.
 */
export const retireLookup = (login: string): string =>
  `ALTER ROLE ${id(login)} NOLOGIN PASSWORD NULL`;
