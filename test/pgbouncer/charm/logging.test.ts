import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { type APebble, startPebble } from './a-pebble.ts';
import { RealCharm } from './charm.ts';
import { dies } from './kept.ts';
import type { Instead } from './stand-in.ts';

const leader = 'pgbouncer/0';
const relation = 88;
const name = `logging:${relation}`;
const workspace = new Workspace();
const home = join(workspace.path, 'of-kubernetes');
const url = (number: number) =>
  `http://loki-${number}.loki-endpoints.cos.svc:3100/loki/api/v1/push`;

/** What the units of who takes logs say. */
let lokis: Record<string, Record<string, string>> = {};
let isRelated = true;
let pebbles: APebble;
let charm: RealCharm;

beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  pebbles = await startPebble(workspace.path);
  charm = await RealCharm.start({ units: 1, hasSecrets: true, requirers: {} });
  await charm.settle();
  charm.config(leader).listen_port = await freePort();
}, 60_000);
afterAll(async () => {
  dies({ iniFile: join(home, 'pgbouncer.ini') });
  await pebbles.stop();
  await charm.stop();
  workspace.remove();
});

const loki: Instead = ({ tool, args }) => {
  const done = (value: unknown) => ({ code: 0, error: '', out: `${JSON.stringify(value)}\n` });
  if (tool === 'relation-ids' && args.includes('logging')) return done(isRelated ? [name] : []);
  if (!args.includes(name)) return null;
  if (tool === 'relation-list') return done(Object.keys(lokis));
  if (tool !== 'relation-get') throw new Error(`${tool} is not asked`);
  return done(lokis[args.at(-1) ?? ''] ?? {});
};

async function hook(event: string, more: Record<string, string | undefined> = {}) {
  const about = event.startsWith('logging-') ? { relation, remoteApplication: 'loki' } : {};
  const variables = {
    ...{ JUJU_MACHINE_ID: '', HOOKCHART_HOME: home, HOOKCHART_PEBBLE_SOCKET: pebbles.socket },
    ...more,
  };
  const ended = await charm.hook(leader, { name: event, ...about }, { instead: loki, variables });
  expect(ended.code).toBe(0);
  return ended;
}

const standIn = () => pebbles.standIn ?? expect.fail('this is Pebble itself');
const targets = () => parse(standIn().logging || '{}')['log-targets'] ?? {};
const sends = () =>
  Object.entries<{ services: string[]; location: string }>(targets()).flatMap(
    ([target, { services, location }]) => (services[0] === 'all' ? [[target, location]] : []),
  );

it('nobody who takes logs is asked for while nobody is related', async () => {
  const ended = await hook('update-status');
  expect(ended.calls.filter(({ args }) => args.includes('logging'))).toEqual([]);
  expect(standIn().logging).toBe('');
});

it('Pebble sends what services say to each unit that takes it, and says whose it is', async () => {
  lokis = {
    'loki/0': { endpoint: JSON.stringify({ url: url(0) }) },
    'loki/1': { endpoint: JSON.stringify({ url: url(1) }) },
    'loki/2': {},
    'loki/3': { endpoint: JSON.stringify({ url: 'file:///etc/passwd' }) },
    'loki/4': { endpoint: 'x' },
  };
  expect((await hook('logging-relation-changed')).error).toBe('');
  expect(sends()).toEqual([
    ['loki-88-loki-0', url(0)],
    ['loki-88-loki-1', url(1)],
  ]);
  expect(targets()['loki-88-loki-0']).toEqual({
    ...{ override: 'replace', type: 'loki', location: url(0), services: ['all'] },
    labels: {
      ...{ product: 'Juju', juju_model: 'test', juju_application: 'pgbouncer', juju_unit: leader },
      juju_model_uuid: '5e1f3c7a-0000-4000-8000-000000000001',
    },
  });
});

it('a container that was started anew is told again, and any other hook asks nothing', async () => {
  const ended = await hook('update-status');
  expect(ended.calls.filter(({ args }) => args.includes('logging'))).toEqual([]);
  standIn().logging = '';
  await hook('pgbouncer-pebble-ready');
  expect(sends()).toHaveLength(2);
});

it('one that goes is sent nothing more, and a container that is not up is told when it is', async () => {
  lokis = { 'loki/1': { endpoint: JSON.stringify({ url: url(1) }) } };
  const down = await hook('logging-relation-departed', {
    HOOKCHART_PEBBLE_SOCKET: join(workspace.path, 'none.socket'),
  });
  expect(down.error).toContain('logs are not sent: Pebble at ');
  expect(sends()).toHaveLength(2);
  // Where Pebble does not say that it is up, a unit's next update-status tells it.
  await hook('update-status');
  expect(sends()).toEqual([['loki-88-loki-1', url(1)]]);
  const again = await hook('update-status');
  expect(again.calls.filter(({ args }) => args.includes('logging'))).toEqual([]);
  expect(targets()['loki-88-loki-0'].services).toEqual(['-all']);
});

it('nobody is sent anything when the relation is gone', async () => {
  isRelated = false;
  expect((await hook('logging-relation-broken')).error).toBe('');
  expect(sends()).toEqual([]);
  expect(charm.world.units[leader]?.state.logging).toBeUndefined();
  expect(standIn().objections).toEqual([]);
});
