/**
 * Who logs in where. The deployment's own login enters its home and no other database; a superuser
 * enters the maintenance database and no other; a tenant's database is entered by the tenant's own
 * users alone, whose rights are all that anything there could ever come by.
 */
import type { Row, Session } from '../wire/index.ts';
import { isSoonOver, noteEnded, unhindered } from './hold-up.ts';
import { Line, type Login } from './line.ts';
import { homeOf, ownLogin } from './login.ts';
import type { PostgresOptions } from './options.ts';
import { isHeldUp, raced, SqlProblem, unlessElsewhere, unlessThere } from './problem.ts';
import type { Server } from './server.ts';
import { endBlockers, endQueues, wait } from './statements/hold-up.ts';
import * as sql from './statements/home.ts';

interface Home {
  readonly login: Login;
  readonly session: Session;
  readonly server: Server;
}

/** The connections of one hook, opened when they are first needed. */
export class Connections {
  readonly #options: PostgresOptions;
  readonly #line: Line;
  #home: Promise<Home> | undefined;
  /** The home once it is entered. */
  #entry: Home | undefined;
  #superuser: Promise<Session | null> | undefined;
  /** What a turn has read and locked goes with its session: another one is no use to it. */
  #isInTurn = false;
  #isReopened = false;
  /** Whether somebody that may not be ended held up a statement in this hook. */
  #isStuck = false;
  readonly #ended = new Set<string>();

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#line = new Line(options);
  }

  get where(): string {
    return this.#line.where;
  }

  get isTimeUp(): boolean {
    return this.#line.isTimeUp;
  }

  get roundTrips(): number {
    return this.#line.roundTrips;
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
    const home = await this.#entered();
    try {
      return await this.ask(home.session, purpose, statements);
    } catch (problem) {
      if (isHeldUp(problem) && !this.#isStuck)
        return this.#sendUnhindered(home, purpose, statements);
      if (this.#isInTurn || !this.#mayReopen(problem)) throw problem;
      this.#home = undefined;
      return this.ask((await this.#entered()).session, purpose, statements);
    }
  }

  /** The same for what others change at the same time, units or tenants. */
  sendRaced(purpose: string, statements: readonly string[]): Promise<readonly (readonly Row[])[]> {
    return raced(() => this.send(purpose, statements));
  }

  /** What waits for a lock says nothing meanwhile, so another session looks who has it. */
  async #sendUnhindered(
    { session, login }: Home,
    purpose: string,
    statements: readonly string[],
  ): Promise<readonly (readonly Row[])[]> {
    const watcher = await this.#open(login, homeOf(this.#options.owner));
    this.#isStuck = true;
    try {
      const answers = await unhindered(
        async () => {
          const what = 'end what holds it up';
          const [, , ended = []] = await this.ask(watcher, what, [wait, ...endBlockers()]);
          noteEnded(ended, this.#ended);
        },
        () => this.ask(session, purpose, statements),
      );
      this.#isStuck = false;
      return answers;
    } finally {
      await watcher.end();
    }
  }

  /** Which sessions of tenants were ended since this was asked, in sentences. */
  takeEnded(): readonly string[] {
    const sentences = [...this.#ended];
    this.#ended.clear();
    return sentences;
  }

  /** Whether a session was merely ended; once in a hook, since what is sent again may have been done. */
  #mayReopen(problem: unknown): boolean {
    const isEnded =
      problem instanceof SqlProblem && (problem.kind === 'lost' || problem.sqlState === '57P01');
    if (!isEnded || this.#isReopened) return false;
    this.#isReopened = true;
    return true;
  }

  readonly ask: Line['ask'] = (session, purpose, statements) =>
    this.#line.ask(session, purpose, statements);

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
    return this.#letIn(login, database, this.#line.openAmongOthers(login, database, major));
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
    [this.#home, this.#entry, this.#superuser] = [undefined, undefined, undefined];
    [this.#isReopened, this.#isStuck] = [false, false];
    this.#ended.clear();
    await this.#line.release();
  }

  async #entered(): Promise<Home> {
    this.#home ??= this.#enter();
    this.#entry = await this.#home;
    return this.#entry;
  }

  async #enter(): Promise<Home> {
    const { preferred = 'given', owner } = this.#options;
    const first = preferred === 'own' ? ownLogin(this.#options) : this.#options;
    const home = homeOf(owner);
    const entered = await this.#open(first, home)
      .then((session) => this.#lookedAt(first, session))
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
      await this.#lookedAt(made, await this.#open(made, homeOf(this.#options.owner))),
    );
  }

  /** With whom the home is to be entered, or the home where it was there. */
  async #made(): Promise<Login | Home> {
    const { owner, database = 'postgres', settles } = this.#options;
    const given = await this.#open(this.#options, database);
    const { session, server } = await this.#lookedAt(this.#options, given);
    const home = homeOf(owner);
    const own = server.isSuperuser ? ownLogin(this.#options) : this.#options;
    try {
      if (!server.isSuperuser && this.#options.preferred === 'own') {
        const entered = await this.#open(this.#options, home).catch(unlessElsewhere);
        if (entered !== null) return this.#furnished(await this.#lookedAt(this.#options, entered));
      }
      if (!server.isPrimary) throw this.#line.problem('look at the server', 'it is a replica');
      if (settles === false) await this.#find(session, home);
      if (!server.isSuperuser && !server.isAble)
        throw this.#line.problem(
          'make roles and databases',
          `its role ${server.login} has neither SUPERUSER nor both CREATEROLE and CREATEDB`,
        );
      if ('verifier' in own)
        await raced(async () =>
          this.ask(
            session,
            'make a login that is no superuser',
            sql.makeLogin(own.user, await own.verifier(), database),
          ),
        );
      await this.ask(session, 'make a home', [sql.makeHome(home, own.user)]).catch(unlessThere);
      await raced(() => this.ask(session, 'close the home to others', sql.openHome(home)));
    } finally {
      await session.end();
    }
    return own;
  }

  async #find(session: Session, home: string): Promise<void> {
    const [found = []] = await this.ask(session, 'look for its home', [sql.findHome(home)]);
    if (found.length === 0)
      throw this.#line.problem(
        'find its home',
        `nothing of ${this.#options.owner} is on this server`,
      );
  }

  async #furnished(home: Home): Promise<Home> {
    const { session, server } = home;
    if (!server.isOwner)
      throw this.#line.problem(
        'enter its home',
        `database "${homeOf(this.#options.owner)}" does not belong to ${server.login}: rename or drop it`,
      );
    if (!server.isFurnished && server.isPrimary)
      await this.ask(session, 'furnish the home', sql.furnish);
    return home;
  }

  async #lookedAt(login: Login, session: Session): Promise<Home> {
    const [[row] = []] = await this.ask(session, 'look at the server', [sql.look]);
    if (row === undefined)
      throw this.#line.problem(
        'look at the server',
        'the role of its session was dropped or renamed',
      );
    return { login, session, server: row as unknown as Server };
  }

  #open(login: Login, database: string): Promise<Session> {
    return this.#letIn(login, database, this.#line.open(login, database));
  }

  /** Tenants that stand before a database that is entered are sent away. */
  async #letIn(login: Login, database: string, opening: Promise<Session>): Promise<Session> {
    if (await isSoonOver(opening)) return opening;
    const { owner, database: maintenance = 'postgres' } = this.#options;
    const aside =
      database === homeOf(owner)
        ? await this.#line.openAside(login, maintenance)
        : this.#entry?.session;
    if (aside === undefined) return opening;
    const sendAway = () =>
      this.ask(aside, 'send away who keeps others out', [wait, ...endQueues(database)]);
    return unhindered(
      () => sendAway().catch(() => isSoonOver(opening)),
      () => opening,
    );
  }
}

/** What is to be sent together with the end of a turn. */
export interface Last {
  purpose: string;
  statements: readonly string[];
}
