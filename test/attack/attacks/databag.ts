/** What a tenant writes into its application's databag. */
import { createHash } from 'node:crypto';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { type Attack, type Attacker, NotLanded } from '../attack.ts';
import { HookFailed } from '../world.ts';

const asks = (
  name: string,
  rule: Attack['rule'],
  request: (database: string) => Databag,
  options: Partial<Attack> = {},
): Attack => ({ name, position: 'databag', rule, raw: true, request, ...options });

/** Roles that nobody may have for the asking. */
const roles = (name: string, text: string, options: Partial<Attack> = {}): Attack =>
  asks(name, 5, (database) => ({ database, 'extra-user-roles': text }), {
    isRefused: true,
    ...options,
  });

const v1 = (requests: unknown): Databag => ({ version: 'v1', requests: JSON.stringify(requests) });
const one = (database: string, more: Databag): Databag =>
  v1([{ resource: database, 'request-id': 'r', salt: 's', ...more }]);
const long = (database: string): string => `${database}_`.padEnd(60, 'x');

/** One request after another, each of which is to be refused by name. */
const each = (name: string, rule: Attack['rule'], requests: readonly Databag[]): Attack => ({
  name,
  position: 'databag',
  rule,
  do: async (attacker) => {
    for (const request of requests) await mustBeRefused(attacker, request);
  },
});

async function mustBeRefused({ world }: Attacker, request: Databag): Promise<void> {
  const relation = await world.relate('third', request);
  const status = world.charm.statusOf(world.leader);
  const what = JSON.stringify(request).slice(0, 100);
  if ((await world.tenant(relation, 'third')) !== null)
    throw new HookFailed(`${what} was served, and should have been refused`);
  if (!new RegExp(`relation ${relation}\\b`).test(status))
    throw new HookFailed(`${what} was not refused by name: the status is ${status.slice(0, 200)}`);
  await world.unrelate(relation);
}

