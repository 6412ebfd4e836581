/** A hook that provisions, run again and again with hook tools that answer at once. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hook } from '../../src/testing/world.ts';
import { type Ended, RealCharm } from '../pgbouncer/charm/charm.ts';
import { addCrowd, crowdApplication } from '../pgbouncer/charm/crowd.ts';
import type { ToolCall } from '../pgbouncer/charm/stand-in.ts';
import { median } from './bench-measure.ts';

export const leader = 'pgbouncer/0';
const changed = 'database-relation-changed';

/** One run of the process. */
interface Run {
  readonly milliseconds: number;
  /** Those not spent in the two nodes in which PostgreSQL and PgBouncer are asked, and no hook tool. */
  readonly own: number;
  readonly megabytes: number;
}

/** One relation asks; the same process then runs with tools that say what was answered to it. */
export class Provisioning {
  readonly calls: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of the charm. */
  readonly path: string;
  readonly #charm: RealCharm;
  readonly #folder = mkdtempSync(join(tmpdir(), 'hookchart-bench-'));
  readonly #relation: number;
  readonly #logins: number[] = [];
  readonly #runs: Run[] = [];

  private constructor(charm: RealCharm, ended: Ended, hook: Hook) {
    this.#charm = charm;
    this.#relation = hook.relation ?? 0;
    this.calls = ended.calls.length;
    const tools = join(this.#folder, 'tools');
    mkdirSync(tools);
    answerAll(tools, ended.calls);
    const { environment, path } = charm.process(leader, changed, tools, hook);
    this.environment = environment;
    this.path = path;
  }

  /** Of a charm of its own, beside so many other relations. */
  static async beside(others: number): Promise<Provisioning> {
    const charm = await RealCharm.start({
      hasSecrets: true,
      requirers: {
        application: { units: 1, request: { database: 'app' } },
        [crowdApplication]: { units: 0, request: {} },
      },
    });
    await charm.settle();
    await addCrowd(charm, others, 'on record alone');
    return Provisioning.of(charm);
  }

  /** Of a charm to which `application` is not related yet; afterwards the hook is due. */
  static async of(charm: RealCharm): Promise<Provisioning> {
    await charm.take({ _tag: 'Relate', application: 'application' });
    const hook = await charm.until(leader, changed);
    const before = charm.world;
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    if (ended === null || ended.code !== 0) throw new Error(ended?.error ?? 'it did not run');
    charm.world = before;
    return new Provisioning(charm, ended, hook);
  }

  async run(): Promise<void> {
    await this.#undone();
    const started = performance.now();
    await this.#charm.sql('SELECT 1');
    this.#logins.push(performance.now() - started);
    const ran = await watched(join(this.path, 'dispatch'), {
      env: this.environment,
      cwd: this.path,
    });
    if (ran.code !== 0) throw new Error(ran.stderr);
    const servers = ['create_user_and_db', 'update_pg'].map((node) =>
      Number(new RegExp(`${node} \\((\\d+) ms\\)`).exec(ran.stdout)?.[1]),
    );
    const { milliseconds, megabytes } = ran;
    const own = servers.reduce((left, one) => left - one, milliseconds);
    this.#runs.push({ milliseconds, own, megabytes });
  }

  /** Its own milliseconds: the login that another node waits for is PostgreSQL's as well. */
  get own(): number {
    return median(this.#runs.map(({ own }) => own)) - median(this.#logins);
  }

  get whole(): number {
    return median(this.#runs.map(({ milliseconds }) => milliseconds));
  }

  /** The most memory that one of the runs took. */
  get megabytes(): number {
    return Math.max(...this.#runs.map(({ megabytes }) => megabytes));
  }

  /** Milliseconds that one of the tools takes. */
  get tool(): number {
    const started = performance.now();
    const call = `${join(this.#folder, 'tools', 'is-leader')} --format=json`;
    spawnSync('/bin/sh', ['-c', `for i in $(seq 100); do ${call}; done`]);
    return (performance.now() - started) / 100;
  }

  /** Leaves nothing of what the runs have made. */
  async close(): Promise<void> {
    await this.#undone();
    rmSync(this.#folder, { recursive: true });
  }

  /** Ends its charm as well. */
  async stop(): Promise<void> {
    await this.close();
    await this.#charm.stop();
  }

  async #undone(): Promise<void> {
    await this.#charm.sql('DROP DATABASE IF EXISTS app WITH (FORCE)');
    await this.#charm.sql(`DROP ROLE IF EXISTS relation_id_${this.#relation}`);
  }
}

/** Runs a program, and looks every few milliseconds how much memory it has had at most. */
function watched(program: string, options: { env: Readonly<Record<string, string>>; cwd: string }) {
  const started = performance.now();
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
  return new Promise<{
    code: number | null;
    stdout: string;
    stderr: string;
    megabytes: number;
    milliseconds: number;
  }>((resolve) =>
    child.once('close', (code) => {
      clearInterval(look);
      const milliseconds = performance.now() - started;
      resolve({ code, stdout, stderr, megabytes, milliseconds });
    }),
  );
}

/** Characters of an answer that a script holds itself; longer ones lie in files. */
const longest = 4_096;

/** Scripts that answer each call as it was answered. */
function answerAll(folder: string, calls: readonly ToolCall[]): void {
  const cases = new Map<string, string[]>();
  for (const [at, { tool, args, answer, error }] of calls.entries()) {
    const said = error === '' ? answer : error;
    const file = join(folder, `answer-${at}`);
    if (said.length > longest) writeFileSync(file, said);
    const says = said.length > longest ? `cat ${file}` : `printf %s ${quoted(said)}`;
    const whole = error === '' ? says : `${says} >&2; exit 1`;
    cases.set(tool, [...(cases.get(tool) ?? []), `${quoted(args.join(' '))}) ${whole} ;;`]);
  }
  for (const [tool, lines] of cases) {
    writeFileSync(join(folder, tool), `#!/bin/sh\ncase "$*" in\n${lines.join('\n')}\nesac\n`);
    chmodSync(join(folder, tool), 0o755);
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
