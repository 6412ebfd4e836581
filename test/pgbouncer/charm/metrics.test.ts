import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { hooksOf } from '../../../src/testing/resolver.ts';
import { type APebble, startPebble } from './a-pebble.ts';
import { Scraper, scraped as scrapedAt } from './a-scraper.ts';
import { RealCharm } from './charm.ts';
import { dies } from './kept.ts';
import type { Instead } from './stand-in.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];
const scraper = new Scraper();
const { said } = scraper;

const workspace = new Workspace();
let charm: RealCharm;

beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  charm = await RealCharm.start({
    units: 2,
    hasSecrets: true,
    requirers: {
      app: { units: 1, request: { database: 'app' } },
      other: { units: 1, request: { database: 'other' } },
    },
  });
  for (const unit of [leader, follower]) charm.config(unit)['metrics-port'] = await freePort();
  await charm.settle();
  await charm.take({ _tag: 'Relate', application: 'app' });
  await charm.settle();
}, 60_000);
afterAll(async () => {
  for (const unit of [leader, follower]) await hook(unit, 'remove').catch(() => {});
  await charm.stop();
  workspace.remove();
});

async function hook(unit: string, event: string, variables = {}) {
  const called = event.startsWith('metrics-endpoint-') ? scraper.hook(event) : { name: event };
  const ended = await charm.hook(unit, called, { instead: scraper.instead(unit), variables });
  expect(ended).toMatchObject({ code: 0, error: '' });
  return ended;
}

/** What is read at a unit's port. */
const scraped = (unit: string, path?: string) =>
  scrapedAt(charm.config(unit)['metrics-port'], path);

const isSilent = async (unit: string): Promise<boolean> =>
  fetch(`http://127.0.0.1:${charm.config(unit)['metrics-port']}/metrics`).then(
    () => false,
    () => true,
  );

const value = (text: string, sample: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
};

