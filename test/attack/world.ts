/** Where attacks happen: one PostgreSQL, a charm of real processes, a victim that was there before. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { login } from '../../src/pgbouncer/demo/client.ts';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import { type PostgresServer, startPostgres } from '../../src/pgbouncer/demo/servers/postgres.ts';
import type { Databag } from '../../src/pgbouncer/relation/request.ts';
import { hooksOf } from '../../src/testing/resolver.ts';
import { type Hook, unitsOf } from '../../src/testing/world.ts';
import { actionTools } from '../pgbouncer/charm/action-tools.ts';
import { type Ended, type Hindrance, RealCharm } from '../pgbouncer/charm/charm.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { Operations } from './operations.ts';

/**
 * What is around the charm: a login with the rights that it needs, or with all of them; or with the
 * former what an operator has set and related beside.
 */
export type Setting = 'plain' | 'superuser' | 'operated' | 'service';

/** Whoever holds the credentials of a relation. */
export interface Tenant {
  readonly application: string;
  readonly relation: number;
  readonly bag: Databag;
  /** The database on the server, which may have another name than the published one. */
  readonly database: string;
}

/** A hook that is no longer one that ended well and in time: nothing that follows means anything. */
export class HookFailed extends Error {}

/** Seconds that a hook may take. */
const budget = 60;
const applications = ['attacker', 'raw', 'newcomer', 'second', 'third'] as const;
export type Application = (typeof applications)[number];

export class AttackWorld {
  readonly charm: RealCharm;
  readonly server: PostgresServer;
  readonly setting: Setting;
  /** A superuser that the charm does not know. */
  readonly judge: pg.Client;
  readonly gate: Gatekeeper;
  /** Sentences about hooks, in the order in which they ran. */
  readonly complaints: string[] = [];
  /** What actions have shown to an operator, until the judge has read it. */
  readonly shown: string[] = [];
  /** Null where nothing is set and related beside. */
  readonly operations: Operations | null;
  /** How long the slowest hook took, in milliseconds. */
  slowest = 0;
  readonly secret = `secret-${randomBytes(8).toString('hex')}`;
  victim!: Tenant;
  /** Sessions of the victim that were there before any attack. */
  held: readonly pg.Client[] = [];
  rounds = 0;
  readonly #judgePassword: string;

  private constructor(
    charm: RealCharm,
    server: PostgresServer,
    setting: Setting,
    judge: pg.Client,
    judgePassword: string,
    backendLogin: string,
    operations: Operations | null,
  ) {
    this.operations = operations;
    this.charm = charm;
    this.server = server;
    this.setting = setting;
    this.judge = judge;
    this.#judgePassword = judgePassword;
    this.gate = new Gatekeeper(judge, () => server.log(), ['judge'], backendLogin);
  }

  static async start(setting: Setting, units = 2): Promise<AttackWorld> {
    const workspace = new Workspace();
    const superuser = randomBytes(12).toString('hex');
    const server = await startPostgres(workspace, superuser, {
      settings: [
        'log_connections=on',
        'log_statement=ddl',
        'log_timezone=UTC',
        'max_prepared_transactions=10',
        'wal_level=logical',
        'autovacuum_naptime=600',
      ],
    });
    const password = randomBytes(12).toString('hex');
    const first = await server.connect();
    await first.query(`CREATE ROLE judge SUPERUSER LOGIN PASSWORD '${password}'`);
    await first.end();
    const isSuperuser = setting === 'superuser';
    const given = !isSuperuser ? server.login : { user: 'postgres', password: superuser };
    const primary = { ...server, ...given } as unknown as PostgresServer;
    const stop = async () => {
      await server.stop();
      workspace.remove();
    };
    const topology = {
      units,
      hasSecrets: true,
      requirers: {
        victim: { units: 1, request: { database: 'payroll' } },
        ...Object.fromEntries(
          applications.map((name) => [
            name,
            { units: 1, request: {}, options: name === 'raw' ? { library: 'v0.12' } : {} },
          ]),
        ),
      },
    };
    const charm = await RealCharm.start(topology, { primary, replica: primary, stop });
    if (isSuperuser) charm.giveSuperuser();
    const isOperated = setting === 'operated' || setting === 'service';
    const operations = isOperated ? await Operations.of(charm, setting) : null;
    const judge = await connected(server, 'postgres', 'judge', password);
    const world = new AttackWorld(charm, server, setting, judge, password, given.user, operations);
    try {
      await world.settle();
      await operations?.relate((unit, name) => world.hook(unit, name));
      await world.settle();
      await world.#moveIn();
    } catch (problem) {
      await world.stop();
      throw problem;
    }
    return world;
  }

