import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../machines/index.ts';
import {
  type BackendEndpoints,
  configure,
  emptyConfiguration,
  sameConfiguration,
  sameDatabases,
  unusedReplicas,
} from '../../../src/pgbouncer/pooler/configuration.ts';
import {
  isAtLeast,
  isFenced,
  lookedUpIn,
  parseVersion,
  renderFiles,
  type Settings,
  secretIn,
} from '../../../src/pgbouncer/pooler/pgbouncer-files.ts';
import { poolSizes } from '../../../src/pgbouncer/pooler/pool-sizes.ts';
import type { Ledger, LedgerRecord } from '../../../src/pgbouncer/relation/ledger.ts';
import { aGrant } from '../../a-grant.ts';

const grant = (relation: number, database: string, state: Grant['state'] = 'published') =>
  aGrant(relation, { database, state, password: { secret: 'never in a file' } });

const ledger = (...records: LedgerRecord[]): Ledger => ({
  records: new Map(records.map((record) => [record.relation, record])),
  lookup: null,
});

const lookup = { user: 'lookup', password: { secret: 'lookup "secret"' } };
const here = { host: '10.0.0.7', port: 6432 };
const verifier = { secret: 'SCRAM-SHA-256$4096:salt$stored:server' };
const primary = { host: '10.0.0.1', port: 5432 };
const backend: BackendEndpoints = { primary, replicas: [] };

const configured = (one: Ledger, endpoints = backend) => {
  const outcome = configure(one, endpoints, lookup, here);
  if (E.isLeft(outcome)) throw new Error(outcome.left.endpoint);
  return outcome.right;
};

const databases = (one: Ledger, endpoints = backend) => configured(one, endpoints).databases;

const verified = (relation: number, database: string, change: Partial<Grant> = {}) => ({
  ...grant(relation, database),
  verifier,
  ...change,
});

const names = (...records: LedgerRecord[]) => databases(ledger(...records)).map(({ name }) => name);

