/** What a server holds, as lines that can be compared: each with the role or database that it is about. */
import type pg from 'pg';

export interface Line {
  readonly kind: string;
  /** The database in which it is; null for what concerns the whole server. */
  readonly database: string | null;
  /** The role or database that it belongs to. */
  readonly owner: string;
  readonly subject: string;
  readonly details: readonly string[];
}

interface Row {
  readonly kind: string;
  readonly owner: string | null;
  readonly subject: string | null;
  readonly details: readonly (string | null)[] | null;
}

const acl = (column: string) =>
  `(SELECT pg_catalog.array_agg(a::text) FROM pg_catalog.unnest(${column}) a)`;

/** A GRANT that grants nothing writes down the rights that were there without a word of them. */
const given = (column: string, kind: 'd' | 't', owner: string) =>
  acl(`coalesce(${column}, pg_catalog.acldefault('${kind}', ${owner}))`);

/** Options of memberships are new in 16. */
const shared = (version: number): string => `
  SELECT 'role' AS kind, rolname::text AS owner, rolname::text AS subject,
         ARRAY[CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcreatedb THEN 'createdb' END,
               CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolreplication THEN 'replication' END,
               CASE WHEN rolbypassrls THEN 'bypassrls' END, CASE WHEN rolcanlogin THEN 'login' END,
               CASE WHEN NOT rolinherit THEN 'noinherit' END, 'limit ' || rolconnlimit,
               'until ' || coalesce(rolvaliduntil::text, 'infinity'), 'comment ' || shobj_description(oid, 'pg_authid')]
           || coalesce(rolconfig, '{}') AS details
    FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' AND rolname <> 'judge'
  UNION ALL
  SELECT 'member', r.rolname, r.rolname, ARRAY['member ' || m.rolname, 'by ' || g.rolname,
         CASE WHEN a.admin_option THEN 'admin' END${
           version >= 16
             ? ", CASE WHEN a.inherit_option THEN 'inherit' END, CASE WHEN a.set_option THEN 'set' END"
             : ''
         }]
    FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
    LEFT JOIN pg_roles g ON g.oid = a.grantor WHERE m.rolname NOT LIKE 'pg\\_%'
  UNION ALL
  SELECT 'setting', coalesce(r.rolname, d.datname), coalesce(r.rolname, 'all') || ' in ' || coalesce(d.datname, 'all'), s.setconfig
    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
  UNION ALL
  SELECT 'database', datname, datname, ARRAY['owner ' || pg_get_userbyid(datdba), CASE WHEN NOT datallowconn THEN 'closed' END,
         CASE WHEN datistemplate THEN 'template' END, 'limit ' || datconnlimit, 'comment ' || shobj_description(oid, 'pg_database')]
           || coalesce(${given('datacl', 'd', 'datdba')}, '{}')
    FROM pg_database
  UNION ALL
  SELECT 'prepared transaction', owner, 'of ' || owner, ARRAY['in ' || database] FROM pg_prepared_xacts
  UNION ALL
  SELECT 'subscription', pg_get_userbyid(subowner), subname, '{}' FROM pg_subscription
  UNION ALL
  SELECT 'replication slot', coalesce(database, ''), slot_name, '{}' FROM pg_replication_slots
  UNION ALL
  SELECT 'tablespace', pg_get_userbyid(spcowner), spcname, ${given('spcacl', 't', 'spcowner')} FROM pg_tablespace
  UNION ALL
  SELECT 'session', coalesce(usename, 'a role that is gone'), coalesce(usename, 'a role that is gone') || ' in ' || datname, '{}'
    FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename IS DISTINCT FROM 'judge'
   GROUP BY usename, datname
  ${version >= 15 ? `UNION ALL SELECT 'parameter', parname, parname, ${acl('paracl')} FROM pg_parameter_acl` : ''}`;

