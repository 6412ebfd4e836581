/** Random tenants: hostile statements from a grammar beside random hooks, before the same judge. */
import { setTimeout as after } from 'node:timers/promises';
import fc from 'fast-check';
import { login } from '../../src/pgbouncer/demo/client.ts';
import { Attacker, type Session } from './attack.ts';
import { type Baseline, Judge } from './judge.ts';
import { AttackWorld, HookFailed, type Setting } from './world.ts';

const places = ['own', 'pooled', 'postgres', 'template1', 'beside'] as const;
type Place = (typeof places)[number];

type Turn = { readonly in: Place; readonly sql: string } | { readonly hook: string };

const word = fc.constantFrom('a', 'b', 'c');
const role = fc.constantFrom(
  '$me',
  '$owner',
  '$victim',
  '$charm',
  '$next',
  'evil_r',
  'evil_s',
  'PUBLIC',
  'pg_monitor',
  'postgres',
);
const database = fc.constantFrom(
  '$db',
  '$db',
  '$db',
  '$beside',
  '$new',
  '$victimdb',
  'postgres',
  'template1',
);
const setting = fc.constantFrom(
  'search_path = public, pg_catalog',
  "search_path = ''",
  "role = '$owner'",
  "role = '$me'",
  "role = 'evil_r'",
  'default_transaction_read_only = on',
  'statement_timeout = 1',
  'lock_timeout = 1',
  'idle_session_timeout = 5',
  'transaction_timeout = 5',
  "local_preload_libraries = 'nowhere'",
  'client_min_messages = debug5',
  'default_transaction_isolation = serializable',
  "session_authorization = '$me'",
  "client_encoding = 'SJIS'",
  'standard_conforming_strings = off',
  'row_security = off',
  "createrole_self_grant = 'set, inherit'",
  "default_tablespace = 'evil'",
  'work_mem = 64',
  'jit = on',
  'exit_on_error = on',
  "plpgsql.extra_errors = 'all'",
  'enable_indexscan = off',
  'enable_hashjoin = off',
  'enable_nestloop = off',
  "plan_cache_mode = 'force_generic_plan'",
  'geqo_threshold = 2',
  'cursor_tuple_fraction = 0',
);
const shadowed = fc.constantFrom(
  'to_regnamespace(text) RETURNS regnamespace',
  'lower(text) RETURNS text',
  'lower(name) RETURNS text',
  'starts_with(text, text) RETURNS bool',
  'shobj_description(oid, name) RETURNS text',
  'format(text, name) RETURNS text',
  'quote_ident(text) RETURNS text',
  'current_setting(text) RETURNS text',
  'pg_has_role(name, name, text) RETURNS bool',
  'has_database_privilege(name, name, text) RETURNS bool',
  'min(text) RETURNS text',
  'max(oid) RETURNS oid',
  'array_agg(name) RETURNS name[]',
  'coalesce_(text) RETURNS text',
  'now() RETURNS timestamptz',
  'split_part(text, text, int) RETURNS text',
  'version() RETURNS text',
  'set_config(text, text, bool) RETURNS text',
);
const privilege = fc.constantFrom('ALL', 'CONNECT', 'CREATE', 'TEMP');
const template = (
  parts: TemplateStringsArray,
  ...holes: readonly fc.Arbitrary<string>[]
): fc.Arbitrary<string> =>
  fc
    .tuple(...holes)
    .map((values) => parts.reduce((text, part, at) => `${text}${part}${values[at] ?? ''}`, ''));

