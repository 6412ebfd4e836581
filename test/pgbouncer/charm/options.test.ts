import { describe, expect, it } from 'vitest';
import {
  options,
  parseConfig,
  parseSettings,
  whereItIs,
} from '../../../src/pgbouncer/charm/config.ts';

const inForce = {
  listen_port: 7000,
  pool_mode: 'transaction',
  max_db_connections: 8,
  max_prepared_statements: 0,
  processes: '4',
  endpoint: 'service',
  tls: 'require',
  'allowed-extra-roles': 'CREATEDB, Analyst,',
  'backend-roles': 'CREATEDB,CREATEROLE',
  'pgbouncer-program': '/opt/pgbouncer-1.25/bin/pgbouncer',
  'pgbouncer-user': 'pooler',
  'metrics-port': 9200,
  'exporter-program': '/usr/bin/pgbouncer_exporter',
  'hook-budget': 30,
};
const may = {
  allowed: options['allowed-extra-roles'].may,
  backend: 'names with commas between them',
  budget: 'a whole number of seconds from 10 to 600',
  program: options['pgbouncer-program'].may,
  user: options['pgbouncer-user'].may,
};
const { 'pgbouncer-program': keptProgram, 'pgbouncer-user': keptUser } = inForce;

describe('the options of the charm', () => {
  it('are those of an operator, or by default', () => {
    expect(parseConfig(inForce, {})).toEqual({
      options: {
        listenPort: 7000,
        poolMode: 'transaction',
        maxDatabaseConnections: 8,
        maxPreparedStatements: 0,
      },
      run: { program: '/opt/pgbouncer-1.25/bin/pgbouncer', user: 'pooler' },
      policy: { extraRoles: ['createdb', 'analyst'] },
      tls: 'require',
      processes: 4,
      endpoint: 'service',
      backendRoles: 'CREATEDB,CREATEROLE',
      metrics: { program: '/usr/bin/pgbouncer_exporter', port: 9200 },
      budget: 30_000,
      values: inForce,
      objections: [],
    });
    expect(parseConfig({}, {})).toMatchObject({
      options: {
        listenPort: 6432,
        poolMode: 'session',
        maxDatabaseConnections: 100,
        maxPreparedStatements: 200,
      },
      run: { program: '/usr/sbin/pgbouncer', user: 'postgres' },
      policy: { extraRoles: 'default' },
      tls: 'allow',
      processes: 1,
      endpoint: 'unit',
      backendRoles: 'SUPERUSER',
      metrics: { program: '', port: 9127 },
      budget: 60_000,
      objections: [],
    });
  });

  it.each([
    ['listen_port', 80, 'a port from 1024 to 65535', 7000],
    ['listen_port', 65_536, 'a port from 1024 to 65535', 7000],
    ['listen_port', '7001', 'a port from 1024 to 65535', 7000],
    ['pool_mode', 'fast', 'session, transaction or statement', 'transaction'],
    ['max_db_connections', -1, 'a whole number from 0 on, where 0 is no limit', 8],
    ['max_db_connections', 1.5, 'a whole number from 0 on, where 0 is no limit', 8],
    ['processes', '0', options.processes.may, '4'],
    ['processes', '17', options.processes.may, '4'],
    ['processes', 4, options.processes.may, '4'],
    ['endpoint', 'pod', 'unit, or on Kubernetes service', 'service'],
    ['tls', 'verify-full', 'off, allow or require', 'require'],
    ['max_prepared_statements', null, 'a whole number from 0 on, where 0 keeps none', 0],
    ['allowed-extra-roles', 'superuser', may.allowed, 'CREATEDB, Analyst,'],
    ['allowed-extra-roles', 'CREATEDB,BypassRLS', may.allowed, 'CREATEDB, Analyst,'],
    ['allowed-extra-roles', 'replication', may.allowed, 'CREATEDB, Analyst,'],
    ['allowed-extra-roles', 'pg_execute_server_program', may.allowed, 'CREATEDB, Analyst,'],
    ['allowed-extra-roles', 'pg_read_server_files', may.allowed, 'CREATEDB, Analyst,'],
    ['allowed-extra-roles', 'pg_write_server_files', may.allowed, 'CREATEDB, Analyst,'],
    ['allowed-extra-roles', 'relation_id_4', may.allowed, 'CREATEDB, Analyst,'],
    ['allowed-extra-roles', 'two words', may.allowed, 'CREATEDB, Analyst,'],
    ['backend-roles', 'a;b', may.backend, 'CREATEDB,CREATEROLE'],
    ['pgbouncer-program', 'pgbouncer', may.program, keptProgram],
    ['pgbouncer-program', '/usr/sbin/pgbouncer -R', may.program, keptProgram],
    ['pgbouncer-program', "/bin/a';reboot", may.program, keptProgram],
    ['pgbouncer-program', '/opt/../bin/sh', may.program, keptProgram],
    ['pgbouncer-program', '/opt/%n', may.program, keptProgram],
    ['pgbouncer-program', '', may.program, keptProgram],
    ['pgbouncer-user', 'root', may.user, keptUser],
    ['pgbouncer-user', 'a b', may.user, keptUser],
    ['pgbouncer-user', '0', may.user, keptUser],
    ['pgbouncer-user', '', may.user, keptUser],
    ['metrics-port', 80, 'a port from 1024 to 65535', 9200],
    [
      'exporter-program',
      'exporter',
      options['exporter-program'].may,
      '/usr/bin/pgbouncer_exporter',
    ],
    [
      'exporter-program',
      "/bin/a';x",
      options['exporter-program'].may,
      '/usr/bin/pgbouncer_exporter',
    ],
    ['hook-budget', 9, may.budget, 30],
    ['hook-budget', 601, may.budget, 30],
    ['hook-budget', 10.5, may.budget, 30],
  ])('%s = %j is refused, and what was in force stays', (name, value, may, kept) => {
    const parsed = parseConfig({ ...inForce, [name]: value }, inForce);
    if (value === null) return expect(parsed.objections).toEqual([]);
    expect(parsed.values).toEqual({ ...inForce, [name]: kept });
    expect(parsed.objections).toEqual([
      `config ${name} is ${JSON.stringify(value)}: set it to ${may}; ${kept} stays in force`,
    ]);
  });

  it('allow roles that need no superuser, by name', () => {
    const config = { 'allowed-extra-roles': 'pg_monitor,pg_read_all_data,createrole' };
    expect(parseConfig(config, {})).toMatchObject({
      policy: { extraRoles: ['pg_monitor', 'pg_read_all_data', 'createrole'] },
      objections: [],
    });
  });

  it('say what stays in force where that is the default, and show no text that a log would obey', () => {
    const [objection = ''] = parseConfig(
      { 'allowed-extra-roles': 'a\u001b\u202e b' },
      {},
    ).objections;
    expect(objection).toMatch(/^config allowed-extra-roles is "a\\u001b\\u202e b": set it to /);
    expect(objection).toMatch(/; the default stays in force$/);
  });

  it.each([
    [null, [3, 1], null],
    [null, [4, 0], null],
    [null, [3, 0], 'Juju 3.0 opens no port of a service, which takes 3.1'],
    [null, [2, 9], 'Juju 2.9 opens no port of a service, which takes 3.1'],
    ['0', [3, 6], 'a unit on a machine has no service before it'],
  ] as const)('have a service where there is one: machine %j, Juju %j', (machine, version, why) => {
    const config = parseConfig({ ...inForce, endpoint: 'service' }, {});
    const fitting = whereItIs(config, { machine, version });
    expect([fitting.endpoint, fitting.values.endpoint]).toEqual(
      why === null ? ['service', 'service'] : ['unit', 'unit'],
    );
    expect(fitting.objections).toEqual(
      why === null
        ? []
        : [`config endpoint is "service": ${why}: set it to unit; unit stays in force`],
    );
    const ofUnits = parseConfig({ ...inForce, endpoint: 'unit' }, {});
    expect(whereItIs(ofUnits, { machine, version })).toBe(ofUnits);
  });

  it('are forgotten where the state cannot be read, and fall back to their defaults', () => {
    for (const text of [undefined, '', 'x', '[]']) expect(parseSettings(text)).toEqual({});
    expect(parseConfig({ pool_mode: 'fast' }, {}).values.pool_mode).toBe('session');
  });
});
