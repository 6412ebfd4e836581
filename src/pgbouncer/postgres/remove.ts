import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
import { Agent } from './agent.ts';
import type { Connections } from './connections.ts';
import { factsOf, type Role, roleOf, surplus } from './facts.ts';
import { handOver } from './hand-over.ts';
import { noteEnded } from './hold-up.ts';
import { type Heir, idsOf, type Leaving, type Named, namesOf, note } from './leaving.ts';
import { adoptLegacy } from './legacy.ts';
import { dropIdle, lockOut, rolesOf } from './lock-out.ts';
import { inUse, SqlProblem } from './problem.ts';
import type { Server } from './server.ts';
import { readDatabases, readHeld, readRoles } from './statements/facts.ts';
import { grantRole, revokeRoles } from './statements/grant.ts';
import { endHolders } from './statements/hold-up.ts';
import * as sql from './statements/removal.ts';
import { renameDatabases, renameRoles } from './statements/rename.ts';

/** A client that may create databases can make one between the look and the drop. */
const rounds = 3;

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
    async (rows, last) => {
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
        if (others === undefined) {
          const gone = facts.held.find((held) => held.relation === relation);
          const isThere = [...facts.roles.values()].some(({ id }) => id === gone?.id);
          if (gone !== undefined && !isThere) last.statements = [sql.letGo([gone.id])];
          return [];
        }
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
  const login = { isLockedOut: !role.canLogin };
  const agent = new Agent(connections, server);
  const leaving = { connections, server, agent, login, notes: new Set<string>() };
  try {
    for (let round = 1; ; round++) {
      try {
        return await leave({ ...leaving, isAgain: round > 1 }, role, heir);
      } catch (problem) {
        // Whoever may make databases has made one meanwhile, or locks what is to be changed.
        if (!isPassing(problem) || round === rounds) throw problem;
      }
    }
  } catch (problem) {
    // Whoever keeps a removal busy until the end of the hook does not make the server unavailable.
    if (problem instanceof SqlProblem && (problem.kind === 'refused' || connections.isTimeUp))
      return inUse(role.name, problem.message, login.isLockedOut);
    throw problem;
  } finally {
    await agent.end();
  }
}

async function leave(leaving: Leaving, role: Role, heir: Heir | null): Promise<readonly string[]> {
  const { connections, notes, isAgain } = leaving;
  if (isAgain) {
    await connections.send('rename what has no readable name', [renameRoles]);
    const users = idsOf(await rolesOf(connections, role));
    const [, held = []] = await connections.send('end what names it', endHolders(users));
    noteEnded(held, notes);
    await connections.send('rename what has no readable name', [renameDatabases(users)]);
  }
  // A prepared transaction may hold up even that; whoever could prepare one more is out by then.
  const first = await tried(() => lockOut(leaving, role));
  const roles = E.isRight(first) ? first.right.roles : await rolesOf(connections, role);
  const isLess = await rollBackPrepared(leaving, roles, heir);
  if (!isLess && E.isLeft(first)) throw first.left;
  const out = isLess || E.isLeft(first) ? await lockOut(leaving, role) : first.right;
  if (out.stuck !== null) return inUse(role.name, out.stuck, leaving.login.isLockedOut);
  const all = await dropIdle(leaving, out.roles);
  await leaveOthers(leaving, role, heir);
  await handOver(leaving, all, heir);
  const made = [...namesOf(all)].reverse();
  const [sessions = []] = await connections.send('drop the role', [
    sql.endSessions(idsOf(all)),
    sql.dropRoles(made),
    sql.letGo(idsOf(all)),
  ]);
  note(sessions, notes);
  return [...notes, ...connections.takeEnded()];
}

/**
 * Something new that it owns, a lock, a row that others change too, what is gone by now or has a name
 * that is no text, a closed database, rights that only the second try looks for, too much of it.
 */
const isPassing = (problem: unknown): boolean =>
  problem instanceof SqlProblem &&
  /^(2BP01|55P03|XX000|42704|3D000|55000|42501|57014)$/.test(problem.sqlState ?? '');

async function tried<Result>(body: () => Promise<Result>): Promise<E.Either<SqlProblem, Result>> {
  try {
    return E.right(await body());
  } catch (problem) {
    if (problem instanceof SqlProblem && isPassing(problem)) return E.left(problem);
    throw problem;
  }
}

/** A prepared transaction outlives its session, and holds what it locked; only its user ends it. */
async function rollBackPrepared(
  { connections, agent, notes }: Leaving,
  roles: readonly Named[],
  heir: Heir | null,
): Promise<boolean> {
  const [own = [], shared = []] = await connections.send('look for prepared transactions', [
    sql.readPrepared(namesOf(roles)),
    ...(heir?.isAlone === true ? [sql.readPrepared([heir.name])] : []),
  ]);
  const prepared = [...own, ...shared];
  if (prepared.length === 0) return false;
  await agent.lend([...new Set(prepared.map(({ user }) => String(user)))]);
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

/** Of others' rights it has those of the owner alone, to whom it hands over. */
async function leaveOthers(
  { connections, server: { major } }: Leaving,
  role: Role,
  heir: Heir | null,
): Promise<void> {
  const wanted = heir === null ? [] : [heir.name];
  const statements = [
    ...revokeRoles(
      surplus(role, wanted).flatMap((one) =>
        one.isOurs ? [{ ...one, role: one.id, member: role.id }] : [],
      ),
      major,
    ),
    ...wanted.map((name) => grantRole(name, role.name)),
  ];
  if (statements.length > 0) await connections.send('take back what it was granted', statements);
}
