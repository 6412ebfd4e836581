/**
 * Who logs in where. The deployment's own login enters its home and no other database; a superuser
 * enters the maintenance database and no other; a tenant's database is entered by the tenant's own
 * users alone, whose rights are all that anything there could ever come by.
 */
import { renderHostPort } from '../relation/host-port.ts';
import { connect, type Session, WireProblem } from '../wire/index.ts';
import { homeOf, ownLogin } from './login.ts';
import type { PostgresOptions } from './options.ts';
import { pinned } from './pinned.ts';
import { isLostRace, SqlProblem, unlessElsewhere, unlessThere } from './problem.ts';
import type { Server } from './server.ts';
import * as sql from './statements/home.ts';

export type { Server } from './server.ts';
export type Row = Readonly<Record<string, unknown>>;

interface Home {
  readonly session: Session;
  readonly server: Server;
}

interface Login {
  readonly user: string;
  readonly password: string;
}

/** The connections of one hook, opened when they are first needed. */
export class Connections {
  readonly #options: PostgresOptions;
  #home: Promise<Home> | undefined;
  #superuser: Promise<Session | null> | undefined;
  /** What a turn has read and locked goes with its session: another one is no use to it. */
  #isInTurn = false;
  #isReopened = false;
  /** All that were opened in this hook: none outlives it, whatever came in between. */
  readonly #opened = new Set<Session>();
  /** Why nothing more is asked of the server in this hook. */
  #isLost: WireProblem | null = null;
  /** Messages that waited for an answer, logins included. */
  roundTrips = 0;

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  get where(): string {
    return renderHostPort(this.#options);
  }

  /** The role to which an operator may hand a database over. */
  get name(): string {
    return this.#options.preferred === 'own' ? ownLogin(this.#options).user : this.#options.user;
  }

  async server(): Promise<Server> {
    return (await this.#entered()).server;
  }

  /** Sends statements to the home, together: one message, and one transaction unless one can run in none. */
  async send(purpose: string, statements: readonly string[]): Promise<readonly (readonly Row[])[]> {
    const { session } = await this.#entered();
    try {
      return await this.ask(session, purpose, statements);
    } catch (problem) {
      if (this.#isInTurn || !this.#mayReopen(problem)) throw problem;
      this.#home = undefined;
      return this.ask((await this.#entered()).session, purpose, statements);
    }
  }

  /** Whether a session was merely ended; once in a hook, since what is sent again may have been done. */
  #mayReopen(problem: unknown): boolean {
    const isEnded =
      problem instanceof SqlProblem && (problem.kind === 'lost' || problem.sqlState === '57P01');
    if (!isEnded || this.#isReopened) return false;
    this.#isReopened = true;
    return true;
  }

  async ask(
    session: Session,
    purpose: string,
    statements: readonly string[],
  ): Promise<readonly (readonly Row[])[]> {
    const { statementTimeout = statementTimeoutByDefault } = this.#options;
    return this.#during(purpose, (left) =>
      session.query(statements.join(';\n'), Math.min(statementTimeout + 2_000, left)),
    );
  }

  /**
   * Reads, and goes on with what was read, while the deployment's other units wait. The turn ends
   * with the body, whose result may leave statements to be sent with the end of the turn.
   */
  async inTurn<Result>(
    [purpose, ...reads]: readonly [purpose: string, ...reads: string[]],
    body: (rows: readonly (readonly Row[])[], last: Last) => Promise<Result>,
  ): Promise<Result> {
    const last: Last = { purpose: 'let other units go on', statements: [] };
    try {
      const [, ...rows] = await this.send(purpose, [sql.lock, ...reads]);
      this.#isInTurn = true;
      const result = await body(rows, last);
      await this.send(last.purpose, [...last.statements, sql.unlock]);
      return result;
    } catch (problem) {
      // The connection may be what failed; the turn went with it then.
      await this.send('let other units go on', [sql.unlock]).catch(() => {});
      throw problem;
    } finally {
      this.#isInTurn = false;
    }
  }

  /** A session of somebody else, in a database of theirs; the caller ends it. */
  async as(login: Login, database: string, major: number): Promise<Session> {
    return this.#open(login, database, major < 17 ? {} : { transaction_timeout: '0' });
  }

  /** A superuser's session in the maintenance database; null where none was given. */
  async superuser(): Promise<Session | null> {
    if ((await this.#superuser)?.isEnded === true && !this.#isReopened) {
      this.#isReopened = true;
      this.#superuser = undefined;
    }
    this.#superuser ??= (async () => {
      const { database = 'postgres' } = this.#options;
      const session = await this.#open(this.#options, database);
      const [[row] = []] = await this.ask(session, 'look at the server', [sql.look]);
      if (row?.isSuperuser === true) return session;
      await session.end();
      return null;
    })();
    return this.#superuser;
  }

  async release(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    [this.#home, this.#superuser, this.#isLost] = [undefined, undefined, null];
    this.#isReopened = false;
    await Promise.all(opened.map((session) => session.end()));
  }

  #entered(): Promise<Home> {
    this.#home ??= this.#enter();
    return this.#home;
  }

  async #enter(): Promise<Home> {
    const { preferred = 'given', owner } = this.#options;
    const first = preferred === 'own' ? ownLogin(this.#options) : this.#options;
    const home = homeOf(owner);
    const entered = await this.#open(first, home)
      .then((session) => this.#lookedAt(session))
      .catch(unlessElsewhere);
    if (entered === null) return this.#settle();
    if (!entered.server.isSuperuser) return this.#furnished(entered);
    await entered.session.end();
    return this.#settle();
  }

  /** Makes the login and the home where they are missing, and goes there. */
  async #settle(): Promise<Home> {
    const made = await this.#made();
    if ('server' in made) return made;
    return this.#furnished(
      await this.#lookedAt(await this.#open(made, homeOf(this.#options.owner))),
    );
  }

  /** With whom the home is to be entered, or the home where it was there. */
  async #made(): Promise<Login | Home> {
    const { owner, database = 'postgres', settles } = this.#options;
    const { session, server } = await this.#lookedAt(await this.#open(this.#options, database));
    const home = homeOf(owner);
    const own = server.isSuperuser ? ownLogin(this.#options) : this.#options;
    try {
      if (!server.isSuperuser && this.#options.preferred === 'own') {
        const entered = await this.#open(this.#options, home).catch(unlessElsewhere);
        if (entered !== null) return this.#furnished(await this.#lookedAt(entered));
      }
      if (!server.isPrimary) throw this.#problem('look at the server', 'it is a replica');
      if (settles === false) await this.#find(session, home);
      if (!server.isSuperuser && !server.isAble)
        throw this.#problem(
          'make roles and databases',
          `its role ${server.login} has neither SUPERUSER nor both CREATEROLE and CREATEDB`,
        );
      if ('verifier' in own)
        await this.#raced(
          session,
          'make a login that is no superuser',
          sql.makeLogin(own.user, await own.verifier(), database),
        );
      await this.ask(session, 'make a home', [sql.makeHome(home, own.user)]).catch(unlessThere);
      await this.#raced(session, 'close the home to others', sql.openHome(home));
    } finally {
      await session.end();
    }
    return own;
  }

