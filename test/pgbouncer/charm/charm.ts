/** The built charm, run by Juju's rules: real processes, real PostgreSQL and PgBouncer, three units. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packCharm } from '../../../src/packaging/pack.ts';
import { packedOf } from '../../../src/pgbouncer/charm/packed.ts';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { findPgbouncer } from '../../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { startBackend } from '../../../src/pgbouncer/demo/world.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { provider, simulated } from '../../../src/pgbouncer/testing/index.ts';
import type { Action } from '../../../src/testing/actions.ts';
import { worldOf } from '../../../src/testing/deploy.ts';
import { HookTools, type Kept, type Pending } from '../../../src/testing/hook-tools.ts';
import type { Outcome } from '../../../src/testing/outcome.ts';
import { hooksOf } from '../../../src/testing/resolver.ts';
import { shortId } from '../../../src/testing/secret-names.ts';
import { applied, type Runner, step } from '../../../src/testing/step.ts';
import { ToolError } from '../../../src/testing/tool-error.ts';
import { type View, viewOf } from '../../../src/testing/view.ts';
import { type Hook, type Topology, unitsOf, type World } from '../../../src/testing/world.ts';
import { charmRuntime } from '../../charm-runtime.ts';
import type { CertificateGiver } from './certificate-giver.ts';
import { eventVariables } from './environment.ts';
import { type Instead, StandIn, type ToolCall } from './stand-in.ts';
import { backendRelation, backendSecretId, backendTlsId, type Surroundings } from './tool-calls.ts';

/** How one process of `dispatch` ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly error: string;
  readonly calls: readonly ToolCall[];
  readonly milliseconds: number;
}

export interface Hindrance {
  /** Variables to set otherwise, or to leave out. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly instead?: Instead;
  /** Kills the process when it makes this call, from 1. */
  readonly killedAt?: number;
  /** The lease runs out at this call, or at calls of this tool; at `commit` when all were made. */
  readonly deposedAt?: number | 'relation-set' | 'commit';
  /** Milliseconds after which the process is killed. */
  readonly patience?: number;
}

interface UnitPlace {
  readonly charm: string;
  readonly home: string;
  readonly around: Surroundings & { config: Record<string, unknown>; address: string };
}

export class RealCharm {
  world: World;
  readonly backend: Awaited<ReturnType<typeof startBackend>>;
  readonly standIn: StandIn;
  /** What the backend shows; null while nothing is related. */
  answer: Databag | null;
  readonly asked: Record<string, string> = {};
  /** What the backend's secret about TLS holds; null while there is none. */
  tls: Databag | null = null;
  /** Who gives certificates; null while nothing is related to `certificates`. */
  certificates: CertificateGiver | null = null;
  last: Ended | null = null;
  readonly #workspace: Workspace;
  readonly #built: string;
  readonly #units = new Map<string, UnitPlace>();
  #login: { readonly user: string; readonly password: string };

  readonly #onExit = () => {
    for (const { home } of this.#units.values()) this.#kill(home);
  };