describe('configure', () => {
  it('U-30: lists each database once, sorted, as long as some relation uses it', () => {
    expect(names(grant(9, 'b'), grant(4, 'a'), grant(7, 'b', 'provisioning'))).toEqual([
      'a',
      'a_readonly',
      'b',
      'b_readonly',
    ]);
    expect(names(grant(4, 'a', 'removing'), grant(7, 'a'))).toEqual(['a', 'a_readonly']);
    expect(names(grant(4, 'a', 'removing'))).toEqual([]);
    expect(names({ relation: 4, state: 'refused', error: 'x' })).toEqual([]);
  });

  it.each([
    [54, ['main', 'alias']],
    [55, ['main']],
    [63, ['main']],
  ])('U-01: a name of %i bytes', (length, expected) => {
    const found = names(grant(4, 'x'.repeat(length)));
    expect(found.length).toBe(expected.length);
    expect(Math.max(...found.map((name) => name.length))).toBeLessThanOrEqual(63);
  });

  it('U-09: leads _readonly to the replicas, and to the primary while there is none', () => {
    const replicas = [
      { host: '10.0.0.3', port: 5432 },
      { host: '10.0.0.2', port: 5432 },
      { host: '10.0.0.9', port: 5499 },
    ];
    expect(databases(ledger(grant(4, 'a')), { primary, replicas })[1]).toEqual({
      name: 'a_readonly',
      host: '10.0.0.2,10.0.0.3',
      port: 5432,
      database: 'a',
    });
    expect(databases(ledger(grant(4, 'a')))[1]).toEqual({
      name: 'a_readonly',
      host: '10.0.0.1',
      port: 5432,
      database: 'a',
    });
  });

  it('says which replicas are not used, and why', () => {
    const at = (host: string, port: number) => ({ host, port });
    expect(unusedReplicas({ replicas: [at('a', 1), at('b', 1)] })).toEqual([]);
    expect(
      unusedReplicas({
        replicas: [at('fd00::9', 2), at('a', 1), at('b', 1)],
        unreadable: ['None:5432'],
      }),
    ).toEqual([
      'replica [fd00::9]:2 is not used: PgBouncer reads from replicas of one port, and 2 listen on 1',
      'replica "None:5432" is not used: it is no host and port',
    ]);
    expect(unusedReplicas({ replicas: [at('a', 1), at('b', 2)] })).toEqual([
      'replica b:2 is not used: PgBouncer reads from replicas of one port, and another one listens on 1',
    ]);
  });

  it.each([
    { host: '', port: 5432 },
    { host: 'a b', port: 5432 },
    { host: '[::1]', port: 5432 },
    { host: 'a\n[users]', port: 5432 },
    { host: 'a', port: 0 },
    { host: 'a', port: Number.NaN },
  ])('stops at an endpoint that PgBouncer would misread: %j', (endpoint) => {
    expect(E.isLeft(configure(ledger(), { primary: endpoint, replicas: [] }, lookup, here))).toBe(
      true,
    );
    expect(E.isLeft(configure(ledger(), { primary, replicas: [endpoint] }, lookup, here))).toBe(
      true,
    );
  });

  it('lists who is served, by verifier, sorted; not who is removed or has none yet', () => {
    const { users } = configured(
      ledger(
        verified(9, 'b'),
        verified(4, 'a', { state: 'provisioning' }),
        verified(5, 'c', { state: 'removing' }),
        grant(7, 'd', 'provisioning'),
      ),
    );
    expect(users).toEqual([
      { name: 'relation_id_4', verifier },
      { name: 'relation_id_9', verifier },
    ]);
  });

  describe('the wildcard', () => {
    const makers = ledger(
      verified(9, 'b', { attributes: ['CREATEDB', 'CREATEROLE'] }),
      verified(4, 'a', { attributes: ['CREATEDB'], state: 'provisioning' }),
      verified(5, 'c', { attributes: ['CREATEROLE'] }),
      verified(7, 'd', { attributes: ['CREATEDB'], state: 'removing' }),
      grant(8, 'e', 'provisioning'),
    );
    const wildcardOf = (one: Ledger, known: typeof lookup | null, endpoints = backend) => {
      const outcome = configure(one, endpoints, known, here);
      return E.isLeft(outcome) ? outcome : outcome.right.wildcard;
    };

    it('is for those who may make databases, and leads nobody to the deployment’s own', () => {
      expect(wildcardOf(makers, null, { ...backend, closed: ['postgres', 'home'] })).toEqual({
        ...primary,
        users: ['relation_id_4', 'relation_id_9'],
        closed: ['home', 'postgres', 'template0', 'template1'],
      });
      expect(wildcardOf(ledger(verified(4, 'a')), null)).toBeNull();
    });

    it('is for nobody once that is allowed to nobody', () => {
      expect(configure(makers, backend, null, here, false)).toMatchObject({
        right: { wildcard: null },
      });
    });

    it('is not there while users are looked up: whoever made a database could answer there', () => {
      expect(wildcardOf(makers, lookup)).toBeNull();
    });

    it('tells one configuration from another', () => {
      const wildcard = { ...primary, users: ['u'], closed: ['postgres'] };
      const one = { ...emptyConfiguration, wildcard };
      expect(sameConfiguration(one, { ...one, wildcard: { ...wildcard } })).toBe(true);
      for (const change of [
        null,
        { ...wildcard, host: 'x' },
        { ...wildcard, port: 1 },
        { ...wildcard, users: ['v'] },
        { ...wildcard, closed: [] },
      ])
        expect(sameConfiguration(one, { ...one, wildcard: change })).toBe(false);
    });
  });

  it('looks up who was published and has no verifier on record, and nobody else', () => {
    const mixed = ledger(verified(4, 'a'), grant(7, 'b'));
    expect(configured(mixed).lookup).toEqual({ ...lookup, users: ['relation_id_7'], told: [] });
    for (const done of [
      ledger(verified(4, 'a')),
      ledger(verified(4, 'a'), grant(7, 'b', 'provisioning')),
      ledger(),
    ])
      expect(configured(done).lookup).toMatchObject({ users: [] });
  });

  it('knows whose clients were told of this unit; who does not know where it is takes all', () => {
    const published = {
      endpoints: 'one:1',
      readOnlyEndpoints: 'two:1,10.0.0.7:6432',
      version: null,
    };
    const some = ledger(verified(4, 'a', { published }), verified(7, 'b'));
    expect(configured(some).lookup).toMatchObject({ told: ['relation_id_4'] });
    expect(configure(some, backend, lookup, null)).toMatchObject({
      right: { lookup: { told: ['relation_id_4', 'relation_id_7'] } },
    });
  });

  it('leads a name to the place where its database is, and its alias too', () => {
    const records = [grant(4, 'a', 'provisioning'), verified(7, 'a', { place: 'hookchart_a_1' })];
    for (const all of [records, records.toReversed()])
      expect(databases(ledger(...all)).map(({ name, database }) => [name, database])).toEqual([
        ['a', 'hookchart_a_1'],
        ['a_readonly', 'hookchart_a_1'],
      ]);
  });

  it('passes on the authority that the backend is verified by', () => {
    expect(configured(ledger(), { ...backend, ca: 'PEM' }).ca).toBe('PEM');
    expect(configured(ledger()).ca).toBeNull();
  });

  it('tells one configuration from another, verifiers and passwords included', () => {
    const lookedUp = { ...lookup, users: ['relation_id_9'], told: [] };
    const one = { ...configured(ledger(verified(4, 'a'))), lookup: lookedUp, ca: 'PEM' };
    expect(sameConfiguration(one, structuredClone(one))).toBe(true);
    for (const change of [
      { ca: null },
      { lookup: null },
      { lookup: { ...lookedUp, password: { secret: 'another' } } },
      { lookup: { ...lookedUp, user: 'another' } },
      { lookup: { ...lookedUp, users: [] } },
      { databases: [] },
      { users: [] },
      { users: [{ name: 'relation_id_4', verifier: { secret: 'another' } }] },
      { users: [{ name: 'another', verifier }] },
    ])
      expect(sameConfiguration(one, { ...one, ...change })).toBe(false);
  });

  it('knows its own from a read-back', () => {
    const one = databases(ledger(grant(4, 'a')));
    expect(sameDatabases(one, structuredClone(one))).toBe(true);
    for (const change of [{ name: 'b' }, { host: 'b' }, { port: 1 }, { database: 'b' }])
      expect(
        sameDatabases(
          one,
          one.map((entry) => ({ ...entry, ...change })),
        ),
      ).toBe(false);
    expect(sameDatabases(one, one.slice(1))).toBe(false);
  });
});

