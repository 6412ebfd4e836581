import * as E from 'fp-ts/lib/Either.js';
import pg from 'pg';
import type { Grant, Login } from '../../../machines/index.ts';
import { lookupFunction } from '../../domain/pgbouncer-files.ts';
import type { HookError, Proofs } from '../../engine/index.ts';
import { type Connections, type Row, SqlProblem } from './connections.ts';
import { marks, ownerRoleOf } from './marks.ts';
import { proofOf, verifierOf, verifies } from './scram.ts';

const id = pg.escapeIdentifier;
const text = pg.escapeLiteral;

interface Role {
  readonly name: string;
  readonly mark: string;
  readonly password: string | null;
  readonly options: string;
}

interface Facts {
  readonly roles: ReadonlyMap<string, Role>;
  readonly database: { readonly owner: string; readonly mark: string } | null;
}

/** Makes what is missing and puts right what differs; what is taken is refused before anything. */
export const provision = (
  connections: Connections,
  grant: Grant,
  auth: Login,
): Promise<E.Either<HookError, Proofs>> =>
  connections.inTurn(
    grant.owner,
    [
      'read roles',
      readRoles([grant.user, auth.user, ownerRoleOf(grant.database)]),
      readDatabase(grant),
    ],
    ([roles = [], databases = []]) =>
      provisionFrom(connections, factsOf(roles, databases), grant, auth),
  );

async function provisionFrom(
  connections: Connections,
  facts: Facts,
  grant: Grant,
  auth: Login,
): Promise<E.Either<HookError, Proofs>> {
  const { relation, owner, user, database } = grant;
  const databaseOwner = ownerRoleOf(database);
  const found = facts.database;
  // A database that a client made may belong to the user, or the heir, of another relation: whoever
  // joined its owner would have that relation's data as well.
  if (found !== null && (found.owner !== databaseOwner || found.mark !== marks.database(owner)))
    return E.left({
      _tag: 'DatabaseTaken',
      class: 'refused',
      relation,
      database,
      takenBy: found.owner,
    });
  for (const [role, mark] of [
    [user, marks.relation(owner, relation)],
    [auth.user, marks.lookup(owner)],
    [databaseOwner, marks.database(owner)],
  ] as const)
    if ((facts.roles.get(role)?.mark ?? mark) !== mark)
      return E.left({ _tag: 'RoleTaken', class: 'refused', relation, role });

  const [ofUser, ofAuth] = await Promise.all([
    verifierFor(facts, user, grant.password?.secret ?? ''),
    verifierFor(facts, auth.user, auth.password.secret),
  ]);
  const verifiers = { user: ofUser, auth: ofAuth };
  const roles = roleStatements(facts, grant, auth, databaseOwner, verifiers);
  const access = accessStatements(grant, auth, databaseOwner);
  const { maintenance } = connections;
  if (facts.database === null) {
    await connections.send(maintenance, 'create roles', roles);
    await createDatabase(connections, database, databaseOwner);
    await connections.send(maintenance, 'grant access', access);
  } else {
    await connections.send(maintenance, 'create roles', [...roles, ...access]);
  }
  await connections.send(database, 'prepare the database', inside(grant, auth, databaseOwner));
  return E.right({ user: proofOf(verifiers.user), auth: proofOf(verifiers.auth) });
}

/** The one in force where it fits: a new salt would cost the pooler's clients their logins. */
async function verifierFor({ roles }: Facts, role: string, secret: string): Promise<string> {
  const inForce = roles.get(role)?.password ?? null;
  return inForce !== null && (await verifies(inForce, secret)) ? inForce : verifierOf(secret);
}

const readRoles = (names: readonly string[]): string =>
  `SELECT rolname AS name, coalesce(shobj_description(oid, 'pg_authid'), '') AS mark,
          rolpassword AS password,
          concat_ws(' ', CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
            CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
            CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
            CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
            CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END) AS options
     FROM pg_authid WHERE rolname IN (${names.map(text).join(', ')})`;

const readDatabase = ({ database }: Grant): string =>
  `SELECT r.rolname AS owner, coalesce(shobj_description(r.oid, 'pg_authid'), '') AS mark
     FROM pg_database d JOIN pg_authid r ON r.oid = d.datdba
    WHERE d.datname = ${text(database)}`;

const factsOf = (roles: readonly Row[], databases: readonly Row[]): Facts => ({
  roles: new Map((roles as unknown as readonly Role[]).map((role) => [role.name, role])),
  database: (databases[0] as Facts['database'] | undefined) ?? null,
});

