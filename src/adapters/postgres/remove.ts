import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
import type { HookError } from '../../engine/index.ts';
import type { Session } from '../wire/index.ts';
import { verifierOf } from '../wire/scram.ts';
import type { Connections, Row, Server } from './connections.ts';
import { factsOf, type Role, roleOf, surplus } from './facts.ts';
import { adoptLegacy } from './legacy.ts';
import { freshName } from './login.ts';
import { SqlProblem } from './problem.ts';
import { readDatabases, readHeld, readMade, readRoles } from './statements/facts.ts';
import { grantRole, join, revokeRole } from './statements/grant.ts';
import * as sql from './statements/removal.ts';

/** A client that may create databases can make one between the look and the drop. */
const rounds = 3;
/** Milliseconds that one session may take to end. */
const patience = 5_000;

type Removal = E.Either<HookError, readonly string[]>;

/** The owner of a database, to whom it is handed over what somebody leaves there. */
interface Heir {
  readonly name: string;
  readonly place: string;
}

/** Login, sessions, transactions, objects, role. Until the end the role is there, but nobody can use it. */
export async function remove(
  connections: Connections,
  grant: Pick<Grant, 'user' | 'database' | 'relation'> & Partial<Grant>,
): Promise<Removal> {
  const server = await connections.server();
  const adopted = await adoptLegacy(connections, server, grant);
  if (E.isLeft(adopted)) return adopted;
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
        const isOthers = place !== null && facts.roles.has(user);
        return isOthers ? inUse(user, 'it is not the one that was made; drop it') : E.right([]);
      }
      return removeRole(
        connections,
        server,
        role,
        heir === undefined || owner === undefined
          ? null
          : { name: heir.name, place: owner.place ?? database },
      );
    },
  );
}

const inUse = (role: string, why: string): Removal =>
  E.left({ _tag: 'RoleInUse', class: 'unavailable', role, why });

/** What PostgreSQL says to it is a reason to try again later, whatever it is. */
export async function removeRole(
  connections: Connections,
  server: Server,
  role: Role,
  heir: Heir | null,
): Promise<Removal> {
  const notes = new Set<string>();
  try {
    await connections.send('end logins', [
      sql.endLogin(role.name),
      ...surplus(role, heir === null ? [] : [heir.name]).flatMap((one) =>
        one.isOurs ? [revokeRole(one.role, role.name, one.grantor, server.major)] : [],
      ),
      ...(heir === null ? [] : [grantRole(heir.name, role.name)]),
    ]);
    for (let round = 1; ; round++) {
      try {
        const all = await tenantsRoles(connections, server, role);
        const stuck = await endSessions(connections, all, notes);
        if (stuck !== null) return inUse(role.name, stuck);
        await handOver(connections, server, role, all, heir, notes);
        const still = await endSessions(connections, all, notes);
        if (still !== null) return inUse(role.name, still);
        const made = all.map(({ name }) => name).reverse();
        await connections.send('drop the role', [
          sql.dropRoles(made),
          sql.letGo(all.map(({ id }) => id)),
        ]);
        return E.right([...notes]);
      } catch (problem) {
        if (!(problem instanceof SqlProblem) || problem.sqlState !== '2BP01' || round === rounds)
          throw problem;
      }
    }
  } catch (problem) {
    // What was lent for the removal is taken back where it does not come to its end.
    await connections.send('end logins', [sql.endLogin(role.name)]).catch(() => {});
    if (problem instanceof SqlProblem && problem.kind === 'refused')
      return inUse(role.name, problem.message);
    throw problem;
  }
}

/** The role and those that it made, which can do what it can. */
async function tenantsRoles(
  connections: Connections,
  { major }: Server,
  { id }: Role,
): Promise<readonly Named[]> {
  const [found = []] = await connections.send('look for roles that it made', [readMade(id)]);
  const all = found as unknown as readonly Named[];
  const made = all.filter((one) => one.id !== id);
  if (made.length > 0)
    await connections.send(
      'end the logins of roles that it made',
      made.flatMap(({ name }) => [sql.endLogin(name), join(name, major)]),
    );
  return all;
}

interface Named {
  readonly id: number;
  readonly name: string;
}

