/** How nobody acts as a user that leaves any more, nor as one of the roles that it made. */
import type { Connections } from './connections.ts';
import type { Role } from './facts.ts';
import { idsOf, type Leaving, type Named, namesOf, note } from './leaving.ts';
import { readMade } from './statements/facts.ts';
import { join } from './statements/grant.ts';
import * as sql from './statements/removal.ts';

/** A user that leaves, or a role that it made, which can do what it can. */
interface Made extends Named {
  /** It may log in, or make what did not exist before. */
  readonly mayAct: boolean;
  /** Nothing depends on it, nobody acts as it, and it made no other: it goes without a further look. */
  readonly isIdle: boolean;
  /** The login may use its rights. */
  readonly isJoined: boolean;
}

/** One that is not ended yet may let in another that was, so it is looked as often as this. */
const looks = 3;

/** Made roles are dealt with so many at a time, and each time is kept: the next hook has fewer. */
const batch = 50;

/** Where locking somebody out has come to. */
export interface LockedOut {
  /** Why somebody may still act; null where nobody can. */
  readonly stuck: string | null;
  /** The user first. */
  readonly roles: readonly Made[];
}

/**
 * Sessions and logins end in one message: a session that has changed its own role holds that up
 * until it ends, and nobody comes in between. The user itself is first, so that it is out however
 * many roles it has made.
 */
export async function lockOut(leaving: Leaving, role: Role): Promise<LockedOut> {
  const { connections, notes } = leaving;
  const [ended = [], , found = []] = await connections.send('end logins', [
    sql.endSessions([role.id]),
    sql.endLogin(role.name),
    readMade(role.id),
  ]);
  leaving.login.isLockedOut = true;
  note(ended, notes);
  let roles = found as unknown as readonly Made[];
  for (let look = 1; look <= looks; look++) {
    const acting = roles.filter(({ id, mayAct }) => mayAct && id !== role.id);
    for (const some of batches(acting))
      await connections.send(
        'end logins',
        some.map(({ name }) => sql.endLogin(name)),
      );
    if (acting.length > 0) roles = await rolesOf(connections, role);
    const stuck = await endUsed(leaving, roles);
    if (stuck !== null || acting.length === 0) return { stuck, roles };
    roles = await rolesOf(connections, role);
  }
  return { stuck: 'roles that it made let each other in', roles };
}

/** Sessions of roles that a user made are only ended by who is a member of them. */
async function endUsed(
  { connections, server, notes }: Leaving,
  roles: readonly Made[],
): Promise<string | null> {
  const used = roles.filter(({ isIdle }) => !isIdle);
  for (const some of batches(used.filter(({ isJoined }) => !isJoined)))
    await connections.send(
      'join roles that it made',
      some.map(({ name }) => join(name, server.major)),
    );
  // One that goes by itself while others are waited for is said not to have ended: so once more.
  for (let look = 1; look <= 2; look++) {
    const [after = []] = await connections.send('end sessions', [sql.endSessions(idsOf(used))]);
    note(after, notes);
    if (after.every(({ ended }) => ended === true)) return null;
  }
  return 'its sessions do not end';
}

/** Drops, of the roles that a user made, those that have nothing; yields the others, the user first. */
export async function dropIdle(
  { connections }: Leaving,
  [user, ...made]: readonly Made[],
): Promise<readonly Named[]> {
  for (const some of batches(made.filter(({ isIdle }) => isIdle)))
    await connections.send('drop roles that have nothing', [sql.dropRoles(namesOf(some))]);
  return [...(user === undefined ? [] : [user]), ...made.filter(({ isIdle }) => !isIdle)];
}

export async function rolesOf(connections: Connections, { id }: Role): Promise<readonly Made[]> {
  const [found = []] = await connections.send('look for roles that it made', [readMade(id)]);
  return found as unknown as readonly Made[];
}

function batches<One>(all: readonly One[]): readonly (readonly One[])[] {
  const count = Math.ceil(all.length / batch);
  return Array.from({ length: count }, (_, at) => all.slice(at * batch, (at + 1) * batch));
}