const statement: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: template`ALTER DATABASE "${database}" SET ${setting}` },
  { weight: 4, arbitrary: template`SET ROLE NONE; ALTER ROLE "$me" SET ${setting}` },
  {
    weight: 3,
    arbitrary: template`SET ROLE NONE; ALTER ROLE "$me" IN DATABASE "${database}" SET ${setting}`,
  },
  {
    weight: 4,
    arbitrary: template`SET ROLE NONE; ALTER ROLE "$me" PASSWORD ${fc.constantFrom("'spoiled'", 'NULL')}`,
  },
  {
    weight: 3,
    arbitrary: template`ALTER DATABASE "${database}" ${fc.constantFrom('CONNECTION LIMIT 0', 'CONNECTION LIMIT 1', 'CONNECTION LIMIT -1', 'ALLOW_CONNECTIONS false', 'ALLOW_CONNECTIONS true', 'IS_TEMPLATE true', 'OWNER TO "$me"', 'OWNER TO evil_r', 'RENAME TO "$beside"')}`,
  },
  { weight: 2, arbitrary: template`DROP DATABASE "${database}" WITH (FORCE)` },
  { weight: 3, arbitrary: template`CREATE DATABASE "${database}"` },
  {
    weight: 3,
    arbitrary: template`SET ROLE NONE; CREATE ROLE ${fc.constantFrom('evil_r', 'evil_s', '"$next"', '"$newowner"')} ${fc.constantFrom('', "LOGIN PASSWORD 'evil'", 'CREATEROLE', 'CREATEDB', 'SUPERUSER')}`,
  },
  {
    weight: 4,
    arbitrary: template`SET ROLE NONE; GRANT "${role}" TO "${role}" ${fc.constantFrom('', 'WITH ADMIN OPTION')}`,
  },
  { weight: 1, arbitrary: template`REVOKE "${role}" FROM "${role}"` },
  {
    weight: 2,
    arbitrary: template`COMMENT ON ${fc.constantFrom('ROLE "$me"', 'ROLE evil_r', 'DATABASE "$db"', 'ROLE "$owner"', 'ROLE "$victim"')} IS 'hookchart forged'`,
  },
  {
    weight: 3,
    arbitrary: template`${fc.constantFrom('GRANT', 'REVOKE')} ${privilege} ON DATABASE "${database}" ${fc.constantFrom('TO', 'FROM')} "${role}"`,
  },
  { weight: 2, arbitrary: template`GRANT ALL ON evil_t_${word} TO "${role}"` },
  {
    weight: 2,
    arbitrary: template`ALTER DEFAULT PRIVILEGES GRANT ALL ON ${fc.constantFrom('TABLES', 'FUNCTIONS', 'SCHEMAS', 'TYPES')} TO ${fc.constantFrom('PUBLIC', '"$victim"', '"$owner"')}`,
  },
  {
    weight: 2,
    arbitrary: template`ALTER SCHEMA public ${fc.constantFrom('OWNER TO "$me"', 'RENAME TO evil_public')}`,
  },
  {
    weight: 2,
    arbitrary: template`${fc.constantFrom('REVOKE ALL ON SCHEMA public FROM', 'GRANT ALL ON SCHEMA public TO')} "${role}"`,
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'DROP SCHEMA public CASCADE',
      'CREATE SCHEMA hookchart',
      'DROP SCHEMA hookchart CASCADE',
      'CREATE SCHEMA "$me"',
      'CREATE SCHEMA evil',
      'DROP OWNED BY CURRENT_USER',
      'REASSIGN OWNED BY "$me" TO "$owner"',
    ),
  },
  {
    weight: 6,
    arbitrary: shadowed.map(
      (signature) =>
        `CREATE OR REPLACE FUNCTION public.${signature} LANGUAGE plpgsql SET search_path = pg_catalog AS $f$ BEGIN RAISE LOG 'canary ${signature.split('(')[0]} session=% current=%', SESSION_USER, CURRENT_USER; RETURN NULL; END $f$`,
    ),
  },
  { weight: 3, arbitrary: template`CREATE TABLE evil_t_${word} (n int)` },
  {
    weight: 1,
    arbitrary: template`CREATE ${fc.constantFrom('VIEW evil_v AS SELECT 1', 'TYPE public.name AS (a int)', 'DOMAIN public.text AS pg_catalog.text', 'SEQUENCE evil_q', 'PUBLICATION evil_p', 'EXTENSION plpgsql', 'TEMP TABLE pg_roles (rolname name)', 'EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION evil()')}`,
  },
  { weight: 1, arbitrary: fc.constant('SELECT pg_catalog.lo_create(0)') },
  { weight: 3, arbitrary: fc.constantFrom('BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s') },
  { weight: 2, arbitrary: template`LOCK TABLE evil_t_${word}` },
  { weight: 1, arbitrary: template`PREPARE TRANSACTION 'evil $round ${word}'` },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'SET ROLE "$owner"',
      'SET ROLE evil_r',
      'RESET ROLE',
      'SET ROLE "$victim"',
      'SET SESSION AUTHORIZATION "$owner"',
      'RESET ALL',
      'DISCARD ALL',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('hookchart 5e1f3c7a-0000-4000-8000-000000000001/pgbouncer', 0))",
      'SELECT pg_catalog.pg_advisory_lock(1)',
      'LISTEN x; NOTIFY x',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'SELECT * FROM pg_catalog.pg_stat_activity',
      'SELECT * FROM pg_catalog.pg_authid',
      'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid <> pg_catalog.pg_backend_pid()',
      "SELECT pg_catalog.query_to_xml('TABLE wages', true, false, '')",
    ),
  },
);