describe('metrics on machines', () => {
  it('nobody reads are none: no process, no file, no call', async () => {
    const ended = await hook(leader, 'update-status');
    expect(ended.calls.filter(({ args }) => args.join().includes('metrics'))).toEqual([]);
    expect(existsSync(join(charm.home(leader), 'hooks.json'))).toBe(false);
    expect(await isSilent(leader)).toBe(true);
  });

  it('are told where they are: by each unit for itself, by the leader for all', async () => {
    for (const unit of [follower, leader]) {
      await hook(unit, 'metrics-endpoint-relation-created');
      expect(said[unit]).toEqual({
        prometheus_scrape_unit_address: '127.0.0.1',
        prometheus_scrape_unit_name: unit,
      });
      expect(said.pgbouncer === undefined).toBe(unit === follower);
    }
    const {
      scrape_jobs: jobs = '',
      scrape_metadata: metadata = '',
      ...more
    } = said.pgbouncer ?? {};
    expect(JSON.parse(jobs)).toEqual([
      {
        metrics_path: '/metrics',
        static_configs: [{ targets: [`*:${charm.config(leader)['metrics-port']}`] }],
      },
    ]);
    expect(JSON.parse(metadata)).toEqual({
      ...{ model: 'test', model_uuid: '5e1f3c7a-0000-4000-8000-000000000001' },
      ...{ application: 'pgbouncer', unit: leader, charm_name: 'hookchart-pgbouncer' },
    });
    expect(JSON.parse(more.alert_rules ?? '').groups[0].rules.length).toBeGreaterThan(4);
    const again = await hook(leader, 'metrics-endpoint-relation-changed');
    expect(again.calls.filter(({ tool }) => tool === 'relation-set')).toEqual([]);
  });

  it('of a unit that has no address are told when it has one', async () => {
    const before = said[leader];
    delete said[leader];
    const none = { 'bind-addresses': [], 'egress-subnets': [], 'ingress-addresses': [] };
    const instead: Instead = (call, number) =>
      call.tool === 'network-get'
        ? { code: 0, out: `${JSON.stringify(none)}\n`, error: '' }
        : scraper.instead(leader)(call, number);
    const ended = await charm.hook(leader, { name: 'config-changed' }, { instead });
    expect(ended.code).toBe(0);
    expect(ended.error).toContain('metrics are not told: ');
    expect(said[leader]).toBeUndefined();
    await hook(leader, 'config-changed');
    expect(said[leader]).toEqual(before);
  });

  it('have PgBouncer’s figures, as its console says them, and no password', async () => {
    const session = await login(charm.answerOf(1));
    await session.query('SELECT 1');
    const { status, text } = await scraped(leader);
    await session.end();
    expect(status).toBe(200);
    expect(value(text, 'pgbouncer_up{process="0"}')).toBe(1);
    const pool = '{database="app",user="relation_id_1",process="0"}';
    expect(value(text, `pgbouncer_pools_client_active_connections${pool}`)).toBe(1);
    expect(
      value(text, 'pgbouncer_databases_max_connections{name="app",database="app",process="0"}'),
    ).toBe(100);
    const queries = 'pgbouncer_stats_totals_queries_pooled_total{database="app",process="0"}';
    expect(value(text, queries)).toBeGreaterThan(0);
    const console = readFileSync(join(charm.home(leader), 'console-password'), 'utf8');
    for (const secret of [console, charm.answerOf(1).password ?? '-', 'SCRAM'])
      expect(text).not.toContain(secret);
    expect((await scraped(leader, '/')).status).toBe(404);
  });

  it('have the hooks’ own, and cost no call of a tool', async () => {
    const runs = async (end: string) =>
      value(
        (await scraped(leader)).text,
        `hookchart_hook_runs_total{hook="update-status",end="${end}"}`,
      ) ?? 0;
    const [done, failed] = [await runs('done'), await runs('failed')];
    const ended = await hook(leader, 'update-status');
    expect(ended.calls.length).toBeLessThanOrEqual(14);
    const refused = await charm.hook(
      leader,
      { name: 'update-status' },
      {
        instead: ({ tool }) => (tool === 'status-set' ? { code: 1, out: '', error: 'no' } : null),
      },
    );
    expect(refused.code).toBe(1);
    expect([await runs('done'), await runs('failed')]).toEqual([done + 1, failed + 1]);
    await hook(leader, 'update-status');
    const { text } = await scraped(leader);
    expect(value(text, 'hookchart_relations{state="published"}')).toBe(1);
    expect(value(text, 'hookchart_removals_waiting')).toBe(0);
    expect(
      value(text, 'hookchart_charts_total{chart="update-status",end="returned"}'),
    ).toBeGreaterThan(0);
    const seconds = value(text, 'hookchart_hook_seconds_total{hook="update-status"}') ?? 0;
    expect(seconds).toBeGreaterThan(0.02);
    expect(value(text, 'hookchart_last_hook_timestamp_seconds')).toBeGreaterThan(1.7e9);
  });

  it('say of a PgBouncer that is gone, or of one of several, that it is', async () => {
    charm.config(leader).processes = '2';
    await hook(leader, 'config-changed');
    dies({ iniFile: join(charm.home(leader), '1', 'pgbouncer.ini') });
    const { text } = await scraped(leader);
    expect([0, 1].map((number) => value(text, `pgbouncer_up{process="${number}"}`))).toEqual([
      1, 0,
    ]);
    charm.config(leader).processes = '1';
    await hook(leader, 'config-changed');
    expect((await scraped(leader)).text).not.toContain('process="1"');
  });

  it('are told by a process that comes again when it was lost, and at another port', async () => {
    const pidFile = join(charm.home(leader), 'exporter.pid');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 'SIGKILL');
    await hook(leader, 'update-status');
    expect(value((await scraped(leader)).text, 'pgbouncer_up{process="0"}')).toBe(1);
    charm.config(leader)['metrics-port'] = await freePort();
    await hook(leader, 'config-changed');
    expect(value((await scraped(leader)).text, 'pgbouncer_up{process="0"}')).toBe(1);
    expect(said.pgbouncer?.scrape_jobs).toContain(`*:${charm.config(leader)['metrics-port']}`);
    const second = Number(readFileSync(pidFile, 'utf8'));
    await hook(leader, 'upgrade-charm');
    await scraped(leader);
    await expect.poll(() => Number(readFileSync(pidFile, 'utf8'))).not.toBe(second);
  });

  it('at a port that somebody has are told nowhere, and the status says which port', async () => {
    const taken = await freePort();
    const stranger = createServer().listen(taken, '127.0.0.1');
    const before = charm.config(leader)['metrics-port'];
    charm.config(leader)['metrics-port'] = taken;
    await hook(leader, 'config-changed');
    expect(charm.statusOf(leader)).toBe(
      `blocked: metrics are not told: port ${taken} is taken: end what listens there, or set metrics-port to one that is free`,
    );
    await (await login(charm.answerOf(1))).end();
    await new Promise((resolve) => stranger.close(resolve));
    await hook(leader, 'update-status');
    expect(charm.statusOf(leader)).toBe('active: ');
    expect(value((await scraped(leader)).text, 'pgbouncer_up{process="0"}')).toBe(1);
    charm.config(leader)['metrics-port'] = before;
    await hook(leader, 'config-changed');
    expect(value((await scraped(leader)).text, 'pgbouncer_up{process="0"}')).toBe(1);
  });

  it('end with their relation, and with their unit', async () => {
    await scraped(follower);
    await hook(follower, 'remove');
    await expect.poll(() => isSilent(follower)).toBe(true);
    scraper.isRelated = false;
    await hook(leader, 'metrics-endpoint-relation-broken');
    await expect.poll(() => isSilent(leader)).toBe(true);
    expect(charm.world.units[leader]?.state.metrics).toBeUndefined();
    const ended = await hook(leader, 'update-status');
    expect(ended.calls.filter(({ args }) => args.join().includes('metrics'))).toEqual([]);
    expect(await isSilent(leader)).toBe(true);
  });
});