/** Catalogs of things that are made in a database, with their owner's column where they have one. */
const things: readonly (readonly [catalog: string, owner: string | null, acl: string | null])[] = [
  ['pg_namespace', 'nspowner', 'nspacl'],
  ['pg_class', 'relowner', 'relacl'],
  ['pg_proc', 'proowner', 'proacl'],
  ['pg_type', 'typowner', 'typacl'],
  ['pg_operator', 'oprowner', null],
  ['pg_opclass', 'opcowner', null],
  ['pg_opfamily', 'opfowner', null],
  ['pg_collation', 'collowner', null],
  ['pg_conversion', 'conowner', null],
  ['pg_cast', null, null],
  ['pg_language', 'lanowner', 'lanacl'],
  ['pg_extension', 'extowner', null],
  ['pg_event_trigger', 'evtowner', null],
  ['pg_foreign_data_wrapper', 'fdwowner', 'fdwacl'],
  ['pg_foreign_server', 'srvowner', 'srvacl'],
  ['pg_publication', 'pubowner', null],
  ['pg_largeobject_metadata', 'lomowner', 'lomacl'],
  ['pg_statistic_ext', 'stxowner', null],
  ['pg_ts_dict', 'dictowner', null],
  ['pg_ts_config', 'cfgowner', null],
  ['pg_trigger', null, null],
  ['pg_policy', null, null],
  ['pg_rewrite', null, null],
];

const inside: string = [
  ...things.map(([catalog, owner, grants]) => {
    const named = catalog === 'pg_largeobject_metadata' ? 'pg_largeobject' : catalog;
    const described = `pg_describe_object('${named}'::regclass, t.oid, 0)`;
    const user = owner === null ? "''" : `pg_get_userbyid(t.${owner})::text`;
    // What initdb made is of interest for the rights in it alone.
    const isMade =
      catalog === 'pg_namespace' ? "t.nspname !~ '^pg_(toast|temp)'" : 't.oid >= 16384';
    const isPlain =
      catalog === 'pg_class'
        ? `AND t.relkind <> 't' AND t.relkind <> 'i' AND t.relpersistence <> 't'`
        : catalog === 'pg_type'
          ? `AND t.typrelid = 0 AND t.typelem = 0`
          : catalog === 'pg_trigger'
            ? 'AND NOT t.tgisinternal'
            : catalog === 'pg_rewrite'
              ? `AND t.rulename <> '_RETURN'`
              : '';
    return `SELECT '${catalog}' AS kind, ${user} AS owner, ${described} AS subject,
       ARRAY['comment ' || obj_description(t.oid, '${named}')] || coalesce(${grants === null ? 'NULL::text[]' : acl(`t.${grants}`)}, '{}') AS details
       FROM ${catalog} t WHERE ${isMade} ${isPlain}`;
  }),
  `SELECT 'grant on the catalog', '', pg_describe_object(classoid, objoid, objsubid), ARRAY['differs'] FROM pg_init_privs i
    JOIN pg_class c ON i.classoid = 'pg_class'::regclass AND c.oid = i.objoid AND i.objsubid = 0 AND i.privtype = 'i'
    WHERE c.relacl IS DISTINCT FROM i.initprivs AND c.oid < 16384`,
  `SELECT 'default rights', pg_get_userbyid(defaclrole)::text, 'of ' || pg_get_userbyid(defaclrole) || ' in ' || coalesce(defaclnamespace::regnamespace::text, 'all') || ' on ' || defaclobjtype::text, ${acl('defaclacl')} FROM pg_default_acl`,
  `SELECT 'function of the catalog', pg_get_userbyid(proowner)::text, oid::regprocedure::text, ${acl('proacl')} FROM pg_proc
    WHERE oid < 16384 AND proowner <> 10`,
].join('\nUNION ALL\n');

const linesOf = (rows: readonly Row[], database: string | null): readonly Line[] =>
  rows.map(({ kind, owner, subject, details }) => ({
    kind,
    database,
    owner: owner ?? '',
    subject: subject ?? '',
    details: (details ?? []).flatMap((detail) => (detail === null ? [] : [detail])),
  }));

export async function sharedLines(judge: pg.Client, version: number): Promise<readonly Line[]> {
  return linesOf((await judge.query(shared(version))).rows, null);
}

export async function linesInside(judge: pg.Client, database: string): Promise<readonly Line[]> {
  return linesOf((await judge.query(inside)).rows, database);
}
