/**
 * Measures PgBouncer with one user of its userlist for each relation: what RELOAD costs, for all
 * who are connected wait for it, and what it does to sessions. Set PATH to try another PgBouncer.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import type { Session } from '../../src/pgbouncer/wire/index.ts';
import { verifierOf } from '../../src/pgbouncer/wire/scram.ts';
import { authority } from '../integration/certificates.ts';
import { type Bouncer, type BouncerFiles, startBouncer, type Userlist } from './a-bouncer.ts';
import { median } from './bench-measure.ts';

const out = (text = '') => process.stdout.write(`${text}\n`);
const workspace = new Workspace();
const password = 'bench';
const admin = { password, secret: await verifierOf(password) };

const base64 = (bytes: number) => randomBytes(bytes).toString('base64');
const someVerifier = () => `SCRAM-SHA-256$4096:${base64(16)}$${base64(32)}:${base64(32)}`;
const usersUpTo = (count: number): Userlist =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`relation_id_${index}`, someVerifier()]),
  );
const databasesUpTo = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const name = `tenant_${Math.floor(index / 2)}${index % 2 === 0 ? '' : '_readonly'}`;
    return `${name} = host=127.0.0.1 port=5432 dbname=tenant_${Math.floor(index / 2)}`;
  });

async function reloads(): Promise<void> {
  out('RELOAD, ms: with all that is new, with one user more, with nothing changed; KiB for users');
  for (const [users, databases] of [
    [100, 2],
    [1_000, 2],
    [5_000, 2],
    [10_000, 2],
    [2, 200],
    [2, 2_000],
    [2, 10_000],
    [2, 20_000],
    [100, 200],
    [1_000, 2_000],
    [5_000, 10_000],
    [10_000, 20_000],
  ] as const)
    await reloading(users, databases);
}

/** In a process of its own, for a user that was read once stays in memory. */
async function reloading(users: number, databases: number): Promise<void> {
  const none = { databases: [], users: {} };
  const bouncer = await startBouncer(workspace, `reload ${users} ${databases}`, admin, none);
  try {
    const files = { databases: databasesUpTo(databases), users: usersUpTo(users) };
    const first = await bouncer.reload(files);
    const [more, same]: [number[], number[]] = [[], []];
    for (let round = 0; round < 5; round++) {
      const added = { ...files, users: { ...files.users, [`added_${round}`]: someVerifier() } };
      more.push((await bouncer.reload(added)).ms);
      const started = performance.now();
      await bouncer.console('RELOAD');
      same.push(performance.now() - started);
    }
    const shown = await bouncer.console('SHOW USERS');
    const found = shown.filter(({ name }) => String(name).startsWith('relation_id_')).length;
    if (found !== users) throw new Error(`SHOW USERS has ${found} of ${users}`);
    const [memory] = (await bouncer.console('SHOW MEM')).filter(({ name }) =>
      ['user_cache', 'credentials_cache'].includes(String(name)),
    );
    const ms = [first.ms, median(more), median(same)];
    const kib = number(Math.round(Number(memory?.memtotal) / 1024));
    out(
      `${number(users)} users${number(databases)} databases   ${ms.map((one) => one.toFixed(1).padStart(9)).join('')} ${kib}`,
    );
  } finally {
    await bouncer.stop();
  }
}

const number = (value: number) => value.toLocaleString('en').padStart(8);

/** What comes of a login and a statement in the end: a server that failed is not tried at once. */
async function seen(attempt: () => Promise<Session>): Promise<string> {
  const started = performance.now();
  for (let tries = 1; ; tries++) {
    let told: string;
    try {
      const session = await attempt();
      told = await alive(session);
      await session.end();
    } catch (cause) {
      told = said(cause);
    }
    const ms = performance.now() - started;
    if (told === 'works')
      return tries === 1 ? told : `works at try ${tries}, after ${ms.toFixed(0)} ms`;
    if (ms > 4_000 || !/server login has been failing/.test(told)) return told;
    await after(200);
  }
}
async function alive(session: Session): Promise<string> {
  try {
    await session.query('SELECT 1', 10_000);
    return 'works';
  } catch (cause) {
    return said(cause);
  }
}
const said = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
const fact = (about: string, what: string) => out(`  ${about.padEnd(66)} ${what}`);

