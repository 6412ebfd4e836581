import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort } from '../../../src/pgbouncer/demo/servers/child.ts';
import type { Hook } from '../../../src/testing/world.ts';
import { RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';
const relation = 1;
const hook = (name: string): Hook => ({ name });

let charm: RealCharm;
beforeAll(async () => {
  charm = await RealCharm.start({
    units: 2,
    hasSecrets: true,
    requirers: { application: { units: 1, request: { database: 'app' } } },
  });
}, 60_000);
afterAll(() => charm.stop());

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });

describe('the backend', () => {
  it('that is missing is asked of the operator, and blocks nobody for ever', async () => {
    charm.answer = null;
    await charm.settle();
    await charm.take({ _tag: 'Relate', application: 'application' });
    await charm.settle();
    expect(charm.statusOf(leader)).toBe(
      'blocked: backend-database is related to nothing: relate it to a PostgreSQL',
    );
  });

  it('is asked for a login that may make roles, by the leader, once', async () => {
    charm.answer = {};
    for (const unit of ['pgbouncer/1', leader])
      expect(await charm.hook(unit, hook('backend-database-relation-created'))).toMatchObject({
        code: 0,
        error: '',
      });
    expect(charm.asked).toEqual({
      database: 'pgbouncer',
      'extra-user-roles': 'CREATEDB,CREATEROLE',
      'requested-secrets': '["username", "password", "tls", "tls-ca", "uris", "read-only-uris"]',
    });
    expect(charm.statusOf(leader)).toBe(
      'waiting: waiting for the backend database at backend-database:100000 (it has not answered with endpoints and credentials yet)',
    );
  });

  it('serves what has waited as soon as it is there', async () => {
    charm.answer = charm.backendDatabag;
    for (const unit of [leader, 'pgbouncer/1', leader])
      await charm.hook(unit, hook('backend-database-relation-changed'));
    await charm.settle();
    expect(charm.statusOf(leader)).toBe('active: ');
    await (await login(charm.answerOf(relation))).end();
  });

  it('U-39: that comes anew gets the same users with the same passwords', async () => {
    const before = charm.answerOf(relation);
    await charm.sql('DROP DATABASE app WITH (FORCE)');
    const [owner] = await charm.sql(
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'hookchart_%_app'",
    );
    for (const role of ['relation_id_1', String(owner?.rolname)])
      await charm.sql(`DROP ROLE ${role}`);
    const ended = await charm.hook(leader, hook('backend-database-relation-changed'));
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(charm.answerOf(relation).password).toBe(before.password);
    await (await login(before)).end();
  });

  it('U-44: whose secret cannot be read is not ready', async () => {
    const ended = await charm.hook(leader, hook('update-status'), {
      instead: ({ tool, args }) =>
        tool === 'secret-get' && args.at(-1)?.startsWith('secret:backend')
          ? { code: 1, out: '', error: 'ERROR permission denied' }
          : null,
    });
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(charm.statusOf(leader)).toMatch(/^waiting: secret:backend\d+ cannot be read \(ERROR/);
    await charm.hook(leader, hook('secret-changed'));
    expect(charm.statusOf(leader)).toBe('active: ');
  });
});

describe('the options', () => {
  it('that are no good block the unit, and what was in force stays', async () => {
    const ini = charm.ini(leader);
    Object.assign(charm.config(leader), { pool_mode: 'fast', max_db_connections: -1 });
    expect(await charm.hook(leader, hook('config-changed'))).toMatchObject({ code: 0, error: '' });
    expect(charm.statusOf(leader)).toBe(
      'blocked: config pool_mode is "fast": set it to session, transaction or statement; session stays in force (and 1 more)',
    );
    expect(charm.ini(leader)).toBe(ini);
    Object.assign(charm.config(leader), { pool_mode: 'transaction', max_db_connections: 8 });
    await charm.hook(leader, hook('config-changed'));
    expect(charm.statusOf(leader)).toBe('active: ');
    expect(charm.ini(leader)).toContain('pool_mode = transaction\n');
    expect(charm.ini(leader)).toContain('max_db_connections = 8\n');
    Object.assign(charm.config(leader), { pool_mode: 'slow' });
    await charm.hook(leader, hook('config-changed'));
    expect(charm.statusOf(leader)).toContain('transaction stays in force');
    expect(charm.ini(leader)).toContain('pool_mode = transaction\n');
    Object.assign(charm.config(leader), { pool_mode: 'transaction' });
    await charm.hook(leader, hook('config-changed'));
  });

  it('U-16: move the port, and only then the endpoints', async () => {
    const before = charm.answerOf(relation);
    const [old, port] = [Number(before.endpoints?.split(':')[1]), await freePort()];
    Object.assign(charm.config(leader), { listen_port: port });
    expect(await charm.hook(leader, hook('config-changed'))).toMatchObject({ code: 0, error: '' });
    const moved = charm.answerOf(relation);
    expect(moved).toMatchObject({ endpoints: `127.0.0.1:${port}`, password: before.password });
    expect([await isOpen(port), await isOpen(old)]).toEqual([true, false]);
    await (await login(moved)).end();
  });
});

describe('a unit', () => {
  const kubernetes = { JUJU_MACHINE_ID: '' };

  it('of Kubernetes whose container is not up yet waits, and is no failure', async () => {
    const variables = { ...kubernetes, HOOKCHART_HOME: undefined };
    const before = charm.world;
    const ended = await charm.hook('pgbouncer/1', hook('update-status'), { variables });
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(charm.statusOf('pgbouncer/1')).toMatch(
      /^waiting: PgBouncer at 127.0.0.1:\d+ does not answer \(Pebble at \/charm\/containers\/pgbouncer\/pebble.socket/,
    );
    charm.world = before;
  });

  it('of Kubernetes refuses clients from outside, which could not reach it', async () => {
    const before = charm.world;
    const request = { database: 'app', 'external-node-connectivity': 'true' };
    await charm.take({ _tag: 'Ask', application: 'application', request });
    const due = await charm.until(leader, 'database-relation-changed');
    await charm.hook(leader, due, { variables: kubernetes });
    expect(charm.statusOf(leader)).toContain('external-node-connectivity is asked for');
    charm.world = before;
  });

  it('takes its PgBouncer and its files along when it is removed', async () => {
    const port = Number(charm.config('pgbouncer/1').listen_port);
    expect(await isOpen(port)).toBe(true);
    expect(await charm.hook('pgbouncer/1', hook('remove'))).toMatchObject({ code: 0, error: '' });
    expect([await isOpen(port), existsSync(charm.home('pgbouncer/1'))]).toEqual([false, false]);
  });

  it('of a machine installs PgBouncer where it is missing, and stops the service that comes with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookchart-install-'));
    const log = join(folder, 'log');
    for (const name of ['apt-get', 'systemctl'])
      writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@" >> ${log}\n`, {
        mode: 0o755,
      });
    const variables = {
      HOOKCHART_WORKLOAD: undefined,
      PATH: `${folder}:${charm.standIn.folder}:${process.env.PATH}`,
    };
    const missing = { ...variables, HOOKCHART_PGBOUNCER: join(folder, 'pgbouncer') };
    const install = async (set: Record<string, string | undefined>) => {
      writeFileSync(log, '');
      const ended = await charm.hook(leader, hook('install'), { variables: set });
      return [ended.code, ended.error, readFileSync(log, 'utf8').trim().split('\n')];
    };
    const stops = 'systemctl disable --now pgbouncer';
    expect(await install(missing)).toEqual([
      0,
      '',
      ['apt-get update -qq', 'apt-get install -y -qq --no-install-recommends pgbouncer', stops],
    ]);
    // Another hook may have been lost between the two.
    expect(await install(variables)).toEqual([0, '', [stops]]);
    expect(await install({ ...variables, HOOKCHART_WORKLOAD: 'child' })).toEqual([0, '', ['']]);
    writeFileSync(join(folder, 'apt-get'), '#!/bin/sh\necho no network >&2\nexit 100\n');
    const [code, error] = await install(missing);
    expect([code, error]).toEqual([1, expect.stringContaining('apt-get update -qq could not')]);
    expect(error).toContain('no network');
    rmSync(folder, { recursive: true });
  });
});
