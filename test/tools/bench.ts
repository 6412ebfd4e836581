/**
 * Measures decisions, the memory world and PostgreSQL. Figures of one run belong together: quote
 * the ratios, for machines differ and are noisy.
 */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { createActor } from 'xstate';
import { type Answer, databaseRequested, hooks } from '../../machines/index.ts';
import {
  MemoryJuju,
  MemoryPgbouncer,
  MemoryPostgres,
  seededEntropy,
} from '../../src/adapters/memory/index.ts';
import { postgres } from '../../src/adapters/postgres/index.ts';
import { verifierOf } from '../../src/adapters/wire/scram.ts';
import { Workspace } from '../../src/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/demo/servers/postgres.ts';
import { type Adapters, advance, begin, interpret } from '../../src/engine/index.ts';
import { aGrant } from '../a-grant.ts';
import { realCharm } from './bench-charm.ts';
import { simulated } from './bench-simulated.ts';

const run = promisify(execFile);
const out = (text = '') => process.stdout.write(`${text}\n`);
const median = (values: readonly number[]) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Runs per second: the median of nine rounds, each long enough for the clock. */
function perSecond(body: () => void, count: number): number {
  for (let warm = 0; warm < count; warm++) body();
  const rounds = Array.from({ length: 9 }, () => {
    const started = performance.now();
    for (let done = 0; done < count; done++) body();
    return (count / (performance.now() - started)) * 1000;
  });
  return median(rounds);
}

const number = (value: number) => Math.round(value).toLocaleString('en').padStart(12);

function decisions(): void {
  out('Decisions: database-requested on recorded answers, hooks per second');
  const answers: readonly Answer[] = [
    { _tag: 'Yes' },
    { _tag: 'Yes' },
    { _tag: 'Done' },
    { _tag: 'Done' },
    { _tag: 'Done' },
    { _tag: 'Done' },
    { _tag: 'Done' },
  ];
  const table = perSecond(() => {
    let [state] = begin(databaseRequested, { relation: 4 });
    for (const answer of answers) [state] = advance(databaseRequested, state, answer);
    if (state.node !== 'rtn2') throw new Error(state.node);
  }, 20_000);
  const written = perSecond(() => {
    let node = 'is_backend_ready';
    for (const answer of answers) node = byHand(node, answer._tag);
    if (node !== 'rtn2') throw new Error(node);
  }, 200_000);
  const live = perSecond(() => {
    const actor = createActor(databaseRequested).start();
    actor.send({ type: 'start', event: { relation: 4 } });
    for (const { _tag } of answers) actor.send({ type: _tag === 'Yes' ? 'yes' : 'done' });
    if (actor.getSnapshot().value !== 'rtn2') throw new Error('elsewhere');
    actor.stop();
  }, 1_000);
  out(`  begin/advance       ${number(table)}`);
  out(
    `  hand-written switch ${number(written)}   ${(written / table).toFixed(1)} times begin/advance`,
  );
  out(
    `  live XState actor   ${number(live)}   begin/advance is ${(table / live).toFixed(0)} times as fast`,
  );
}

function byHand(node: string, answer: Answer['_tag']): string {
  switch (node) {
    case 'is_backend_ready':
      return answer === 'Yes' ? 'is_leader' : 'defer';
    case 'is_leader':
      return answer === 'Yes' ? 'get_user' : 'rtn';
    case 'get_user':
      return 'create_user_and_db';
    case 'create_user_and_db':
      return 'add_user';
    case 'add_user':
      return 'update_pg';
    case 'update_pg':
      return 'update_databag';
    default:
      return 'rtn2';
  }
}