class Facts {
  readonly #postgres: PostgresServer;
  readonly #mode: string;
  readonly verifiers: Record<string, string> = {};
  constructor(postgres: PostgresServer, mode: string) {
    this.#postgres = postgres;
    this.#mode = mode;
  }

  async sql(text: string): Promise<void> {
    const client = await this.#postgres.connect();
    await client.query(text);
    await client.end();
  }

  /** Gives a role a new verifier, of the same password unless told otherwise. */
  async secure(role: string, secret = password): Promise<string> {
    const verifier = await verifierOf(secret);
    await this.sql(
      `DO $$ BEGIN CREATE ROLE ${role} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
       ALTER ROLE ${role} PASSWORD '${verifier}'`,
    );
    this.verifiers[role] = verifier;
    return verifier;
  }

  /** Ends what PgBouncer has open as this role. */
  disconnect(role: string): Promise<void> {
    return this.sql(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${role}'`,
    );
  }

  files(...roles: readonly string[]): BouncerFiles {
    return {
      databases: [`shop = host=127.0.0.1 port=${this.#postgres.port} dbname=postgres`],
      users: Object.fromEntries(roles.map((role) => [role, this.verifiers[role] ?? ''])),
      settings: [`pool_mode = ${this.#mode}`],
    };
  }

