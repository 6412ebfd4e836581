/** What an attack is, and what an attacker has: a databag, sessions through PgBouncer, and straight ones. */
import pg from 'pg';
import type { Databag } from '../../src/pgbouncer/relation/request.ts';
import { hostOf } from './operations.ts';
import type { Application, AttackWorld, Setting, Tenant } from './world.ts';

/** `network` is whoever reaches the machine, without a login of any kind. */
type Position = 'databag' | 'pooler' | 'direct' | 'network';

/** The moments of a round at which an attack may do something more. */
export type Moment = 'hooked' | 'joined' | 'leaving' | 'removed';

export interface Attack {
  /** A fact, in kebab case. */
  readonly name: string;
  readonly position: Position;
  /** The rule of the design that it goes against. */
  readonly rule: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  /** The oldest and the newest PostgreSQL on which it can be done. */
  readonly versions?: readonly [number, number];
  readonly config?: Readonly<Record<string, unknown>>;
  /** What is around the charm; a login with the rights that it needs, where it does not matter. */
  readonly setting?: 'operated' | 'service';
  /** Run a second time where the charm was given a superuser. */
  readonly asSuperuserToo?: true;
  /** What the attacker asks for beside a database of its own. */
  readonly extra?: Databag;
  /** The whole databag, as the attacker writes it; `raw` leaves out what the library adds. */
  readonly request?: (database: string) => Databag;
  readonly raw?: true;
  /** The charm does not hold against it yet: it is only run where it is named, or with `--open`. */
  readonly isOpen?: true;
  /** Whether the request is one to be refused, by name, in the leader's status. */
  readonly isRefused?: true;
  readonly do?: (attacker: Attacker) => Promise<void>;
  readonly at?: Partial<Record<Moment, (attacker: Attacker) => Promise<void>>>;
  /** What the newcomer asks for, where that is what the attack is about. */
  readonly newcomerAsks?: (round: number) => Databag;
}

/** What was to be done could not be done, for a reason that protects nobody. */
export class NotLanded extends Error {}

/** One session of the attacker's; whatever it reads is looked through for what is not the attacker's. */
export class Session {
  readonly client: pg.Client;
  readonly #attacker: Attacker;

  constructor(client: pg.Client, attacker: Attacker) {
    this.client = client;
    this.#attacker = attacker;
  }

  async query(sql: string): Promise<readonly Record<string, unknown>[]> {
    const results: unknown = await this.client.query(sql);
    const all = (Array.isArray(results) ? results : [results]) as readonly pg.QueryResult[];
    const rows = all.flatMap((result) => result.rows ?? []);
    this.#attacker.reads(rows);
    return rows;
  }

  /** Statements that must be carried out. */
  async done(...statements: readonly string[]): Promise<void> {
    for (const sql of statements) {
      try {
        await this.query(sql);
      } catch (problem) {
        throw new NotLanded(`${sql.slice(0, 160)}: ${String(problem)}`);
      }
    }
  }

  /** A statement that is carried out, or refused for one of these reasons: either is as it is meant. */
  async tried(sql: string, ...states: readonly string[]): Promise<boolean> {
    try {
      await this.query(sql);
      return true;
    } catch (problem) {
      const { code = '' } = problem as { code?: string };
      if (![...protections, ...states].includes(code))
        throw new NotLanded(`${sql.slice(0, 160)}: ${code} ${String(problem)}`);
      this.#attacker.notes.push(`refused with ${code}: ${sql.slice(0, 80)}`);
      if (this.client.getTransactionStatus?.() === 'E') await this.client.query('ROLLBACK');
      return false;
    }
  }

  /** A statement as the login itself, whatever role its sessions are given. */
  async asMyself(sql: string): Promise<void> {
    await this.done(`SET ROLE NONE; ${sql}; RESET ROLE`);
  }

  /** Statements that are sent and not waited for. */
  send(sql: string): void {
    this.client.query(sql).then(
      ({ rows }) => this.#attacker.reads(rows ?? []),
      () => {},
    );
  }

  async end(): Promise<void> {
    await this.client.end().catch(() => {});
  }
}

/** insufficient_privilege, and logins that are not let in. */
const protections = ['42501', '28000', '28P01', '42939'];

