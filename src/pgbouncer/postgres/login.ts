/** What a deployment calls its own on a server. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { longestName } from '../relation/request.ts';
import { verifierOf } from '../wire/scram.ts';

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

/** What requests cannot ask for begins with it. */
const reservedPrefix = 'hookchart';

/** The database that only the deployment's own login enters. */
export const homeOf = (owner: string): string => `${reservedPrefix}_home_${digest(owner, 12)}`;

/** The databases that are the deployment's own, where no tenant has any business. */
export const closedTo = ({
  owner,
  database = 'postgres',
}: {
  readonly owner: string;
  readonly database?: string;
}): readonly string[] => [database, homeOf(owner)];

/**
 * The login that a superuser makes. Its password follows from the superuser's, so that every unit
 * that knows the one knows the other, and nobody has to keep it.
 */
export function ownLogin({
  owner,
  password,
}: {
  readonly owner: string;
  readonly password: string;
}) {
  const user = `${reservedPrefix}_login_${digest(owner, 12)}`;
  const own = createHmac('sha256', password).update(user).digest('base64url');
  return { user, password: own, verifier: () => verifierOf(own) };
}

/**
 * Answers to a login that is not there (yet), or in a home that is not there: no such role, another
 * password, no such database, no right to enter it, closed.
 */
export const isElsewhere = (sqlState: string | null): boolean =>
  ['28P01', '28000', '3D000', '42501', '55000'].includes(sqlState ?? '');

/** The role that owns a database and all that is handed over in it, and with which nobody logs in. */
export const ownerRoleOf = (owner: string, database: string): string =>
  `${reservedPrefix}_${digest(`${owner} ${database}`, 8)}_${database}`.slice(0, longestName);

/** What logins begin with that are there for one removal. */
export const agentPrefix = `${reservedPrefix}_agent`;

/** A name that nobody can have taken beforehand. */
export const freshName = (name: string): string =>
  `${name.slice(0, longestName - 13)}_${randomBytes(6).toString('hex')}`;
