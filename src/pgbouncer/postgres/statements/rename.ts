/**
 * A tenant names what it makes in a database of an encoding of its own, and then the name may be no
 * text in any other: no statement that a client sends can say it. The server itself can.
 */
import { isMaker } from './facts.ts';
import { block, oids } from './quoted.ts';

/** What follows it nobody knows beforehand, and so nobody has taken it. */
const renamed = 'hookchart_renamed_';

/** Runs on each of the names that are no text. */
const each = (kind: 'ROLE' | 'DATABASE', things: string, before = ''): string =>
  block(`
DECLARE thing record;
BEGIN
  FOR thing IN ${things} LOOP
    BEGIN
      PERFORM pg_catalog.convert_to(thing.name::pg_catalog.text, 'UTF8');
    EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
      ${before}
      BEGIN
        EXECUTE pg_catalog.format('ALTER ${kind} %I RENAME TO %I', thing.name,
                                  '${renamed}' || pg_catalog.gen_random_uuid());
      EXCEPTION WHEN insufficient_privilege OR object_in_use OR internal_error
                  OR undefined_object OR invalid_catalog_name THEN
        -- It is in use, or has gone or another name meanwhile: the next try finds it.
        NULL;
      END;
    END;
  END LOOP;
END`);

/** Roles that tenants made. */
export const renameRoles: string = each(
  'ROLE',
  `SELECT r.rolname AS name
     FROM pg_catalog.pg_auth_members m
     JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
     JOIN pg_catalog.pg_roles u ON u.oid = m.member
    WHERE ${isMaker} AND u.rolname <> SESSION_USER
      AND pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')`,
);

/** Databases of tenants in which users have something; whoever is in one is sent away. */
export const renameDatabases = (users: readonly number[]): string =>
  each(
    'DATABASE',
    `SELECT d.datname AS name
       FROM pg_catalog.pg_database d
      WHERE pg_catalog.pg_has_role(d.datdba, 'USAGE')
        AND (d.datdba IN (${oids(users)})
             OR d.oid IN (SELECT s.dbid FROM pg_catalog.pg_shdepend s
                           WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                             AND s.refobjid IN (${oids(users)})))`,
    `PERFORM pg_catalog.pg_terminate_backend(a.pid, 5000) FROM pg_catalog.pg_stat_activity a
       WHERE a.datname = thing.name AND pg_catalog.pg_has_role(a.usesysid, 'USAGE');`,
  );
