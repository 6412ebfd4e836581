import type { Grant } from '../../../machines/index.ts';
import type { Holdings, Provisioned } from '../ports.ts';
import { verifierOf, verifies } from '../wire/scram.ts';
import type { Connections, Last } from './connections.ts';
import { type Facts, factsOf, intruders, type Role, roleOf, surplus } from './facts.ts';
import { adoptLegacy } from './legacy.ts';
import { freshName, ownerRoleOf } from './login.ts';
import { halt } from './problem.ts';
import { removeRole } from './remove.ts';
import type { Server } from './server.ts';
import { readDatabases, readHeld, readRoles } from './statements/facts.ts';
import * as sql from './statements/grant.ts';

/** What is to be made or put right, once it is clear whose everything is. */
interface Plan {
  readonly user: { readonly name: string; readonly found: Role | undefined };
  readonly owner: { readonly name: string; readonly found: Role | undefined };
  readonly place: string;
  /** How the database is come by. */
  readonly database: 'there' | 'made' | 'made anew' | 'taken over';
  /** Who owns it, where it is to be taken over. */
  readonly holder: string | null;
}

/** Makes what is missing and puts right what differs; what is taken is refused before anything. */
export async function provision(
  connections: Connections,
  owner: string,
  grant: Grant,
  { grants }: Pick<Holdings, 'grants'>,
): Promise<Provisioned> {
  const server = await connections.server();
  const adopted = await adoptLegacy(connections, server, grant);
  const inForce = adopted ?? grant.verifier?.secret ?? null;
  const secret = grant.password?.secret ?? '';
  const isInForce = inForce !== null && (await verifies(inForce, secret));
  const verifier = isInForce ? inForce : await verifierOf(secret);
  const names = [grant.user, ownerRoleOf(owner, grant.database)];
  const done = await connections.inTurn(
    [
      'read roles',
      readHeld(grant.relation, grant.database),
      readRoles(names, grant.relation, grant.database),
      readDatabases([grant.database]),
    ],
    async (rows, last) => {
      const facts = factsOf(rows);
      const plan = planOf(facts, grant, grants, owner, connections.name);
      const isStray = plan.user.found?.homes.some((home) => home !== plan.place);
      if (isStray && grant.state === 'provisioning')
        // What was begun for another request has left things elsewhere.
        return {
          plan: null,
          provisioned: await again(connections, server, plan, grant, last, verifier),
        };
      // Of a password that is new PostgreSQL is told once nothing can be refused any more: the charm
      // would not know it. Else all else is mended first.
      if (!isInForce) await takeBack(connections, server, plan, grant);
      return {
        plan,
        provisioned: await carryOut(connections, server, grant, plan, last, verifier),
      };
    },
  );
  if (isInForce && done.plan !== null) await takeBack(connections, server, done.plan, grant);
  return done.provisioned;
}

/** What a superuser has given only a superuser takes back; where there is none, it is said. */
async function takeBack(
  connections: Connections,
  server: Server,
  { user, owner }: Plan,
  { relation, roles }: Grant,
): Promise<void> {
  const [first, ...more] = [
    ...revocations(user.found, [owner.name, ...roles], server),
    ...intrusions(owner.found, server, 'owner'),
  ].filter(({ isOurs }) => !isOurs);
  if (first === undefined) return;
  const superuser = await connections.superuser();
  if (superuser === null) {
    const what = 'revoke what is not to be';
    const why = `${first.what}, as ${first.grantor} has granted`;
    return halt({ _tag: 'NotAccepted', class: 'refused', relation, by: 'PostgreSQL', what, why });
  }
  const statements = sql.revokeRoles([first, ...more], server.major);
  await connections.ask(superuser, 'revoke what others granted', statements);
}

async function again(
  connections: Connections,
  server: Server,
  plan: Plan,
  grant: Grant,
  last: Last,
  verifier: string,
): Promise<Provisioned> {
  const { found, name } = plan.user;
  if (found !== undefined) await removeRole(connections, server, found, null);
  const anew = { ...plan, user: { name, found: undefined } };
  return carryOut(connections, server, grant, anew, last, verifier);
}

function planOf(
  facts: Facts,
  grant: Grant,
  grants: readonly Grant[],
  deployment: string,
  handOver: string,
): Plan {
  const { relation, database } = grant;
  const heldUser = facts.held.find((held) => held.relation === relation);
  const user = roleOf(facts, heldUser);
  if (user === undefined && facts.roles.has(grant.user) && grant.state === 'published')
    halt({ _tag: 'RoleTaken', class: 'refused', relation, role: grant.user });
  if (user?.isMighty === true)
    halt({ _tag: 'RoleTaken', class: 'refused', relation, role: user.name });
  const userName = userNameOf(facts, grant, user);

  const heldOwner = facts.held.find((held) => held.database === database);
  const owner = roleOf(facts, heldOwner);
  const ownerName = ownerRoleOf(deployment, database);
  const wanted = {
    name: owner?.name ?? (facts.roles.has(ownerName) ? freshName(ownerName) : ownerName),
    found: owner,
  };
  const known = heldOwner?.place ?? database;
  const found = facts.databases.get(known);
  const plan = { user: { name: userName, found: user }, owner: wanted, holder: null };
  if (found === undefined) return { ...plan, place: known, database: 'made' };
  const anew = { ...plan, place: known, database: 'made anew', holder: found.owner } as const;
  if (owner !== undefined && found.ownerId === owner.id)
    return found.isHalf ? anew : { ...plan, place: known, database: 'there' };
  const isItsUsers =
    found.tenant !== null &&
    (found.tenant === relation ||
      grants.some((one) => one.relation === found.tenant && one.database === database));
  if (found.isHandedOver || isItsUsers)
    return found.isHalf
      ? anew
      : { ...plan, place: known, database: 'taken over', holder: found.owner };
  // A tenant that was quicker keeps its database; whoever asks for the name gets another one by it.
  if (found.isTenants && grant.state !== 'published')
    return { ...plan, place: freshName(`hookchart_${database}`), database: 'made' };
  const { owner: takenBy } = found;
  return halt({ _tag: 'DatabaseTaken', class: 'refused', relation, database, takenBy, handOver });
}

