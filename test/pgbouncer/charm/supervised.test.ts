import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import type { Hook } from '../../../src/testing/world.ts';
import { type APebble, processOn, realPebble, startPebble } from './a-pebble.ts';
import { RealCharm } from './charm.ts';
import { dies } from './kept.ts';

const leader = 'pgbouncer/0';
const other = 'pgbouncer/1';
const hook = (name: string): Hook => ({ name });

const workspace = new Workspace();
let charm: RealCharm;
let pebbles: APebble;
beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  pebbles = await startPebble(workspace.path);
  charm = await RealCharm.start({
    units: 2,
    hasSecrets: true,
    requirers: {
      first: { units: 1, request: { database: 'first' } },
      second: { units: 1, request: { database: 'second' } },
    },
  });
  await charm.take({ _tag: 'Relate', application: 'first' });
  await charm.settle();
}, 120_000);
afterAll(async () => {
  await charm.stop();
  await pebbles.stop();
  workspace.remove();
});

const run = async (
  name: string,
  variables: Record<string, string | undefined> = {},
  unit = leader,
) => {
  const { code, error } = await charm.hook(unit, hook(name), { variables });
  return { code, error };
};
const fine = { code: 0, error: '' };

describe('a port that somebody has', () => {
  it('blocks the unit, which serves on the port of before, newcomers too, until it is free', async () => {
    const wanted = await freePort();
    const stranger = createServer().listen(wanted, '127.0.0.1');
    const before = charm.answerOf(1);
    const pid = charm.pooler(leader);
    const port = charm.config(leader).listen_port;
    Object.assign(charm.config(leader), { listen_port: wanted });
    const says = `blocked: config listen_port is ${wanted}: port ${wanted} is taken; end what listens there, or set listen_port to one that is free; ${port} stays in force`;

    expect(await run('config-changed')).toEqual(fine);
    expect(charm.statusOf(leader)).toBe(says);
    expect(charm.answerOf(1)).toEqual(before);
    expect(charm.pooler(leader)).toBe(pid);
    await (await login(before)).end();

    await charm.take({ _tag: 'Relate', application: 'second' });
    await charm.settle();
    expect(charm.statusOf(leader)).toBe(says);
    expect(charm.answerOf(2).endpoints).toBe(`127.0.0.1:${port}`);
    await (await login(charm.answerOf(2))).end();

    await new Promise((resolve) => stranger.close(resolve));
    expect(await run('update-status')).toEqual(fine);
    expect(charm.statusOf(leader)).toBe('active: ');
    await charm.settle();
    for (const relation of [1, 2]) {
      expect(charm.answerOf(relation).endpoints).toBe(`127.0.0.1:${wanted}`);
      await (await login(charm.answerOf(relation))).end();
    }
  });
});

describe('the program of an operator', () => {
  const own = { HOOKCHART_PGBOUNCER: undefined };

  it('that is missing blocks the unit with that word, and those who are served are so on', async () => {
    const pid = charm.pooler(leader);
    Object.assign(charm.config(leader), { 'pgbouncer-program': '/nowhere/pgbouncer' });
    expect(await run('config-changed', own)).toEqual(fine);
    expect(charm.statusOf(leader)).toMatch(
      /^blocked: PgBouncer cannot run at 127\.0\.0\.1:\d+: there is no program \/nowhere\/pgbouncer that could be run: install PgBouncer, or set pgbouncer-program/,
    );
    await (await login(charm.answerOf(1))).end();
    expect(charm.pooler(leader)).toBe(pid);
    Object.assign(charm.config(leader), { 'pgbouncer-program': 'pgbouncer' });
    expect(await run('config-changed')).toEqual(fine);
    expect(charm.statusOf(leader)).toContain('config pgbouncer-program is "pgbouncer": set it to');
    delete charm.config(leader)['pgbouncer-program'];
    expect(await run('config-changed')).toEqual(fine);
    expect(charm.statusOf(leader)).toBe('active: ');
  });
});