/** Null once there is none; else why not. */
async function endSessions(
  connections: Connections,
  roles: readonly Named[],
  notes: Set<string>,
): Promise<string | null> {
  const users = roles.map(({ id }) => id);
  const [sessions = []] = await connections.send('end sessions', [
    sql.endSessions(users, patience),
  ]);
  for (const { database, isOpen } of sessions)
    if (isOpen === true) notes.add(`an open transaction in ${String(database)} was rolled back`);
  return sessions.every(({ ended }) => ended === true) ? null : 'its sessions do not end';
}

/** The user itself hands over what it owns, wherever it is, and takes nothing of it along. */
async function handOver(
  connections: Connections,
  server: Server,
  role: Role,
  roles: readonly Named[],
  heir: Heir | null,
  notes: Set<string>,
): Promise<void> {
  const users = roles.map(({ id }) => id);
  const places = heir === null ? [] : [heir.place];
  const [homes = [], shown = []] = await connections.send('look for what it owns', [
    sql.readHomes(users, role.id, places),
    sql.readShown(users),
  ]);
  // A password of which nobody knows but this process, and which is gone with it.
  const password = freshName('once') + freshName('');
  if (homes.length > 0)
    await connections.send('let nobody but this hook in', [
      ...homes.flatMap((home) => (home.isOurs === true ? opening(home, role.name) : [])),
      sql.lendLogin(role.name, await verifierOf(password)),
    ]);
  for (const home of homes) {
    const lent = [
      // Whatever is dropped in one database takes the user's own memberships along.
      ...roles.flatMap(({ id, name }) => (id === role.id ? [] : [name])),
      ...(home.givers as readonly string[]),
    ];
    if (lent.length > 0)
      await connections.send(
        'lend the roles that it made, and those of whoever gave it rights',
        lent.map((name) => sql.lendRole(name, role.name, server.major)),
      );
    const login = { user: role.name, password };
    const session = await connections.as(login, String(home.name), server.major);
    try {
      await leaveHome(connections, session, home, roles, heir, notes);
    } finally {
      await session.end();
    }
    const givers = home.givers as readonly string[];
    if (givers.length > 0)
      await connections.send(
        'take back what was lent',
        givers.map((name) => revokeRole(name, role.name, null, server.major)),
      );
  }
  const entered = homes.flatMap(({ name, isEntered }) => (isEntered === true ? [] : [name]));
  await connections.send('end logins', [
    sql.endLogin(role.name),
    ...[...new Set([...entered, ...shown.map(({ name }) => name)])].map((name) =>
      sql.leave(
        String(name),
        roles.map((one) => one.name),
      ),
    ),
  ]);
}

/** What is done in one database, by the user. */
async function leaveHome(
  connections: Connections,
  session: Session,
  { name, isKept }: Row,
  roles: readonly Named[],
  heir: Heir | null,
  notes: Set<string>,
): Promise<void> {
  const database = String(name);
  const ask = (purpose: string, statements: readonly string[]) =>
    connections.ask(session, purpose, statements);
  const owned = roles.map((role) => role.name);
  const [prepared = []] = await ask('look for prepared transactions', [
    sql.readPrepared([...owned, ...(heir === null ? [] : [heir.name])], database),
  ]);
  for (const { gid, user } of prepared) {
    // Each in a message of its own: no transaction may be open around it.
    await ask('roll back a prepared transaction', [sql.become(String(user))]);
    await ask('roll back a prepared transaction', [sql.rollBack(String(gid))]);
    await ask('roll back a prepared transaction', [sql.becomeOneself]);
    notes.add(`the prepared transaction ${String(gid)} in ${database} was rolled back`);
  }
  if (isKept !== true || heir === null) {
    await ask('drop what it owned', [sql.dropOwned(owned)]);
    return;
  }
  const users = roles.map(({ id }) => id);
  const [schemas = []] = await ask('look for schemas', [sql.readSchemas(users, heir.name)]);
  await ask('hand over what it owned', [
    ...schemas.flatMap(({ name: schema, isOwn }) =>
      sql.takeSchema(String(schema), heir.name, isOwn === true),
    ),
    sql.reassign(owned, heir.name),
    sql.dropOwned(owned),
  ]);
}

const opening = ({ name, isOpen, isEntered }: Row, user: string): string[] => [
  ...(isOpen === true ? [] : [sql.reopen(String(name))]),
  ...(isEntered === true ? [] : [sql.letEnter(String(name), user)]),
];