describe('metrics on Kubernetes', () => {
  const home = join(workspace.path, 'of-kubernetes');
  let pebbles: APebble;
  beforeAll(async () => {
    pebbles = await startPebble(workspace.path);
    scraper.isRelated = true;
    charm.config(leader).listen_port = await freePort();
    await hook(leader, 'config-changed', kubernetes());
  });
  afterAll(async () => {
    dies({ iniFile: join(home, 'pgbouncer.ini') });
    await pebbles.stop();
  });

  const kubernetes = () => ({
    JUJU_MACHINE_ID: '',
    HOOKCHART_HOME: home,
    HOOKCHART_PEBBLE_SOCKET: pebbles.socket,
  });
  const services = (service: string) =>
    pebbles.standIn?.named(service).told() ?? expect.fail('this is Pebble itself');

  it('are those of the exporter that the image has, whom an option names', async () => {
    await hook(leader, 'metrics-endpoint-relation-created', kubernetes());
    expect(said[leader]?.prometheus_scrape_unit_address).toBe(
      'pgbouncer-0.pgbouncer-endpoints.test.svc.cluster.local',
    );
    expect(services('exporter')).toEqual([]);
    await hook(leader, 'update-status', kubernetes());
    expect(charm.statusOf(leader)).toBe(
      'blocked: metrics are not told: no exporter is named: set exporter-program to where the image has one',
    );
    charm.config(leader)['exporter-program'] = '/usr/bin/none';
    await hook(leader, 'config-changed', kubernetes());
    expect(charm.statusOf(leader)).toBe(
      'blocked: metrics are not told: the container has no program /usr/bin/none that it could run: set exporter-program to where its image has one',
    );
    expect(
      await login({
        ...charm.answerOf(1),
        endpoints: `127.0.0.1:${charm.config(leader).listen_port}`,
      }).then((one) => one.end()),
    ).toBeUndefined();
  });

  it('are given the console’s password by no argument, and no plan has it', async () => {
    const folder = join(workspace.path, 'image');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const program = join(folder, 'exporter');
    writeFileSync(
      program,
      `#!/bin/sh\nprintf '%s\\n' "$PGPASSWORD" "$@" > ${folder}/told\nexec sleep 1000\n`,
      { mode: 0o755 },
    );
    charm.config(leader)['exporter-program'] = program;
    await hook(leader, 'config-changed', kubernetes());
    expect(charm.statusOf(leader)).toBe('active: ');
    const password = readFileSync(join(home, 'console-password'), 'utf8');
    await expect
      .poll(() =>
        existsSync(join(folder, 'told')) ? readFileSync(join(folder, 'told'), 'utf8') : '',
      )
      .toBe(
        [
          password,
          `--web.listen-address=:${charm.config(leader)['metrics-port']}`,
          `--pgBouncer.connectionString=postgres://hookchart_admin@127.0.0.1:${charm.config(leader).listen_port}/pgbouncer?sslmode=disable`,
          '',
        ].join('\n'),
      );
    expect(pebbles.standIn?.named('exporter').plan).not.toContain(password);
    expect(services('exporter')).toMatchObject([{ current: 'active' }]);
    const starts = pebbles.standIn?.named('exporter').starts;
    await hook(leader, 'update-status', kubernetes());
    expect(pebbles.standIn?.named('exporter').starts).toBe(starts);
  });

  it('that fail are their own fault: PgBouncer is put in force as it is to be, and serves', async () => {
    const failing = join(workspace.path, 'image', 'failing');
    const words = 'listen tcp :9127: bind: address already in use';
    writeFileSync(failing, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
    const before = charm.config(leader)['exporter-program'];
    charm.config(leader)['exporter-program'] = failing;
    await hook(leader, 'config-changed', kubernetes());
    expect(charm.statusOf(leader)).toMatch(
      /^blocked: metrics are not told: Pebble cannot restart exporter: .*exited quickly with code 1.*; it says: listen tcp :9127: bind: address already in use/,
    );
    // What PgBouncer is to be changes, and so it is planned anew, in the same hook as the exporter.
    charm.config(leader).listen_port = await freePort();
    charm.config(leader).processes = '2';
    const ended = await hook(leader, 'config-changed', kubernetes());
    expect(ended.error).not.toContain('PgBouncer');
    const endpoints = `127.0.0.1:${charm.config(leader).listen_port}`;
    await (await login({ ...charm.answerOf(1), endpoints })).end();
    await charm.take({ _tag: 'Relate', application: 'other' });
    for (let run = 0; run < 20 && charm.answerOf(2).username === undefined; run++) {
      const [next] = Object.keys(charm.world.units)
        .sort()
        .flatMap((unit) => hooksOf(charm.world, unit).map((due) => ({ unit, hook: due })));
      if (next === undefined) break;
      const around = { variables: kubernetes(), instead: scraper.instead(next.unit) };
      const how = next.unit === leader ? around : { instead: scraper.instead(next.unit) };
      const served = await charm.take({ _tag: 'RunHook', ...next }, how);
      if (served !== null) expect(served, next.hook.name).toMatchObject({ code: 0, error: '' });
    }
    expect(charm.answerOf(2).username).toBeDefined();
    charm.config(leader).processes = '1';
    charm.config(leader)['exporter-program'] = before;
    await hook(leader, 'config-changed', kubernetes());
    expect(charm.statusOf(leader)).toBe('active: ');
    expect(services('exporter')).toMatchObject([{ current: 'active' }]);
  });

  it('are told no more where no exporter is named any more, and again where one is', async () => {
    const before = charm.config(leader)['exporter-program'];
    charm.config(leader)['exporter-program'] = '';
    await hook(leader, 'config-changed', kubernetes());
    expect(services('exporter')).toMatchObject([{ current: 'inactive' }]);
    await hook(leader, 'update-status', kubernetes());
    expect(services('exporter')).toMatchObject([{ current: 'inactive' }]);
    charm.config(leader)['exporter-program'] = before;
    await hook(leader, 'config-changed', kubernetes());
    expect(services('exporter')).toMatchObject([{ current: 'active' }]);
  });

  it('end with their relation', async () => {
    scraper.isRelated = false;
    await hook(leader, 'metrics-endpoint-relation-broken', kubernetes());
    expect(services('exporter')).toMatchObject([{ current: 'inactive' }]);
    await hook(leader, 'update-status', kubernetes());
    expect(services('exporter')).toMatchObject([{ current: 'inactive' }]);
    expect(pebbles.standIn?.objections).toEqual([]);
  });
});
