/** What PostgreSQL costs a hook, beside a script that has psql do the same. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import { postgres } from '../../src/pgbouncer/postgres/index.ts';
import { verifierOf } from '../../src/pgbouncer/wire/scram.ts';
import { aGrant } from '../a-grant.ts';
import { median, type Tell } from './bench-measure.ts';

const run = promisify(execFile);

const steps = ['provision', 'remove'] as const;
type Step = (typeof steps)[number];

export async function onPostgres(out: Tell, rounds: number): Promise<void> {
  out('\nPostgreSQL: one provisioning and one removal, connections included');
  const workspace = new Workspace();
  const settings = ['log_statement=all', 'log_line_prefix=%m [%p] %u@%d '];
  const server = await startPostgres(workspace, 'bench', { settings });
  try {
    for (const relation of [10, 11]) for (const step of steps) await ours(server, step, relation);
    const theirs = await psql(server);
    const times: Record<Step, { ours: number[]; psql: number[] }> = {
      provision: { ours: [], psql: [] },
      remove: { ours: [], psql: [] },
    };
    const trips: Record<Step, number> = { provision: 0, remove: 0 };
    // In turns, and each first every other time: whatever else the machine does, both suffer from it.
    for (let round = 12; round < 12 + rounds; round++)
      for (const step of steps) {
        const turns = [
          async () => {
            const { milliseconds, roundTrips } = await ours(server, step, round);
            trips[step] = roundTrips;
            times[step].ours.push(milliseconds);
          },
          async () => void times[step].psql.push((await theirs?.(step, round + 100)) ?? 0),
        ];
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
      }
    for (const step of steps) {
      const [we, they] = [median(times[step].ours), median(times[step].psql)];
      out(`  ${step.padEnd(10)}${trips[step]} round trips, ${we.toFixed(0)} ms`);
      out(
        theirs === null
          ? '            psql is not installed: nothing to stand beside'
          : `            psql, the same statements: ${they.toFixed(0)} ms; ours takes ${(we / they).toFixed(2)} of that`,
      );
    }
  } finally {
    await server.stop();
    workspace.remove();
  }
}

async function ours({ host, port, login }: PostgresServer, step: Step, relation: number) {
  const owner = 'bench/p';
  const grant = aGrant(relation, { database: `bench_${relation}`, owner });
  const holdings = { owner, grants: [grant] };
  const backend = postgres({ host, port, ...login, owner });
  const started = performance.now();
  await backend.ready();
  const outcome = await backend[step](grant, holdings)();
  await backend.release();
  if (E.isLeft(outcome)) throw new Error(JSON.stringify(outcome));
  return { milliseconds: performance.now() - started, roundTrips: backend.roundTrips() };
}

/**
 * The statements of relation 11 through psql for another one, a process for each session, as a
 * script would; the result is how long they took. Null where there is no psql.
 */
async function psql({ host, port, login, log }: PostgresServer) {
  if (spawnSync('psql', ['--version']).status !== 0) return null;
  // Passwords of which nobody is to know are made up anew each time; here all have the same.
  const sessions = sessionsOf(log(), 'relation_id_11', await verifierOf('bench'));
  return async (step: Step, relation: number): Promise<number> => {
    const renumbered = (text: string) =>
      text
        .replaceAll(/(bench_|relation_id_|relation |relation = )11\b/g, `$1${relation}`)
        .replaceAll(/\b11, NULL/g, `${relation}, NULL`);
    const started = performance.now();
    for (const { as, database, sql } of sessions[step]) {
      const connection = ['-h', host, '-p', String(port), '-U', renumbered(as)];
      await run(
        'psql',
        [
          ...['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...connection, '-d', renumbered(database)],
          ...sql.flatMap((one) => ['-c', renumbered(one)]),
        ],
        { env: { ...process.env, PGPASSWORD: as === login.user ? login.password : 'bench' } },
      );
    }
    return performance.now() - started;
  };
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