export class Attacker {
  readonly world: AttackWorld;
  readonly application: Application;
  readonly round: number;
  relation = -1;
  tenant: Tenant | null = null;
  /** What it has read, all of it. */
  readonly loot: string[] = [];
  readonly notes: string[] = [];
  /** The attributes and roles that it has ever asked for, in lower case. */
  readonly asked = new Set<string>();
  readonly sessions: pg.Client[] = [];
  /** Sessions that are to be looked at again. */
  readonly kept: Session[] = [];
  /** What is to be ended with its round. */
  readonly ending: (() => void)[] = [];
  /** Collects what came to be since the last hook: it is the attacker's. */
  own: () => Promise<void> = async () => {};
  /** Forgets what hooks have made meanwhile. */
  others: () => Promise<void> = async () => {};

  constructor(world: AttackWorld, application: Application, round: number) {
    this.world = world;
    this.application = application;
    this.round = round;
  }

  /** The published name of its database, as it asks for it. */
  get name(): string {
    return `evil_${this.round}`;
  }

  get newcomer(): string {
    return `newcomer_${this.round}`;
  }

  get me(): Tenant {
    if (this.tenant === null)
      throw new NotLanded(
        `the attacker is not served: ${this.world.charm.statusOf(this.world.leader)}`,
      );
    return this.tenant;
  }

  get user(): string {
    return this.me.bag.username ?? '';
  }

  get password(): string {
    return this.me.bag.password ?? '';
  }

  reads(rows: unknown): void {
    this.loot.push(JSON.stringify(rows));
  }

  /** A session through the leader's PgBouncer. */
  async pooled(
    database = this.me.bag.database ?? '',
    change: pg.ClientConfig = {},
  ): Promise<Session> {
    const bag = this.world.operations?.reached(this.me.bag) ?? this.me.bag;
    const [host = '', port] = (bag.endpoints ?? '').split(',')[0]?.split(':') ?? [];
    const ssl = bag.tls === 'True' ? { ssl: { ca: bag['tls-ca'] ?? '' } } : {};
    return this.#opened({ host, port: Number(port), database, ...ssl, ...change });
  }

  /** A session through one of the leader's PgBouncers, and no other. */
  ofProcess(number: number, change: pg.ClientConfig = {}): Promise<Session> {
    // The certificate has the names by which clients come, and this is none of them.
    const ssl = { ca: this.me.bag['tls-ca'] ?? '', checkServerIdentity: () => undefined };
    return this.pooled(this.me.bag.database, { host: hostOf(number), ssl, ...change });
  }

  /** A session straight to PostgreSQL, in its own database unless told otherwise. */
  async direct(database = this.me.database, change: pg.ClientConfig = {}): Promise<Session> {
    const { host, port } = this.world.server;
    return this.#opened({ host, port, database, ...change });
  }

  /** A straight session that is let in, or refused for a reason that is as it is meant. */
  async maybe(database: string, change: pg.ClientConfig = {}): Promise<Session | null> {
    try {
      return await this.direct(database, change);
    } catch (problem) {
      const { code = '' } = problem as { code?: string };
      if (!protections.includes(code))
        throw new NotLanded(`login to ${database}: ${String(problem)}`);
      this.notes.push(`refused with ${code}: login to ${database}`);
      return null;
    }
  }

  /** The owner of its database, by whatever name. */
  async owner(): Promise<string> {
    const session = await this.direct('postgres');
    const rows = await session.query(
      `SELECT pg_catalog.pg_get_userbyid(datdba)::text AS owner FROM pg_catalog.pg_database WHERE datname = '${this.me.database}'`,
    );
    await session.end();
    return String(rows[0]?.owner);
  }

  /** Asks for something else, and has the hooks run that this calls for. */
  async ask(request: Databag): Promise<void> {
    this.remember(request);
    await this.own();
    await this.world.charm.take({ _tag: 'Ask', application: this.application, request });
    await this.world.settle();
    this.tenant = (await this.world.tenant(this.relation, this.application)) ?? this.tenant;
    await this.others();
  }

  remember(request: Databag): void {
    for (const role of (request['extra-user-roles'] ?? '').split(','))
      this.asked.add(role.trim().toLowerCase());
  }

  async #opened(config: pg.ClientConfig): Promise<Session> {
    const client = new pg.Client({
      user: this.user,
      password: this.password,
      connectionTimeoutMillis: 5_000,
      query_timeout: 20_000,
      ...config,
    });
    client.on('error', () => {});
    await client.connect();
    this.sessions.push(client);
    return new Session(client, this);
  }
}

export interface Instance {
  readonly attack: Attack;
  readonly setting: Setting;
  readonly name: string;
}
