import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort, identity, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { findPgbouncer } from '../../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { connect } from '../../../src/pgbouncer/wire/index.ts';
import { layerOf } from '../../../src/pgbouncer/workload/pebble-layer.ts';
import { type APebble, processOn, realPebble, startPebble } from './a-pebble.ts';
import { apply, configuration, dies, type How, kinds, processOf, type Unit } from './kept.ts';

const workspace = new Workspace();
const isRoot = process.getuid?.() === 0;
let pebbles: APebble;
let unit: Unit;
let port: number;
let made = 0;
beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  pebbles = await startPebble(workspace.path);
});
afterAll(async () => {
  await pebbles.stop();
  workspace.remove();
});

beforeEach(async () => {
  made += 1;
  unit = kinds.Pebble?.(await workspace.folder(`unit-${made}`), pebbles) as Unit;
  port = await freePort();
});

const hook = (how: Partial<How> = {}) => apply(processOf(unit, port, how), configuration('one'));

/** Until it is so; the test's own limit is the end. */
async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await after(20);
}

const limitOf = (pid: number | null): number =>
  Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1]);

/** What Pebble answers to somebody else. */
const asked = (method: string, path: string, body?: object): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const outgoing = request({ socketPath: pebbles.socket, method, path, headers }, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });

/** Adds the layer of the unit, with something about it that is otherwise, under a mark or its own. */
async function adds(change: (layer: string) => string, mark?: string, openFiles = 500) {
  const { iniFile } = unit;
  const described = { service: 'pgbouncer', program: findPgbouncer(), iniFile, user: 'postgres' };
  const marked = layerOf({ ...described, openFiles });
  const own = createHash('sha256').update(marked('')).digest('hex').slice(0, 12);
  const layer = change(marked(mark ?? own));
  const added = { action: 'add', combine: true, label: 'pgbouncer', format: 'yaml', layer };
  expect(await asked('POST', '/v1/layers', added)).toBe(200);
}

/** Only what stands in for Pebble can be made to do this. */
const standIn = () => {
  if (pebbles.standIn === null) throw new Error('this is Pebble itself');
  return pebbles.standIn;
};

