/** What an operator feels of the charm: how long a hook takes, and how often it calls Juju. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shippedNode } from '../../src/packaging/node.ts';
import { RealCharm } from '../pgbouncer/charm/charm.ts';
import type { ToolCall } from '../pgbouncer/charm/stand-in.ts';
import { median, type Tell } from './bench-measure.ts';

const leader = 'pgbouncer/0';

export async function realCharm(out: Tell, rounds: number): Promise<void> {
  out('\nA charm on Juju: dispatch as a process, three units, secrets');
  const charm = await RealCharm.start({
    hasSecrets: true,
    requirers: {
      application: { units: 1, request: { database: 'app' } },
      another: { units: 1, request: { database: 'other' } },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'hookchart-bench-'));
  try {
    const bare = idle(charm, folder, out, rounds);
    await charm.settle();
    await provisioning(charm, folder, out, { bare, rounds });
    await charm.settle();
    await steady(charm, out);
    await removal(charm, out);
  } finally {
    await charm.stop();
    rmSync(folder, { recursive: true });
  }
}

/** A hook that nobody handles, beside a Node that does nothing, whose milliseconds are the result. */
function idle(charm: RealCharm, folder: string, out: Tell, rounds: number): number {
  const tools = join(folder, 'idle');
  mkdirSync(tools);
  program(join(tools, 'state-get'), `echo '""'`);
  const { environment, path } = charm.process(leader, 'database-relation-joined', tools);
  const programs: Readonly<Record<string, readonly [string, ...string[]]>> = {
    'node -e 0': [shippedNode().program, '-e', '0'],
    dispatch: [join(path, 'dispatch')],
    'its program, without the shell before it': [join(path, 'hookchart')],
  };
  const times = new Map<string, number[]>();
  for (let round = 0; round < 3 * rounds; round++)
    for (const [name, [command, ...args]] of Object.entries(programs)) {
      const started = performance.now();
      const { status } = spawnSync(command, args, { env: environment, cwd: path });
      if (status !== 0) throw new Error(`${name} failed`);
      times.set(name, [...(times.get(name) ?? []), performance.now() - started]);
    }
  const bare = median(times.get('node -e 0') ?? []);
  out('  a hook that nobody handles, nothing deferred');
  for (const [name, took] of times)
    out(
      `    ${name.padEnd(40)}${median(took).toFixed(1)} ms, ${(median(took) / bare).toFixed(2)} times node -e 0`,
    );
  return bare;
}

/**
 * The hook that provisions, as it was seen to go, and then the same process again with tools that
 * answer at once what was answered then. What is taken for the servers' time is that of two nodes
 * in which no hook tool is called, `create_user_and_db` and `update_pg`, and one login.
 */
async function provisioning(
  charm: RealCharm,
  folder: string,
  out: Tell,
  { bare, rounds }: { readonly bare: number; readonly rounds: number },
): Promise<void> {
  await charm.take({ _tag: 'Relate', application: 'application' });
  const hook = await charm.until(leader, 'database-relation-changed');
  const before = charm.world;
  const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
  if (ended === null || ended.code !== 0) throw new Error(ended?.error ?? 'it did not run');
  out(`  database-relation-changed that provisions: ${ended.calls.length} calls of hook tools`);

  const tools = join(folder, 'provisioning');
  mkdirSync(tools);
  for (const [tool, calls] of byTool(ended.calls)) program(join(tools, tool), answering(calls));
  charm.world = before;
  const { environment, path } = charm.process(leader, hook.name, tools, hook);
  const totals: number[] = [];
  const waits: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await charm.sql('DROP DATABASE IF EXISTS app WITH (FORCE)');
    await charm.sql('DROP ROLE IF EXISTS relation_id_1');
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(join(path, 'dispatch'), {
      env: environment,
      cwd: path,
      encoding: 'utf8',
    });
    const took = performance.now() - started;
    if (status !== 0) throw new Error(stderr);
    const servers = ['create_user_and_db', 'update_pg'].map((node) =>
      Number(new RegExp(`${node} \\((\\d+) ms\\)`).exec(stdout)?.[1]),
    );
    totals.push(took);
    waits.push(servers.reduce((sum, one) => sum + one, 0));
  }
  const tool = toolTime(tools, environment);
  const logins: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await charm.sql('SELECT 1');
    logins.push(performance.now() - started);
  }
  const servers = median(waits) + median(logins);
  out(
    `    ${median(totals).toFixed(0)} ms with tools of ${tool.toFixed(1)} ms, ${servers.toFixed(0)} of them for PostgreSQL and PgBouncer: ${(median(totals) - servers).toFixed(0)} ms are its own, ${((median(totals) - servers) / bare).toFixed(1)} times node -e 0`,
  );
  await charm.sql('DROP DATABASE IF EXISTS app WITH (FORCE)');
  await charm.sql('DROP ROLE IF EXISTS relation_id_1');
}

async function steady(charm: RealCharm, out: Tell): Promise<void> {
  await charm.take({ _tag: 'Relate', application: 'another' });
  await charm.settle();
  const before = charm.reloads(leader);
  const hook = { name: 'update-status' };
  const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
  const reloads = charm.reloads(leader) - before;
  const calls = ended?.calls ?? [];
  const writes = calls.filter(({ tool }) => ['relation-set', 'state-set'].includes(tool));
  out(
    `  update-status with 2 relations: ${calls.length} calls, ${writes.length} writes, ${reloads} reloads`,
  );
}

async function removal(charm: RealCharm, out: Tell): Promise<void> {
  for (const relation of [2, 1]) {
    await charm.take({ _tag: 'RemoveRelation', relation });
    const hook = await charm.until(leader, 'database-relation-broken');
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    const beside = relation === 2 ? 'beside one other relation' : 'of the only relation';
    out(`  database-relation-broken ${beside}: ${ended?.calls.length} calls`);
    await charm.settle();
  }
}

function byTool(calls: readonly ToolCall[]): ReadonlyMap<string, readonly ToolCall[]> {
  const found = new Map<string, ToolCall[]>();
  for (const call of calls) found.set(call.tool, [...(found.get(call.tool) ?? []), call]);
  return found;
}

/** A script that answers each call as it was answered, and does nothing else. */
const answering = (calls: readonly ToolCall[]): string =>
  [
    'case "$*" in',
    ...calls.map(({ args, answer }) => `${quoted(args.join(' '))}) printf %s ${quoted(answer)} ;;`),
    'esac',
  ].join('\n');

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function program(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function toolTime(tools: string, environment: NodeJS.ProcessEnv): number {
  const started = performance.now();
  const script = `for i in $(seq 100); do ${join(tools, 'is-leader')} --format=json; done`;
  spawnSync('/bin/sh', ['-c', script], { env: environment });
  return (performance.now() - started) / 100;
}