  /** Other units may do the same at the same time: who loses to one does it once more. */
  async #raced(session: Session, purpose: string, statements: readonly string[]): Promise<void> {
    for (let tries = mostLost; ; tries--) {
      try {
        await this.ask(session, purpose, statements);
        return;
      } catch (problem) {
        if (tries === 0 || !isLostRace(problem)) throw problem;
      }
    }
  }

  async #find(session: Session, home: string): Promise<void> {
    const [found = []] = await this.ask(session, 'look for its home', [sql.findHome(home)]);
    if (found.length === 0)
      throw this.#problem('find its home', `nothing of ${this.#options.owner} is on this server`);
  }

  async #furnished(home: Home): Promise<Home> {
    const { session, server } = home;
    if (!server.isOwner)
      throw this.#problem(
        'enter its home',
        `database "${homeOf(this.#options.owner)}" does not belong to ${server.login}: rename or drop it`,
      );
    if (!server.isFurnished && server.isPrimary)
      await this.ask(session, 'furnish the home', sql.furnish);
    return home;
  }

  async #lookedAt(session: Session): Promise<Home> {
    const [[row] = []] = await this.ask(session, 'look at the server', [sql.look]);
    if (row === undefined)
      throw this.#problem('look at the server', 'the role of its session was dropped or renamed');
    return { session, server: row as unknown as Server };
  }

  async #open(
    { user, password }: Login,
    database: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Session> {
    const { host, port, tls = { mode: 'prefer' }, connectTimeout = 5_000 } = this.#options;
    const { lockTimeout = 5_000, statementTimeout = statementTimeoutByDefault } = this.#options;
    const session = await this.#during(`log in to ${database} as ${user}`, (left) =>
      connect({
        ...{ host, port, user, password, database, tls },
        applicationName: 'hookchart',
        timeout: Math.min(connectTimeout, left),
        settings: {
          ...pinned,
          lock_timeout: String(lockTimeout),
          statement_timeout: String(statementTimeout),
          ...settings,
        },
      }),
    );
    this.#opened.add(session);
    return session;
  }

  /** A server that hangs is found out once in a hook. */
  async #during<Result>(purpose: string, call: (left: number) => Promise<Result>): Promise<Result> {
    if (this.#isLost !== null) throw new SqlProblem(purpose, this.#isLost);
    const left = this.#options.remaining?.() ?? Number.MAX_SAFE_INTEGER;
    if (left <= 0) throw this.#problem(purpose, "the hook's time is up");
    this.roundTrips += 1;
    try {
      return await call(Math.min(left, longest));
    } catch (cause) {
      if (!(cause instanceof WireProblem)) throw cause;
      if (cause.kind === 'hang') this.#isLost = cause;
      throw new SqlProblem(purpose, cause);
    }
  }

  #problem(purpose: string, why: string): SqlProblem {
    return new SqlProblem(purpose, new WireProblem('unreachable', why));
  }
}

/** What is to be sent together with the end of a turn. */
export interface Last {
  purpose: string;
  statements: readonly string[];
}

const statementTimeoutByDefault = 20_000;
const longest = 2 ** 31 - 1;

/** One of those who come at once always gets through, so this many are enough for as many units. */
const mostLost = 20;
