/**
 * Knows nothing of the attack. It compares what a server and a model hold with a run of the same
 * script without one, what is the attacker's own taken out, and looks at who read and ran what.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { login } from '../../src/pgbouncer/demo/client.ts';
import { lookedKey } from '../../src/pgbouncer/keys.ts';
import type { Attacker } from './attack.ts';
import { type Line, linesInside, sharedLines } from './snapshot.ts';
import type { AttackWorld, Tenant } from './world.ts';

const stages = ['served', 'hooked', 'joined', 'removed', 'end'] as const;
export type Stage = (typeof stages)[number];

/** What a run without attack came to, by stage. */
export interface Baseline {
  readonly lines: Map<Stage, readonly string[]>;
  /** Who entered whose database though nobody attacked: told once, and not again for each attack. */
  readonly intrusions: Set<string>;
}

/** Databases that every role may enter, in which something of the attacker's may lie until it goes. */
const common = new Set(['postgres', 'template1']);

export class Judge {
  readonly world: AttackWorld;
  readonly attacker: Attacker;
  readonly violations: string[] = [];
  /** Tenants of this round, by the alias under which they are compared. */
  readonly tenants = new Map<string, Tenant>();
  readonly ownRoles = new Set<string>();
  readonly ownDatabases = new Set<string>();
  /** Those that the attacker made with its own hands. */
  readonly madeRoles = new Set<string>();
  readonly #allowed: ReadonlySet<string>;
  readonly #owners = new Map<string, string>();
  /** The attacker's databases by what no new name changes: a rename may wait until a hook has ended who was in its way. */
  readonly #ownIds = new Set<number>();
  readonly #born = new Map<string, string>();
  #version = 0;
  #known = new Set<string>();
  #initial = new Set<string>();
  #things = new Set<string>();
  #rows = '';
  #verifiers: readonly string[] = [];

  private constructor(world: AttackWorld, attacker: Attacker, allowed: readonly string[]) {
    this.world = world;
    this.attacker = attacker;
    this.#allowed = new Set(allowed);
  }

  static async of(
    world: AttackWorld,
    attacker: Attacker,
    allowed: readonly string[],
  ): Promise<Judge> {
    const judge = new Judge(world, attacker, allowed);
    judge.#version = await world.version();
    judge.#known = await judge.#names();
    judge.#initial = judge.#known;
    judge.#things = new Set(judge.#modelThings());
    judge.#rows = await judge.#victimRows();
    const { rows } = await world.judge.query(
      'SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL',
    );
    judge.#verifiers = rows.map(({ rolpassword }) => String(rolpassword));
    world.gate.intrusions = [];
    world.gate.canaries = [];
    world.complaints.length = 0;
    await judge.#tell();
    return judge;
  }

  /** Roles and databases that came to be since the last look are the attacker's. */
  async own(): Promise<void> {
    const now = await this.#names();
    for (const name of now)
      if (!this.#known.has(name)) {
        const [kind, text] = [name.slice(0, 1), name.slice(1)];
        if (kind === 'r') this.madeRoles.add(text);
        (kind === 'r' ? this.ownRoles : this.ownDatabases).add(text);
      }
    this.#known = now;
    await this.#tell();
  }

