/** Rights that users were given and that `DROP OWNED` leaves: given on by others, or to be given on. */
import { block, oids, text } from './quoted.ts';

/**
 * From 16 on the login joins roles that tenants made, makers of makers first, since who is to join a
 * role needs the rights of one that may give it.
 */
export const joinWith = (ids: string): string =>
  block(`
DECLARE maker pg_catalog.name; patience pg_catalog.text;
BEGIN
  patience := pg_catalog.current_setting('lock_timeout');
  PERFORM pg_catalog.set_config('lock_timeout', '200', true);
  FOR maker IN
    WITH RECURSIVE wanted AS (
      SELECT w.id::pg_catalog.oid, 0 AS far FROM (${ids}) AS w (id)
       WHERE pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000
       UNION
      SELECT m.member, w.far + 1
        FROM wanted w JOIN pg_catalog.pg_auth_members m ON m.roleid = w.id AND m.admin_option
       WHERE NOT pg_catalog.pg_has_role(w.id, 'USAGE')
         AND pg_catalog.pg_has_role(m.member, 'MEMBER')
    )
    SELECT r.rolname FROM wanted w JOIN pg_catalog.pg_roles r ON r.oid = w.id
     WHERE NOT pg_catalog.pg_has_role(w.id, 'USAGE')
     GROUP BY r.rolname ORDER BY pg_catalog.max(w.far) DESC
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('GRANT %I TO CURRENT_USER WITH INHERIT TRUE, SET TRUE', maker);
    EXCEPTION WHEN insufficient_privilege OR undefined_object OR internal_error
                OR lock_not_available THEN
      -- It has gone meanwhile, a tenant holds it, or another unit was quicker.
      NULL;
    END;
  END LOOP;
  PERFORM pg_catalog.set_config('lock_timeout', patience, true);
END`);

/**
 * Those that own what users were given rights on, or gave them, and who owns the databases where
 * that is, where a tenant made these roles.
 */
export const joinGivers = (users: readonly number[]): string =>
  joinWith(`
SELECT g.id
  FROM pg_catalog.pg_shdepend a,
       LATERAL (
         SELECT s.refobjid AS id FROM pg_catalog.pg_shdepend s
          WHERE s.dbid = a.dbid AND s.classid = a.classid AND s.objid = a.objid
            AND s.refclassid = a.refclassid AND s.deptype IN ('o', 'a')
          UNION
         SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.oid = a.dbid
       ) g
 WHERE a.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
   AND a.refobjid IN (${oids(users)}) AND g.id NOT IN (${oids(users)})
   AND pg_catalog.pg_has_role(g.id, 'MEMBER WITH ADMIN OPTION')`);

/** What may have a list of rights: what is in the database that is entered, or the databases themselves. */
type Where = 'inside' | 'databases';

/** What stands in lists of rights of users. */
const entries = (users: readonly number[], where: Where): string => `
SELECT o.kind, o.object, o.part, o.owner, o.acl, e.grantor, e.grantee, e.privilege_type AS right
  FROM pg_catalog.pg_shdepend s,
       LATERAL (
         SELECT 'DATABASE' AS kind, pg_catalog.quote_ident(d.datname) AS object, '' AS part,
                d.datdba AS owner, d.datacl AS acl
           FROM pg_catalog.pg_database d
          WHERE s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND d.oid = s.objid
          UNION ALL
         SELECT 'TABLE', pg_catalog.format('%I.%I', n.nspname, c.relname), '', c.relowner, c.relacl
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND c.oid = s.objid AND s.objsubid = 0
          UNION ALL
         SELECT 'TABLE', pg_catalog.format('%I.%I', n.nspname, c.relname),
                pg_catalog.format('(%I)', t.attname), c.relowner, t.attacl
           FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND t.attrelid = s.objid AND t.attnum = s.objsubid AND s.objsubid <> 0
          UNION ALL
         SELECT 'ROUTINE', pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, (
                  SELECT pg_catalog.string_agg(pg_catalog.format('IN %I.%I', tn.nspname, t.typname),
                                               ', ' ORDER BY a.place)
                    FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS a (type, place)
                    JOIN pg_catalog.pg_type t ON t.oid = a.type
                    JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace)),
                '', p.proowner, p.proacl
           FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          WHERE s.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = s.objid
          UNION ALL
         SELECT 'SCHEMA', pg_catalog.quote_ident(n.nspname), '', n.nspowner, n.nspacl
           FROM pg_catalog.pg_namespace n
          WHERE s.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.oid = s.objid
          UNION ALL
         SELECT 'TYPE', pg_catalog.format('%I.%I', n.nspname, t.typname), '', t.typowner, t.typacl
           FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
          WHERE s.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = s.objid
          UNION ALL
         SELECT 'LANGUAGE', pg_catalog.quote_ident(l.lanname), '', l.lanowner, l.lanacl
           FROM pg_catalog.pg_language l
          WHERE s.classid = 'pg_catalog.pg_language'::pg_catalog.regclass AND l.oid = s.objid
          UNION ALL
         SELECT 'FOREIGN DATA WRAPPER', pg_catalog.quote_ident(w.fdwname), '', w.fdwowner, w.fdwacl
           FROM pg_catalog.pg_foreign_data_wrapper w
          WHERE s.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass
            AND w.oid = s.objid
          UNION ALL
         SELECT 'FOREIGN SERVER', pg_catalog.quote_ident(f.srvname), '', f.srvowner, f.srvacl
           FROM pg_catalog.pg_foreign_server f
          WHERE s.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass
            AND f.oid = s.objid
          UNION ALL
         SELECT 'LARGE OBJECT', m.oid::pg_catalog.text, '', m.lomowner, m.lomacl
           FROM pg_catalog.pg_largeobject_metadata m
          WHERE s.classid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass AND m.oid = s.objid
       ) o,
       pg_catalog.aclexplode(o.acl) e
 WHERE s.dbid = ${where === 'inside' ? inside : 0}
   AND s.deptype = 'a' AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
   AND s.refobjid IN (${oids(users)}) AND e.grantee = s.refobjid`;