/** A name that is somebody else's gives way where nobody has heard of it yet. */
const userNameOf = ({ roles }: Facts, { user }: Grant, found: Role | undefined): string =>
  found?.name ?? (roles.has(user) ? freshName(user) : user);

async function carryOut(
  connections: Connections,
  server: Server,
  grant: Grant,
  plan: Plan,
  last: Last,
  verifier: string,
): Promise<Provisioned> {
  const { user, owner, place, database, holder } = plan;
  // What it shares the user says itself, with no more rights than the database's owner has.
  const isMade = database === 'made' || database === 'made anew';
  const isEntering = isMade || user.found?.shares.includes(place) !== true;
  const rights = isEntering ? { attributes: [], roles: [] } : grant;
  const roles = [
    ...ownerStatements(plan, grant, server),
    ...userStatements(plan, { ...grant, ...rights }, server, verifier),
  ];
  const opening = sql.openDatabase(place, owner.name);
  const joining =
    holder === null || holder === owner.name || holder === server.login
      ? []
      : [sql.join(holder, server.major)];
  if (isMade) {
    await connections.send('create roles', [...roles, ...joining]);
    if (database === 'made anew')
      await connections.send('drop what was dropped halfway', [sql.dropDatabase(place)]);
    await connections.send('create the database', [sql.makeDatabase(place, owner.name)]);
    await connections.sendRaced('close the database to others', opening);
  } else {
    const taking =
      holder === null || holder === owner.name
        ? []
        : [...joining, sql.takeDatabase(place, owner.name)];
    await connections.sendRaced('create roles', [...roles, ...taking, ...opening]);
  }
  if (isEntering) {
    const login = { user: user.name, password: grant.password?.secret ?? '' };
    const session = await connections.as(login, place, server.major);
    try {
      await connections.ask(session, 'share what it makes', sql.share(owner.name));
    } finally {
      await session.end();
    }
  }
  const extras = isEntering ? extraStatements(user.name, grant) : [];
  if (extras.length > 0) Object.assign(last, { purpose: 'grant extra roles', statements: extras });
  return { user: user.name, place, verifier: { secret: verifier } };
}

function ownerStatements(
  { owner: { name, found }, place }: Plan,
  { database }: Grant,
  server: Server,
): string[] {
  const holding = sql.hold(name, { database, place });
  if (found === undefined)
    return [
      sql.makeOwner(name),
      holding,
      sql.comment(name, `owner of database ${database}, made by hookchart`),
      sql.join(name, server.major),
    ];
  return [
    ...(isUsable(found, server) ? [] : [sql.join(name, server.major)]),
    holding,
    ...sql.revokeRoles(
      intrusions(found, server, 'owner').filter(({ isOurs }) => isOurs),
      server.major,
    ),
  ];
}

/** Whether the deployment's login has a role's rights. */
const isUsable = ({ members }: Role, { login }: Server): boolean =>
  members.some(({ role, isPlain }) => role === login && isPlain);

/** What the grant does not say is revoked first; what takes more than the database comes last. */
function userStatements(
  { user: { name, found }, owner }: Plan,
  grant: Grant,
  server: Server,
  verifier: string,
): string[] {
  const { relation, roles, attributes } = grant;
  const wanted = [owner.name, ...roles];
  if (found === undefined)
    return [
      sql.makeUser(name, server.limit, verifier),
      sql.hold(name, { relation }),
      sql.comment(
        name,
        `user of relation ${relation} on database ${grant.database}, made by hookchart`,
      ),
      sql.join(name, server.major),
      sql.grantRole(owner.name, name),
    ];
  const missing = wanted.filter(
    (role) => !found.memberships.some((one) => one.role === role && one.isPlain),
  );
  return [
    sql.hold(name, { relation }),
    ...(isUsable(found, server) ? [] : [sql.join(name, server.major)]),
    sql.restoreUser(name, server.limit, verifier, attributes),
    ...found.settings.map((database) => sql.resetSettings(name, database)),
    ...sql.revokeRoles(
      revocations(found, wanted, server).filter(({ isOurs }) => isOurs),
      server.major,
    ),
    ...missing.map((role) => sql.grantRole(role, name)),
  ];
}

/** What is to be taken back of the user's memberships, and of those of others in its role. */
const revocations = (found: Role | undefined, wanted: readonly string[], server: Server) =>
  found === undefined
    ? []
    : [
        ...surplus(found, wanted).map((one) => ({
          ...one,
          what: `${found.name} is a member of ${one.role}`,
          role: one.id,
          member: found.id,
        })),
        ...intrusions(found, server, 'user'),
      ];

/** The memberships of those who could act as a role, and are not to. */
const intrusions = (found: Role | undefined, server: Server, of: 'user' | 'owner') =>
  found === undefined
    ? []
    : intruders(found, server, of).map((one) => ({
        ...one,
        what: `${one.role} is a member of ${found.name}`,
        role: found.id,
        member: one.id,
      }));

const extraStatements = (name: string, { roles, attributes }: Grant): string[] => [
  ...(attributes.length === 0 ? [] : [sql.giveAttributes(name, attributes)]),
  ...roles.map((role) => sql.grantRole(role, name)),
];
