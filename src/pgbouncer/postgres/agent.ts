import type { Row, Session } from '../wire/index.ts';
import { verifierOf } from '../wire/scram.ts';
import type { Connections } from './connections.ts';
import { agentPrefix, freshName } from './login.ts';
import { isClosed, isNobody, raced } from './problem.ts';
import type { Server } from './server.ts';
import { join } from './statements/grant.ts';
import * as sql from './statements/removal.ts';

/**
 * Enters databases in place of a user that leaves, with the rights of that user and no others: the
 * user itself cannot log in any more by then. It is there for one removal; nobody but this process
 * knows its password.
 */
export class Agent {
  readonly #connections: Connections;
  readonly #server: Server;
  readonly #user = freshName(agentPrefix);
  readonly #password = freshName('') + freshName('');
  /** The owners of the databases that it was let into. */
  readonly #entered = new Map<string, string>();
  /** What it was lent for one database alone, and has still. */
  readonly #owed = new Set<string>();
  #isMade = false;

  constructor(connections: Connections, server: Server) {
    this.#connections = connections;
    this.#server = server;
  }

  /** The role that it logs in as. */
  get name(): string {
    return this.#user;
  }

  /**
   * Lends it the rights of roles, once more where something has taken them away. What it was lent for
   * another database and the server did not take back goes first: nobody is entered with it.
   */
  async lend(roles: readonly string[]): Promise<void> {
    for (const role of this.#owed)
      if (roles.includes(role)) this.#owed.delete(role);
      else await this.giveBack([role]).catch((problem) => this.#gone(role, problem));
    const { major } = this.#server;
    if (!this.#isMade) await this.#sweep();
    const making = this.#isMade
      ? []
      : [sql.makeAgent(this.#user, await verifierOf(this.#password)), join(this.#user, major)];
    const lending = roles.map((role) => sql.lendRole(role, this.#user, major));
    await this.#connections.send('lend an agent the rights of who leaves', [...making, ...lending]);
    this.#isMade = true;
  }

  /** Takes back what was lent for one database alone. */
  async giveBack(roles: readonly string[]): Promise<void> {
    if (roles.length === 0) return;
    for (const role of roles) this.#owed.add(role);
    const statements = roles.map((role) => sql.takeRole(role, this.#user));
    await this.#connections.send('take back what an agent was lent', statements);
    for (const role of roles) this.#owed.delete(role);
  }

  #gone(role: string, problem: unknown): void {
    if (!isNobody(problem)) throw problem;
    this.#owed.delete(role);
  }

  /** Opens a database of the deployment's own where a tenant has closed it, and enters it. */
  async enter({ name, owner, isOpen, isOurs }: Row): Promise<Session> {
    const database = String(name);
    if (isOurs !== true) return this.#logIn(database);
    this.#entered.set(database, String(owner));
    await this.#connections.sendRaced('let an agent in', [
      ...(isOpen === true ? [] : [sql.reopen(database)]),
      ...sql.letEnter(database, String(owner), this.#user),
    ]);
    try {
      return await this.#logIn(database);
    } catch (problem) {
      if (!isClosed(problem)) throw problem;
      return await raced(() => this.#enterHeld(database));
    }
  }

  /** Some close a database again and again; as long as its row is held, they wait. */
  async #enterHeld(database: string): Promise<Session> {
    try {
      await this.#connections.send('hold a database open', sql.holdOpen(database));
      return await this.#logIn(database);
    } finally {
      await this.#connections.send('let go of a database', ['ROLLBACK']).catch(() => {});
    }
  }

  #logIn(database: string): Promise<Session> {
    const login = { user: this.#user, password: this.#password };
    return this.#connections.as(login, database, this.#server.major);
  }

  /** Goes, whatever became of the removal; what cannot be done now the next one does. */
  async end(): Promise<void> {
    if (!this.#isMade) return;
    const leaving = [...this.#entered].map(([database, owner]) =>
      sql.leave(database, owner, [this.#user]),
    );
    // Each by itself: a database may have gone, or have another owner by now.
    for (const statements of leaving)
      await this.#connections.sendRaced('end an agent', statements).catch(() => {});
    await this.#sweep().catch(() => {});
  }

  async #sweep(): Promise<void> {
    await this.#connections.send('end agents', [sql.sweepAgents(agentPrefix, this.#user)]);
  }
}
