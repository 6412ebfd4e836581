import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import type { PgbouncerProcess, Workload } from '../../../src/pgbouncer/pooler/index.ts';
import { connect } from '../../../src/pgbouncer/wire/index.ts';
import { WorkloadProblem } from '../../../src/pgbouncer/workload/index.ts';
import { type APebble, processOn, startPebble } from './a-pebble.ts';
import { apply, configuration, dies, kinds, processOf, type Unit } from './kept.ts';

const workspace = new Workspace();
let pebbles: APebble;
beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  pebbles = await startPebble(workspace.path);
});
afterAll(async () => {
  await pebbles.stop();
  workspace.remove();
});

const strangers: Server[] = [];
const held: Socket[] = [];
/** Somebody else who listens there; one who is silent accepts, and says nothing. */
const stranger = async (port: number, isSilent = false): Promise<void> => {
  const server = createServer((socket) => (isSilent ? held.push(socket) : socket.destroy()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  strangers.push(server);
};
const leaves = async (): Promise<void> => {
  for (const socket of held.splice(0)) socket.destroy();
  for (const server of strangers.splice(0)) await new Promise((resolve) => server.close(resolve));
};

let made = 0;
describe.each([
  ['a child process', 'tcp'],
  ['Pebble', 'tcp'],
  ['a child process', 'its socket as well'],
] as const)('a port that is taken, PgBouncer under %s, on %s', (name, how) => {
  let unit: Unit;
  let port: number;
  let pid: number | null;

  const at = (wanted: number): PgbouncerProcess => {
    const process = processOf(unit, wanted);
    if (how === 'tcp') return process;
    const { folder } = unit;
    return {
      ...process,
      settings: { ...process.settings, socketDirectory: folder },
      consoles: [{ host: folder, port: wanted }, ...process.consoles],
    };
  };
  const hook = (process: PgbouncerProcess) => apply(process, configuration('one'));
  /** With something that happens just before the process is started anew. */
  const meanwhile = (process: PgbouncerProcess, happens: () => Promise<void>): PgbouncerProcess => {
    const workload = process.workload as Workload;
    let isFirst = true;
    const restart = async () => {
      if (isFirst) await happens();
      isFirst = false;
      return workload.restart();
    };
    return { ...process, workload: { ...workload, restart } };
  };
  const answers = async (where: number): Promise<boolean> => {
    try {
      const session = await connect({
        ...{ host: '127.0.0.1', port: where, user: 'admin', password: 'of the admin' },
        ...{ database: 'pgbouncer', tls: { mode: 'off' }, timeout: 5_000 },
      });
      await session.end();
      return true;
    } catch {
      return false;
    }
  };
  const taken = (wanted: number) => ({
    _tag: 'PoolerUnusable',
    class: 'unavailable',
    why: expect.stringMatching(new RegExp(`^port ${wanted} is taken: `)),
  });
  const isAtRest = () => !existsSync(`${unit.iniFile}.unconfirmed`);

  beforeEach(async () => {
    made += 1;
    unit = kinds[name]?.(await workspace.folder(`unit-${made}`), pebbles) as Unit;
    port = await freePort();
    expect(await hook(at(port))).toBe('applied');
    pid = processOn(unit.iniFile);
  });
  afterEach(async () => {
    dies(unit);
    await leaves();
  });

  it('is refused before anything is ended', async () => {
    const wanted = await freePort();
    await stranger(wanted);
    expect(await hook(at(wanted))).toMatchObject(taken(wanted));
    expect([processOn(unit.iniFile), await answers(port), isAtRest()]).toEqual([pid, true, true]);
    expect(readFileSync(unit.iniFile, 'utf8')).toContain(`listen_port = ${port}\n`);
    expect(await hook(at(port))).toBe('unchanged');
    await leaves();
    expect(await hook(at(wanted))).toBe('applied');
    expect(await answers(wanted)).toBe(true);
  });

  it('is left again, in the same hook, where it was taken in the middle', async () => {
    const wanted = await freePort();
    const process = meanwhile(at(wanted), () => stranger(wanted));
    expect(await hook(process)).toMatchObject(taken(wanted));
    expect([await answers(port), isAtRest()]).toEqual([true, true]);
    expect(readFileSync(unit.iniFile, 'utf8')).toContain(`listen_port = ${port}\n`);
    expect(await hook(at(port))).toBe('unchanged');
  });

  it('is not the only reason for which a move is taken back', async () => {
    const wanted = await freePort();
    const process = meanwhile(at(wanted), async () => {
      throw new WorkloadProblem('the disk is full, say');
    });
    expect(await hook(process)).toMatchObject({
      _tag: 'PoolerUnavailable',
      why: 'the disk is full, say',
    });
    expect([processOn(unit.iniFile), await answers(port), isAtRest()]).toEqual([pid, true, true]);
  });

  it('is moved to in the next hook where one was lost before it was', async () => {
    const wanted = await freePort();
    const killed = new Error('killed');
    const process = meanwhile(at(wanted), () => Promise.reject(killed));
    const lost = { ...(process.workload as Workload) };
    // Nothing that a killed process could still do is done.
    const replace: Workload['replace'] = async (path, content) => {
      if (readFileSync(unit.iniFile, 'utf8').includes(`= ${wanted}\n`)) throw killed;
      return lost.replace(path, content);
    };
    await expect(hook({ ...process, workload: { ...lost, replace } })).rejects.toBe(killed);
    expect(readFileSync(unit.iniFile, 'utf8')).toContain(`listen_port = ${wanted}\n`);
    expect([processOn(unit.iniFile), await answers(port), isAtRest()]).toEqual([pid, true, false]);

    await stranger(wanted);
    // Somebody has it by now.
    expect(await hook(at(wanted))).toMatchObject(taken(wanted));
    expect([processOn(unit.iniFile), await answers(port), isAtRest()]).toEqual([pid, true, true]);
    await leaves();
    expect(await hook(at(wanted))).toBe('applied');
    expect([await answers(wanted), isAtRest()]).toEqual([true, true]);
  });

  it('is not lost by a hook that is lost after it moved', async () => {
    const wanted = await freePort();
    const process = at(wanted);
    const workload = process.workload as Workload;
    const restart = async () => {
      await workload.restart();
      throw new Error('killed');
    };
    const replace: Workload['replace'] = async (path, content) => {
      if (existsSync(unit.iniFile) && readFileSync(unit.iniFile, 'utf8').includes(`= ${wanted}\n`))
        throw new Error('killed');
      return workload.replace(path, content);
    };
    const killed = hook({ ...process, workload: { ...workload, restart, replace } });
    await expect(killed).rejects.toThrow('killed');
    await until(() => answers(wanted));
    const moved = processOn(unit.iniFile);
    expect(await hook(at(wanted))).toBe('applied');
    expect([processOn(unit.iniFile), isAtRest()]).toEqual([moved, true]);
  });

  it('keeps nobody from going on who hangs: a process that was not ended for it is left alone', async () => {
    const wanted = await freePort();
    await stranger(wanted);
    process.kill(Number(pid), 'SIGSTOP');
    try {
      expect(await hook(at(wanted))).toMatchObject(taken(wanted));
    } finally {
      process.kill(Number(pid), 'SIGCONT');
    }
    expect([processOn(unit.iniFile), await answers(port), isAtRest()]).toEqual([pid, true, true]);
  });

  it.each([false, true])(
    'is said where PgBouncer died and somebody took its own, silent: %s',
    async (isSilent) => {
      process.kill(Number(pid), 'SIGKILL');
      await until(() => tries(() => stranger(port, isSilent)));
      expect(await hook(at(port))).toMatchObject(taken(port));
      await leaves();
      await until(async () => (await hook(at(port))) !== 'down' && (await answers(port)));
      await until(async () => (await hook(at(port))) === 'unchanged');
    },
  );
});

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is()));
}

const tries = (act: () => Promise<void>): Promise<boolean> =>
  act().then(
    () => true,
    () => false,
  );

it('where there is no socket, PgBouncer opens none', async () => {
  const unit = kinds['a child process']?.(await workspace.folder('no-socket'), pebbles) as Unit;
  const port = await freePort();
  expect(await apply(processOf(unit, port), configuration('one'))).toBe('applied');
  for (const folder of ['/tmp', unit.folder])
    expect(existsSync(join(folder, `.s.PGSQL.${port}`))).toBe(false);
  dies(unit);
});