/** A world with a number of relations that are served already. */
async function crowd(others: number) {
  const units = ['p/0', 'p/1', 'p/2'];
  const juju = new MemoryJuju({
    application: 'p',
    units,
    leader: 'p/0',
    endpoint: (unit) => `${unit.replace('/', '-')}:6432`,
  });
  const server = new MemoryPostgres();
  const poolers = new Map(units.map((unit) => [unit, new MemoryPgbouncer(server)]));
  const entropy = seededEntropy(1);
  const adapters = (unit: string): Adapters => ({
    model: juju.hook(unit),
    backend: server.hook(),
    pooler: (poolers.get(unit) as MemoryPgbouncer).hook(),
    entropy,
    clock: () => performance.now(),
  });
  const bags: Record<string, string> = {};
  const published = {
    endpoints: 'p-0:6432',
    readOnlyEndpoints: 'p-1:6432,p-2:6432',
    version: '14.5',
  };
  const serving: Record<number, string> = {};
  for (let relation = 10; relation < 10 + others; relation++) {
    const database = `application_${relation}`;
    serving[relation] = database;
    juju.request(relation, { database, 'extra-user-roles': 'CREATEDB,CREATEROLE' });
    bags[`relation-${relation}`] = JSON.stringify({
      relation,
      state: 'published',
      user: `relation_id_${relation}`,
      database,
      attributes: ['CREATEDB', 'CREATEROLE'],
      roles: [],
      password: entropy.password(),
      owner: juju.owner,
      published,
      error: null,
    });
  }
  const status = { name: 'active', message: '' } as const;
  for (const unit of units)
    await juju.hook(unit).commit({
      bags: [
        {
          bag: { _tag: 'PeerUnit', unit },
          values: { address: `${unit.replace('/', '-')}:6432`, serving: JSON.stringify(serving) },
        },
        ...(unit === 'p/0' ? [{ bag: { _tag: 'PeerApp' } as const, values: bags }] : []),
      ],
      state: {},
      status,
    })();
  return { juju, run: interpret(adapters('p/0')) };
}

const good = (
  outcome: E.Either<unknown, { path: readonly string[]; end: { _tag: string } }>,
  last: string,
) => {
  if (E.isLeft(outcome) || outcome.right.path.at(-1) !== last)
    throw new Error(JSON.stringify(outcome).slice(0, 500));
};

async function memoryWorld(): Promise<void> {
  out('\nMemory world: whole hooks of the leader per second, beside other relations');
  out('      others   requested      broken   µs more a hook for each other: requested, broken');
  let alone: readonly number[] = [];
  for (const others of [0, 100, 1_000, 10_000]) {
    const { juju, run } = await crowd(others);
    const rounds = Math.ceil(5 + 4_000 / (1 + others / 25));
    const times: { requested: number[]; broken: number[] } = { requested: [], broken: [] };
    for (let block = 0; block < 12; block++) {
      let [requested, broken] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        juju.request(4, { database: 'wanted', 'extra-user-roles': 'CREATEDB,CREATEROLE' });
        let started = performance.now();
        good(await run(hooks['database-requested'])({ relation: 4 })(), 'rtn2');
        requested += performance.now() - started;
        juju.breaking(4);
        started = performance.now();
        good(await run(hooks['database-relation-broken'])({ relation: 4 })(), 'rtn3');
        broken += performance.now() - started;
        juju.forget(4);
      }
      if (block > 2) {
        times.requested.push(requested / rounds);
        times.broken.push(broken / rounds);
      }
    }
    const each = [median(times.requested), median(times.broken)];
    if (others === 0) alone = each;
    const more = each.map((time, index) =>
      others === 0 ? '-' : (((time - (alone[index] ?? 0)) * 1000) / others).toFixed(2),
    );
    out(
      `${number(others)}${each.map((time) => number(1000 / time)).join('')}   ${more.join(', ')}`,
    );
  }
}

async function simulatedWorld(): Promise<void> {
  const { bare, checked } = await simulated();
  out('Simulated Juju: hooks of three units per second, related, served and removed');
  out(`  the whole world       ${number(bare)}`);
  out(`  and every invariant   ${number(checked)}`);
}

async function onPostgres(): Promise<void> {
  out('\nPostgreSQL: one provisioning and one removal, connections included');
  const workspace = new Workspace();
  const settings = ['log_statement=all', 'log_line_prefix=%m [%p] %u@%d '];
  const server = await startPostgres(workspace, 'bench', { settings });
  try {
    const times: { provision: number[]; remove: number[] } = { provision: [], remove: [] };
    const trips = { provision: 0, remove: 0 };
    for (let relation = 0; relation < 12; relation++) {
      const grant = aGrant(relation, { database: `bench_${relation}`, owner: 'bench/p' });
      const holdings = { owner: 'bench/p', grants: [grant] };
      for (const step of ['provision', 'remove'] as const) {
        const { host, port, login } = server;
        const backend = postgres({ host, port, ...login, owner: 'bench/p' });
        const started = performance.now();
        await backend.ready();
        const outcome =
          step === 'provision'
            ? await backend.provision(grant, holdings)()
            : await backend.remove(grant, holdings)();
        await backend.release();
        if (E.isLeft(outcome)) throw new Error(JSON.stringify(outcome));
        if (relation > 1) times[step].push(performance.now() - started);
        trips[step] = backend.roundTrips();
      }
    }
    for (const step of ['provision', 'remove'] as const)
      out(`  ${step.padEnd(10)}${trips[step]} round trips, ${median(times[step]).toFixed(0)} ms`);
    await besidePsql(server, server.log(), times);
  } finally {
    await server.stop();
    workspace.remove();
  }
}