export const databag: readonly Attack[] = [
  asks('a-request-id-holds-a-nul', 8, (database) => one(database, { 'request-id': 'a\0b' })),
  asks('a-request-id-of-200-kilobytes', 8, (database) =>
    one(database, { 'request-id': 'r'.repeat(200_000) }),
  ),
  asks('a-salt-of-200-kilobytes', 8, (database) => one(database, { salt: 's'.repeat(200_000) })),
  asks('a-request-id-of-control-characters', 8, (database) =>
    one(database, { 'request-id': '\u001b[31m\r\n--help\u2028\ud800', salt: '\u0001' }),
  ),
  asks('a-request-id-like-an-option', 8, (database) =>
    one(database, { 'request-id': '--format=yaml', salt: '-' }),
  ),
  asks(
    'ten-thousand-requests',
    8,
    (database) =>
      v1(
        Array.from({ length: 10_000 }, (_, n) => ({
          resource: `${database}_${n}`,
          'request-id': String(n),
          salt: '',
        })),
      ),
    { isRefused: true },
  ),
  asks(
    'requests-that-are-no-json',
    8,
    () => ({ version: 'v1', requests: '[{"resource": "evil", ' }),
    { isRefused: true },
  ),
  asks(
    'requests-of-deep-json',
    8,
    () => ({ version: 'v1', requests: '['.repeat(60_000) + ']'.repeat(60_000) }),
    { isRefused: true },
  ),
  asks(
    'a-field-of-a-request-is-deep-json',
    8,
    (database) => ({
      version: 'v1',
      requests: `[{"resource": "${database}", "request-id": "r", "salt": "s", "entity-type": ${'['.repeat(8_000)}${']'.repeat(8_000)}}]`,
    }),
    { isRefused: true },
  ),
  asks('requests-with-keys-of-prototypes', 8, (database) => ({
    version: 'v1',
    requests: `[{"resource": "${database}", "request-id": "r", "salt": "s", "__proto__": {"isAdmin": true}, "constructor": {"prototype": {}}}]`,
  })),
  asks('an-unknown-version', 8, (database) => ({ database, version: `v${'9'.repeat(50_000)}` }), {
    isRefused: true,
  }),
  asks('a-name-of-a-megabyte', 8, () => ({ database: 'x'.repeat(1_000_000) }), { isRefused: true }),
  asks('a-name-of-63-bytes', 4, (database) => ({ database: `${database}_`.padEnd(63, 'y') })),
  asks(
    'a-name-that-is-the-digest-of-anothers',
    4,
    (database) => ({
      database: createHash('sha256')
        .update(long(database.replace('evil', 'newcomer')))
        .digest('hex')
        .slice(0, 32),
    }),
    {
      newcomerAsks: (round) => ({ database: long(`newcomer_${round}`) }),
    },
  ),
  asks('a-name-like-a-derived-one', 4, (database) => ({ database: `${database}_owner` }), {
    newcomerAsks: (round) => ({ database: `evil_${round}_owner_owner`.slice(0, 63) }),
  }),
  asks('a-name-of-the-servers-kind', 8, () => ({ database: 'pg_evil' })),
  asks('a-name-of-the-charms-kind', 4, () => ({ database: 'hookchart_evil' })),
  asks('names-of-objects-prototypes', 8, () => ({ database: '__proto__' })),
  asks('the-name-of-a-constructor', 8, () => ({ database: 'constructor' })),
  asks('keys-of-prototypes', 8, (database) =>
    JSON.parse(
      `{"database": "${database}", "constructor": "x", "toString": "y", "hasOwnProperty": "z", "__defineGetter__": "w"}`,
    ),
  ),
  asks('ten-thousand-keys', 8, (database) => ({
    database,
    ...Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key-${n}`, 'x'.repeat(50)])),
  })),
  asks('values-of-megabytes', 8, (database) => ({
    database,
    data: 'd'.repeat(1_500_000),
    uris: 'u'.repeat(500_000),
  })),
  asks('keys-that-the-charm-itself-writes', 8, (database) => ({
    database,
    username: 'postgres',
    password: 'x',
    endpoints: '127.0.0.1:1',
    'secret-user': 'secret:00000000000000000001',
    tls: 'True',
    subordinated: 'true',
    state: 'ready',
  })),
  asks(
    'keys-for-an-entity',
    8,
    (database) => ({
      database,
      'entity-type': 'GROUP',
      'entity-name': 'pg_monitor',
      'entity-permissions':
        '[{"resource_name":"payroll","resource_type":"DATABASE","privileges":["ALL"]}]',
    }),
    { isRefused: true },
  ),
  asks(
    'keys-for-groups-and-prefixes',
    8,
    (database) => ({ database, 'extra-group-roles': 'admin', 'prefix-matching': 'all' }),
    { isRefused: true },
  ),
  asks(
    'secrets-that-are-no-json',
    8,
    (database) => ({ database, 'requested-secrets': '["username", ' }),
    { isRefused: true },
  ),
  asks('ten-thousand-requested-secrets', 8, (database) => ({
    database,
    'requested-secrets': JSON.stringify([
      'username',
      'password',
      ...Array.from({ length: 10_000 }, (_, n) => `field-${n}`),
    ]),
  })),
  asks('requested-secrets-with-control-characters', 8, (database) => ({
    database,
    'requested-secrets':
      '["username", "password", "a\\u0000b", "--label=x", "../../etc/passwd", "__proto__"]',
  })),
  asks(
    'requested-secrets-of-deep-json',
    8,
    (database) => ({ database, 'requested-secrets': '['.repeat(50_000) + ']'.repeat(50_000) }),
    { isRefused: true },
  ),
  asks('external-connectivity-of-nonsense', 8, (database) => ({
    database,
    'external-node-connectivity': '\u0000'.repeat(1_000),
  })),
  roles('superuser-is-asked-for', 'SUPERUSER'),
  roles('superuser-is-asked-for-in-other-letters', ' createdb , SuperUser ,'),
  roles('replication-is-asked-for', 'REPLICATION'),
  roles('pg-monitor-is-asked-for', 'pg_monitor'),
  roles('pg-execute-server-program-is-asked-for', 'pg_execute_server_program'),
  roles('pg-database-owner-is-asked-for', 'pg_database_owner'),
  roles('createrole-is-asked-for-before-16', 'CREATEROLE', { versions: [14, 15] }),
  roles('the-superuser-role-is-asked-for', 'postgres'),
  roles('the-charms-login-is-asked-for', 'backend_login'),
  roles('sql-stands-among-the-roles', `evil"; ALTER ROLE postgres PASSWORD 'x'; --`),
  roles(
    'the-roles-are-ten-thousand',
    Array.from({ length: 10_000 }, (_, n) => `role_${n}`).join(','),
  ),
  roles('the-roles-hold-a-nul', 'create\u0000db'),
  each('names-that-nobody-may-have', 8, [
    { database: 'a\u0000\u001b[2J\n[databases]\nx = host=evil' },
    { database: 'evil host=127.0.0.1 dbname=payroll' },
    { database: '*"\'; DROP TABLE wages; --' },
    { database: 'p\u0430yroll\u202e' },
    { database: 'y'.repeat(64) },
    { database: 'postgres' },
    { database: 'Template1' },
    { database: 'pgbouncer' },
    { database: 'payroll_readonly' },
  ]),
  each(
    'predefined-roles-are-asked-for',
    5,
    [
      'bypassrls',
      'pg_read_all_data',
      'CREATEDB,pg_write_all_data',
      'pg_signal_backend',
      'pg_read_all_stats',
      'pg_checkpoint',
      'pg_create_subscription',
      'pg_maintain',
      'public',
    ].map((text) => ({ database: 'evil_asks', 'extra-user-roles': text })),
  ),
  {
    name: 'the-role-of-another-tenant-is-asked-for',
    position: 'databag',
    rule: 5,
    do: async (attacker) => {
      const { victim } = attacker.world;
      const session = await attacker.direct('postgres');
      const rows = await session.query(
        `SELECT pg_catalog.pg_get_userbyid(datdba)::text AS owner FROM pg_catalog.pg_database WHERE datname = '${victim.database}'`,
      );
      for (const role of [victim.bag.username ?? '', String(rows[0]?.owner), attacker.user]) {
        await mustBeRefused(attacker, {
          database: `evil_third_${attacker.round}`,
          'extra-user-roles': role,
        });
      }
    },
  },
  {
    name: 'a-role-that-a-tenant-made-is-asked-for-by-another',
    position: 'databag',
    rule: 5,
    versions: [16, 99],
    extra: { 'extra-user-roles': 'CREATEROLE' },
    do: async (attacker) => {
      const session = await attacker.direct();
      await session.asMyself('CREATE ROLE evil_common');
      await attacker.own();
      const relation = await attacker.world.relate('third', {
        database: `evil_third_${attacker.round}`,
        'extra-user-roles': 'evil_common',
      });
      if ((await attacker.world.tenant(relation, 'third')) !== null)
        throw new HookFailed('the role that a tenant made was given to another');
      await attacker.world.unrelate(relation);
      await attacker.others();
    },
  },
  {
    name: 'a-request-is-interrupted-and-changed',
    position: 'databag',
    rule: 7,
    config: { 'allowed-extra-roles': 'CREATEDB,pg_monitor' },
    do: async (attacker) => {
      const { world } = attacker;
      const { charm } = world;
      const first = {
        database: `evil_first_${attacker.round}`,
        'extra-user-roles': 'pg_monitor,CREATEDB',
      };
      await charm.take({ _tag: 'Ask', application: 'third', request: first });
      const relation = charm.world.made.relations;
      await charm.take({ _tag: 'Relate', application: 'third' });
      const hook = await charm.until(world.leader, 'database-relation-changed');
      // All is done in PostgreSQL, and nothing of it reaches Juju.
      const refuse = ({ tool }: { tool: string }) =>
        tool === 'relation-set' ? { code: 1, out: '', error: 'ERROR gone' } : null;
      const ended = await charm.take(
        { _tag: 'RunHook', unit: world.leader, hook },
        { instead: refuse },
      );
      if (ended?.code === 0) throw new NotLanded('the hook was not interrupted');
      const second = { database: `evil_changed_${attacker.round}` };
      await charm.take({ _tag: 'Ask', application: 'third', request: second });
      await world.settle();
      await world.hook(world.leader, 'update-status');
      const third = await world.tenant(relation, 'third');
      if (third === null) throw new NotLanded(`not served: ${charm.statusOf(world.leader)}`);
      const { rows } = await world.judge.query(
        `SELECT rolcreatedb AS made, (SELECT array_agg(pg_get_userbyid(roleid)::text) FROM pg_auth_members m WHERE m.member = r.oid) AS roles, (SELECT count(*)::int FROM pg_database d WHERE d.datname <> $2 AND d.datdba IN (SELECT roleid FROM pg_auth_members m WHERE m.member = r.oid)) AS databases
           FROM pg_roles r WHERE rolname = $1`,
        [third.bag.username, third.database],
      );
      const { made, roles: given, databases } = rows[0];
      if (made || given?.includes('pg_monitor') || databases > 0)
        throw new HookFailed(
          `it still has what the first request asked for: ${JSON.stringify(rows[0])}`,
        );
      await world.unrelate(relation);
      await world.hook(world.leader, 'update-status');
      await attacker.own();
      await attacker.others();
    },
  },
  {
    name: 'a-request-is-changed-after-it-was-answered',
    position: 'databag',
    rule: 7,
    do: async (attacker) => {
      await attacker.ask({
        database: attacker.world.victim.bag.database ?? '',
        'extra-user-roles': 'CREATEDB',
      });
      const { rows } = await attacker.world.judge.query(
        'SELECT rolcreatedb FROM pg_roles WHERE rolname = $1',
        [attacker.user],
      );
      if (rows[0]?.rolcreatedb) throw new HookFailed('it was given more than it was answered with');
      attacker.asked.delete('createdb');
      await attacker.ask({ database: attacker.name, 'extra-user-roles': 'superuser' });
      await attacker.ask({ database: '' });
      await attacker.ask({ database: attacker.name });
    },
  },
];
