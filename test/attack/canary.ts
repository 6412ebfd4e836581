/** Functions that tell the server's log as whom they ran; their own names are all written in full. */

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** The body of a function that tells and returns nothing. */
const telling = (name: string, then = 'RETURN NULL'): string =>
  `BEGIN RAISE LOG 'canary ${name} session=% current=%', SESSION_USER, CURRENT_USER; ${then}; END`;

/** A function of the attacker's; it works as whoever calls it. */
export const canary = (
  name: string,
  signature: string,
  returns: string,
  then = 'RETURN NULL',
  label = name,
): string =>
  `CREATE OR REPLACE FUNCTION ${name}(${signature}) RETURNS ${returns} LANGUAGE plpgsql
     SET search_path = pg_catalog, pg_temp AS ${text(telling(label, then))}`;

/**
 * All of pg_catalog that can be shadowed, in `public`: functions, operators, types and casts. What
 * the server does not take is passed over; the numbers of what was made come back.
 */
export const shadowEverything = (schema = 'public'): string => `
DO $shadow$
DECLARE
  f record; made int := 0; ops int := 0; types int := 0; n int := 0; args text; body text;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
  FOR f IN
    SELECT p.proname, p.oid, p.prokind, p.proretset, p.prorettype::regtype::text AS ret, p.prorettype,
           (SELECT pg_catalog.string_agg(t::regtype::text, ', ' ORDER BY o) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY u(t, o)) AS args
      FROM pg_proc p
     WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a', 'w')
       AND NOT EXISTS (SELECT FROM unnest(p.proargtypes::oid[] || p.prorettype) u(t) JOIN pg_type y ON y.oid = u.t
                        WHERE y.typname IN ('internal', 'cstring', 'trigger', 'event_trigger', 'language_handler', 'fdw_handler', 'index_am_handler', 'table_am_handler', 'tsm_handler', 'pg_ddl_command'))
  LOOP
    BEGIN
      EXECUTE pg_catalog.format(
        'CREATE OR REPLACE FUNCTION ${schema}.%I(%s) RETURNS %s %s LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS %L',
        f.proname, f.args, CASE WHEN f.proretset THEN 'SETOF ' ELSE '' END, f.ret,
        'BEGIN RAISE LOG ''canary ' || f.proname || ' session=% current=%'', SESSION_USER, CURRENT_USER; RETURN'
          || CASE WHEN f.proretset OR f.prorettype = 'void'::regtype THEN '' WHEN f.prorettype = 'bool'::regtype THEN ' false' ELSE ' NULL' END || '; END');
      made := made + 1;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  FOR f IN
    SELECT o.oid, o.oprname, o.oprleft::regtype::text AS l, o.oprright::regtype::text AS r, o.oprleft, o.oprresult::regtype::text AS ret, o.oprresult
      FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprright <> 0
  LOOP
    BEGIN
      n := n + 1;
      args := CASE WHEN f.oprleft = 0 THEN f.r ELSE f.l || ', ' || f.r END;
      EXECUTE pg_catalog.format(
        'CREATE OR REPLACE FUNCTION ${schema}.evil_op_%s(%s) RETURNS %s LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS %L',
        n, args, f.ret,
        'BEGIN RAISE LOG ''canary operator_' || n || ' session=% current=%'', SESSION_USER, CURRENT_USER; RETURN'
          || CASE WHEN f.oprresult = 'bool'::regtype THEN ' true' ELSE ' NULL' END || '; END');
      EXECUTE 'CREATE OPERATOR ${schema}.' || f.oprname || ' (FUNCTION = ${schema}.evil_op_' || n
        || CASE WHEN f.oprleft = 0 THEN '' ELSE ', LEFTARG = ' || f.l END || ', RIGHTARG = ' || f.r || ')';
      ops := ops + 1;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  FOR f IN SELECT t.typname FROM pg_type t
            WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype = 'b' AND t.typelem = 0 LOOP
    BEGIN
      EXECUTE pg_catalog.format('CREATE DOMAIN ${schema}.%I AS pg_catalog.text CHECK (${schema}.evil_check(VALUE))', f.typname);
      types := types + 1;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  IF made < 1500 OR ops < 500 OR types < 30 THEN RAISE EXCEPTION 'too few: % functions, % operators, % types', made, ops, types; END IF;
END $shadow$`;
