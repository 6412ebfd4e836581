/**
 * What version 0.1 left: roles made by a superuser. They are taken over once, by the names that the
 * ledger has and the marks that they bear, and stand in the deployment's own table from then on.
 */
import { createHash } from 'node:crypto';
import type { Grant } from '../../../machines/index.ts';
import type { HookError } from '../errors.ts';
import { longestName } from '../relation/request.ts';
import type { Connections } from './connections.ts';
import { halt } from './problem.ts';
import type { Server } from './server.ts';
import { hold } from './statements/grant.ts';
import { lend } from './statements/home.ts';
import { readLegacy, readVerifier } from './statements/legacy.ts';

type RecordedGrant = Pick<Grant, 'user' | 'database' | 'relation'> &
  Partial<Pick<Grant, 'state' | 'verifier' | 'place' | 'owner'>>;

/** Whether the ledger speaks of a grant that version 0.1 may have served. */
const mayBeLegacy = ({ state, verifier, place }: RecordedGrant): boolean =>
  (state === 'published' || state === 'removing') && verifier === null && place === null;

/** As version 0.1 called the owner of a database. */
function ownerOf({ database }: RecordedGrant): string {
  const name = `${database}_owner`;
  if (name.length <= longestName) return name;
  return `${createHash('sha256').update(database).digest('hex').slice(0, 32)}_owner`;
}

/**
 * Takes the roles of such a grant over; who has been taken over is left alone. The verifier in force
 * comes back: another one, of the same password, would end the logins that poolers keep for clients.
 */
export async function adoptLegacy(
  connections: Connections,
  { login, major }: Server,
  grant: RecordedGrant,
): Promise<string | null> {
  if (!mayBeLegacy(grant)) return null;
  const { relation, database, user, owner = '' } = grant;
  const holdings = [
    { role: user, of: { relation } },
    { role: ownerOf(grant), of: { database, place: database } },
  ];
  const [found = []] = await connections.send('look for what version 0.1 made', [
    readLegacy(
      holdings.map(({ role }) => role),
      // The name alone may be another deployment's.
      `hookchart ${owner} `,
    ),
  ]);
  const names = new Set(found.map(({ name }) => name));
  const left = holdings.filter(({ role }) => names.has(role));
  const superuser = await connections.superuser();
  if (superuser === null)
    return left.length === 0 ? null : halt(unfinished(connections.where, grant));
  if (left.length > 0) {
    const lending = left.map(({ role }) => lend(role, login, major));
    await connections.ask(superuser, 'lend what version 0.1 made', lending);
    const holding = left.map(({ role, of }) => hold(role, of));
    await connections.send('hold what version 0.1 made', holding);
  }
  const [[row] = []] = await connections.ask(superuser, 'read the verifier in force', [
    readVerifier(user),
  ]);
  return typeof row?.verifier === 'string' ? row.verifier : null;
}

const unfinished = (where: string, { relation, state, user }: RecordedGrant): HookError => {
  const why = `version 0.1 made ${user} as a superuser, and it takes one to hand it over (option backend-roles)`;
  if (state === 'removing') return { _tag: 'BackendUnavailable', class: 'unavailable', where, why };
  const what = 'give up what it holds';
  return { _tag: 'NotAccepted', class: 'refused', relation, by: 'PostgreSQL', what, why };
};
