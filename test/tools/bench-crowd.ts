/** What hooks of the charm cost beside many other relations, each figure with its target. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/pgbouncer/demo/servers/child.ts';
import { type Ended, RealCharm } from '../pgbouncer/charm/charm.ts';
import { addCrowd, crowdApplication } from '../pgbouncer/charm/crowd.ts';
import type { ToolCall } from '../pgbouncer/charm/stand-in.ts';
import { median, type Tell } from './bench-measure.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number;
  readonly met: boolean;
}

/** How many relations there are, and how often a hook is run. */
export interface Sizes {
  readonly others: number;
  /** How many are told of a changed port. */
  readonly moved: number;
  readonly rounds: number;
}

const leader = 'pgbouncer/0';
const changed = 'database-relation-changed';

export async function crowdFigures(
  out: Tell,
  { others, moved, rounds }: Sizes,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const figure = (name: string, value: number, unit: string, target: number) => {
    const rounded = Math.round(value * 100) / 100;
    figures.push({ name, value: rounded, unit, target, met: value <= target });
    out(`  ${name}: ${rounded} ${unit}, at most ${target}`);
  };
  out('\nBeside many other relations: dispatch as a process, three units, secrets');
  const alone = await Provisioning.of(0);
  const beside = await Provisioning.of(others);
  try {
    const own: { alone: number[]; beside: number[] } = { alone: [], beside: [] };
    let memory = 0;
    for (let round = 0; round < rounds; round++) {
      own.alone.push((await alone.run()).own);
      const found = await beside.run();
      own.beside.push(found.own);
      memory = Math.max(memory, found.megabytes);
    }
    const ratio = median(own.beside) / median(own.alone);
    figure(`calls, provisioning beside ${others}`, beside.calls, 'calls', 18);
    figure(`provisioning's own time beside ${others}, of that beside none`, ratio, 'times', 1.5);
    figure(`memory of the process beside ${others}`, memory, 'MB', 120);
  } finally {
    await alone.stop();
    await beside.stop();
  }
  await beManyTold(moved, figure);
  return figures;
}

/** One relation asks; the same process then runs again and again, with tools that answer at once. */
class Provisioning {
  readonly calls: number;
  readonly #charm: RealCharm;
  readonly #folder: string;
  readonly #relation: number;
  readonly #process: ReturnType<RealCharm['process']>;

  private constructor(charm: RealCharm, ended: Ended, hook: { relation: number }) {
    this.#charm = charm;
    this.#folder = mkdtempSync(join(tmpdir(), 'hookchart-bench-'));
    this.#relation = hook.relation;
    this.calls = ended.calls.length;
    const tools = join(this.#folder, 'tools');
    mkdirSync(tools);
    answerAll(tools, ended.calls);
    this.#process = charm.process(leader, changed, tools, { name: changed, ...hook });
  }

  static async of(others: number): Promise<Provisioning> {
    const charm = await RealCharm.start({
      hasSecrets: true,
      requirers: {
        application: { units: 1, request: { database: 'app' } },
        [crowdApplication]: { units: 0, request: {} },
      },
    });
    await charm.settle();
    await addCrowd(charm, others, 'on record alone');
    await charm.take({ _tag: 'Relate', application: 'application' });
    const hook = await charm.until(leader, changed);
    const before = charm.world;
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    if (ended === null || ended.code !== 0) throw new Error(ended?.error ?? 'it did not run');
    charm.world = before;
    return new Provisioning(charm, ended, { ...hook, relation: hook.relation ?? 0 });
  }

  /** Its own milliseconds, without those of the two nodes that ask PostgreSQL and PgBouncer. */
  async run(): Promise<{ readonly own: number; readonly megabytes: number }> {
    await this.#charm.sql('DROP DATABASE IF EXISTS app WITH (FORCE)');
    await this.#charm.sql(`DROP ROLE IF EXISTS relation_id_${this.#relation}`);
    const { environment: env, path: cwd } = this.#process;
    const started = performance.now();
    const ran = await watched(join(cwd, 'dispatch'), { env, cwd });
    const took = performance.now() - started;
    if (ran.code !== 0) throw new Error(ran.stderr);
    const servers = ['create_user_and_db', 'update_pg'].map((node) =>
      Number(new RegExp(`${node} \\((\\d+) ms\\)`).exec(ran.stdout)?.[1]),
    );
    const own = took - servers.reduce((sum, one) => sum + one, 0);
    return { own, megabytes: ran.megabytes };
  }

  async stop(): Promise<void> {
    await this.#charm.stop();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Runs a program, and looks every few milliseconds how much memory it has had at most. */
function watched(
  program: string,
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
) {
  const child = spawn(program, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr, megabytes] = ['', '', 0];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const most = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
      megabytes = Math.max(megabytes, most);
    } catch {
      // It is over.
    }
  }, 3);
  return new Promise<{ code: number | null; stdout: string; stderr: string; megabytes: number }>(
    (resolve) =>
      child.once('close', (code) => {
        clearInterval(look);
        resolve({ code, stdout, stderr, megabytes });
      }),
  );
}

