/** What is read before anything is done. All of it stands in catalogs that the whole server shares. */
import { fixed } from './grant.ts';
import { text, texts } from './quoted.ts';

/**
 * Whether the drop of a database was interrupted, as newest minor versions mark it. Whoever alters
 * such a database has its own session ended for that.
 */
export const isHalf = 'd.datconnlimit = -2';

/**
 * From 16 on the maker of a role has it from the server itself, with the right to give it on and
 * neither of the others.
 */
export const isMaker = `m.grantor = 10 AND m.admin_option
     AND COALESCE(pg_catalog.to_jsonb(m) ->> 'inherit_option' = 'false', false)
     AND COALESCE(pg_catalog.to_jsonb(m) ->> 'set_option' = 'false', false)`;

/** The rows of the deployment's own table that one grant is about. */
export const readHeld = (relation: number, database: string): string =>
  `SELECT name, id, relation::pg_catalog.float8, database, place FROM hookchart.roles
    WHERE relation = ${Number(relation)} OR database IN (${texts([database])})`;

export const readAllHeld =
  'SELECT name, id, relation::pg_catalog.float8, database, place FROM hookchart.roles';

/** Before 16 it decides nothing who gave a membership. */
const isOld = "pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000";

const memberOf = (column: 'member' | 'roleid', other: 'member' | 'roleid') => `
  COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
              'id', o.oid::pg_catalog.int8, 'role', o.rolname,
              'grantorId', m.grantor::pg_catalog.int8, 'grantor', g.rolname,
              'isAdmin', m.admin_option,
              'isPlain', COALESCE((pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool, true),
              'isMaker', ${isMaker},
              'isHeld', EXISTS (SELECT FROM hookchart.roles h WHERE h.id = o.oid),
              'isOurs', ${isOld} OR COALESCE(pg_catalog.pg_has_role(m.grantor, 'USAGE')
                     OR pg_catalog.pg_has_role(m.grantor, 'MEMBER WITH ADMIN OPTION'), false),
              'isFar', NOT ${isOld} AND NOT COALESCE(pg_catalog.pg_has_role(m.grantor, 'USAGE'), true)))
              FROM pg_catalog.pg_auth_members m
              JOIN pg_catalog.pg_roles o ON o.oid = m.${other}
              LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
             WHERE m.${column} = r.oid), '[]')`;

/** Settings that nobody can reset, as they are by default. */
const harmless = Object.entries(fixed)
  .map(([name, value]) => text(`${name}=${value}`))
  .join(', ');

const role = `
SELECT r.oid AS id, r.rolname AS name,
       r.rolsuper OR r.rolreplication OR r.rolbypassrls AS "isMighty",
       r.rolcanlogin AS "canLogin", r.rolinherit AS inherits,
       r.rolcreatedb AS "createDb", r.rolcreaterole AS "createRole", r.rolconnlimit AS "limit",
       COALESCE(r.rolvaliduntil = 'infinity', true) AS lasts,
       ARRAY(SELECT DISTINCT COALESCE(d.datname::pg_catalog.text, '')
               FROM pg_catalog.pg_db_role_setting s
               LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
                    pg_catalog.unnest(s.setconfig) AS c (item)
              WHERE s.setrole = r.oid AND c.item NOT IN (${harmless})
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings g
                                 WHERE g.context <> 'user'
                                   AND g.name = pg_catalog.split_part(c.item, '=', 1))) AS settings,
       ${memberOf('member', 'roleid')} AS memberships,
       ${memberOf('roleid', 'member')} AS members,
       ARRAY(SELECT DISTINCT d.datname::pg_catalog.text
               FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_database d ON d.oid = s.dbid
              WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                AND s.refobjid = r.oid) AS homes,
       ARRAY(SELECT DISTINCT d.datname::pg_catalog.text
               FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_database d ON d.oid = s.dbid
              WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                AND s.refobjid = r.oid AND s.deptype = 'o'
                AND s.classid = 'pg_catalog.pg_default_acl'::pg_catalog.regclass) AS shares
  FROM pg_catalog.pg_roles r`;

