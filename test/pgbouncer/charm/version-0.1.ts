/**
 * A deployment as version 0.1 left it, recorded from its charm: the model with its databags, its
 * ledger and its secrets, and each unit's files; with the statements that made its roles. One
 * relation was removed while PostgreSQL was down.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identity } from '../../../src/pgbouncer/demo/servers/child.ts';
import { findPgbouncer } from '../../../src/pgbouncer/demo/servers/pgbouncer.ts';
import type { Topology, World } from '../../../src/testing/world.ts';
import type { RealCharm } from './charm.ts';

interface Recorded {
  readonly world: Omit<World, 'postgres' | 'poolers'>;
  readonly ini: string;
  readonly userlist: string;
}

const recording = readFileSync(new URL('version-0.1.json', import.meta.url), 'utf8');
const longName = 'l'.repeat(60);

export const units = ['pgbouncer/0', 'pgbouncer/1', 'pgbouncer/2'] as const;
export const lookupLogin = /"(hookchart_auth_\w+)" "(\w+)"/;

/** Two applications share a database, one has a name that leaves no room, one is gone. */
export const topology: Topology = {
  hasSecrets: true,
  requirers: {
    plain: { units: 1, request: { database: 'app' } },
    maker: { units: 1, request: { database: 'app', 'extra-user-roles': 'CREATEDB' } },
    watcher: { units: 1, request: { database: longName, 'extra-user-roles': 'pg_monitor' } },
    gone: { units: 1, request: { database: 'left' } },
  },
};

/** Puts the recorded deployment in the place of an empty one, and starts its PgBouncers. */
export async function asVersion01Left(charm: RealCharm): Promise<void> {
  const [{ version } = {}] = await charm.sql(
    "SELECT split_part(current_setting('server_version'), ' ', 1) AS version",
  );
  const { primary, replica } = charm.backend;
  const address = (unit: string) => `127.0.0.1:${charm.config(unit).listen_port}`;
  const known: Readonly<Record<string, unknown>> = {
    version,
    primary: primary.port,
    replica: replica.port,
    readers: units.slice(1).map(address).sort().join(','),
    ...Object.fromEntries(units.map((unit, n) => [`port ${n}`, charm.config(unit).listen_port])),
  };
  const filled = (text: string, more: Readonly<Record<string, unknown>> = {}) =>
    text.replaceAll(/\{(version|primary|replica|readers|home|port \d)\}/g, (mark, name) =>
      String(more[name] ?? known[name] ?? mark),
    );
  const { ini, userlist, world } = JSON.parse(filled(recording)) as Recorded;
  charm.world = { ...charm.world, ...world };
  for (const [database, statements] of statementsOf(world)) {
    const client = await primary.connect(database);
    for (const statement of statements) await client.query(statement);
    await client.end();
  }
  for (const unit of units) {
    const home = charm.home(unit);
    const own = ini.replace(`= ${known['port 0']}\n`, `= ${charm.config(unit).listen_port}\n`);
    const file = join(home, 'pgbouncer.ini');
    for (const [path, text] of [
      [file, filled(own, { home })],
      [join(home, 'userlist.txt'), userlist],
    ] as const) {
      writeFileSync(path, text, { mode: 0o600 });
      const who = identity();
      if ('uid' in who) chownSync(path, who.uid, who.gid);
    }
    execFileSync(findPgbouncer(), ['-d', file], { ...identity(), stdio: 'ignore' });
  }
}

/** What version 0.1 sent as a superuser, by database. */
function statementsOf({ relations, secrets }: Recorded['world']): Map<string, string[]> {
  const bag = relations[0]?.applications.pgbouncer ?? {};
  const passwordOf = (id: string | undefined) => secrets[id ?? '']?.revisions[0]?.password ?? 'x';
  const { user: lookup, secret } = JSON.parse(bag['auth-user'] ?? '');
  const records = Object.keys(bag)
    .filter((key) => key.startsWith('relation-'))
    .map((key) => JSON.parse(bag[key] ?? ''));
  const { owner: deployment } = records[0];
  const mark = `hookchart ${deployment}`;
  const roles = [
    `CREATE ROLE ${lookup} LOGIN PASSWORD '${passwordOf(secret)}'`,
    `COMMENT ON ROLE ${lookup} IS '${mark} lookup'`,
  ];
  const all = new Map([['postgres', roles]]);
  for (const { relation, user, database, attributes, roles: more, secrets: ids } of records) {
    const owner =
      database === longName ? '"17e9467ad5bd66e56cc11ebf43b06c24_owner"' : `${database}_owner`;
    if (!all.has(database)) {
      roles.push(
        `CREATE ROLE ${owner}`,
        `COMMENT ON ROLE ${owner} IS '${mark} database'`,
        `CREATE DATABASE "${database}" OWNER ${owner}`,
        `REVOKE ALL ON DATABASE "${database}" FROM PUBLIC`,
        `GRANT CONNECT ON DATABASE "${database}" TO ${lookup}`,
      );
      all.set(database, inside(lookup, owner, mark));
    }
    roles.push(
      `CREATE ROLE ${user} LOGIN ${attributes.join(' ')} PASSWORD '${passwordOf(ids.user)}'`,
      `COMMENT ON ROLE ${user} IS '${mark} relation ${relation}'`,
      ...[owner, ...more].map((role) => `GRANT ${role} TO ${user}`),
    );
    if (attributes.length === 0)
      roles.push(
        `ALTER ROLE ${user} IN DATABASE "${database}" SET role = '${owner.replaceAll('"', '')}'`,
      );
    else
      for (const kind of ['TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES', 'SCHEMAS'])
        all
          .get(database)
          ?.push(`ALTER DEFAULT PRIVILEGES FOR ROLE ${user} GRANT ALL ON ${kind} TO ${owner}`);
  }
  return all;
}

const inside = (lookup: string, owner: string, mark: string): string[] => [
  `ALTER SCHEMA public OWNER TO ${owner}`,
  'REVOKE ALL ON SCHEMA public FROM PUBLIC',
  'CREATE SCHEMA hookchart',
  `CREATE FUNCTION hookchart.user_lookup(i_username text)
     RETURNS TABLE (uname text, phash text)
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
   AS $lookup$
     SELECT a.rolname::text, a.rolpassword
       FROM pg_catalog.pg_authid a
      WHERE a.rolname::text = i_username
        AND a.rolcanlogin
        AND (a.rolvaliduntil IS NULL OR a.rolvaliduntil > pg_catalog.now())
        AND (NOT a.rolsuper OR pg_catalog.starts_with(
               pg_catalog.shobj_description(a.oid, 'pg_authid'), '${mark} relation '))
   $lookup$`,
  'REVOKE ALL ON FUNCTION hookchart.user_lookup(text) FROM PUBLIC',
  `GRANT USAGE ON SCHEMA hookchart TO ${lookup}`,
  `GRANT EXECUTE ON FUNCTION hookchart.user_lookup(text) TO ${lookup}`,
];