/** What differs from the facts, and nothing else: a password in force keeps its salt and its clients. */
function roleStatements(
  facts: Facts,
  grant: Grant,
  auth: Login,
  databaseOwner: string,
  verifiers: { readonly user: string; readonly auth: string },
): string[] {
  const { user, owner, relation, attributes, roles } = grant;
  const has = (attribute: string) =>
    attributes.includes(attribute) ? attribute : `NO${attribute}`;
  const options = `LOGIN ${['SUPERUSER', 'CREATEDB', 'CREATEROLE', 'REPLICATION'].map(has).join(' ')}`;
  const plain = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION';
  const wanted = [
    [databaseOwner, `NOLOGIN ${plain}`, null, marks.database(owner)],
    [auth.user, `LOGIN ${plain}`, verifiers.auth, marks.lookup(owner)],
    [user, options, verifiers.user, marks.relation(owner, relation)],
  ] as const;
  const statements: string[] = [];
  for (const [name, options, verifier, mark] of wanted) {
    const found = facts.roles.get(name);
    if (found === undefined)
      statements.push(`CREATE ROLE ${id(name)}`, `COMMENT ON ROLE ${id(name)} IS ${text(mark)}`);
    if (found?.options !== options) statements.push(`ALTER ROLE ${id(name)} ${options}`);
    if (verifier !== null && found?.password !== verifier)
      statements.push(`ALTER ROLE ${id(name)} PASSWORD ${text(verifier)} VALID UNTIL 'infinity'`);
  }
  for (const role of [databaseOwner, ...roles]) statements.push(`GRANT ${id(role)} TO ${id(user)}`);
  return statements;
}

async function createDatabase(
  connections: Connections,
  database: string,
  owner: string,
): Promise<void> {
  try {
    await connections.send(connections.maintenance, 'create the database', [
      `CREATE DATABASE ${id(database)} OWNER ${id(owner)}`,
    ]);
  } catch (problem) {
    const isThere = problem instanceof SqlProblem && problem.sqlState === '42P04';
    if (!isThere) throw problem;
  }
}

/**
 * Who may connect, and as whom. A user without attributes works as the database's owner, so that
 * whatever it makes belongs to the database and outlives it; attributes are not inherited, hence a
 * user that has some works as itself.
 */
function accessStatements(grant: Grant, auth: Login, databaseOwner: string): string[] {
  const { user, database, attributes } = grant;
  const inDatabase = `ALTER ROLE ${id(user)} IN DATABASE ${id(database)}`;
  return [
    `REVOKE ALL ON DATABASE ${id(database)} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${id(database)} TO ${id(auth.user)}`,
    attributes.length === 0
      ? `${inDatabase} SET role = ${text(databaseOwner)}`
      : `${inDatabase} RESET role`,
  ];
}

/** What is done in the database itself: its schema `public`, and the function that looks up users. */
function inside(grant: Grant, auth: Login, databaseOwner: string): string[] {
  const schema = id(lookupFunction.schema);
  const lookup = `${schema}.${id(lookupFunction.name)}(text)`;
  const { user, owner, attributes } = grant;
  return [
    `DO $do$ BEGIN
       IF to_regnamespace('public') IS NOT NULL THEN
         ALTER SCHEMA public OWNER TO ${id(databaseOwner)};
         REVOKE ALL ON SCHEMA public FROM PUBLIC;
       END IF;
     END $do$`,
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `ALTER SCHEMA ${schema} OWNER TO CURRENT_USER`,
    `CREATE OR REPLACE FUNCTION ${schema}.${id(lookupFunction.name)}(i_username text)
       RETURNS TABLE (uname text, phash text)
       LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
     AS $lookup$
       SELECT a.rolname::text, a.rolpassword
         FROM pg_catalog.pg_authid a
        WHERE a.rolname::text = i_username
          AND a.rolcanlogin
          AND (a.rolvaliduntil IS NULL OR a.rolvaliduntil > pg_catalog.now())
          AND (NOT a.rolsuper OR pg_catalog.starts_with(
                 pg_catalog.shobj_description(a.oid, 'pg_authid'), ${text(`${marks.every(owner)}relation `)}))
     $lookup$`,
    `ALTER FUNCTION ${lookup} OWNER TO CURRENT_USER`,
    `REVOKE ALL ON FUNCTION ${lookup} FROM PUBLIC`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${id(auth.user)}`,
    `GRANT EXECUTE ON FUNCTION ${lookup} TO ${id(auth.user)}`,
    ...(attributes.length === 0
      ? []
      : ['TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES', 'SCHEMAS'].map(
          (kind) =>
            `ALTER DEFAULT PRIVILEGES FOR ROLE ${id(user)} GRANT ALL ON ${kind} TO ${id(databaseOwner)}`,
        )),
  ];
}
