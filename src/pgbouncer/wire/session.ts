import pg from 'pg';
import { check, type Destination, optionsOf } from './destination.ts';
import { Gate } from './gate.ts';
import { refusal, WireProblem, wordsOf } from './problem.ts';
import { reach } from './reach.ts';

/** One row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** A login on a server that has proved that it knows the password. */
export interface Session {
  /** Sends statements in one message, and yields the rows of each within so many milliseconds. */
  query(text: string, timeout: number): Promise<readonly (readonly Row[])[]>;
  /** Whether somebody has ended it, whoever that was. */
  readonly isEnded: boolean;
  /** Says goodbye, but does not wait long for an answer. */
  end(): Promise<void>;
  /** Ends at once. */
  destroy(): void;
}

/** Milliseconds that a server has to hang up when told goodbye. */
const farewell = 1_000;

/**
 * Logs in by SCRAM-SHA-256, and in no other way, bound to the server's certificate where there is
 * TLS and the server can do that.
 * @throws WireProblem
 */
export async function connect(to: Destination): Promise<Session> {
  check(to);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), to.timeout);
  try {
    const gate = new Gate(await reach(to, limit.signal));
    return await logIn(to, gate);
  } catch (problem) {
    throw limit.signal.aborted ? hang() : problem;
  } finally {
    clearTimeout(timer);
  }
}

async function logIn(to: Destination, gate: Gate): Promise<Session> {
  const client = new pg.Client({
    host: to.host,
    port: to.port,
    user: to.user,
    database: to.database,
    // Asked for when a server has asked for SCRAM, and is not to be had in any other case.
    password: () => {
      if (gate.isAskedForProof) return to.password;
      throw new WireProblem('untrusted', 'the server is not trusted: it did not ask for a proof');
    },
    enableChannelBinding: gate.isEncrypted,
    // TLS is what the gate stands on; the environment has no say in it.
    ssl: false,
    sslnegotiation: 'postgres',
    stream: () => gate,
    ...(to.applicationName === undefined ? {} : { application_name: to.applicationName }),
    ...(to.settings === undefined ? {} : { options: optionsOf(to.settings) }),
  });
  const session = new LoggedIn(client, gate);
  try {
    await client.connect();
    // The driver's word alone is not enough.
    if (!gate.isTrusted) throw new Error('it let us in without proof of who it is');
    return session;
  } catch (cause) {
    const problem = isRefusal(cause) ? refusal(cause) : gate.problem;
    gate.destroy();
    throw problem ?? new WireProblem('untrusted', `the server is not trusted: ${wordsOf(cause)}`);
  }
}

class LoggedIn implements Session {
  readonly #client: pg.Client;
  readonly #gate: Gate;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(client: pg.Client, gate: Gate) {
    this.#client = client;
    this.#gate = gate;
    // What a server says when nobody asks is mostly its last word.
    client.on('error', (cause) => {
      if (gate.isTrusted && isRefusal(cause))
        gate.fail(new WireProblem('lost', cause.message, { sqlState: cause.code }));
    });
  }

  get isEnded(): boolean {
    return this.#gate.destroyed;
  }

  query(text: string, timeout: number): Promise<readonly (readonly Row[])[]> {
    const answer = this.#turn.then(() => this.#ask(text, timeout));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async end(): Promise<void> {
    const timer = setTimeout(() => this.#gate.destroy(), farewell);
    await this.#client.end().catch(() => {});
    clearTimeout(timer);
    this.#gate.destroy();
  }

  destroy(): void {
    this.#gate.destroy();
  }

  async #ask(text: string, timeout: number): Promise<readonly (readonly Row[])[]> {
    if (this.#gate.destroyed) throw this.#lost();
    if (text.includes('\0')) throw new WireProblem('refused', 'a zero byte in a statement');
    const timer = setTimeout(() => this.#gate.fail(hang()), timeout);
    try {
      const results: unknown = await this.#client.query(text);
      return (Array.isArray(results) ? results : [results]).map(
        (result: pg.QueryResult<Row>) => result.rows,
      );
    } catch (cause) {
      if (isRefusal(cause)) throw refusal(cause);
      const problem = this.#gate.problem ?? new WireProblem('lost', wordsOf(cause));
      this.#gate.fail(problem);
      throw problem;
    } finally {
      clearTimeout(timer);
    }
  }

  #lost(): WireProblem {
    const { problem } = this.#gate;
    const why = problem === null ? '' : `: ${problem.message}`;
    const sqlState = problem?.sqlState;
    return new WireProblem('lost', `the session has ended${why}`, { sqlState });
  }
}

/** Whether a server said so itself, with a code, rather than the driver of what it got. */
const isRefusal = (cause: unknown): cause is pg.DatabaseError =>
  cause instanceof pg.DatabaseError && cause.code !== undefined;

// Without the milliseconds, which are what a hook has left: it stands on record, and what is on record
// calls other units forth when it changes.
const hang = () => new WireProblem('hang', 'the server does not answer in time');