  /** What a hook has made for a tenant of the attacker's, served or not. */
  async born(alias: string): Promise<void> {
    const { rows } = await this.world.judge.query(
      'SELECT rolname::text AS name FROM pg_roles WHERE rolcanlogin',
    );
    const logins = new Set(rows.map(({ name }) => String(name)));
    for (const name of await this.#names()) {
      if (this.#known.has(name)) continue;
      const [kind, text] = [name.slice(0, 1), name.slice(1)];
      (kind === 'r' ? this.ownRoles : this.ownDatabases).add(text);
      if (kind === 'r' && logins.has(text)) this.#born.set(text, alias);
    }
    await this.others();
  }

  /** What came to be since the last look was the charm's doing. */
  async others(): Promise<void> {
    this.#known = await this.#names();
    await this.#tell();
  }

  tenant(alias: string, tenant: Tenant, isOwn: boolean): void {
    this.tenants.set(alias, tenant);
    if (!isOwn) return;
    this.ownRoles.add(tenant.bag.username ?? '');
    this.ownDatabases.add(tenant.database);
  }

  /** The world as it is, compared with the same stage without an attack, or kept as such. */
  async stage(stage: Stage, baseline: Baseline, isBaseline: boolean): Promise<void> {
    await this.#tell();
    const lines = await this.#lines(stage);
    if (isBaseline) baseline.lines.set(stage, lines);
    else this.#compare(stage, lines, baseline.lines.get(stage) ?? []);
    await this.#victim(stage);
    await this.#rights(stage);
    await this.#ways(stage);
    await this.#operations(stage);
    this.#reading(stage);
    await this.#canaries(stage);
    const { gate, complaints } = this.world;
    for (const sentence of complaints.splice(0)) this.#say(`${stage}: ${sentence}`);
    const normalised = this.#normaliser();
    for (const { role, rights, database } of gate.intrusions.splice(0)) {
      const sentence = `${normalised(role)}, who ${rights}, entered ${normalised(database)}, where a tenant had been`;
      if (isBaseline) baseline.intrusions.add(sentence);
      else if (!baseline.intrusions.has(sentence)) this.#say(`${stage}: ${sentence}`);
    }
    if (stage === 'removed' || stage === 'end') await this.#leftovers(stage);
  }

  /** Without the attacker's databases, and those that a round leaves as it should. */
  async clean(): Promise<void> {
    const { judge } = this.world;
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    const { rows } = await judge.query(
      'SELECT gid, database FROM pg_prepared_xacts WHERE database <> current_database()',
    );
    if (rows.length > 0) this.#say('end: prepared transactions are left');
    const now = await this.#names();
    for (const name of now)
      if (name.startsWith('d') && !this.#initial.has(name)) {
        const database = name.slice(1);
        const { rowCount } = await judge.query(
          'SELECT FROM pg_database WHERE datname = $1 AND datistemplate',
          [database],
        );
        // Who alters a database that is being dropped loses the session over it.
        if (rowCount === 1)
          await judge.query(`ALTER DATABASE ${quoted(database)} IS_TEMPLATE false`).catch(() => {});
        await judge.query(`DROP DATABASE ${quoted(database)} WITH (FORCE)`).catch(() => {});
        this.world.gate.forget(database);
      }
    for (let round = 0; round < 3; round++)
      for (const name of await this.#names())
        if (name.startsWith('r') && !this.#initial.has(name)) {
          const role = quoted(name.slice(1));
          await judge.query(`DROP OWNED BY ${role}`).catch(() => {});
          await judge.query(`DROP ROLE ${role}`).catch(() => {});
        }
  }

  /** Whether the world is as it was before the round. */
  async isClean(): Promise<boolean> {
    const now = await this.#names();
    return now.size === this.#initial.size && [...now].every((name) => this.#initial.has(name));
  }

  #say(sentence: string): void {
    if (!this.violations.includes(sentence)) this.violations.push(sentence);
  }

  async #names(): Promise<Set<string>> {
    const { rows } = await this.world.judge.query(
      "SELECT 'r' || rolname AS name FROM pg_roles UNION ALL SELECT 'd' || datname FROM pg_database",
    );
    return new Set(rows.map(({ name }) => String(name)));
  }

