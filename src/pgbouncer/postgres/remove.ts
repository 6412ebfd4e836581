import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
import { Agent } from './agent.ts';
import type { Connections, Row, Server } from './connections.ts';
import { factsOf, type Role, roleOf, surplus } from './facts.ts';
import { type Heir, handOver, type Named } from './hand-over.ts';
import { adoptLegacy } from './legacy.ts';
import { inUse, SqlProblem } from './problem.ts';
import { readDatabases, readHeld, readMade, readRoles } from './statements/facts.ts';
import { grantRole, join, revokeRole } from './statements/grant.ts';
import * as sql from './statements/removal.ts';

/** A client that may create databases can make one between the look and the drop. */
const rounds = 3;
/** Milliseconds that one session may take to end. */
const patience = 5_000;

/** Login, sessions, transactions, objects, role. Until the end the role is there, but nobody can use it. */
export async function remove(
  connections: Connections,
  grant: Pick<Grant, 'user' | 'database' | 'relation'> & Partial<Grant>,
): Promise<readonly string[]> {
  const server = await connections.server();
  await adoptLegacy(connections, server, grant);
  const { relation, database, user, place = null } = grant;
  return connections.inTurn(
    [
      'read the role',
      readHeld(relation, database),
      readRoles([user], relation, database),
      readDatabases([database]),
    ],
    async (rows) => {
      const facts = factsOf(rows);
      const role = roleOf(
        facts,
        facts.held.find((held) => held.relation === relation),
      );
      const owner = facts.held.find((held) => held.database === database);
      const heir = roleOf(facts, owner);
      if (role === undefined) {
        // It was made once, and who has made this one nobody can tell.
        const others = place === null ? undefined : facts.roles.get(user);
        if (others === undefined) return [];
        return inUse(user, 'it is not the one that was made; drop it', !others.canLogin);
      }
      return removeRole(
        connections,
        server,
        role,
        heir === undefined || owner === undefined
          ? null
          : {
              name: heir.name,
              place: owner.place ?? database,
              isAlone: heir.members.every((one) => [role.name, server.login].includes(one.role)),
            },
      );
    },
  );
}

/** What PostgreSQL says to it is a reason to try again later, whatever it is. */
export async function removeRole(
  connections: Connections,
  server: Server,
  role: Role,
  heir: Heir | null,
): Promise<readonly string[]> {
  const notes = new Set<string>();
  const login = { isLockedOut: !role.canLogin };
  const agent = new Agent(connections, server);
  try {
    for (let round = 1; ; round++) {
      try {
        const all = await tenantsRoles(connections, role);
        if (round > 1) await connections.send('end what names it', [holdersOf(all)]);
        // A prepared transaction may hold up even that; whoever could prepare one more is out by then.
        const ended = await tried(() => endLogins(connections, server, role, all, notes, login));
        const isLess = await rollBackPrepared(connections, agent, all, heir, notes);
        if (!isLess && E.isLeft(ended)) throw ended.left;
        const stuck =
          isLess || E.isLeft(ended)
            ? await endLogins(connections, server, role, all, notes, login)
            : ended.right;
        if (stuck !== null) return inUse(role.name, stuck, login.isLockedOut);
        await leaveOthers(connections, server, role, heir);
        await handOver({ connections, server, agent, notes, isAgain: round > 1 }, all, heir);
        const made = all.map(({ name }) => name).reverse();
        const [sessions = []] = await connections.send('drop the role', [
          sql.endSessions(idsOf(all), patience),
          sql.dropRoles(made),
          sql.letGo(idsOf(all)),
        ]);
        note(sessions, notes);
        return [...notes];
      } catch (problem) {
        // Whoever may make databases has made one meanwhile, or locks what is to be changed.
        if (!isPassing(problem) || round === rounds) throw problem;
      }
    }
  } catch (problem) {
    if (problem instanceof SqlProblem && problem.kind === 'refused')
      return inUse(role.name, problem.message, login.isLockedOut);
    throw problem;
  } finally {
    await agent.end();
  }
}

/** Something new that it owns, a lock, a row that others change too, what is gone by now, a closed database. */
const isPassing = (problem: unknown): boolean =>
  problem instanceof SqlProblem && /^(2BP01|55P03|XX000|42704|55000)$/.test(problem.sqlState ?? '');