/** Scripts that answer each call as it was answered, from files: some answers have megabytes. */
function answerAll(folder: string, calls: readonly ToolCall[]): void {
  const cases = new Map<string, string[]>();
  for (const [at, { tool, args, answer, error }] of calls.entries()) {
    const file = join(folder, `answer-${at}`);
    writeFileSync(file, error === '' ? answer : error);
    const known = cases.get(tool) ?? [];
    const says = error === '' ? `exec cat ${file}` : `cat ${file} >&2; exit 1`;
    cases.set(tool, [...known, `'${args.join(' ')}') ${says} ;;`]);
  }
  for (const [tool, lines] of cases) {
    writeFileSync(join(folder, tool), `#!/bin/sh\ncase "$*" in\n${lines.join('\n')}\nesac\n`);
    chmodSync(join(folder, tool), 0o755);
  }
}

/** The leader's port changes: how long each hook takes until all have been told. */
async function beManyTold(
  moved: number,
  figure: (name: string, value: number, unit: string, target: number) => void,
): Promise<void> {
  const requirers = {
    application: { units: 1, request: { database: 'app' } },
    [crowdApplication]: { units: 0, request: {} },
  };
  const charm = await RealCharm.start({ hasSecrets: true, requirers });
  const run = async (name: string) => {
    const hook = name === 'update-status' ? { name } : await charm.until(leader, name);
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    if (ended === null || ended.code !== 0) throw new Error(ended?.error ?? 'it did not run');
    return ended;
  };
  try {
    await charm.settle();
    await addCrowd(charm, moved, 'provisioned');
    await run('update-status');
    const status: number[] = [];
    for (let round = 0; round < 3; round++) status.push((await run('update-status')).calls.length);
    figure(`calls, update-status beside ${moved}`, Math.max(...status), 'calls', 14);
    charm.config(leader).listen_port = await freePort();
    const first = await charm.hook(leader, { name: 'config-changed' });
    let longest = first.milliseconds;
    while (charm.statusOf(leader).includes('republishing'))
      longest = Math.max(longest, (await run('pgb-peers-relation-changed')).milliseconds);
    figure(`longest hook, port changed with ${moved} relations`, longest / 1_000, 's', 10);
    await charm.take({ _tag: 'Relate', application: 'application' });
    // Each secret that tells of the new port is announced to its owner.
    await charm.settle(4 * moved + 200);
    const relation = Object.keys(charm.world.relations).find(
      (id) => charm.world.relations[id]?.requirer === 'application',
    );
    await charm.take({ _tag: 'RemoveRelation', relation: Number(relation) });
    const broken = await run('database-relation-broken');
    figure(`calls, broken beside ${moved}`, broken.calls.length, 'calls', 14);
  } finally {
    await charm.stop();
  }
}