describe(`PgBouncer under ${realPebble ?? 'what stands in for Pebble'}`, () => {
  it('has no log file and no file for its number, and is heard all the same', async () => {
    expect(await hook()).toBe('applied');
    expect(readFileSync(unit.iniFile, 'utf8')).not.toMatch(/^(logfile|pidfile)/m);
    for (const file of ['pgbouncer.log', 'pgbouncer.pid'])
      expect(existsSync(join(unit.folder, file))).toBe(false);
    expect(await unit.keep().lastWords()).toMatch(/process up|RELOAD|LOG/);
  });

  it('may have the files that it needs, of those that Pebble may have', async () => {
    expect(await hook({ openFiles: 1_300 })).toBe('applied');
    expect(limitOf(processOn(unit.iniFile))).toBe(1_300);
    const own = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    expect(await unit.keep().openFiles()).toBe(Number(own?.[1]));
    expect(await hook({ openFiles: 1e9 })).toBe('applied');
    expect(limitOf(processOn(unit.iniFile))).toBe(Number(own?.[1]));
  });

  it('runs by a layer that has changed, also where a hook was lost before it was put in force', async () => {
    expect(await hook()).toBe('applied');
    expect(limitOf(processOn(unit.iniFile))).toBe(500);
    expect(await hook({ openFiles: 600 })).toBe('applied');
    expect(limitOf(processOn(unit.iniFile))).toBe(600);

    const process = processOf(unit, port, { openFiles: 700 });
    const lost = { ...process.workload, start: () => Promise.reject(new Error('killed')) };
    const killed = apply({ ...process, workload: lost as never }, configuration('one'));
    await expect(killed).rejects.toThrow('killed');
    expect(limitOf(processOn(unit.iniFile))).toBe(600);
    expect(await hook({ openFiles: 700 })).toBe('applied');
    expect(limitOf(processOn(unit.iniFile))).toBe(700);
    expect(await hook({ openFiles: 700 })).toBe('unchanged');
  });

  it('runs by it also where the layer had been added, and nothing more', async () => {
    expect(await hook()).toBe('applied');
    const process = processOf(unit, port, { openFiles: 600 });
    const workload = process.workload as NonNullable<typeof process.workload>;
    const start = async () => {
      // All but the replan.
      await adds((layer) => layer, undefined, 600);
      expect(await workload.isCurrent()).toBe(true);
      throw new Error('killed');
    };
    const killed = apply({ ...process, workload: { ...workload, start } }, configuration('one'));
    await expect(killed).rejects.toThrow('killed');
    expect(limitOf(processOn(unit.iniFile))).toBe(500);
    expect(await hook({ openFiles: 600 })).toBe('applied');
    expect(limitOf(processOn(unit.iniFile))).toBe(600);
  });

  it('ends no session where its check alone differs', async () => {
    expect(await hook()).toBe('applied');
    await adds((layer) => layer.replace('period: 10s', 'period: 20s'), '0');
    // It runs by this one from now on, whether or not that takes a start.
    expect(await asked('POST', '/v1/services', { action: 'replan', services: [] })).toBe(202);
    const pid = processOn(unit.iniFile);
    const session = await connect({
      ...{ host: '127.0.0.1', port, user: 'admin', password: 'of the admin' },
      ...{ database: 'pgbouncer', tls: { mode: 'off' }, timeout: 5_000 },
    });
    expect(await unit.keep().isCurrent()).toBe(false);
    expect(await hook()).toBe('applied');
    expect(await unit.keep().isCurrent()).toBe(true);
    expect(await session.query('SHOW VERSION', 5_000)).toHaveLength(1);
    await session.end();
    expect(processOn(unit.iniFile)).toBe(pid);
  });

  // Pebble makes its three checks in 30 seconds.
  it('is started anew where it does not answer, and left alone where it does', async () => {
    expect(await hook()).toBe('applied');
    const pid = processOn(unit.iniFile);
    await after(realPebble === undefined ? 2_000 : 12_000);
    expect(processOn(unit.iniFile)).toBe(pid);
    process.kill(Number(pid), 'SIGSTOP');
    const isAnother = () => ![null, pid].includes(processOn(unit.iniFile));
    await until(isAnother);
    await until(async () => (await hook()) === 'unchanged');
  }, 120_000);

  it('is started again where it has died, by Pebble alone', async () => {
    expect(await hook()).toBe('applied');
    const pid = processOn(unit.iniFile);
    dies(unit);
    await until(() => ![null, pid].includes(processOn(unit.iniFile)));
    await until(async () => (await hook()) === 'unchanged');
  });

  it('says in its own words why it does not start, without a secret', async () => {
    const workload = unit.keep();
    const ini = '[pgbouncer]\nlisten_port = none\n[databases]\nx = password=geheim nonsense\n';
    await workload.replace(unit.iniFile, ini);
    const problem = await workload.start().catch((cause: unknown) => cause);
    expect(problem).toMatchObject({
      turn: 'nobody',
      message: expect.stringMatching(
        /^Pebble cannot replan pgbouncer: .*exited quickly with code 1, will restart.*; PgBouncer says: (ERROR|FATAL|WARNING) /,
      ),
    });
    expect(String(problem)).not.toContain('geheim');
    expect(String(problem).length).toBeLessThan(800);
  });

  it.each([
    ['program', { program: '/nowhere/pgbouncer' }, 'has no program /nowhere/pgbouncer'],
    ['user', { user: 'nobody-at-all' }, 'has no such user (cannot look up'],
  ])(
    'is an operator’s matter where the image has no such %s, and nothing is ended',
    async (_, how, why) => {
      expect(await hook()).toBe('applied');
      const pid = processOn(unit.iniFile);
      expect(await hook(how)).toMatchObject({
        _tag: 'PoolerUnusable',
        class: 'unavailable',
        why: expect.stringContaining(why),
      });
      expect(processOn(unit.iniFile)).toBe(pid);
      for (const action of ['start', 'restart'] as const)
        await expect(unit.keep(how)[action]()).rejects.toMatchObject({ turn: 'operator' });
      expect(processOn(unit.iniFile)).toBe(pid);
      // It is a matter of this hook alone, whose files may have been marked.
      await hook();
      expect(await hook()).toBe('unchanged');
      expect(processOn(unit.iniFile)).toBe(pid);
    },
  );

  it('is an operator’s matter where what is there is no program', async () => {
    expect(await hook({ program: '/etc/passwd' })).toMatchObject({
      _tag: 'PoolerUnusable',
      why: expect.stringContaining('has no program /etc/passwd that it could run'),
    });
  });

  it.skipIf(!isRoot)('has its folder made anew where that is somebody else’s', async () => {
    const folder = join(workspace.path, `whose-${made}`);
    mkdirSync(folder, { mode: 0o700 });
    await unit.keep().replace(join(folder, 'file'), 'content');
    // As Pebble has it: what is there stays whose it is.
    expect(statSync(folder).uid).toBe(0);
    await unit.keep().tidy(folder);
    const { uid } = identity() as { uid: number };
    expect([statSync(folder).uid, existsSync(join(folder, 'file'))]).toEqual([uid, false]);
    await unit.keep().replace(join(folder, 'file'), 'content');
    await unit.keep().tidy(folder);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('content');
  });

  it.skipIf(!isRoot)('runs as another user, whose its files are then', async () => {
    expect(await hook()).toBe('applied');
    const other = unit.keep({ user: 'nobody' });
    await other.tidy(unit.folder);
    expect(await hook({ user: 'nobody' })).toBe('applied');
    const pid = processOn(unit.iniFile);
    expect(statSync(`/proc/${pid}`).uid).toBe(statSync(unit.folder).uid);
    expect(statSync(unit.folder).uid).not.toBe((identity() as { uid: number }).uid);
    chownSync(unit.folder, (identity() as { uid: number }).uid, 0);
  });
});