/** Roles by name, and those that the deployment has made, under whatever name they go by now. */
export const readRoles = (names: readonly string[], relation: number, database: string): string =>
  `${role}
 WHERE r.rolname IN (${texts(names)})
    OR r.oid IN (SELECT h.id FROM hookchart.roles h
                  WHERE h.relation = ${Number(relation)} OR h.database IN (${texts([database])}))`;

export const readAllRoles = `${role}
 WHERE r.oid IN (SELECT h.id FROM hookchart.roles h)`;

/** Roles by number and relation, and those that were made by way of them. */
const tenantsOf = (first: string): string => `
WITH RECURSIVE tenants AS (
  ${first}
   UNION
  SELECT m.roleid, t.relation
    FROM tenants t JOIN pg_catalog.pg_auth_members m ON m.member = t.id
   WHERE ${isMaker}
)`;

/** The deployment's roles, and those that its tenants made. */
const tenants = tenantsOf('SELECT h.id, h.relation FROM hookchart.roles h');

const database = `${tenants}
SELECT d.oid AS id, d.datname AS name, r.rolname AS owner, d.datdba AS "ownerId",
       r.rolname = SESSION_USER AS "isHandedOver",
       EXISTS (SELECT FROM tenants t WHERE t.id = d.datdba) AS "isTenants",
       (SELECT pg_catalog.min(t.relation)::pg_catalog.float8 FROM tenants t
         WHERE t.id = d.datdba) AS "tenant",
       ${isHalf} AS "isHalf",
       NOT d.datallowconn OR d.datconnlimit <> -1 AS "isClosed",
       EXISTS (SELECT FROM pg_catalog.aclexplode(
                 COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
                WHERE a.grantee = 0) AS "isPublic"
  FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba`;

export const readDatabases = (names: readonly string[]): string =>
  `${database}
 WHERE d.datname IN (${texts(names)})
    OR d.datname IN (SELECT h.place FROM hookchart.roles h WHERE h.database IN (${texts(names)}))`;

export const readAllPlaces = `${database}
 WHERE d.datname IN (SELECT h.place FROM hookchart.roles h)`;

/** Roles by lower-case name that may be granted: no superuser's, not even by membership, and no tenant's. */
export const readGrantable = (names: readonly string[]): string =>
  `${tenants}
SELECT pg_catalog.min(r.rolname::pg_catalog.text) AS name, pg_catalog.lower(r.rolname) AS asked,
       pg_catalog.bool_or(pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')) AS "isLent"
  FROM pg_catalog.pg_roles r
 WHERE pg_catalog.lower(r.rolname) IN (${texts(names)})
   AND NOT EXISTS (
     SELECT FROM pg_catalog.pg_roles s
      WHERE (s.rolsuper OR s.rolreplication OR s.rolbypassrls
             OR s.rolname IN ('pg_execute_server_program', 'pg_write_server_files',
                              'pg_read_server_files', 'pg_database_owner', SESSION_USER)
)
        AND pg_catalog.pg_has_role(r.oid, s.oid, 'MEMBER'))
   AND r.oid NOT IN (SELECT t.id FROM tenants t)
 GROUP BY pg_catalog.lower(r.rolname) HAVING pg_catalog.count(*) = 1`;

/** Roles that one tenant made, its own first. */
export const readMade = (user: number): string =>
  `${tenantsOf(`SELECT ${Number(user)}::pg_catalog.oid AS id, 0::pg_catalog.int8 AS relation`)}
SELECT r.oid AS id, r.rolname AS name,
       r.rolcanlogin OR r.rolcreaterole OR r.rolcreatedb AS "mayAct",
       pg_catalog.pg_has_role(r.oid, 'USAGE') AS "isJoined",
       NOT EXISTS (SELECT FROM pg_catalog.pg_shdepend s
                    WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                      AND s.refobjid = r.oid)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.usesysid = r.oid)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_xacts p WHERE p.owner = r.rolname)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members m
                        WHERE m.member = r.oid AND m.admin_option) AS "isIdle"
  FROM tenants t JOIN pg_catalog.pg_roles r ON r.oid = t.id
 ORDER BY r.oid <> ${Number(user)}, r.oid`;