describe('a unit of Kubernetes', () => {
  const folder = join(workspace.path, 'of-kubernetes');
  const there = () => ({
    JUJU_MACHINE_ID: '',
    HOOKCHART_HOME: folder,
    HOOKCHART_PEBBLE_SOCKET: pebbles.socket,
  });

  it('has its PgBouncer kept by Pebble, as its options say', async () => {
    const before = charm.world;
    Object.assign(charm.config(other), { listen_port: await freePort() });
    expect(await run('config-changed', there(), other)).toEqual(fine);
    expect(charm.statusOf(other)).toBe('active: ');
    const pid = processOn(join(folder, 'pgbouncer.ini'));
    expect(pid).not.toBeNull();

    Object.assign(charm.config(other), { 'pgbouncer-user': 'nobody-at-all' });
    expect(await run('config-changed', there(), other)).toEqual(fine);
    expect(charm.statusOf(other)).toMatch(
      /^blocked: PgBouncer cannot run at .*: the container has no such user \(.*unknown user nobody-at-all\): set pgbouncer-user to one that its image has/,
    );
    expect(processOn(join(folder, 'pgbouncer.ini'))).toBe(pid);
    delete charm.config(other)['pgbouncer-user'];
    expect(await run('config-changed', there(), other)).toEqual(fine);
    expect(charm.statusOf(other)).toBe('active: ');
    expect(pebbles.standIn?.objections ?? []).toEqual([]);
    charm.world = before;
  });
});

describe('a unit that goes', () => {
  const empty = join(workspace.path, 'empty');
  const folder = join(workspace.path, 'going');
  const file = join(workspace.path, 'a-file');
  const places: Record<string, () => Record<string, string | undefined>> = {
    'as it was': () => ({}),
    'of Kubernetes without Pebble': () => ({
      JUJU_MACHINE_ID: '',
      HOOKCHART_PEBBLE_SOCKET: join(empty, 'pebble.socket'),
    }),
    'of Kubernetes whose Pebble hears nobody': () => ({
      JUJU_MACHINE_ID: '',
      HOOKCHART_HOME: folder,
      HOOKCHART_PEBBLE_SOCKET: file,
    }),
    'without PgBouncer’s program': () => ({ HOOKCHART_PGBOUNCER: join(empty, 'pgbouncer') }),
    'without its folder': () => ({ HOOKCHART_HOME: join(empty, 'none') }),
    'whose folder is a file': () => ({ HOOKCHART_HOME: file }),
    'under systemd, which is not there': () => ({
      HOOKCHART_WORKLOAD: undefined,
      HOOKCHART_HOME: folder,
      PATH: `${charm.standIn.folder}:${tools}`,
    }),
  };
  const tools = join(workspace.path, 'tools');
  // A stop that comes after remove has started it anew, in folders that only these tests know.
  afterAll(() => {
    for (const home of [join(empty, 'none'), folder, file])
      dies({ iniFile: join(home, 'pgbouncer.ini') });
  });
  beforeAll(() => {
    mkdirSync(empty);
    mkdirSync(tools);
    for (const name of ['sh', 'timeout', 'env', 'bash', 'cat', 'id', 'dirname'])
      writeFileSync(
        join(tools, name),
        `#!/bin/sh\nexec $(PATH=/usr/bin:/bin command -v ${name}) "$@"\n`,
        {
          mode: 0o755,
        },
      );
  });

  it.each(
    Object.keys(places).flatMap((place) =>
      [
        ['stop', 'remove'],
        ['remove', 'stop'],
        ['remove', 'remove', 'stop', 'stop'],
      ].map((hooks) => [place, hooks] as const),
    ),
  )('%s, ends well: %s', async (place, hooks) => {
    rmSync(file, { force: true, recursive: true });
    writeFileSync(file, '');
    for (const name of hooks) {
      const before = charm.world;
      const { code, error } = await run(name, places[place]?.() ?? {}, other);
      expect([code, name, code === 0 ? '' : error]).toEqual([0, name, '']);
      // It stays in the world, to go once more.
      charm.world = before;
    }
  });

  it('says what it could not take along', async () => {
    const before = charm.world;
    const systemd = { ...places['under systemd, which is not there']?.() };
    writeFileSync(file, '');
    const home = join(file, 'below');
    const { code, error } = await run('remove', { ...systemd, HOOKCHART_HOME: home }, other);
    expect(code).toBe(0);
    // Which call of the system it was, each runtime says in its own way.
    expect(error.replace(/(?<=directory, )\w+/, '…')).toBe(
      `remove: something of PgBouncer stays on this machine (ENOTDIR: not a directory, … '${home}'); remove it by hand\n`,
    );
    charm.world = before;
  });
});

// Said, so that nobody takes the one for the other.
it(`was run with ${realPebble ?? 'what stands in for Pebble; HOOKCHART_PEBBLE names the real one'}`, () => {
  expect(pebbles.standIn === null).toBe(realPebble !== undefined);
});
