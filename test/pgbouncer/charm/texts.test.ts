import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { options, parseConfig, parseSettings } from '../../../src/pgbouncer/charm/config.ts';
import { chartNameOf } from '../../../src/pgbouncer/relation/events.ts';
import { buildCharm } from '../../tools/charm.ts';
import { shippedNode } from '../../tools/charm-node.ts';

const inForce = {
  listen_port: 7000,
  pool_mode: 'transaction',
  max_db_connections: 8,
  max_prepared_statements: 0,
  'allowed-extra-roles': 'CREATEDB, Analyst,',
  'backend-roles': 'CREATEDB,CREATEROLE',
  'pgbouncer-program': '/opt/pgbouncer-1.25/bin/pgbouncer',
  'pgbouncer-user': 'pooler',
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
      backendRoles: 'CREATEDB,CREATEROLE',
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
      backendRoles: 'SUPERUSER',
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

  it('are forgotten where the state cannot be read, and fall back to their defaults', () => {
    for (const text of [undefined, '', 'x', '[]']) expect(parseSettings(text)).toEqual({});
    expect(parseConfig({ pool_mode: 'fast' }, {}).values.pool_mode).toBe('session');
  });
});

describe.each(['kubernetes', 'machine'] as const)('the charm for %s', (substrate) => {
  let folder: string;
  let bytes: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hookchart-charm-'));
    bytes = await buildCharm(folder, { substrate, node: shippedNode(), runtime: 'link' });
  });
  afterAll(() => rm(folder, { recursive: true }));
  const text = (name: string) => readFile(join(folder, name), 'utf8');

  it('is one small file beside the Node that is pinned, and Juju can run it', async () => {
    expect(bytes).toBeLessThan(400_000);
    expect((await text('hookchart.cjs')).length).toBe(bytes);
    expect(statSync(join(folder, 'dispatch')).mode & 0o111).toBe(0o111);
    const version = execFileSync(join(folder, 'node'), ['--version'], { encoding: 'utf8' });
    expect(version).toBe(`v${shippedNode().version}\n`);
    expect(version).toMatch(/^v24\./);
  });

  it('ends its dispatch with the name of a program, where charmcraft looks for it', async () => {
    const program = (await text('dispatch')).trimEnd().split(' ').at(-1) ?? '';
    expect(statSync(join(folder, program)).isFile()).toBe(true);
    expect(statSync(join(folder, program)).mode & 0o111).toBe(0o111);
  });

  it('is packed for the bases and the architecture of the machine that builds', async () => {
    const yaml = await text('charmcraft.yaml');
    expect(yaml).not.toContain('bases:');
    const { architecture } = shippedNode();
    expect(yaml).toContain(
      `platforms:\n  ubuntu@22.04:${architecture}:\n  ubuntu@24.04:${architecture}:\n`,
    );
    const [, primed = ''] = yaml.split('    prime:\n');
    const files = primed
      .trimEnd()
      .split('\n')
      .map((line) => line.replace('      - ', ''));
    const generated = ['charmcraft.yaml', 'config.yaml', 'metadata.yaml'];
    expect([...files, ...generated].sort()).toEqual((await readdir(folder)).sort());
  });

  it('says whose it is and where it is spoken of, to charmcraft and to Charmhub', async () => {
    const [yaml, metadata] = [await text('charmcraft.yaml'), await text('metadata.yaml')];
    expect(/^title: (.{2,40})$/m.exec(yaml)?.[1]).toBe(/^display-name: (.*)$/m.exec(metadata)?.[1]);
    const address = /^https:\/\/\S+$/;
    for (const [link, key] of [
      ['documentation', 'docs'],
      ['source', 'source'],
      ['issues', 'issues'],
      ['website', 'website'],
    ]) {
      const target = new RegExp(`^  ${link}: (.*)$`, 'm').exec(yaml)?.[1];
      expect(target, link).toMatch(address);
      expect(metadata).toContain(`\n${key}: ${target}\n`);
    }
    expect(metadata).toMatch(/^maintainers:\n {2}- .+ <\S+@\S+>$/m);
    expect(await text('README.md')).toMatch(
      /^# PgBouncer.*\n\n[\s\S]*juju deploy .*hookchart-pgbouncer/,
    );
    expect(await text('icon.svg')).toMatch(/^<svg [^>]*width="100" height="100"/);
  });

  it('states the terms of what is in it, each with its text', async () => {
    expect(await text('LICENSE')).toContain('Apache License');
    const [own, ...others] = (await text('licenses.txt')).split(`\n${'-'.repeat(72)}\n\n`);
    const node = others.pop();
    expect(own).toMatch(/^hookchart [\d.]+, Apache-2\.0\n\nApache License/);
    expect(node).toMatch(/^Node 24\.[\d.]+\n\nNode\.js is licensed for use as follows/);
    for (const name of ['pg', 'pg-types', 'pgpass', 'split2', 'ws', 'xstate', 'fp-ts', 'valibot'])
      expect(
        others.some((one) => one.startsWith(`${name} `)),
        name,
      ).toBe(true);
    for (const one of others)
      expect(one).toMatch(/^\S+ [\d.]+, (MIT|ISC)\n\n[\s\S]*Copyright[\s\S]*Permission/);
  });

  it('ends early only in hooks that nobody handles', async () => {
    const [, names = ''] = (await text('dispatch'))
      .split('\n')
      .slice(1, 4)
      .join('\n')
      .split(' in\n');
    const early = names.replace(')', '').trim().split(' | ');
    expect(early).toContain('database-relation-joined');
    for (const hook of early) expect(chartNameOf(hook), hook).toBeNull();
    expect(early).not.toContain('database-relation-created');
  });

  it('says what it provides, requires and takes', async () => {
    const metadata = await text('metadata.yaml');
    expect(metadata).toMatch(
      /^provides:\n {2}database:\n {4}interface: postgresql_client\n {4}optional: true$/m,
    );
    expect(metadata).toMatch(
      /^requires:\n {2}backend-database:\n {4}interface: postgresql_client\n {4}optional: false$/m,
    );
    expect(metadata).toMatch(/^peers:\n {2}pgb-peers:$/m);
    expect(metadata.includes('containers:')).toBe(substrate === 'kubernetes');
    expect(/upstream-source: \S+@sha256:[0-9a-f]{64}\n/.test(metadata)).toBe(
      substrate === 'kubernetes',
    );
    const config = await text('config.yaml');
    for (const name of Object.keys(options)) expect(config).toContain(`  ${name}:\n`);
    expect(await text('charmcraft.yaml')).toContain('type: charm\n');
  });
});