const inside = `(SELECT h.oid FROM pg_catalog.pg_database h
                   WHERE h.datname = pg_catalog.current_database())`;

/** So many at a time, each time kept: of large objects there may be any number. */
const slice = (users: readonly number[], where: Where): string =>
  `(SELECT * FROM (${entries(users, where)}) e LIMIT 5000)`;

/** Who gave what is taken back next, and whether the deployment's login may lend their rights. */
export const readGivers = (users: readonly number[], login: string): string => `
SELECT DISTINCT r.rolname AS name,
       pg_catalog.pg_has_role(${text(login)}::pg_catalog.name, r.oid, 'USAGE') AS "isOurs"
  FROM ${slice(users, 'inside')} g JOIN pg_catalog.pg_roles r ON r.oid = g.grantor`;

/** What cannot be taken back is left, and what has gone by now. */
const impossible = `insufficient_privilege OR undefined_object OR undefined_table
                   OR undefined_function OR ambiguous_function OR internal_error`;

/**
 * Each who gave takes that back, and nothing else of what it gave: the server takes who revokes for
 * the grantor of the very rights that it may give itself, and in `DROP OWNED` the user that leaves
 * for the grantor of what it may give on. One that may not any more, but has the owner's rights, is
 * let meanwhile, since what it gave no cascade reaches. Where who gave is nobody that can be become,
 * its right to give on goes, with all that it gave; inside a database once no slice takes anything.
 */
export const takeBack = (users: readonly number[], where: Where): string =>
  block(`
DECLARE one record; holder pg_catalog.name; taken pg_catalog.int8 := 0;
BEGIN
  FOR one IN
    SELECT g.kind, g.object, f.rolname AS giver, t.rolname AS user,
           pg_catalog.string_agg(g.right || g.part, ', ') AS rights,
           pg_catalog.string_agg(g.right || g.part, ', ') FILTER (WHERE g.grantor <> g.owner AND NOT EXISTS (
             SELECT FROM pg_catalog.aclexplode(g.acl) a
              WHERE a.grantee = g.grantor AND a.is_grantable
                AND a.privilege_type = g.right)) AS missing
      FROM ${slice(users, where)} g
      JOIN pg_catalog.pg_roles f ON f.oid = g.grantor
      JOIN pg_catalog.pg_roles t ON t.oid = g.grantee
     GROUP BY 1, 2, 3, 4, g.part
  LOOP
    BEGIN
      IF one.missing IS NOT NULL THEN
        EXECUTE pg_catalog.format('GRANT %s ON %s %s TO %I WITH GRANT OPTION',
                                  one.missing, one.kind, one.object, one.giver);
      END IF;
      EXECUTE pg_catalog.format('SET LOCAL ROLE %I', one.giver);
      EXECUTE pg_catalog.format('REVOKE %s ON %s %s FROM %I CASCADE',
                                one.rights, one.kind, one.object, one.user);
      RESET ROLE;
      IF one.missing IS NOT NULL THEN
        EXECUTE pg_catalog.format('REVOKE GRANT OPTION FOR %s ON %s %s FROM %I CASCADE',
                                  one.missing, one.kind, one.object, one.giver);
      END IF;
      taken := taken + 1;
    EXCEPTION WHEN ${impossible} THEN NULL;
    END;
  END LOOP;
  FOR one IN
    SELECT DISTINCT g.kind, g.object, g.part, g.owner, g.acl::pg_catalog.text AS acl
      FROM (${entries(users, where)}) g WHERE g.grantor <> g.owner${where === 'inside' ? ' AND taken = 0' : ''}
  LOOP
    FOR holder IN
      SELECT DISTINCT r.rolname
        FROM pg_catalog.aclexplode(one.acl::pg_catalog.aclitem[]) a
        JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
       WHERE a.is_grantable AND a.grantor = one.owner AND a.grantee <> one.owner
    LOOP
      BEGIN
        EXECUTE pg_catalog.format('REVOKE GRANT OPTION FOR ALL %s ON %s %s FROM %I CASCADE',
                                  one.part, one.kind, one.object, holder);
      EXCEPTION WHEN ${impossible} THEN NULL;
      END;
    END LOOP;
  END LOOP;
END`);

/** On how many objects in the database that is entered users have rights. */
export const countGiven = (users: readonly number[]): string => `
SELECT pg_catalog.count(*)::pg_catalog.float8 AS left
  FROM pg_catalog.pg_shdepend s
 WHERE s.dbid = ${inside} AND s.deptype = 'a'
   AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
   AND s.refobjid IN (${oids(users)})`;