  /** A session of the judge in a database; the caller ends it. */
  asJudge(database: string): Promise<pg.Client> {
    return connected(this.server, database, 'judge', this.#judgePassword);
  }

  async version(): Promise<number> {
    const { rows } = await this.judge.query(
      "SELECT current_setting('server_version_num')::int / 10000 AS n",
    );
    return rows[0].n;
  }

  get units(): readonly string[] {
    return unitsOf(this.charm.world, 'pgbouncer');
  }

  get leader(): string {
    return this.charm.world.applications.pgbouncer?.leader ?? '';
  }

  /** Runs a hook that Juju has a reason to run now. */
  async take(unit: string, hook: Hook): Promise<void> {
    const ended = await this.charm.take({ _tag: 'RunHook', unit, hook }, this.#around(unit));
    this.#examine(unit, hook, ended);
    await this.gate.look();
  }

  /** Runs a hook whether or not the model calls for it. */
  async hook(unit: string, name: string): Promise<void> {
    const hook: Hook = name.startsWith('pgb-peers-')
      ? { name, relation: 0, remoteApplication: 'pgbouncer' }
      : name.startsWith('metrics-endpoint-') && this.operations !== null
        ? this.operations.scraper.hook(name)
        : { name };
    this.#examine(unit, hook, await this.charm.hook(unit, hook, this.#around(unit)));
    await this.gate.look();
  }

  /** Has a unit run an action, as an operator would; what it shows is for the judge to read as well. */
  async action(unit: string, name: string, parameters: object = {}) {
    if (this.operations === null) throw new Error('nobody operates this world');
    const { answer, ...tools } = actionTools(name, parameters);
    const hook: Hook = { name: `actions/${name}` };
    const around = { ...this.#around(unit), ...this.operations.ofAction(unit, tools) };
    this.#examine(unit, hook, await this.charm.hook(unit, hook, around));
    await this.gate.look();
    const text = [...Object.values(answer.results), answer.failure ?? ''].join('\n');
    this.shown.push(text);
    this.complaints.push(...this.operations.objections(name, text));
    return answer;
  }

  /** A session by what a databag says, by TLS where that says so. */
  login(bag: Databag): Promise<pg.Client> {
    const ca = bag.tls === 'True' ? (bag['tls-ca'] ?? '') : '';
    return login(this.operations?.reached(bag) ?? bag, { ca });
  }

  #around(unit: string): Hindrance {
    return { patience: (budget + 5) * 1000, ...this.operations?.hindrance(unit) };
  }

  /** Runs what is due, of anyone, until nothing is. */
  async settle(): Promise<void> {
    for (let run = 0; run < 200; run++) {
      const [next] = Object.keys(this.charm.world.units)
        .sort()
        .flatMap((unit) => hooksOf(this.charm.world, unit).map((hook) => ({ unit, hook })));
      if (next === undefined) return;
      await this.take(next.unit, next.hook);
    }
    throw new HookFailed('the hooks call each other forth without an end');
  }

  /** Every hook that there is, on every unit that may get it. */
  async everyHook(): Promise<void> {
    for (const unit of [this.leader, ...this.units.filter((unit) => unit !== this.leader)])
      for (const name of [
        'update-status',
        'config-changed',
        'backend-database-relation-changed',
        'pgb-peers-relation-changed',
        ...(unit === this.leader ? ['leader-elected'] : []),
        'upgrade-charm',
        'secret-changed',
        'start',
        ...(this.operations?.hooks ?? []),
        'update-status',
      ])
        await this.hook(unit, name);
    await this.settle();
    if (this.operations?.setting !== 'operated') return;
    for (const name of ['show-relations', 'plan', 'resync', 'remove-leftovers'])
      await this.action(this.leader, name);
    await this.settle();
  }

  async changeLeader(): Promise<void> {
    const { leader } = this;
    const successor = this.units.find((unit) => unit !== leader) ?? leader;
    await this.charm.take({ _tag: 'LoseLeader', application: 'pgbouncer' });
    await this.charm.take({ _tag: 'Elect', unit: successor });
    await this.settle();
  }

  async relate(application: Application | 'victim', request?: Databag): Promise<number> {
    if (request !== undefined) await this.charm.take({ _tag: 'Ask', application, request });
    const relation = this.charm.world.made.relations;
    await this.charm.take({ _tag: 'Relate', application });
    await this.settle();
    return relation;
  }

  async unrelate(relation: number): Promise<void> {
    if (this.charm.world.relations[relation] === undefined) return;
    await this.charm.take({ _tag: 'RemoveRelation', relation });
    await this.settle();
  }

  /** What a client of a relation reads, in whichever version of the interface it asked. */
  answerOf(relation: number): Databag {
    const { charm } = this;
    const bag = charm.answerOf(relation);
    if (bag.requests === undefined) return bag;
    const [answer = {}] = JSON.parse(bag.requests) as Record<string, string>[];
    const contents = Object.entries(answer).flatMap(([key, id]) =>
      key.startsWith('secret-') ? [charm.secret(id)?.revisions.at(-1) ?? {}] : [],
    );
    return Object.assign({}, answer, { database: answer.resource ?? '' }, ...contents);
  }

  /** Who a relation's application is by now; null for one that was not served. */
  async tenant(relation: number, application: string): Promise<Tenant | null> {
    const bag = this.answerOf(relation);
    if (bag.username === undefined || bag.password === undefined) return null;
    try {
      const session = await this.login(bag);
      const { rows } = await session.query('SELECT pg_catalog.current_database() AS name');
      await session.end();
      const database = String(rows[0].name);
      this.gate.published(database);
      return { application, relation, bag, database };
    } catch {
      return null;
    }
  }

  async stop(): Promise<void> {
    for (const session of this.held) await session.end().catch(() => {});
    await this.judge.end().catch(() => {});
    await this.operations?.stop();
    await this.charm.stop();
  }

  async #moveIn(): Promise<void> {
    const relation = await this.relate('victim');
    const victim = await this.tenant(relation, 'victim');
    if (victim === null)
      throw new Error(`the victim is not served: ${this.charm.statusOf(this.leader)}`);
    this.victim = victim;
    const pooled = await this.login(victim.bag);
    await pooled.query('CREATE TABLE wages (who text PRIMARY KEY, amount int, note text)');
    await pooled.query(
      `INSERT INTO wages SELECT 'employee ' || n, n * 100, '${this.secret}' FROM generate_series(1, 50) n`,
    );
    const { host, port } = this.server;
    const direct = await login({
      ...victim.bag,
      endpoints: `${host}:${port}`,
      database: victim.database,
    });
    this.held = [pooled, direct];
    // What the victim runs is seen in pg_stat_activity by whoever may look.
    for (const session of this.held) await session.query(`SELECT '${this.secret}'`);
  }

  #examine(unit: string, hook: Hook, ended: Ended | null): void {
    if (ended === null) return;
    const { code, signal, error, milliseconds } = ended;
    const name = `${unit} ${hook.name}`;
    this.slowest = Math.max(this.slowest, milliseconds);
    if (milliseconds > budget * 1000)
      this.complaints.push(`${name} took ${Math.round(milliseconds / 1000)} s`);
    if (/^\s+at .*:\d+:\d+\)?$/m.test(error))
      this.complaints.push(`${name} shows a stack trace: ${error.slice(0, 200)}`);
    if (code === 0) return;
    const why =
      signal === null
        ? `exit ${code}: ${error.trim().slice(0, 300)}`
        : `was killed after ${budget} s`;
    throw new HookFailed(`${name}: ${why}`);
  }
}

async function connected(
  { host, port }: PostgresServer,
  database: string,
  user: string,
  password: string,
): Promise<pg.Client> {
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    password,
    application_name: 'judge',
    options: '-c search_path=pg_catalog -c default_transaction_read_only=off -c role=none',
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}
