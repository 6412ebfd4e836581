/** What a server was found to hold, and in what it differs from a grant. */
import type { Grant } from '../../../machines/index.ts';
import type { Row } from '../wire/index.ts';
import type { Server } from './server.ts';

/** A row of the deployment's own table: a relation's user, or the owner of a database that is asked for. */
export interface Held {
  readonly name: string;
  readonly id: number;
  readonly relation: number | null;
  readonly database: string | null;
  readonly place: string | null;
}

export interface Membership {
  /** The other role: of which one is a member, or which is a member. */
  readonly id: number;
  readonly role: string;
  readonly grantorId: number;
  readonly grantor: string | null;
  readonly isAdmin: boolean;
  /** Whether it has the other's rights without a word. */
  readonly isPlain: boolean;
  /** Whether it is one because it has made the role. */
  readonly isMaker: boolean;
  /** Whether the other role is one that the deployment has made. */
  readonly isHeld: boolean;
  /** Whether the deployment's login may take it back. */
  readonly isOurs: boolean;
  /** Whether it has to join who gave it for that: a role that a tenant made. */
  readonly isFar: boolean;
}

export interface Role {
  readonly id: number;
  readonly name: string;
  /** More than this deployment could have given, or take back. */
  readonly isMighty: boolean;
  readonly canLogin: boolean;
  readonly inherits: boolean;
  readonly createDb: boolean;
  readonly createRole: boolean;
  readonly limit: number;
  readonly lasts: boolean;
  /** The databases in which it has settings that tenants can make; an empty name for all of them. */
  readonly settings: readonly string[];
  readonly memberships: readonly Membership[];
  readonly members: readonly Membership[];
  /** The databases in which something depends on it. */
  readonly homes: readonly string[];
  /** The databases in which it shares what it makes. */
  readonly shares: readonly string[];
}

export interface Database {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly ownerId: number;
  /** An operator has given it to this deployment's login. */
  readonly isHandedOver: boolean;
  /** It belongs to a tenant, to a role that a tenant made, or to the owner of another database. */
  readonly isTenants: boolean;
  /** The relation whose user owns it, or has made the role that does. */
  readonly tenant: number | null;
  /** Its drop was interrupted: nobody enters or alters it any more, it can only be dropped. */
  readonly isHalf: boolean;
  readonly isClosed: boolean;
  readonly isPublic: boolean;
}

export interface Facts {
  readonly held: readonly Held[];
  readonly roles: ReadonlyMap<string, Role>;
  readonly databases: ReadonlyMap<string, Database>;
}

export const factsOf = ([
  held = [],
  roles = [],
  databases = [],
]: readonly (readonly Row[])[]): Facts => ({
  held: held as unknown as readonly Held[],
  roles: byName(roles as unknown as readonly Role[]),
  databases: byName(databases as unknown as readonly Database[]),
});

const byName = <Named extends { readonly name: string }>(all: readonly Named[]) =>
  new Map(all.map((one) => [one.name, one]));

/**
 * The role that a row speaks of, by number and name: one that was made anew is another one, and after
 * a restore from a dump a number may be anybody's.
 */
export function roleOf({ roles }: Facts, held: Held | undefined): Role | undefined {
  const found = held === undefined ? undefined : roles.get(held.name);
  return found?.id === held?.id ? found : undefined;
}

/** Memberships that the grant does not say, and those that say too much. */
export function surplus({ memberships }: Role, wanted: readonly string[]): readonly Membership[] {
  // What it made itself is its own affair, and goes with it.
  const made = new Set(memberships.flatMap(({ role, isMaker }) => (isMaker ? [role] : [])));
  return memberships.filter(
    ({ role, isAdmin }) => !made.has(role) && (isAdmin || !wanted.includes(role)),
  );
}

/** Whoever else could act as the role; users share the owner of a database, and nothing else. */
export const intruders = (
  { members }: Role,
  { login }: Pick<Server, 'login'>,
  of: 'user' | 'owner',
): readonly Membership[] =>
  members.filter(
    ({ role, isAdmin, isHeld }) => role !== login && (isAdmin || of === 'user' || !isHeld),
  );

/** What is not as it was granted, in one sentence; null where all of it is. */
export function damageOf(
  grant: Pick<Grant, 'attributes' | 'roles' | 'user' | 'relation' | 'verifier'>,
  facts: Facts,
  { owner, ...held }: { readonly user: Held | undefined; readonly owner: Held | undefined },
  server: Server,
): string | null {
  const user = roleOf(facts, held.user);
  const heir = roleOf(facts, owner);
  const database = facts.databases.get(owner?.place ?? '');
  if (user === undefined) return `role ${grant.user} is not there`;
  if (user.isMighty) return `${user.name} may do what only a superuser could have given it`;
  if (user.name !== grant.user) return `its role is ${user.name}, not ${grant.user}`;
  // A leader of version 0.1 that came to its place again has left it out.
  if (grant.verifier === null) return `the verifier of ${user.name} is not on record`;
  if (heir === undefined || database === undefined) return 'its database is not there';
  if (database.isHalf) return `database ${database.name} was dropped halfway`;
  if (database.ownerId !== heir.id) return `database ${database.name} belongs to ${database.owner}`;
  if (database.isClosed) return `database ${database.name} takes no connections`;
  if (database.isPublic) return `database ${database.name} is open to everyone`;
  if (!user.canLogin || !user.inherits || !user.lasts) return `${user.name} may not log in`;
  if (user.limit !== server.limit) return `${user.name} has another limit of connections`;
  if (user.createDb !== grant.attributes.includes('CREATEDB'))
    return `CREATEDB of ${user.name} differs`;
  if (user.createRole !== grant.attributes.includes('CREATEROLE'))
    return `CREATEROLE of ${user.name} differs`;
  if (user.settings.length > 0) return `${user.name} has settings of its own`;
  const wanted = [heir.name, ...grant.roles];
  const [more] = surplus(user, wanted);
  if (more !== undefined) return `${user.name} is a member of ${more.role}`;
  const less = wanted.find(
    (role) => !user.memberships.some((one) => one.role === role && one.isPlain),
  );
  if (less !== undefined) return `${user.name} is no member of ${less}`;
  const [stranger] = [...intruders(user, server, 'user'), ...intruders(heir, server, 'owner')];
  if (stranger !== undefined) return `${stranger.role} is a member of its roles`;
  if (!user.shares.includes(database.name)) return `${user.name} does not share what it makes`;
  return null;
}