describe('renderFiles', () => {
  const settings: Settings = {
    listenAddress: '127.0.0.1',
    listenPort: 6432,
    socketDirectory: null,
    logFile: '/log',
    pidFile: '/pid',
    mostClients: 10_000,
    userlistFile: '/users',
    caFile: '/ca',
    accessFile: '/access',
    admin: { user: 'admin', password: { secret: 'a"b' } },
    poolMode: 'session',
    maxDatabaseConnections: 100,
    processes: 8,
    maxPreparedStatements: 200,
  };
  const files = (version: readonly [number, number]) =>
    renderFiles(configured(ledger(verified(4, 'a'))), settings, version, 'SCRAM of "admin"');

  it('writes the databases last, each user with its verifier, and no password anywhere', () => {
    const { ini, userlist } = files([1, 18]);
    expect(ini).toBe(`[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 6432
unix_socket_dir =
logfile = /log
pidfile = /pid
auth_type = scram-sha-256
auth_file = /users
server_tls_sslmode = prefer
admin_users = admin
pool_mode = session
max_client_conn = 10000
max_db_connections = 100
default_pool_size = 7
min_pool_size = 4
reserve_pool_size = 4
server_login_retry = 2
ignore_startup_parameters = extra_float_digits,options

[databases]
a = host=10.0.0.1 port=5432 dbname=a
a_readonly = host=10.0.0.1 port=5432 dbname=a
`);
    expect(userlist).toBe(`"admin" "SCRAM of ""admin"""\n"relation_id_4" "${verifier.secret}"\n`);
  });

  it('lets nobody into other databases but those for whom the wildcard is', () => {
    const wildcard = { host: 'fd00::1', port: 5432, users: ['o"ne', 'two'], closed: ['postgres'] };
    const one = { ...configured(ledger(verified(4, 'a'))), wildcard };
    const { ini, access } = renderFiles(one, settings, [1, 18], 'S');
    expect(ini).toContain('auth_type = hba\nauth_hba_file = /access\n');
    expect(ini).toContain('autodb_idle_timeout = 60\n');
    expect(ini).toContain(
      '[databases]\n* = host=fd00::1 port=5432 pool_mode=session min_pool_size=0\na = ',
    );
    expect(access?.split('\n').filter((line) => !line.startsWith('host'))).toEqual([
      'local "pgbouncer" "admin" scram-sha-256',
      'local "pgbouncer" all reject',
      'local "a","a_readonly" all scram-sha-256',
      'local "postgres" all reject',
      'local all "o""ne","two" scram-sha-256',
      '',
    ]);
    expect(access).toContain('host all "o""ne","two" 0.0.0.0/0 scram-sha-256\n');
    expect(access).toContain('host all "o""ne","two" ::/0 scram-sha-256\n');
  });

  it('keeps the rules for a process that may know a wildcard still', () => {
    const served = configured(ledger(verified(4, 'a')));
    const { ini, access } = renderFiles(served, settings, [1, 18], 'S', true);
    expect([isFenced(ini), isFenced(files([1, 18]).ini)]).toEqual([true, false]);
    expect(ini).not.toContain('* =');
    expect(access).not.toMatch(/ all all |^local all/m);
    expect(files([1, 18]).access).toBeNull();
    const nobody = renderFiles(emptyConfiguration, settings, [1, 18], 'S', true).access;
    expect(nobody?.match(/^local/gm)?.length).toBe(2);
  });

  it('has several share a port, and know each other where PgBouncer has peers', () => {
    const group = { number: 1, hosts: ['127.0.0.11', '127.0.0.12'] };
    const shared = (version: readonly [number, number]) =>
      renderFiles(configured(ledger()), { ...settings, group }, version, 'S').ini;
    expect(shared([1, 18])).toContain('listen_port = 6432\nso_reuseport = 1\nunix_socket_dir');
    expect(shared([1, 18])).not.toMatch(/peer/);
    expect(shared([1, 19])).toContain('\nso_reuseport = 1\npeer_id = 2\n');
    expect(shared([1, 19])).toContain(
      '\n[peers]\n1 = host=127.0.0.11 port=6432\n2 = host=127.0.0.12 port=6432\n\n[databases]\n',
    );
    expect(files([1, 19]).ini).not.toMatch(/peer|reuseport/);
  });

  it('gates keys by PgBouncer’s version, compared as numbers', () => {
    expect(files([1, 20]).ini).not.toContain('max_prepared_statements');
    expect(files([1, 21]).ini).toContain('max_prepared_statements = 200');
    expect(files([1, 23]).ini).not.toContain('max_user_client_connections');
    expect(files([1, 24]).ini).toContain('max_user_client_connections = 8000');
    expect(parseVersion('PgBouncer 1.18.0')).toEqual([1, 18]);
    expect(parseVersion('nothing')).toBeNull();
    expect(isAtLeast([1, 9], [1, 16])).toBe(false);
    expect(isAtLeast([2, 0], [1, 16])).toBe(true);
  });

  it('looks up the users that version 0.1 left, and names the socket where there is one', () => {
    const { ini, userlist } = renderFiles(
      { ...emptyConfiguration, lookup: { ...lookup, users: ['one', "o'ther"], told: [] } },
      { ...settings, socketDirectory: '/sock' },
      [1, 18],
      'S',
    );
    expect(ini).toContain(
      "auth_user = lookup\nauth_query = SELECT uname, phash FROM hookchart.user_lookup($1) WHERE uname IN ('one', 'o''ther')\n",
    );
    expect(lookedUpIn(ini)).toEqual(['one', "o'ther"]);
    expect(lookedUpIn('auth_query = SELECT uname, phash FROM hookchart.user_lookup($1)\n')).toBe(
      'anybody',
    );
    expect(lookedUpIn('[pgbouncer]\n')).toEqual([]);
    expect(ini).toContain('unix_socket_dir = /sock');
    expect(userlist).toBe('"admin" "S"\n"lookup" "lookup ""secret"""\n');
  });

  it('verifies PostgreSQL where an authority is known', () => {
    const files = renderFiles({ ...emptyConfiguration, ca: 'PEM' }, settings, [1, 18], 'S');
    expect(files.ini).toContain('server_tls_sslmode = verify-full\nserver_tls_ca_file = /ca\n');
    expect(files.ca).toBe('PEM');
    expect(renderFiles(emptyConfiguration, settings, [1, 18], 'S').ca).toBeNull();
  });

  it('finds the secret of a user in a userlist', () => {
    const { userlist } = files([1, 18]);
    expect(secretIn(userlist, 'admin')).toBe('SCRAM of "admin"');
    expect(secretIn(userlist, 'relation_id_4')).toBe(verifier.secret);
    expect(secretIn(userlist, 'relation_id')).toBeNull();
  });
});

describe('poolSizes', () => {
  it.each([
    [0, 1, { defaultSize: 20, minimum: 10, reserve: 10 }],
    [100, 8, { defaultSize: 7, minimum: 4, reserve: 4 }],
    [1, 1, { defaultSize: 1, minimum: 1, reserve: 1 }],
  ])('U-46: %i connections over %i processes', (connections, processes, sizes) => {
    expect(poolSizes(connections, processes)).toEqual(sizes);
  });

  it('U-46: refuses no processes and no sense', () => {
    expect(() => poolSizes(100, 0)).toThrow('at least one PgBouncer process, not 0');
    expect(() => poolSizes(-1, 1)).toThrow('0 or more, not -1');
  });
});