const only = realPebble === undefined ? describe : describe.skip;
only('Pebble, as only what stands in for it can be made to be', () => {
  it('is waited for longer than one request waits, and asked no more than it takes', async () => {
    expect(await hook()).toBe('applied');
    const { requests, service } = standIn();
    service.delay = 5_000;
    const before = requests.length;
    await unit.keep().restart();
    service.delay = 0;
    const waits = requests.slice(before).filter((one) => one.endsWith('/wait'));
    expect(waits.length).toBe(2);
  });

  it('is not asked without end where it answers at once that nothing is ready', async () => {
    expect(await hook()).toBe('applied');
    const { requests } = standIn();
    const before = requests.length;
    standIn().slow = 3;
    await unit.keep().restart();
    expect(requests.length - before).toBeLessThan(15);
    standIn().slow = Number.POSITIVE_INFINITY;
    const began = performance.now();
    const hurried = kinds.Pebble?.(unit.folder, pebbles).keep({
      remaining: () => Math.max(0, began + 2_000 - performance.now()),
    });
    const asking = requests.length;
    await expect(hurried?.restart()).rejects.toThrow('Pebble did not restart pgbouncer in time');
    expect(requests.length - asking).toBeLessThan(20);
    standIn().slow = 0;
  });

  it('that lets nobody in says so', async () => {
    standIn().isDenied = true;
    expect(await hook()).toMatchObject({
      _tag: 'PoolerUnavailable',
      why: expect.stringContaining('access denied'),
    });
    standIn().isDenied = false;
  });

  it('that has forgotten a change says so, and is asked once', async () => {
    const pebble = standIn();
    const { change, requests } = pebble;
    pebble.change = () => undefined;
    const before = requests.length;
    await expect(unit.keep().restart()).rejects.toThrow(
      /Pebble refuses GET \/v1\/changes\/\d+\/wait.*: cannot find change with id/,
    );
    expect(requests.slice(before).filter((one) => one.endsWith('/wait')).length).toBe(1);
    pebble.change = change;
  });

  it('that ends a service just now is nobody’s matter, and is asked again by the next hook', async () => {
    const pebble = standIn();
    const { change } = pebble;
    const err =
      'cannot perform the following tasks:\n- Start service "pgbouncer" (cannot start service while terminating)';
    pebble.change = () => Promise.resolve({ ready: true, err, tasks: [] });
    expect(await hook()).toMatchObject({
      _tag: 'PoolerUnavailable',
      why: expect.stringContaining('while terminating'),
    });
    pebble.change = change;
    await until(async () => (await hook()) === 'applied');
  });

  it('was asked nothing that its API does not know', () => {
    expect(standIn().objections).toEqual([]);
    expect(standIn().requests).toContain('POST /v1/layers');
  });
});

describe('Pebble that is not there', () => {
  it('is a container that is not up yet', async () => {
    const socket = join(workspace.path, 'none.socket');
    const nowhere = kinds.Pebble?.(unit.folder, { ...pebbles, socket }) as Unit;
    expect(await apply(processOf(nowhere, 1), configuration())).toMatchObject({
      _tag: 'PoolerUnavailable',
      class: 'unavailable',
      why: expect.stringContaining('none.socket'),
    });
    await nowhere.keep().remove();
  });
});
