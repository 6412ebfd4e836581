/**
 * What version 0.1 left: roles made by a superuser, and known by comments. Their names are taken
 * from the ledger, once, and stand in the deployment's own table from then on.
 */
import type { Grant } from '../../../machines/index.ts';
import type { Connections, Server } from './connections.ts';
import { SqlProblem } from './problem.ts';
import { hold } from './statements/grant.ts';
import { lend } from './statements/home.ts';

type Known = Pick<Grant, 'user' | 'database' | 'relation'> &
  Partial<Pick<Grant, 'state' | 'verifier' | 'place'>>;

/** Whether the ledger speaks of a grant that version 0.1 has served. */
const isLegacy = ({ state, verifier, place }: Known): boolean =>
  (state === 'published' || state === 'removing') && verifier === null && place === null;

export const isLegacyOwner = (role: string, grant: Known): boolean =>
  isLegacy(grant) && role === ownerOf(grant);

const ownerOf = ({ database }: Known): string => `${database}_owner`;

/** Takes the roles of such a grant over; who has been taken over is left alone. */
export async function adoptLegacy(
  connections: Connections,
  { login, major }: Server,
  grant: Known,
): Promise<void> {
  if (!isLegacy(grant)) return;
  const superuser = await connections.superuser();
  if (superuser === null) return;
  for (const role of [grant.user, ownerOf(grant)])
    await connections
      .ask(superuser, `lend ${role}`, [lend(role, login, major)])
      .catch(unlessMissing);
  const { relation, database } = grant;
  await connections.send('hold what version 0.1 made', [
    hold(grant.user, { relation }),
    hold(ownerOf(grant), { database, place: database }),
  ]);
}

function unlessMissing(problem: unknown): void {
  if (!(problem instanceof SqlProblem) || problem.sqlState !== '42704') throw problem;
}
