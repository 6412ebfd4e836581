/** The way to the server: logins and messages, each in what time is left, until one finds it hanging. */
import { renderHostPort } from '../relation/host-port.ts';
import { connect, type Row, type Session, WireProblem } from '../wire/index.ts';
import type { PostgresOptions } from './options.ts';
import { pinned, pinnedAmongOthers } from './pinned.ts';
import { SqlProblem } from './problem.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** What the connections of one hook share. */
export class Line {
  readonly #options: PostgresOptions;
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

  async open(login: Login, database: string): Promise<Session> {
    return this.#during(`log in to ${database} as ${login.user}`, (left) =>
      this.#connect(login, database, {}, left),
    );
  }

  /** The same for who only looks: PostgreSQL itself sees to it that nothing is changed. */
  async openToLook(login: Login, database: string): Promise<Session> {
    return this.#during(`log in to ${database} as ${login.user}`, (left) =>
      this.#connect(login, database, { default_transaction_read_only: 'on' }, left),
    );
  }

  /** The same for a database whose users may keep others out: that says nothing of the server. */
  async openAmongOthers(login: Login, database: string, major: number): Promise<Session> {
    const settings = pinnedAmongOthers(major);
    return this.#during(`log in to ${database} as ${login.user}`, (left) =>
      this.#connect(login, database, settings, left).catch((problem) => {
        if (!(problem instanceof WireProblem) || problem.kind !== 'hang' || this.isTimeUp)
          throw problem;
        const why = `nobody gets into database "${database}" at the moment`;
        throw new WireProblem('refused', why, { sqlState: '55P03' });
      }),
    );
  }

  /** A session for help alone: nothing follows from its not being had. */
  async openAside(login: Login, database: string): Promise<Session | undefined> {
    if (this.isTimeUp || this.#isLost !== null) return undefined;
    this.roundTrips += 1;
    return this.#connect(login, database, {}, this.#left).catch(() => undefined);
  }

  async #connect(
    { user, password }: Login,
    database: string,
    settings: Readonly<Record<string, string>>,
    left: number,
  ): Promise<Session> {
    const { host, port, tls = { mode: 'prefer' }, connectTimeout = 5_000 } = this.#options;
    const { lockTimeout = 5_000, statementTimeout = statementTimeoutByDefault } = this.#options;
    const session = await connect({
      ...{ host, port, user, password, database, tls },
      applicationName: 'hookchart',
      timeout: Math.min(connectTimeout, left),
      settings: {
        ...pinned,
        lock_timeout: String(lockTimeout),
        statement_timeout: String(statementTimeout),
        ...settings,
      },
    });
    this.#opened.add(session);
    return session;
  }

  /** Whether the hook may begin nothing more. */
  get isTimeUp(): boolean {
    return this.#left <= 0;
  }

  get #left(): number {
    return Math.min(this.#options.remaining?.() ?? longest, longest);
  }

  /** Ends what was opened, and forgets what was found out. */
  async release(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    this.#isLost = null;
    await Promise.all(opened.map((session) => session.end()));
  }

  /** A server that hangs is found out once in a hook. */
  async #during<Result>(purpose: string, call: (left: number) => Promise<Result>): Promise<Result> {
    if (this.#isLost !== null) throw new SqlProblem(purpose, this.#isLost);
    const left = this.#left;
    if (this.isTimeUp) throw this.problem(purpose, "the hook's time is up");
    this.roundTrips += 1;
    try {
      return await call(left);
    } catch (cause) {
      if (!(cause instanceof WireProblem)) throw cause;
      if (cause.kind === 'hang') this.#isLost = cause;
      throw new SqlProblem(purpose, cause);
    }
  }

  problem(purpose: string, why: string): SqlProblem {
    return new SqlProblem(purpose, new WireProblem('unreachable', why));
  }
}

const statementTimeoutByDefault = 20_000;
const longest = 2 ** 31 - 1;
