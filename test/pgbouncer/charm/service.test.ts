import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { hooksOf } from '../../../src/testing/resolver.ts';
import { type APebble, startPebble } from './a-pebble.ts';
import { type Ended, RealCharm } from './charm.ts';
import { dies } from './kept.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];
const units = [leader, follower];

const workspace = new Workspace();
const folderOf = (unit: string) => join(workspace.path, unit.replace('/', '-'));
const pebbles = new Map<string, APebble>();
let charm: RealCharm;

beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  for (const unit of units)
    pebbles.set(unit, await startPebble(await workspace.folder(unit.replace('/', '-'))));
  const requirers = {
    app: { units: 1, request: { database: 'app' } },
    outside: { units: 1, request: { database: 'out', 'external-node-connectivity': 'true' } },
  };
  charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers });
  for (const unit of units) Object.assign(charm.config(unit), { endpoint: 'service' });
  await settle();
}, 180_000);
afterAll(async () => {
  for (const unit of units) {
    dies({ iniFile: join(folderOf(unit), 'home', 'pgbouncer.ini') });
    await pebbles.get(unit)?.stop();
  }
  await charm.stop();
  workspace.remove();
});

const onKubernetes = (unit: string) => ({
  variables: {
    JUJU_MACHINE_ID: '',
    HOOKCHART_HOME: join(folderOf(unit), 'home'),
    HOOKCHART_PEBBLE_SOCKET: pebbles.get(unit)?.socket,
  },
});

async function hook(unit: string, name: string): Promise<Ended> {
  const ended = await charm.hook(unit, { name }, onKubernetes(unit));
  expect(ended).toMatchObject({ code: 0, error: '' });
  return ended;
}

/** Runs what is due, until nothing is, or until a hook has done this; all that was run. */
async function settle(isEnough: (unit: string, name: string) => boolean = () => false) {
  const all: { unit: string; ended: Ended }[] = [];
  for (let run = 0; run < 100; run++) {
    const due = Object.keys(charm.world.units)
      .sort()
      .flatMap((unit) => hooksOf(charm.world, unit).map((hook) => ({ unit, hook })));
    const [next] = due;
    if (next === undefined) return all;
    const { unit, hook } = next;
    const isOurs = units.includes(unit);
    const ended = await charm.take(
      { _tag: 'RunHook', unit, hook },
      isOurs ? onKubernetes(unit) : {},
    );
    if (ended !== null) {
      expect(ended, hook.name).toMatchObject({ code: 0, error: '' });
      all.push({ unit, ended });
    }
    if (isEnough(unit, hook.name)) return all;
  }
  throw new Error('the hooks have no end');
}

const portOf = (unit: string) => Number(charm.config(unit).listen_port);
const asksForPorts = ({ calls }: Ended) =>
  calls.flatMap(({ tool, args }) => (/^(open|close)-port$/.test(tool) ? [[tool, ...args]] : []));
const through = (unit: string) =>
  login({ ...charm.answerOf(1), endpoints: `127.0.0.1:${portOf(unit)}` });

it('the port of the service is asked for once by each unit, and nothing else is called for it', async () => {
  for (const unit of units) {
    expect(charm.world.units[unit]?.state.opened).toBe(String(portOf(unit)));
    expect(asksForPorts(await hook(unit, 'update-status'))).toEqual([]);
  }
});

it('an application is told of the service alone, once every unit serves it', async () => {
  await charm.take({ _tag: 'Relate', application: 'app' });
  await settle((unit, name) => unit === leader && name === 'database-relation-changed');
  expect(charm.answerOf(1).endpoints).toBeUndefined();
  expect(charm.statusOf(leader)).toBe(
    'waiting: relation 1 waits for pgbouncer/1 to serve it, since its clients may come to any unit; nothing was published, the hook is deferred until then',
  );
  await settle();
  const service = `pgbouncer.test.svc.cluster.local:${portOf(leader)}`;
  const { username, password, ...answer } = charm.answerOf(1);
  expect(answer).toMatchObject({ endpoints: service, 'read-only-endpoints': service });
  expect(answer.uris).toBe(`postgresql://${username}:${password}@${service}/app`);
  for (const unit of units) {
    expect(charm.statusOf(unit)).toBe('active: ');
    const session = await through(unit);
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await session.end();
  }
});

it('who comes from outside of the cluster is refused with the reason', async () => {
  await charm.take({ _tag: 'Relate', application: 'outside' });
  await settle();
  expect(charm.answerOf(2).endpoints).toBeUndefined();
  expect(charm.statusOf(leader)).toMatch(
    /external-node-connectivity .*from inside the cluster alone: Juju gives an application on Kubernetes no address outside of it/,
  );
  await charm.take({ _tag: 'RemoveRelation', relation: 2 });
  await settle();
});

it('unit tells of each unit again, and closes the port; a wrong value says what would do', async () => {
  for (const unit of units) charm.config(unit).endpoint = 'pod';
  await hook(leader, 'config-changed');
  expect(charm.statusOf(leader)).toBe(
    'blocked: config endpoint is "pod": set it to unit, or on Kubernetes service; service stays in force',
  );
  expect(charm.answerOf(1).endpoints).toMatch(/^pgbouncer\.test\.svc/);
  for (const unit of units) charm.config(unit).endpoint = 'unit';
  for (const unit of units) {
    const closed = asksForPorts(await hook(unit, 'config-changed'));
    expect(closed).toEqual([['close-port', `${portOf(unit)}/tcp`]]);
    expect(charm.world.units[unit]?.state.opened).toBeUndefined();
  }
  await settle();
  const pod = (number: number) => `pgbouncer-${number}.pgbouncer-endpoints.test.svc.cluster.local`;
  expect(charm.answerOf(1)).toMatchObject({
    endpoints: `${pod(0)}:${portOf(leader)}`,
    'read-only-endpoints': `${pod(1)}:${portOf(follower)}`,
  });
});