async function tried<Result>(body: () => Promise<Result>): Promise<E.Either<SqlProblem, Result>> {
  try {
    return E.right(await body());
  } catch (problem) {
    if (problem instanceof SqlProblem && isPassing(problem)) return E.left(problem);
    throw problem;
  }
}

const holdersOf = (roles: readonly Named[]): string => sql.endHolders(idsOf(roles), patience);

/** The role and those that it made, which can do what it can. */
async function tenantsRoles(connections: Connections, { id }: Role): Promise<readonly Named[]> {
  const [found = []] = await connections.send('look for roles that it made', [readMade(id)]);
  return found as unknown as readonly Named[];
}

/** A prepared transaction outlives its session, and holds what it locked; only its user ends it. */
async function rollBackPrepared(
  connections: Connections,
  agent: Agent,
  roles: readonly Named[],
  heir: Heir | null,
  notes: Set<string>,
): Promise<boolean> {
  const names = roles.map(({ name }) => name);
  const [own = [], shared = []] = await connections.send('look for prepared transactions', [
    sql.readPrepared(names),
    ...(heir?.isAlone === true ? [sql.readPrepared([heir.name])] : []),
  ]);
  const prepared = [...own, ...shared];
  if (prepared.length === 0) return false;
  await agent.lend([...names, ...(heir === null ? [] : [heir.name])]);
  for (const transaction of prepared) {
    const { gid, user, database } = transaction;
    const session = await agent.enter({ ...transaction, name: database });
    try {
      // Each in a message of its own: no transaction may be open around it.
      for (const statement of [sql.become(String(user)), sql.rollBack(String(gid))])
        await connections.ask(session, 'roll back a prepared transaction', [statement]);
    } finally {
      await session.end();
    }
    notes.add(`the prepared transaction ${String(gid)} in ${String(database)} was rolled back`);
  }
  return true;
}

/** Roles that a user made are ended so many at a time: joining them takes the longer the more they are. */
const batch = 50;

/**
 * Sessions and logins end in one message: a session that has changed its own role holds that up
 * until it ends, and nobody comes in between. The user itself is first, so that it is out however
 * many roles it has made. Null once there is no session; else why not.
 */
async function endLogins(
  connections: Connections,
  server: Server,
  role: Role,
  roles: readonly Named[],
  notes: Set<string>,
  login: { isLockedOut: boolean },
): Promise<string | null> {
  const [ended = []] = await connections.send('end logins', [
    sql.endSessions([role.id], patience),
    sql.endLogin(role.name),
  ]);
  login.isLockedOut = true;
  note(ended, notes);
  const made = roles.filter(({ id }) => id !== role.id);
  for (let first = 0; first < made.length; first += batch) {
    const some = made.slice(first, first + batch);
    const answers = await connections.send('end logins', [
      // Sessions of roles that the user made are only ended by who is a member of them.
      ...some.map(({ name }) => join(name, server.major)),
      sql.endSessions(idsOf(some), patience),
      ...some.map(({ name }) => sql.endLogin(name)),
    ]);
    note(answers[some.length] ?? [], notes);
  }
  const [after = []] = await connections.send('end sessions', [
    sql.endSessions(idsOf(roles), patience),
  ]);
  note(after, notes);
  return after.every(({ ended }) => ended === true) ? null : 'its sessions do not end';
}

const idsOf = (roles: readonly Named[]): readonly number[] => roles.map(({ id }) => id);

/** Of others' rights it has those of the owner alone, to whom it hands over. */
async function leaveOthers(
  connections: Connections,
  { major }: Server,
  role: Role,
  heir: Heir | null,
): Promise<void> {
  const wanted = heir === null ? [] : [heir.name];
  const statements = [
    ...surplus(role, wanted).flatMap((one) =>
      one.isOurs ? [revokeRole(one.role, role.name, one.grantor, major)] : [],
    ),
    ...wanted.map((name) => grantRole(name, role.name)),
  ];
  if (statements.length > 0) await connections.send('take back what it was granted', statements);
}

/** What was open in sessions that were ended. */
function note(sessions: readonly Row[], notes: Set<string>): void {
  for (const { database, isOpen } of sessions)
    if (isOpen === true) notes.add(`an open transaction in ${String(database)} was rolled back`);
}
