import * as E from 'fp-ts/lib/Either.js';
import pg from 'pg';
import type { Grant } from '../../../machines/index.ts';
import type { HookError } from '../../engine/index.ts';
import { type Connections, type Row, SqlProblem } from './connections.ts';
import { marks } from './marks.ts';

const id = pg.escapeIdentifier;
const text = pg.escapeLiteral;

/** A client that may create databases can make one between the look and the drop. */
const rounds = 3;

type Removal = Pick<Grant, 'user' | 'owner' | 'relation'>;

/** Login, sessions, objects, role. Until the end the role is there, but nobody can use it. */
export const remove = (
  connections: Connections,
  removal: Removal,
): Promise<E.Either<HookError, void>> =>
  connections.inTurn(removal.owner, ['read the role', readHeir(removal)], (rows) =>
    removeFrom(connections, removal, rows[0]?.[0]),
  );

/** A row where the role is there and ours, with the owner of its database, who is its heir. */
const readHeir = ({ user, owner, relation }: Removal): string =>
  `SELECT (SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
            WHERE m.member = r.oid
              AND shobj_description(g.oid, 'pg_authid') = ${text(marks.database(owner))}
            LIMIT 1) AS heir
     FROM pg_roles r
    WHERE r.rolname = ${text(user)}
      AND shobj_description(r.oid, 'pg_authid') = ${text(marks.relation(owner, relation))}`;

async function removeFrom(
  connections: Connections,
  { user }: Removal,
  role: Row | undefined,
): Promise<E.Either<HookError, void>> {
  const { maintenance } = connections;
  if (role === undefined) return E.right(undefined);
  const heir = typeof role.heir === 'string' ? id(role.heir) : 'CURRENT_USER';
  const handOver = [`REASSIGN OWNED BY ${id(user)} TO ${heir}`, `DROP OWNED BY ${id(user)}`];

  await connections.send(maintenance, 'end logins', [
    `ALTER ROLE ${id(user)} NOLOGIN PASSWORD NULL`,
  ]);
  const inUse = (why: string) =>
    E.left<HookError>({ _tag: 'RoleInUse', class: 'unavailable', role: user, why });
  for (let round = 1; ; round++) {
    try {
      const [sessions = [], homes = []] = await connections.send(maintenance, 'end sessions', [
        `SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity WHERE usename = ${text(user)}`,
        `SELECT DISTINCT d.datname AS name, d.datallowconn AS open
           FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
          WHERE s.refclassid = 'pg_authid'::regclass
            AND s.refobjid = (SELECT oid FROM pg_authid WHERE rolname = ${text(user)})
          ORDER BY d.datname`,
      ]);
      if (sessions.some(({ ended }) => ended !== true)) return inUse('its sessions do not end');
      const closed = homes.find(({ open }) => open === false);
      if (closed !== undefined)
        return inUse(`database ${String(closed.name)} holds its objects and takes no connections`);
      for (const home of homes.map(({ name }) => String(name)))
        if (home !== maintenance) {
          await connections.send(home, 'hand over what it owned', handOver);
          await connections.close(home);
        }
      await connections.send(maintenance, 'drop the role', [...handOver, `DROP ROLE ${id(user)}`]);
      return E.right(undefined);
    } catch (problem) {
      if (!(problem instanceof SqlProblem) || !isInTheWay(problem)) throw problem;
      if (problem.sqlState !== '2BP01' || round === rounds) return inUse(problem.message);
    }
  }
}

/** What others do with the role's objects: a lock, a time-out, a dependency, a deadlock. */
const isInTheWay = ({ sqlState }: SqlProblem): boolean =>
  ['55P03', '57014', '2BP01', '40P01', '55006'].includes(sqlState ?? '');