  withLookup(): BouncerFiles {
    const { databases, settings = [] } = this.files();
    return {
      databases,
      users: { postgres: this.#postgres.password },
      settings: [
        ...settings,
        'auth_user = postgres',
        'auth_query = SELECT rolname, rolpassword FROM pg_authid WHERE rolname = $1',
      ],
    };
  }
}

async function passThrough(facts: Facts, bouncer: Bouncer): Promise<void> {
  await facts.secure('one');
  await facts.secure('two');
  await bouncer.reload(facts.files('one', 'two'));
  const held = await bouncer.logIn('one', password);
  fact('a first login', await alive(held));
  fact('a second', await seen(() => bouncer.logIn('one', password)));
  await bouncer.reload(facts.files('one', 'two'));
  fact('after RELOAD: the session', await alive(held));
  fact('after RELOAD: a new login', await seen(() => bouncer.logIn('one', password)));
  await facts.disconnect('one');
  fact(
    'its server connections were cut: a new login',
    await seen(() => bouncer.logIn('one', password)),
  );
  fact('  the old session', await alive(held));
  await held.end();

  const before = await bouncer.logIn('one', password);
  await alive(before);
  await facts.secure('one');
  fact(
    'new verifier in PostgreSQL alone: a new login',
    await seen(() => bouncer.logIn('one', password)),
  );
  await bouncer.reload(facts.files('one', 'two'));
  fact('and in the userlist, RELOAD: the session from before', await alive(before));
  await facts.disconnect('one');
  fact('  after its server connection was cut', await alive(before));
  fact('  a new login', await seen(() => bouncer.logIn('one', password)));
  fact('  a second', await seen(() => bouncer.logIn('one', password)));
  await before.end();

  await facts.secure('one', 'changed');
  await bouncer.reload(facts.files('one', 'two'));
  fact(
    'new password on both sides, RELOAD: the old one',
    await seen(() => bouncer.logIn('one', password)),
  );
  fact('  the new one', await seen(() => bouncer.logIn('one', 'changed')));
  await facts.secure('one');

  const another = await bouncer.logIn('two', password);
  const mine = await bouncer.logIn('one', password).catch(() => null);
  await bouncer.reload(facts.files('one', 'two'));
  const stays = mine ?? (await bouncer.logIn('one', password));
  await alive(stays);
  await bouncer.reload(facts.files('two'));
  fact('removed from the userlist, RELOAD: its session', await alive(stays));
  fact('  a new login of it', await seen(() => bouncer.logIn('one', password)));
  fact("  another's session", await alive(another));
  fact('  a new login of the other', await seen(() => bouncer.logIn('two', password)));
  const shown = await bouncer.console('SHOW USERS');
  fact('  still in SHOW USERS', String(shown.some(({ name }) => name === 'one')));
  await bouncer.reload(facts.files('one', 'two'));
  fact(
    'back in the userlist, RELOAD: a new login',
    await seen(() => bouncer.logIn('one', password)),
  );
  const { users, ...rest } = facts.files('two');
  await bouncer.reload({ ...rest, users: { ...users, one: '' } });
  fact(
    'given an empty secret, RELOAD: a new login',
    await seen(() => bouncer.logIn('one', password)),
  );
  await bouncer.reload(facts.files('two'));
  fact('  then removed, RELOAD', await seen(() => bouncer.logIn('one', password)));
  await Promise.all([another.end(), stays.end()]);
}

/** Logins that were looked up go on by the userlist; one of them stays connected. */
async function looked(facts: Facts, bouncer: Bouncer): Promise<Session> {
  for (const role of ['live', 'known', 'differs', 'fresh', 'never']) await facts.secure(role);
  await bouncer.reload(facts.withLookup());
  const live = await bouncer.logIn('live', password);
  fact('by auth_query: a login', await alive(live));
  for (const role of ['known', 'differs', 'never']) await seen(() => bouncer.logIn(role, password));
  const pools = await bouncer.console('SHOW POOLS');
  fact('  SHOW POOLS has the users', pools.map(({ user }) => user).join(' '));
  await facts.secure('differs');
  return live;
}

const moved = ['live', 'known', 'differs', 'fresh'] as const;

async function logins(bouncer: Bouncer, live: Session): Promise<void> {
  fact('  the session', await alive(live));
  for (const [role, about] of [
    ['fresh', 'never looked up'],
    ['live', 'of the session'],
    ['known', 'looked up before'],
    ['differs', 'looked up before, and has another verifier now'],
    ['never', 'looked up before, and is not in the userlist'],
  ] as const)
    fact(`  a new login ${about}`, await seen(() => bouncer.logIn(role, password)));
  const fatal = /FATAL @(.*)/.exec(bouncer.log())?.[1];
  fact('  PgBouncer', fatal === undefined ? 'runs on' : `is dead: ${fatal}`);
}

async function moving(facts: Facts, bouncer: Bouncer): Promise<void> {
  const live = await looked(facts, bouncer);
  await bouncer.reload(facts.files(...moved));
  out('  then auth_user and auth_query dropped, the users in the userlist, RELOAD');
  await logins(bouncer, live);
  const config = await bouncer.console('SHOW CONFIG').catch(() => []);
  for (const key of ['auth_user', 'auth_query'])
    fact(`  ${key} is`, JSON.stringify(config.find((row) => row.key === key)?.value ?? null));
  live.destroy();
}

async function movingEmpty(facts: Facts, bouncer: Bouncer): Promise<void> {
  const live = await looked(facts, bouncer);
  const files = facts.files(...moved);
  const settings = [...(files.settings ?? []), 'auth_user ='];
  await bouncer.reload({ ...files, settings });
  out('  then auth_user empty, the users in the userlist, RELOAD');
  const [row] = (await bouncer.console('SHOW CONFIG')).filter(({ key }) => key === 'auth_user');
  fact('  auth_user is', JSON.stringify(row?.value ?? null));
  fact('  a new login never looked up', await seen(() => bouncer.logIn('fresh', password)));
  fact('  of nobody', await seen(() => bouncer.logIn('nobody_at_all', password)));
  fact('  the session', await alive(live));
  live.destroy();
}

async function movingKilled(facts: Facts, bouncer: Bouncer): Promise<void> {
  const live = await looked(facts, bouncer);
  const files = facts.files(...moved);
  await bouncer.reload({
    ...files,
    databases: [...files.databases, files.databases[0]?.replace('shop', 'other') ?? ''],
  });
  const other = await bouncer.logIn('fresh', password, { database: 'other' });
  await bouncer.console('KILL shop');
  await bouncer.console('RESUME shop');
  out('  then the userlist, RELOAD, KILL and RESUME of the database');
  await logins(bouncer, live);
  fact("  another database's session", await alive(other));
  live.destroy();
  other.destroy();
}

async function movingBesides(facts: Facts, bouncer: Bouncer): Promise<void> {
  const live = await looked(facts, bouncer);
  const files = facts.withLookup();
  const { fresh = '' } = facts.verifiers;
  await bouncer.reload({ ...files, users: { ...files.users, fresh } });
  out('  then auth_query stays, only who never logged in is in the userlist, RELOAD');
  await logins(bouncer, live);
  live.destroy();
}

async function readingBack(facts: Facts, bouncer: Bouncer): Promise<void> {
  const names = async () => {
    const shown = (await bouncer.console('SHOW USERS')).map(({ name }) => String(name));
    return ['a1', 'a2', 'z1', 'z2'].filter((name) => shown.includes(name)).join(' ') || 'none';
  };
  for (const role of ['a1', 'a2', 'z1', 'z2']) await facts.secure(role);
  const columns = Object.keys((await bouncer.console('SHOW USERS'))[0] ?? {});
  fact('SHOW USERS has the columns', columns.join(' '));
  for (const [about, line] of [
    ['a line without quotes', 'nonsense'],
    ['an empty line and a comment', '\n; comment'],
    ['a name without a secret', '"lonely"'],
    ['a quote that is not closed', '"open "SCRAM'],
    ['a name of 200 letters', `"${'n'.repeat(200)}" "x"`],
    ['a secret of 3,000 letters', `"long" "${'x'.repeat(3_000)}"`],
  ] as const) {
    const fresh = await startBouncer(workspace, `broken ${about}`, admin, facts.files());
    try {
      const { said } = await fresh.reload({
        ...facts.files('a1', 'a2'),
        tail: `${line}\n"z1" "${facts.verifiers.z1}"\n"z2" "${facts.verifiers.z2}"\n`,
      });
      const shown = (await fresh.console('SHOW USERS')).map(({ name }) => String(name));
      const kept = ['a1', 'a2', 'z1', 'z2'].filter((name) => shown.includes(name)).join(' ');
      const log = /^.*(?:auth|broken|missing|long).*$/im.exec(
        fresh.log().split('RELOAD').at(-1) ?? '',
      );
      const logged = log?.[0].replace(/^.*(?:ERROR|WARNING|LOG) /, '') ?? '';
      fact(`${about}, in the middle`, `${said}; there are: ${kept}; log: ${logged}`);
    } finally {
      await fresh.stop();
    }
  }
  await bouncer.reload(facts.files('a1', 'a2', 'z1', 'z2'));
  fact('a whole file', await names());
  await bouncer.reload({ ...facts.files('a1'), tail: 'nonsense\n"z1" "x"\n' });
  fact('then one that breaks off after the first: SHOW USERS', await names());
  for (const role of ['a1', 'a2', 'z1'])
    fact(`  a login of ${role}`, await seen(() => bouncer.logIn(role, password)));
}

async function consoles(bouncer: Bouncer): Promise<void> {
  for (const [about, host] of [
    ['TCP', '127.0.0.1'],
    ['the Unix socket', bouncer.folder],
  ] as const) {
    const more = { host, database: 'pgbouncer' };
    const outcome = await bouncer.logIn('admin', password, more).then(
      async (session) => {
        const [[row] = []] = await session.query('SHOW VERSION', 5_000);
        await session.end();
        return `works, ${row?.version}`;
      },
      (cause: unknown) => said(cause),
    );
    fact(`the console by a SCRAM verifier, through ${about}`, outcome);
  }
}

async function serverTls(facts: Facts, bouncer: Bouncer, ca: string, wrong: string): Promise<void> {
  await facts.secure('tls');
  const files = { ca: join(bouncer.folder, 'ca.crt'), wrong: join(bouncer.folder, 'wrong.crt') };
  for (const [path, text] of [
    [files.ca, ca],
    [files.wrong, wrong],
  ] as const) {
    writeFileSync(path, text);
    chmodSync(path, 0o644);
  }
  const config = await bouncer.console('SHOW CONFIG');
  for (const key of ['server_tls_sslmode', 'server_tls_ca_file'])
    fact(`${key} is changeable`, String(config.find((row) => row.key === key)?.changeable));
  const plain = facts.files('tls');
  let held: Session | null = null;
  for (const lines of [
    ['disable'],
    ['prefer'],
    ['disable'],
    ['require'],
    ['verify-ca', files.ca],
    ['verify-full', files.ca],
    ['verify-full', files.wrong],
    ['verify-full', files.ca],
    ['prefer', files.wrong],
  ]) {
    const [mode = '', file] = lines;
    const { said: answer } = await bouncer.reload({
      ...plain,
      settings: [
        ...(plain.settings ?? []),
        `server_tls_sslmode = ${mode}`,
        ...(file === undefined ? [] : [`server_tls_ca_file = ${file}`]),
      ],
    });
    const lived = held === null ? '' : `; a session from before: ${await alive(held)}`;
    const before = await encrypted(bouncer);
    await facts.disconnect('tls');
    const after = await encrypted(bouncer);
    const about = `${mode}${file === files.wrong ? ', wrong CA' : ''}, ${answer}`;
    fact(about, `new login: ${before}; on a new server connection: ${after}${lived}`);
    await held?.end();
    held = await bouncer.logIn('tls', password).catch(() => null);
    if (held !== null) await alive(held);
  }
  await held?.end();
}

async function encrypted(bouncer: Bouncer): Promise<string> {
  try {
    const session = await bouncer.logIn('tls', password);
    try {
      const sql = 'SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()';
      const [[row] = []] = await session.query(sql, 10_000);
      return row?.ssl === true ? 'TLS' : 'plain';
    } finally {
      await session.end();
    }
  } catch (cause) {
    return said(cause);
  }
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
const [ours, theirs] = [authority(), authority()];
const postgres = await startPostgres(workspace, password, { tls: ours.sign('IP:127.0.0.1') });
try {
  const first = await startBouncer(workspace, 'version', admin, { databases: [], users: {} });
  const [row] = await first.console('SHOW VERSION');
  await first.stop();
  out(`${row?.version}, Node ${process.version}\n`);
  if (!process.argv.includes('--facts')) await reloads();
  for (const mode of ['session', 'transaction']) {
    out(`\nUsers by SCRAM verifier, ${mode} pooling`);
    for (const [name, body] of [
      ['through', passThrough],
      ['moving', moving],
      ['empty', movingEmpty],
      ['killed', movingKilled],
      ['besides', movingBesides],
    ] as const) {
      const facts = new Facts(postgres, mode);
      const bouncer = await startBouncer(workspace, `${name}-${mode}`, admin, facts.files());
      await body(facts, bouncer).catch((cause: unknown) => out(`  ${said(cause)}`));
      if (process.argv.includes('--log')) out(bouncer.log());
      await bouncer.stop();
    }
  }
  out('\nReading back, the console, TLS to PostgreSQL');
  const facts = new Facts(postgres, 'session');
  const bouncer = await startBouncer(workspace, 'others', admin, facts.files());
  await readingBack(facts, bouncer);
  await consoles(bouncer);
  await serverTls(facts, bouncer, ours.ca, theirs.ca);
  await bouncer.stop();
} finally {
  for (const one of [ours, theirs]) one.remove();
  await postgres.stop();
  workspace.remove();
}