  private constructor(
    backend: RealCharm['backend'],
    standIn: StandIn,
    workspace: Workspace,
    built: string,
    topology: Topology,
  ) {
    this.backend = backend;
    this.standIn = standIn;
    this.#workspace = workspace;
    this.#built = built;
    this.world = worldOf(simulated, topology);
    this.#login = backend.primary.login;
    // Before the files go in which their process ids are.
    process.prependOnceListener('exit', this.#onExit);
    this.answer = this.backendDatabag;
  }

  /** Before a backend that is there, which `stop` ends, or one of its own. */
  static async start(topology: Topology, given?: RealCharm['backend']): Promise<RealCharm> {
    const workspace = new Workspace();
    const built = join(workspace.path, 'built');
    let backend = given;
    try {
      await packCharm(packedOf('machine'), built, { runtime: charmRuntime(), copying: 'link' });
      backend ??= await startBackend();
      const charm = new RealCharm(backend, await StandIn.start(), workspace, built, topology);
      for (const unit of unitsOf(charm.world, provider)) await charm.#place(unit);
      return charm;
    } catch (problem) {
      // Nobody else knows of what was started by then.
      await backend?.stop();
      workspace.remove();
      throw problem;
    }
  }

  get backendDatabag(): Databag {
    const { primary, replica } = this.backend;
    const { user, password } = this.#login;
    const login = { username: user, password };
    return {
      database: 'postgres',
      endpoints: `${primary.host}:${primary.port}`,
      'read-only-endpoints': `${replica.host}:${replica.port}`,
      version: '18.4',
      ...(this.world.hasSecrets ? { 'secret-user': backendSecretId } : login),
      ...(this.tls === null ? {} : { 'secret-tls': backendTlsId }),
    };
  }

  /** Gives the charm a superuser from now on, as the PostgreSQL charm does; before it has none. */
  giveSuperuser(): void {
    const { user, password } = this.backend.primary;
    this.#login = { user, password };
    for (const { around } of this.#units.values()) delete around.config['backend-roles'];
    this.answer = this.backendDatabag;
  }

  config(unit: string): Record<string, unknown> {
    return this.#unit(unit).around.config;
  }

  /** Where Juju says that all units are, from their next `config-changed` on. */
  moveTo(address: string): void {
    for (const { around } of this.#units.values()) around.address = address;
  }

  home(unit: string): string {
    return this.#unit(unit).home;
  }

  /** Lets one thing happen. */
  async take(action: Action, hindrance: Hindrance = {}): Promise<Ended | null> {
    this.last = null;
    const runner: Runner = (view) => this.#run(view, hindrance);
    this.world = (await step(simulated, this.world, action, runner)).world;
    return this.last;
  }

  /** Runs a hook that the simulated model never calls for, such as those of `backend-database`. */
  async hook(unit: string, hook: Hook, hindrance: Hindrance = {}): Promise<Ended> {
    const outcome = await this.#run(viewOf(this.world, unit, hook), hindrance);
    this.world = applied(simulated, this.world, unit, hook, outcome);
    if (this.last === null) throw new Error('no process was run');
    return this.last;
  }

  /** Runs every hook that is due, of anyone, until none is; the bound is for hooks without an end. */
  async settle(bound = 200): Promise<void> {
    let last = 'no hook';
    for (let run = 0; run < bound; run++) {
      const due = Object.keys(this.world.units)
        .sort()
        .flatMap((unit) => hooksOf(this.world, unit).map((hook) => ({ unit, hook })));
      // One that failed waits for what somebody else has to do first.
      const next = due.find(({ unit }) => this.world.units[unit]?.failed === null) ?? due[0];
      if (next === undefined) return;
      last = `${next.unit} ${next.hook.name}`;
      const ended = await this.take({ _tag: 'RunHook', ...next });
      if (ended !== null && ended.code !== 0) throw new Error(`${last}: ${ended.error}`);
    }
    throw new Error(`the hooks call each other forth without an end, the last one is ${last}`);
  }

  /** The hook that a unit would run next. */
  next(unit: string): Hook {
    const [hook] = hooksOf(this.world, unit);
    if (hook === undefined) throw new Error(`${unit} has nothing to do`);
    return hook;
  }

  /** Runs what is due, of anyone, up to the moment at which this unit is to run this hook. */
  async until(unit: string, name: string): Promise<Hook> {
    for (let run = 0; run < 200; run++) {
      const due = Object.keys(this.world.units)
        .sort()
        .flatMap((one) => hooksOf(this.world, one).map((hook) => ({ unit: one, hook })));
      const found = due.find((one) => one.unit === unit && one.hook.name === name);
      if (found !== undefined) return found.hook;
      const [first] = due;
      if (first === undefined) throw new Error(`${unit} never runs ${name}`);
      await this.take({ _tag: 'RunHook', ...first });
    }
    throw new Error(`${unit} never runs ${name}`);
  }

  /** Power is lost: the process and all files of the unit are gone. */
  async losePod(unit: string): Promise<void> {
    this.#kill(this.home(unit));
    for (const file of readdirSync(this.home(unit))) rmSync(join(this.home(unit), file));
    await this.take({ _tag: 'LosePod', unit });
  }

  /** Runs a statement as the superuser. */
  async sql(text: string): Promise<readonly Record<string, unknown>[]> {
    const client = await this.backend.primary.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** The roles of relations, of whichever deployment. */
  async roles(): Promise<readonly string[]> {
    const rows = await this.sql("SELECT rolname FROM pg_roles WHERE rolname LIKE 'relation_id_%'");
    return rows.map(({ rolname }) => String(rolname)).sort();
  }

  ini(unit: string): string {
    return readFileSync(join(this.home(unit), 'pgbouncer.ini'), 'utf8');
  }

  /** How often a unit's PgBouncer has been told to load its files anew. */
  reloads(unit: string): number {
    const log = readFileSync(join(this.home(unit), 'pgbouncer.log'), 'utf8');
    return log.match(/RELOAD command issued/g)?.length ?? 0;
  }

  /** How often somebody has come to the console of a unit's first PgBouncer. */
  consoleLogins(unit: string): number {
    const log = readFileSync(join(this.home(unit), 'pgbouncer.log'), 'utf8');
    return log.match(/login attempt: db=pgbouncer/g)?.length ?? 0;
  }

  /** The names that a unit's PgBouncer is configured to serve. */
  serving(unit: string): readonly string[] {
    const [, entries = ''] = this.ini(unit).split('[databases]\n');
    return entries.split('\n').flatMap((line) => /^(\S+) = /.exec(line)?.[1] ?? []);
  }

  /** What a client of a relation reads, secrets included. */
  answerOf(relation: number): Databag {
    const bag = this.world.relations[relation]?.applications[provider] ?? {};
    const contents = Object.entries(bag).flatMap(([key, id]) =>
      key.startsWith('secret-') ? [this.secret(id)?.revisions.at(-1) ?? {}] : [],
    );
    return Object.assign({}, bag, ...contents);
  }

  /** A secret by any form of its id. */
  secret(given: string) {
    const found = Object.keys(this.world.secrets).find((id) => shortId(id) === shortId(given));
    return found === undefined ? undefined : this.world.secrets[found];
  }

  statusOf(unit: string): string {
    const status = this.world.units[unit]?.status;
    return status === null || status === undefined ? '' : `${status.name}: ${status.message}`;
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#onExit);
    this.#onExit();
    await this.standIn.stop();
    await this.backend.stop();
    this.#workspace.remove();
  }

  /** The process id of a unit's PgBouncer. */
  pooler(unit: string): number {
    return Number(readFileSync(join(this.home(unit), 'pgbouncer.pid'), 'utf8'));
  }

  /** Its PgBouncers, those beside the first included, and its exporter. */
  #kill(home: string): void {
    for (const name of ['pgbouncer.pid', '1/pgbouncer.pid', '2/pgbouncer.pid', 'exporter.pid'])
      try {
        const pid = readFileSync(join(home, name), 'utf8').trim();
        // By now the number may be that of a process of somebody else.
        const of = (what: string) => readFileSync(`/proc/${pid}/${what}`, 'utf8');
        if (`${of('cmdline')}${of('environ')}`.includes(home)) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It never ran, or does not any more.
      }
  }

  #unit(name: string): UnitPlace {
    const unit = this.#units.get(name);
    if (unit === undefined) throw new Error(`there is no unit ${name}`);
    return unit;
  }

  async #place(name: string): Promise<void> {
    const folder = name.replace('/', '-');
    const charm = join(this.#workspace.path, `charm-${folder}`);
    mkdirSync(charm);
    for (const file of ['dispatch', 'grafana-dashboard.json', ...charmRuntime().files])
      symlinkSync(join(this.#built, file), join(charm, file));
    const config = {
      listen_port: await freePort(),
      pool_mode: 'session',
      'backend-roles': 'CREATEDB,CREATEROLE',
    };
    const home = await this.#workspace.folder(folder);
    const charmWorld = this;
    const around = {
      get backend() {
        return charmWorld.answer;
      },
      get backendSecret() {
        const { user, password } = charmWorld.#login;
        return { username: user, password };
      },
      get backendTls() {
        return charmWorld.tls;
      },
      get certificates() {
        return charmWorld.certificates;
      },
      asked: this.asked,
      config,
      address: '127.0.0.1',
    };
    this.#units.set(name, { charm, home, around });
  }

  async #run(view: View, hindrance: Hindrance): Promise<Outcome> {
    const { variables, instead, killedAt, deposedAt, patience } = hindrance;
    const { charm, around } = this.#unit(view.unit);
    const tools = new HookTools(view);
    const started = performance.now();
    const environment = { ...this.#environment(view, this.standIn.folder), ...variables };
    const child = spawn(join(charm, 'dispatch'), { cwd: charm, env: environment, stdio: 'pipe' });
    child.stdin.end();
    this.standIn.serve(tools, around, (asked, number) => {
      if (number === killedAt) child.kill('SIGKILL');
      if (number === deposedAt || asked.tool === deposedAt) tools.depose();
      return instead?.(asked, number) ?? null;
    });
    let [out, error] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      error += chunk;
    });
    const end = patience && setTimeout(() => child.kill('SIGKILL'), patience);
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once('exit', (...how) => resolve(how)),
    );
    clearTimeout(end);
    const milliseconds = performance.now() - started;
    this.last = { code, signal, out, error, calls: this.standIn.calls, milliseconds };
    this.certificates?.settle(code === 0);
    if (deposedAt === 'commit') tools.depose();
    let pending: Pending | null = null;
    let kept: Kept | null = null;
    let failure = code === 0 ? null : error;
    try {
      if (code === 0) {
        kept = tools.kept();
        pending = tools.flush();
      }
    } catch (refusal) {
      if (!(refusal instanceof ToolError)) throw refusal;
      failure = refusal.message;
    }
    return {
      pending,
      kept: pending === null ? kept : null,
      failure,
      status: tools.status,
      isDeposed: deposedAt !== undefined,
      outside: { shared: view.outside.shared, own: view.outside.own },
      seconds: 0,
      steps: [],
      run: null,
    };
  }

  /** A hook as the agent would call it, with other tools on the PATH. */
  process(unit: string, name: string, tools: string, hook: Hook = { name }) {
    const view = viewOf(this.world, unit, hook);
    return { environment: this.#environment(view, tools), path: this.#unit(unit).charm };
  }

  #environment({ unit, hook }: View, tools: string): Record<string, string> {
    const { charm, home } = this.#unit(unit);
    const isBackends = hook.name.startsWith('backend-database-');
    const certificates = hook.name.startsWith('certificates-') ? this.certificates : null;
    const event = isBackends
      ? { ...hook, relation: backendRelation, remoteApplication: 'postgresql' }
      : certificates !== null
        ? { ...hook, relation: certificates.relation, remoteApplication: 'ca' }
        : hook;
    return {
      PATH: `${tools}:${process.env.PATH}`,
      JUJU_CHARM_DIR: charm,
      HOOKCHART_HOME: home,
      HOOKCHART_WORKLOAD: 'child',
      HOOKCHART_PGBOUNCER: findPgbouncer(),
      JUJU_DISPATCH_PATH: `hooks/${hook.name}`,
      JUJU_HOOK_NAME: hook.name,
      JUJU_UNIT_NAME: unit,
      JUJU_MODEL_NAME: 'test',
      JUJU_MODEL_UUID: '5e1f3c7a-0000-4000-8000-000000000001',
      JUJU_VERSION: this.world.hasSecrets ? '3.6.9' : '2.9.50',
      JUJU_CONTEXT_ID: `${unit}-${hook.name}`,
      JUJU_AGENT_SOCKET_ADDRESS: this.standIn.address,
      JUJU_AGENT_SOCKET_NETWORK: 'tcp',
      JUJU_MACHINE_ID: unit.split('/')[1] ?? '0',
      ...eventVariables(event),
    };
  }
}