const turn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      in: fc.oneof(
        { weight: 4, arbitrary: fc.constant<Place>('own') },
        { weight: 1, arbitrary: fc.constantFrom(...places) },
      ),
      sql: statement,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      hook: fc.constantFrom(
        'update-status',
        'update-status',
        'upgrade-charm',
        'backend-database-relation-changed',
        'leader',
        'newcomer',
        'second',
      ),
    }),
  },
);

const sequence = fc.array(turn, { minLength: 1, maxLength: 9 });

export interface Found {
  readonly turns: readonly Turn[];
  readonly why: readonly string[];
  readonly seed: number;
  readonly path: string;
}

export interface RandomOptions {
  readonly runs: number;
  readonly seed: number;
  readonly path?: string;
  readonly setting: Setting;
  readonly tell: (sentence: string) => void;
  /** Called after each sequence that held. */
  readonly held: () => void;
}

/** How often a counterexample is made smaller. */
const patience = 20;
/** Sequences after which a world is replaced, for its log grows. */
const most = 150;

/** Runs sequences until one escapes; null where none does. */
export async function randomTenants({
  runs,
  seed,
  path,
  setting,
  tell,
  held,
}: RandomOptions): Promise<Found | null> {
  const baseline: Baseline = { lines: new Map(), intrusions: new Set() };
  let world: AttackWorld | null = await AttackWorld.start(setting, 1);
  for (let calm = 0; calm < 2; calm++) {
    const { why } = await play(world, [], baseline);
    if (why.length === 0) continue;
    await world.stop();
    throw new Error(`a run without any statement is not clean: ${why.join('; ')}`);
  }
  for (const one of baseline.intrusions) tell(`without any statement: ${one}`);
  let failed = 0;
  const property = fc.asyncProperty(sequence, async (turns) => {
    if (failed > patience) return;
    world ??= await AttackWorld.start(setting, 1);
    const { why, isSpoiled } = await play(world, turns, baseline);
    if (isSpoiled || world.rounds >= most) {
      await world.stop();
      world = null;
    }
    if (why.length > 0) {
      failed += 1;
      throw new Error(why.join('\n'));
    }
    if (failed === 0) held();
  });
  try {
    const details = await fc.check(property, {
      numRuns: runs,
      seed,
      ...(path === undefined ? {} : { path }),
    });
    if (!details.failed) return null;
    const error = details.errorInstance;
    return {
      turns: (details.counterexample?.[0] ?? []) as readonly Turn[],
      why: (error instanceof Error ? error.message : String(error)).split('\n'),
      seed: details.seed,
      path: details.counterexamplePath ?? '',
    };
  } finally {
    await (world as AttackWorld | null)?.stop();
  }
}

async function play(
  world: AttackWorld,
  turns: readonly Turn[],
  baseline: Baseline,
): Promise<{ readonly why: readonly string[]; readonly isSpoiled: boolean }> {
  world.rounds += 1;
  const attacker = new Attacker(world, 'attacker', world.rounds);
  const judge = await Judge.of(world, attacker, []);
  attacker.own = () => judge.own();
  const isBaseline = baseline.lines.size === 0;
  let isSpoiled = false;
  try {
    const isNew = (await world.version()) >= 16;
    const request = {
      database: attacker.name,
      'extra-user-roles': isNew ? 'CREATEDB,CREATEROLE' : 'CREATEDB',
    };
    attacker.remember(request);
    attacker.relation = await world.relate('attacker', request);
    attacker.tenant = await world.tenant(attacker.relation, 'attacker');
    if (attacker.tenant === null)
      throw new HookFailed(`the tenant is not served: ${world.charm.statusOf(world.leader)}`);
    judge.tenant('attacker', attacker.tenant, true);
    await judge.others();
    await playTurns(world, attacker, judge, turns);
    await judge.own();
    await world.hook(world.leader, 'update-status');
    await judge.others();
    await judge.stage('hooked', baseline, isBaseline);
    await world.unrelate(attacker.relation);
    await world.hook(world.leader, 'update-status');
    await judge.stage('removed', baseline, isBaseline);
  } catch (problem) {
    isSpoiled = true;
    judge.violations.push(
      problem instanceof HookFailed
        ? `a hook failed: ${problem.message}`
        : `the run broke off: ${problem instanceof Error ? problem.stack : String(problem)}`,
    );
  }
  for (const session of attacker.sessions) session.end().catch(() => {});
  if (judge.violations.length > 0) isSpoiled = true;
  else {
    await judge.clean();
    isSpoiled = !(await judge.isClean());
  }
  return { why: judge.violations, isSpoiled };
}

