import pg from 'pg';
import type { Grant } from '../../../machines/index.ts';
import type { Audit, KeptLogin } from '../../engine/index.ts';
import type { Connections } from './connections.ts';
import { marks } from './marks.ts';
import { proofOf } from './scram.ts';

const text = pg.escapeLiteral;

/** One look at the roles that bear this deployment's mark, and at the databases. */
export async function audit(
  connections: Connections,
  owner: string,
  grants: readonly Grant[],
  auth: KeptLogin | null,
): Promise<Audit> {
  const mark = `${marks.every(owner)}relation `;
  const [roles = [], databases = []] = await connections.send(
    connections.maintenance,
    'compare roles',
    [
      `SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS mark,
              CASE WHEN rolcanlogin THEN rolpassword END AS password
         FROM pg_authid
        WHERE starts_with(shobj_description(oid, 'pg_authid'), ${text(marks.every(owner))})`,
      'SELECT datname AS name FROM pg_database',
    ],
  );
  const passwords = new Map(roles.map((role) => [role.name, role.password as string | null]));
  const known = new Set(databases.map(({ name }) => name));
  const isInForce = ({ user, proof }: Pick<KeptLogin, 'user' | 'proof'>) => {
    const password = passwords.get(user) ?? null;
    return password !== null && proofOf(password) === proof;
  };
  const isLookupLost = auth !== null && !isInForce(auth);
  const damaged = grants.flatMap((grant) =>
    isLookupLost || !known.has(grant.database) || !isInForce(grant) ? [grant.relation] : [],
  );
  const recorded = new Set(grants.map(({ relation }) => relation));
  const orphans = roles.flatMap(({ mark: found }) => {
    const relation = String(found).startsWith(mark)
      ? Number(String(found).slice(mark.length))
      : NaN;
    return Number.isInteger(relation) && !recorded.has(relation) ? [relation] : [];
  });
  return { orphans, damaged };
}

/** Roles that may be granted: no superuser, not even by membership, and no role of any deployment. */
export async function grantable(
  connections: Connections,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const [roles = []] = await connections.send(connections.maintenance, 'look up roles', [
    `SELECT min(r.rolname::text) AS name, lower(r.rolname) AS asked
       FROM pg_roles r
      WHERE lower(r.rolname) IN (${wanted.map(text).join(', ')})
        AND NOT EXISTS (
          SELECT FROM pg_roles s
           WHERE (s.rolsuper
                  OR s.rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')
                  OR starts_with(shobj_description(s.oid, 'pg_authid'), ${text(marks.anyone)}))
             AND pg_has_role(r.oid, s.oid, 'MEMBER'))
      GROUP BY lower(r.rolname) HAVING count(*) = 1`,
  ]);
  return new Map(roles.map(({ asked, name }) => [String(asked), String(name)]));
}