  /** Whose comings and goings are no matter of the charm's. */
  async #tell(): Promise<void> {
    const { rows } = await this.world.judge.query(
      'SELECT oid, datname::text AS database, pg_get_userbyid(datdba)::text AS owner FROM pg_database',
    );
    this.#owners.clear();
    for (const { oid, database, owner } of rows) {
      if (this.#ownIds.has(oid)) this.ownDatabases.add(String(database));
      else if (this.ownDatabases.has(database)) this.#ownIds.add(oid);
      this.#owners.set(String(database), String(owner));
      if (this.ownDatabases.has(database) && !this.#initial.has(`r${owner}`))
        this.ownRoles.add(String(owner));
    }
    const tenants = [this.world.victim, ...this.tenants.values()];
    const users = tenants.map(({ bag }) => bag.username ?? '');
    this.world.gate.tenants = new Set([...users, ...this.madeRoles]);
    this.world.gate.attackers = {
      roles: new Set([...this.ownRoles, ...this.madeRoles]),
      databases: this.ownDatabases,
    };
  }

  async #lines(stage: Stage): Promise<readonly string[]> {
    const { world } = this;
    const all: Line[] = [...(await sharedLines(world.judge, this.#version))];
    const { rows } = await world.judge.query(
      'SELECT datname AS name FROM pg_database WHERE datallowconn ORDER BY 1',
    );
    for (const { name } of rows) {
      if (this.ownDatabases.has(name)) continue;
      const client = name === 'postgres' ? world.judge : await world.asJudge(name);
      try {
        all.push(...(await linesInside(client, name)));
      } finally {
        if (client !== world.judge) await client.end();
      }
    }
    const isOver = stage === 'removed' || stage === 'end';
    const seen = all.filter(({ kind, database, owner, subject }) => {
      if (kind === 'session') return false;
      if (database !== null) return isOver || !common.has(database) || !this.ownRoles.has(owner);
      // A role may bear the name of another's database.
      if (kind === 'database') return !this.ownDatabases.has(subject);
      const isOwn =
        this.ownRoles.has(owner) || this.ownDatabases.has(subject) || this.ownDatabases.has(owner);
      return !isOwn;
    });
    const things = isOver ? this.#modelThings().filter((thing) => !this.#things.has(thing)) : [];
    const normalised = this.#normaliser();
    return [
      ...seen.map(({ kind, database, subject, details }) =>
        [
          kind,
          database === null ? '' : `in ${normalised(database)}`,
          kind === 'database' ? '' : normalised(subject),
          kind === 'database' ? normalised(subject) : '',
          details
            .map((detail) => normalised(detail))
            .sort()
            .join(', '),
        ]
          .filter((part) => part !== '')
          .join(' '),
      ),
      ...things.map((thing) => normalised(thing)),
    ].sort();
  }

  /** Ledger keys, secrets, state and files: what a model and its machines hold by name. */
  #modelThings(): readonly string[] {
    const { charm, units } = this.world;
    const { world } = charm;
    const files = (folder: string): readonly string[] =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
            join(entry.parentPath.replace(folder, ''), entry.name),
          )
        : [];
    return [
      ...Object.keys(world.relations[0]?.applications.pgbouncer ?? {}).map(
        (key) => `ledger key ${key}`,
      ),
      ...Object.entries(world.secrets).map(([id, { label }]) => `juju secret ${label} ${id}`),
      ...units.flatMap((unit) => [
        ...Object.entries(world.units[unit]?.state ?? {}).flatMap(([key, value]) => {
          // Whoever leads knows what it has looked at; it is another one in each round.
          const isLeaders = key === lookedKey && unit === this.world.leader;
          const isKept = isLeaders || (key === 'deferred' && this.#isWaiting(value));
          return isKept ? [] : [`state of ${unit}: ${key}`];
        }),
        ...files(charm.home(unit))
          // PgBouncer forgets no wildcard, and so its rules stay until it is started anew.
          .filter((file) => !/(?:^|\/)access\.conf$/.test(file))
          .map((file) => `file of ${unit}: ${file}`),
        ...files(join(charm.home(unit), '..', `charm-${unit.replace('/', '-')}`)).map(
          (file) => `file of the charm of ${unit}: ${file}`,
        ),
        // What is read from the replicas follows from the name, where that leaves room.
        ...charm
          .serving(unit)
          .filter((name) => !name.endsWith('_readonly'))
          .map((name) => `entry of the PgBouncer of ${unit}: ${name}`),
        // One PgBouncer has its files in the unit's folder, another one in `1` of it, and so on.
        ...['', ...Array.from({ length: 16 }, (_, number) => String(number))]
          .map((process) => join(charm.home(unit), process, 'userlist.txt'))
          .filter((path) => existsSync(path))
          .flatMap((path) => readFileSync(path, 'utf8').split('\n'))
          .flatMap((line) => {
            const user = /^"((?:[^"]|"")*)"/.exec(line)?.[1];
            return user === undefined ? [] : [`user in the userlist of ${unit}: ${user}`];
          }),
      ]),
    ];
  }

  /** Names of this round by what they stand for; numbers and digests in other names are random. */
  #normaliser(): (text: string) => string {
    const aliases: [string, string][] = [];
    for (const [alias, { bag, database }] of this.tenants) {
      // The second has asked for the attacker's database, whoever of them came by it.
      const whose = alias === 'second' ? 'attacker' : alias;
      aliases.push([bag.username ?? '', `@${alias}`], [database, `@db-of-${whose}`]);
      aliases.push([bag.database ?? '', `@db-of-${whose}`]);
      const owner = this.#owners.get(database);
      if (owner !== undefined && owner !== 'postgres') aliases.push([owner, `@owner-of-${whose}`]);
    }
    for (const [role, alias] of this.#born) aliases.push([role, `@${alias}`]);
    aliases.push(
      [this.attacker.name, '@db-of-attacker'],
      [this.attacker.newcomer, '@db-of-newcomer'],
    );
    const names = [...new Map(aliases.reverse())].sort(
      ([one], [other]) => other.length - one.length,
    );
    return (text) => {
      let next = text;
      for (const [name, alias] of names)
        if (name !== '')
          next = next.replaceAll(
            new RegExp(
              `(?<![A-Za-z0-9_@-])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![A-Za-z0-9_-])`,
              'g',
            ),
            alias,
          );
      if (next.startsWith('comment '))
        return next.replaceAll(/[A-Za-z0-9+/=_-]{16,}/g, '#').replaceAll(/\d+/g, '#');
      return next
        .replaceAll(/secret:\w+/g, 'secret')
        .replaceAll(/(?<=[A-Za-z_][\w-]*)(?:[0-9a-f]{8,}|\d+)/g, '#')
        .replaceAll(/[0-9a-f]{8,}/g, '#')
        .replaceAll(/database\.\d+\./g, 'database.#.');
    };
  }

  /** Whether all that is deferred are requests of the attacker's own relations that still are there. */
  #isWaiting(deferred: string): boolean {
    const { world } = this.world.charm;
    const waiting: { event: { relation?: number } }[] = JSON.parse(deferred);
    return waiting.every(({ event: { relation = -1 } }) =>
      /^(attacker|raw|second)/.test(world.relations[relation]?.requirer ?? ''),
    );
  }

  #compare(stage: Stage, lines: readonly string[], expected: readonly string[]): void {
    const count = (all: readonly string[]) => {
      const counts = new Map<string, number>();
      for (const line of all) counts.set(line, (counts.get(line) ?? 0) + 1);
      return counts;
    };
    const [here, there] = [count(lines), count(expected)];
    for (const [line, number] of here)
      if (number > (there.get(line) ?? 0))
        this.#say(`${stage}: without the attack there is no ${line}`);
    // Who was not served has no secrets and no entries that could be missing.
    const isShort = ['attacker', 'second', 'newcomer'].some((alias) => !this.tenants.has(alias));
    const things = /^(?:ledger key|juju secret|state of|entry of|user in|file of) /;
    const isTheirs = this.tenants.has('newcomer')
      ? /@(?:owner-of-|db-of-)?(?:attacker|second)\b/
      : /@(?:owner-of-|db-of-)?(?:attacker|second|newcomer)\b/;
    for (const [line, number] of there)
      if (number > (here.get(line) ?? 0) && !isTheirs.test(line) && !(isShort && things.test(line)))
        this.#say(`${stage}: missing is ${line}`);
  }

  async #victimRows(): Promise<string> {
    const { database } = this.world.victim;
    const client = await this.world.asJudge(database);
    try {
      const { rows } = await client.query(
        "SELECT md5(string_agg(w::text, '|' ORDER BY who)) AS rows FROM public.wages w",
      );
      return String(rows[0]?.rows);
    } catch (problem) {
      return String(problem);
    } finally {
      await client.end();
    }
  }

  async #victim(stage: Stage): Promise<void> {
    const { world } = this;
    if ((await this.#victimRows()) !== this.#rows)
      this.#say(`${stage}: the victim's rows have changed`);
    for (const session of world.held)
      try {
        await session.query('SELECT 1');
      } catch (problem) {
        this.#say(`${stage}: a session of the victim's was cut: ${String(problem)}`);
      }
    try {
      const session = await world.login(world.charm.answerOf(world.victim.relation));
      const { rows } = await session.query('SELECT count(*)::int AS rows FROM public.wages');
      if (rows[0].rows !== 50) this.#say(`${stage}: the victim finds ${rows[0].rows} rows`);
      await session.end();
    } catch (problem) {
      this.#say(`${stage}: the victim cannot log in: ${String(problem)}`);
    }
  }

  /** No role of the attacker's has or reaches what was not given to it. */
  async #rights(stage: Stage): Promise<void> {
    const own = [...this.ownRoles];
    const { rows } = await this.world.judge.query(
      `WITH RECURSIVE r AS (
         SELECT oid, rolname AS whose FROM pg_roles WHERE rolname = ANY($1)
         UNION SELECT m.roleid, r.whose FROM pg_auth_members m JOIN r ON m.member = r.oid)
       SELECT r.whose::text, p.rolname::text AS name,
              rolsuper, rolreplication, rolbypassrls, rolcreatedb, rolcreaterole
         FROM r JOIN pg_roles p USING (oid)`,
      [own],
    );
    const may = (attribute: string) =>
      this.attacker.asked.has(attribute) || this.#allowed.has(attribute);
    for (const { whose, name, ...has } of rows) {
      const who = this.#normaliser()(whose);
      // Asked here: a name that is no text comes back as another than the one that would be sent.
      if (!this.ownRoles.has(name) && !this.#allowed.has(name))
        this.#say(`${stage}: ${who} is a member of ${this.#normaliser()(name)}`);
      for (const [flag, what] of [
        ['rolsuper', 'superuser'],
        ['rolreplication', 'replication'],
        ['rolbypassrls', 'bypassrls'],
      ] as const)
        if (has[flag]) this.#say(`${stage}: ${who} has ${what}`);
      for (const [flag, what] of [
        ['rolcreatedb', 'createdb'],
        ['rolcreaterole', 'createrole'],
      ] as const)
        if (has[flag] && !may(what))
          this.#say(`${stage}: ${who} has ${what}, and never asked for it`);
    }
  }

  /** The doors of other tenants' databases, tried with the attacker's own key. */
  async #ways(stage: Stage): Promise<void> {
    const { tenant } = this.attacker;
    const { host, port } = this.world.server;
    const others = [
      this.world.victim,
      ...[...this.tenants].flatMap(([alias, one]) => (alias === 'newcomer' ? [one] : [])),
    ];
    for (const other of tenant === null || stage === 'end' ? [] : others)
      try {
        const session = await login({
          ...tenant?.bag,
          endpoints: `${host}:${port}`,
          database: other.database,
        });
        await session.end();
        this.#say(`${stage}: the attacker can enter ${this.#normaliser()(other.database)}`);
      } catch {
        // As it is meant.
      }
  }

  /** What operators have related: metrics are what they are to be, and TLS is asked of everybody. */
  async #operations(stage: Stage): Promise<void> {
    const { operations, units, charm, victim } = this.world;
    if (operations === null) return;
    for (const unit of units) {
      const { text, why } = await operations.look(unit);
      // Whoever reaches the machine reads it.
      this.attacker.reads(text);
      for (const sentence of why) this.#say(`${stage}: ${sentence}`);
    }
    const answer = charm.answerOf(victim.relation);
    if (operations.setting === 'service') {
      const { endpoints = '' } = answer;
      if (!/^pgbouncer\.test\.svc\.cluster\.local:\d+$/.test(endpoints))
        this.#say(`${stage}: the victim is told of ${endpoints}, which is not the service`);
      return;
    }
    if (answer.tls !== 'True') this.#say(`${stage}: the victim is told that there is no TLS`);
    for (const unit of units)
      try {
        const endpoints = `127.0.0.1:${charm.config(unit).listen_port}`;
        await (await login({ ...answer, endpoints })).end();
        this.#say(`${stage}: somebody comes in through ${unit} without TLS`);
      } catch {
        // As it is meant.
      }
  }

  #reading(stage: Stage): void {
    const shown = this.world.shown.splice(0).join('\n');
    const all = [this.world.victim, ...this.tenants.values()].map(({ bag }) => bag.password ?? '');
    if ([...all, ...this.#verifiers].some((secret) => secret !== '' && shown.includes(secret)))
      this.#say(`${stage}: an action shows a password`);
    const loot = this.attacker.loot.splice(0).join('\n');
    if (loot.includes(this.world.secret))
      this.#say(`${stage}: the attacker read what is the victim's`);
    const own = this.attacker.tenant?.bag.username;
    if (this.#verifiers.some((verifier) => loot.includes(verifier)))
      this.#say(`${stage}: the attacker read the verifier of another (than ${own})`);
    const passwords = [
      this.world.victim,
      ...[...this.tenants].filter(([alias]) => alias === 'newcomer').map(([, one]) => one),
    ];
    if (passwords.some(({ bag }) => loot.includes(bag.password ?? '\0')))
      this.#say(`${stage}: the attacker read another's password`);
  }

  async #canaries(stage: Stage): Promise<void> {
    await this.world.gate.look();
    const ran = new Map(
      this.world.gate.canaries.splice(0).map((one) => [`${one.session} ${one.current}`, one]),
    );
    const attackers = (role: string) => this.ownRoles.has(role) || this.madeRoles.has(role);
    for (const { name, session, current } of ran.values())
      for (const role of new Set([session, current])) {
        if (attackers(role)) continue;
        const others = [this.world.victim, ...this.tenants.values()].map(({ bag }) => bag.username);
        const rights = others.includes(role)
          ? 'is another tenant'
          : await this.world.gate.rightsOf(role, this.attacker.tenant?.database ?? '');
        if (rights !== null)
          this.#say(
            `${stage}: ${name}, which the attacker planted, ran as ${this.#normaliser()(role)}, who ${rights}`,
          );
      }
  }

  async #leftovers(stage: Stage): Promise<void> {
    const { judge, charm, units } = this.world;
    const gone = [...this.tenants].flatMap(([alias, { bag }]) =>
      stage === 'end' || alias === 'attacker' ? [bag.username ?? ''] : [],
    );
    const born = [...this.#born].filter(([, alias]) => stage === 'end' || alias === 'attacker');
    gone.push(...born.map(([role]) => role));
    // Before 16 nothing says who made a role.
    const made = this.#version >= 16 ? [...this.madeRoles] : [];
    const { rows } = await judge.query(
      // A database that was made on request stays, with all that is in it, and so does its owner.
      `SELECT rolname::text AS name FROM pg_roles r
        WHERE (rolname = ANY($1) OR rolname = ANY($2))
          AND (rolcanlogin OR (rolname = ANY($2) AND rolname NOT LIKE 'hookchart\\_%')
               OR NOT EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid))`,
      [gone, made],
    );
    for (const { name } of rows)
      this.#say(`${stage}: the role ${this.#normaliser()(name)} is left`);
    const isGone = async () => {
      const found = await judge.query(
        `SELECT DISTINCT coalesce(usename::text, 'a role that is gone') AS name FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND (usename IS NULL OR usename = ANY($1))`,
        [[...gone, ...made]],
      );
      return found.rows.map(({ name }) => String(name));
    };
    const until = performance.now() + 3_000;
    let left = await isGone();
    while (left.length > 0 && performance.now() < until) left = await isGone();
    for (const name of left)
      this.#say(`${stage}: a session of ${this.#normaliser()(name)} is left`);
    for (const [alias, { bag }] of this.tenants) {
      if (!gone.includes(bag.username ?? '')) continue;
      for (const unit of units)
        try {
          const endpoints = `127.0.0.1:${charm.config(unit).listen_port}`;
          await (await this.world.login({ ...bag, endpoints })).end();
          this.#say(`${stage}: ${alias} can still log in through ${unit}`);
        } catch {
          // As it is meant.
        }
    }
  }
}