/** The same statements through psql: a process for each session, as a script would. */
async function besidePsql(
  { host, port, login }: Pick<PostgresServer, 'host' | 'port' | 'login'>,
  log: string,
  ours: { provision: readonly number[]; remove: readonly number[] },
): Promise<void> {
  if (spawnSync('psql', ['--version']).status !== 0) {
    out('  psql is not installed: nothing to stand beside');
    return;
  }
  const user = 'relation_id_11';
  // A removal makes up a password of which nobody knows; here everybody has the same.
  const verifier = await verifierOf('bench');
  const sessions = sessionsOf(log, user, verifier);
  const times: { provision: number[]; remove: number[] } = { provision: [], remove: [] };
  for (let round = 20; round < 32; round++)
    for (const step of ['provision', 'remove'] as const) {
      const renumbered = (text: string) =>
        text
          .replaceAll(/(bench_|relation_id_|relation |relation = )11\b/g, `$1${round}`)
          .replaceAll(/\b11, NULL/g, `${round}, NULL`);
      const started = performance.now();
      for (const { as, database, sql } of sessions[step]) {
        const connection = ['-h', host, '-p', String(port), '-U', renumbered(as)];
        await run(
          'psql',
          [
            ...['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...connection, '-d', renumbered(database)],
            ...sql.flatMap((one) => ['-c', renumbered(one)]),
          ],
          { env: { ...process.env, PGPASSWORD: as === user ? 'bench' : login.password } },
        );
      }
      if (round > 21) times[step].push(performance.now() - started);
    }
  for (const step of ['provision', 'remove'] as const) {
    const [we, they] = [median(ours[step]), median(times[step])];
    out(
      `  ${step.padEnd(10)}psql, the same statements: ${they.toFixed(0)} ms; ours takes ${(we / they).toFixed(2)} of that`,
    );
  }
}

interface LoggedSession {
  readonly as: string;
  readonly database: string;
  readonly sql: string[];
}

/** What the server logged of one relation's provisioning and removal, by whom and where. */
function sessionsOf(log: string, user: string, verifier: string) {
  const steps: { provision: LoggedSession[]; remove: LoggedSession[] } = {
    provision: [],
    remove: [],
  };
  const hooks = log
    .split(/^(?=\S+ \S+ \S+ \[\d+\] )/m)
    .flatMap((entry) => {
      const found = /^\S+ \S+ \S+ \[\d+\] (\S+)@(\S+) LOG: {2}statement: ([\s\S]*)$/.exec(entry);
      if (found === null) return [];
      const [, as = '', database = '', sql = ''] = found;
      // A number of the role is another one each time: by its name it is found as well.
      const byName = sql
        .trim()
        .replaceAll(/SCRAM-SHA-256\$[^']+/g, verifier)
        .replaceAll(
          /(usesysid|refobjid|datdba|nspowner|o\.oid|id) IN \(\d+\)/g,
          `$1 IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = '${user}')`,
        )
        .replaceAll(/\b\d{5,}::pg_catalog\.oid/g, `'${user}'::pg_catalog.regrole::pg_catalog.oid`)
        .replaceAll(/r\.oid <> \d{5,}/g, `r.rolname <> '${user}'`);
      return [{ as, database, sql: byName }];
    })
    .filter(
      ({ database }) => database.startsWith('hookchart_home') || database.startsWith('bench_'),
    );
  const isLook = (sql: string) => sql.includes('pg_is_in_recovery');
  let hook: LoggedSession[] = [];
  const end = () => {
    const text = hook.flatMap(({ sql }) => sql).join('\n');
    // What only ends the turn is no session of its own in a script.
    if (hook.at(-1)?.sql.every((sql) => sql.includes('advisory_unlock'))) hook.pop();
    if (text.includes(`CREATE ROLE "${user}"`)) steps.provision = hook;
    if (text.includes(`DROP ROLE "${user}"`)) steps.remove = hook;
    hook = [];
  };
  for (const { as, database, sql } of hooks) {
    if (isLook(sql)) end();
    const last = hook.at(-1);
    if (last?.as === as && last.database === database) last.sql.push(sql);
    else hook.push({ as, database, sql: [sql] });
  }
  end();
  return steps;
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
out(`Node ${process.version}, ${process.platform}-${process.arch}\n`);
decisions();
await memoryWorld();
await simulatedWorld();
await onPostgres();
await realCharm();
