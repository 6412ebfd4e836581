/**
 * Reads the server's log: who entered which database with which rights, and as whom functions ran
 * that an attacker had planted.
 */
import type pg from 'pg';
import { Lendings } from './lendings.ts';

interface Entry {
  readonly role: string;
  readonly database: string;
}

/** Who was in a tenant's database with rights that the tenant has not. */
export interface Intrusion extends Entry {
  readonly rights: string;
}

/** As whom a planted function ran. */
export interface Canary {
  readonly name: string;
  readonly session: string;
  readonly current: string;
}

const authorized =
  /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) UTC .*LOG: {2}connection authorized: user=(\S+) database=(\S+)/;
const canary = /LOG: {2}canary (\S+) session=(\S+) current=(\S+)/;
const statement = /^\S+ \S+ UTC \S+ LOG: {2}(?:statement|execute [^:]*): (.*)/s;

export class Gatekeeper {
  readonly #judge: pg.Client;
  readonly #log: () => string;
  readonly #known: ReadonlySet<string>;
  readonly #published = new Map<string, number>();
  readonly #backendLogin: string;
  /** Roles of tenants, and what those made: where they may go is for others to say. */
  tenants: ReadonlySet<string> = new Set();
  /** Rights of these roles, lent within these databases, are the attacker's own already. */
  attackers: { roles: ReadonlySet<string>; databases: ReadonlySet<string> } = {
    roles: new Set(),
    databases: new Set(),
  };
  readonly #lendings = new Lendings();
  readonly #rights = new Map<string, string | null>();
  #read = 0;
  intrusions: Intrusion[] = [];
  canaries: Canary[] = [];

  constructor(judge: pg.Client, log: () => string, known: readonly string[], backendLogin: string) {
    this.#judge = judge;
    this.#log = log;
    this.#known = new Set(known);
    this.#backendLogin = backendLogin;
  }

  /** From now on a tenant may have been in there. */
  published(database: string): void {
    if (!this.#published.has(database)) this.#published.set(database, Date.now());
  }

  /** A database that was made anew is what it was not. */
  forget(database: string): void {
    this.#published.delete(database);
  }

  async look(): Promise<void> {
    const log = this.#log();
    const end = log.lastIndexOf('\n') + 1;
    const entries = log.slice(this.#read, end).split(/\n(?!\t)/);
    this.#read = end;
    for (const line of entries) {
      const sent = statement.exec(line)?.[1];
      if (sent !== undefined) this.#lendings.read(sent);
      const ran = canary.exec(line);
      if (ran !== null) {
        const [, name = '', session = '', current = ''] = ran;
        this.canaries.push({ name, session, current });
      }
      const found = authorized.exec(line);
      if (found === null) continue;
      const [, day, time, role = '', database = ''] = found;
      const since = this.#published.get(database);
      if (since === undefined || Date.parse(`${day}T${time}Z`) <= since) continue;
      await this.#entered({ role, database });
    }
  }

  async #entered({ role, database }: Entry): Promise<void> {
    if (this.#known.has(role) || this.tenants.has(role)) return;
    const lent = this.#lendings.to(role);
    const { roles, databases } = this.attackers;
    const own = databases.has(database) ? [...roles] : [];
    const others = lent.filter((one) => !own.includes(one));
    const rights = this.#lendings.makes(role)
      ? 'was made with rights to make roles or databases'
      : await this.rightsOf(role, database, others, own);
    if (rights !== null) this.intrusions.push({ role, rights, database });
  }

  /**
   * What a role may do beyond one database, and beyond what is given to some; null for nothing. Of one
   * that is gone there is what it was lent.
   */
  async rightsOf(
    role: string,
    database: string,
    lent: readonly string[] = [],
    given: readonly string[] = [],
  ): Promise<string | null> {
    const key = `${role} ${database}`;
    const known = this.#rights.get(key);
    if (known !== undefined && role === this.#backendLogin) return known;
    const { rows } = await this.#judge.query(
      `WITH RECURSIVE r AS (
         SELECT oid FROM pg_roles WHERE rolname = $1 OR rolname = ANY($3)
         UNION SELECT m.roleid FROM pg_auth_members m JOIN r ON m.member = r.oid)
       SELECT bool_or(p.rolsuper) AS super, bool_or(p.rolcreatedb OR p.rolcreaterole OR p.rolreplication OR p.rolbypassrls) AS makes,
              bool_or(p.rolname LIKE 'pg\\_%') AS predefined,
              bool_or(p.rolname <> ALL ($4) AND EXISTS (SELECT FROM pg_database d WHERE d.datdba = p.oid AND d.datname <> $2
                         -- One that was renamed is the same tenants'.
                         AND d.datdba <> ALL (SELECT o.datdba FROM pg_database o WHERE o.datname = $2))) AS owns
         FROM r JOIN pg_roles p USING (oid)`,
      [role, database, lent, given],
    );
    const { super: isSuper, makes, predefined, owns } = rows[0] ?? {};
    const rights = isSuper
      ? 'is a superuser'
      : makes
        ? 'may make roles or databases'
        : predefined
          ? 'has a predefined role'
          : owns
            ? 'has the rights of another database’s owner'
            : null;
    this.#rights.set(key, rights);
    return rights;
  }
}