async function playTurns(
  world: AttackWorld,
  attacker: Attacker,
  judge: Judge,
  turns: readonly Turn[],
): Promise<void> {
  const owner = turns.length === 0 ? '' : await attacker.owner();
  const { me, round } = attacker;
  const beside = `evil_beside_${round}`;
  const values: Readonly<Record<string, string>> = {
    db: me.database,
    me: attacker.user,
    owner,
    victim: world.victim.bag.username ?? '',
    victimdb: world.victim.database,
    charm: world.setting === 'superuser' ? 'postgres' : world.server.login.user,
    next: attacker.user.replace(/\d+/, String(world.charm.world.made.relations)),
    new: attacker.newcomer,
    newowner: `${attacker.newcomer}_owner`,
    beside,
    round: String(round),
  };
  const sessions = new Map<Place, Session | null>();
  const sessionIn = async (place: Place): Promise<Session | null> => {
    const known = sessions.get(place);
    if (known !== undefined) return known;
    const opened = await (place === 'pooled'
      ? attacker.pooled()
      : attacker.direct(place === 'own' ? me.database : place === 'beside' ? beside : place)
    ).catch(() => null);
    if (opened !== null) sessions.set(place, opened);
    return opened;
  };
  for (const one of turns) {
    if ('hook' in one) {
      await judge.own();
      await hooked(world, attacker, judge, one.hook);
      await judge.others();
      continue;
    }
    const session = await sessionIn(one.in);
    const sql = one.sql
      .replaceAll(/\$([a-z]+)/g, (whole, name: string) => values[name] ?? whole)
      .replaceAll('"PUBLIC"', 'PUBLIC');
    const answered =
      session === null
        ? null
        : await Promise.race([
            session.query(sql).then(
              () => true,
              () => true,
            ),
            after(1_500, null, { ref: false }),
          ]);
    if (answered === null) sessions.delete(one.in);
  }
}

async function hooked(
  world: AttackWorld,
  attacker: Attacker,
  judge: Judge,
  hook: string,
): Promise<void> {
  if (hook === 'leader') return world.changeLeader();
  if (hook !== 'newcomer' && hook !== 'second') return world.hook(world.leader, hook);
  const database = hook === 'newcomer' ? attacker.newcomer : attacker.name;
  const relation = await world.relate(hook, { database });
  const tenant = await world.tenant(relation, hook);
  if (hook === 'newcomer') {
    if (tenant === null)
      judge.violations.push(`the newcomer is not served: ${world.charm.statusOf(world.leader)}`);
    else {
      const session = await login(tenant.bag);
      await session
        .query('CREATE TABLE IF NOT EXISTS first (n int)')
        .catch((problem) => judge.violations.push(`the newcomer cannot work: ${problem}`));
      await session.end();
    }
  }
  await world.unrelate(relation);
  if (hook === 'newcomer' && tenant !== null) {
    // What a tenant leaves as it should is left by each of them; here it would be told as strange.
    const { rows } = await world.judge.query(
      'SELECT pg_get_userbyid(datdba)::text AS owner FROM pg_database WHERE datname = $1',
      [tenant.database],
    );
    await world.judge.query(`DROP DATABASE IF EXISTS "${tenant.database}" WITH (FORCE)`);
    await world.judge.query(`DROP ROLE IF EXISTS "${rows[0]?.owner}"`).catch(() => {});
    world.gate.forget(tenant.database);
  }
}
