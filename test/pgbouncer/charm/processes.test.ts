import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { startBackend } from '../../../src/pgbouncer/demo/world.ts';
import { hooksOf } from '../../../src/testing/resolver.ts';
import { type APebble, processOn, startPebble } from './a-pebble.ts';
import { RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';
const workspace = new Workspace();
let pebbles: APebble;
let backend: Awaited<ReturnType<typeof startBackend>>;
beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  pebbles = await startPebble(workspace.path);
  backend = await startBackend();
}, 120_000);
afterAll(async () => {
  await pebbles.stop();
  workspace.remove();
});

/** The address at which one of them alone answers. */
const hostOf = (number: number) => `127.0.0.${11 + number}`;

/**
 * Asks whoever answers there to cancel what a session does, and waits until that one ends it:
 * before 1.20 PgBouncer falls over a client that goes earlier.
 */
function cancel(session: pg.Client, host: string, port: number): void {
  const { processID, secretKey } = session as unknown as { processID: number; secretKey: number };
  const request = Buffer.alloc(16);
  for (const [at, number] of [16, 80_877_102, processID, secretKey].entries())
    request.writeUInt32BE(number >>> 0, 4 * at);
  createConnection({ host, port })
    .on('error', () => {})
    .write(request);
}

describe.sequential.each(['a machine', 'Kubernetes'] as const)(
  'several PgBouncers on %s',
  (where) => {
    const isMachine = where === 'a machine';
    const sessions: pg.Client[] = [];
    let charm: RealCharm;
    let home: string;

    beforeAll(async () => {
      const requirers = {
        first: { units: 1, request: { database: `one_${isMachine}` } },
        second: { units: 1, request: { database: `two_${isMachine}` } },
      };
      charm = await RealCharm.start({ units: 1, hasSecrets: true, requirers }, backend);
      await charm.settle();
      await charm.take({ _tag: 'Relate', application: 'first' });
      await charm.settle();
      home = isMachine ? charm.home(leader) : join(workspace.path, 'of-kubernetes');
      charm.config(leader).listen_port = await freePort();
      charm.config(leader).processes = '3';
      await hook('config-changed');
    }, 120_000);
    afterAll(async () => {
      for (const session of sessions) await session.end().catch(() => {});
      for (let number = 0; number < 4; number++) {
        const pid = processOn(iniOf(number));
        if (pid !== null) process.kill(pid, 'SIGKILL');
      }
      // The backend is for the other one as well.
      if (!isMachine) await charm.stop();
    });

    const folderOf = (number: number) => (number === 0 ? home : join(home, String(number)));
    const iniOf = (number: number) => join(folderOf(number), 'pgbouncer.ini');
    const settingsOf = (number: number) =>
      readFileSync(iniOf(number), 'utf8').split('[databases]')[0];
    const pids = () => [0, 1, 2, 3].map((number) => processOn(iniOf(number)));
    const port = () => Number(charm.config(leader).listen_port);

    const around = () =>
      isMachine
        ? {}
        : {
            variables: {
              JUJU_MACHINE_ID: '',
              HOOKCHART_HOME: home,
              HOOKCHART_PEBBLE_SOCKET: pebbles.socket,
            },
          };

    async function hook(name: string) {
      const ended = await charm.hook(leader, { name }, around());
      expect(ended).toMatchObject({ code: 0, error: '' });
      return ended;
    }

    /** Runs what is due where the unit is. */
    async function settle(): Promise<void> {
      for (;;) {
        const [next] = Object.keys(charm.world.units)
          .sort()
          .flatMap((unit) => hooksOf(charm.world, unit).map((due) => ({ unit, hook: due })));
        if (next === undefined) return;
        const ended = await charm.take({ _tag: 'RunHook', ...next }, around());
        if (ended !== null) expect(ended).toMatchObject({ code: 0, error: '' });
      }
    }

    const enters = async (relation: number, host: string): Promise<pg.Client> => {
      const session = await login({ ...charm.answerOf(relation), endpoints: `${host}:${port()}` });
      session.on('error', () => {});
      sessions.push(session);
      return session;
    };

    /** What the console of one of them says. */
    async function asked(number: number, question: string): Promise<Record<string, unknown>[]> {
      const password = readFileSync(join(home, 'console-password'), 'utf8');
      const session = await login({
        ...{ username: 'hookchart_admin', password, database: 'pgbouncer' },
        endpoints: `${hostOf(number)}:${port()}`,
      });
      const { rows } = await session.query(question);
      await session.end();
      return rows;
    }

    async function havePeers(): Promise<boolean> {
      const [{ version = '' } = {}] = await asked(0, 'SHOW VERSION');
      return Number(/\b1\.(\d+)/.exec(String(version))?.[1]) >= 19;
    }

    it('have one port, each its own files, and its part of the connections', async () => {
      const running = pids();
      expect(running.map((pid) => pid !== null)).toEqual([true, true, true, false]);
      expect(new Set(running.slice(0, 3)).size).toBe(3);
      for (const number of [0, 1, 2]) {
        expect(settingsOf(number)).toContain(
          `,${hostOf(number)}\nlisten_port = ${port()}\nso_reuseport = 1\n`,
        );
        expect(settingsOf(number)).toContain('\nmax_db_connections = 33\n');
      }
      // Before 1.19 PgBouncer has no peers, and a key that it does not know keeps it from starting.
      const own = (await havePeers()) ? ['1', '2', '3'] : [undefined, undefined, undefined];
      const said = [0, 1, 2].map(
        (number) => /\npeer_id = (\d+)/.exec(settingsOf(number) ?? '')?.[1],
      );
      expect(said).toEqual(own);
      expect(charm.statusOf(leader)).toBe('active: ');
    });

    it('share those who come', async () => {
      for (let one = 0; one < 60; one++) await enters(1, '127.0.0.1');
      const clients = await Promise.all([0, 1, 2].map((number) => asked(number, 'SHOW CLIENTS')));
      const counts = clients.map(
        (rows) => rows.filter(({ database }) => database !== 'pgbouncer').length,
      );
      expect(counts.reduce((sum, count) => sum + count)).toBe(60);
      expect(Math.min(...counts)).toBeGreaterThan(0);
      for (const session of sessions.splice(0)) await session.end();
    });

    it('from 1.19 on pass a request to cancel on to each other; before, it is lost', async () => {
      const knowEachOther = await havePeers();
      const all = [0, 1, 2];
      const pairs = all.flatMap((from) => all.map((to) => ({ from, to })));
      const asked = [];
      for (const { from, to } of pairs) {
        const session = await enters(1, hostOf(from));
        const end = session.query('SELECT pg_catalog.pg_sleep(5)').then(
          () => 'slept',
          ({ code }: { code?: string }) => code,
        );
        const isHeard = from === to || knowEachOther;
        asked.push({ session, to, end, isHeard });
      }
      const asleep = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
      await expect.poll(async () => (await charm.sql(asleep)).length).toBe(9);
      for (const { session, to, end, isHeard } of asked) {
        cancel(session, hostOf(to), port());
        // Many at once wait in line for each other, from 1.19 on too, and some for too long.
        if (isHeard) expect(await end).toBe('57014');
      }
      expect(await Promise.all(asked.map(({ end }) => end))).toEqual(
        asked.map(({ isHeard }) => (isHeard ? '57014' : 'slept')),
      );
      for (const session of sessions.splice(0)) await session.end();
    });

    it('are reloaded and read back together, and no session is cut', async () => {
      const before = pids();
      const kept = await Promise.all([0, 1, 2].map((number) => enters(1, hostOf(number))));
      await charm.take({ _tag: 'Relate', application: 'second' });
      await settle();
      expect(charm.answerOf(2).username).toBeDefined();
      for (const number of [0, 1, 2]) await (await enters(2, hostOf(number))).end();
      for (const session of kept)
        expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      expect(pids()).toEqual(before);
      await hook('update-status');
      expect(pids()).toEqual(before);
    });

    it('are started anew by themselves: one that dies takes no other along', async () => {
      const [first, second, third] = pids();
      const others = [await enters(1, hostOf(0)), await enters(1, hostOf(2))];
      process.kill(Number(second), 'SIGKILL');
      await hook('update-status');
      const now = pids();
      expect([now[0], now[2]]).toEqual([first, third]);
      expect([null, second]).not.toContain(now[1]);
      for (const session of others)
        expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await (await enters(2, hostOf(1))).end();
    });

    it('move to another port together, and to none that somebody has', async () => {
      const [before, taken, wanted] = [port(), await freePort(), await freePort()];
      const stranger = createServer().listen(taken, '127.0.0.1');
      charm.config(leader).listen_port = taken;
      await hook('config-changed');
      expect(charm.statusOf(leader)).toMatch(/^blocked: config listen_port .* is taken/);
      for (const number of [0, 1, 2])
        expect(settingsOf(number)).toContain(`listen_port = ${before}\n`);
      await new Promise((resolve) => stranger.close(resolve));
      charm.config(leader).listen_port = wanted;
      await hook('config-changed');
      expect(charm.statusOf(leader)).toBe('active: ');
      for (const number of [0, 1, 2]) {
        expect(settingsOf(number)).toContain(`listen_port = ${wanted}\n`);
        await (await enters(1, hostOf(number))).end();
      }
    });

    it('are fewer when they are to be, and one that is alone is as if it had always been', async () => {
      charm.config(leader).processes = '2';
      await hook('config-changed');
      expect(pids().map((pid) => pid !== null)).toEqual([true, true, false, false]);
      expect(existsSync(iniOf(2))).toBe(false);
      expect(settingsOf(1)).toContain('\nmax_db_connections = 50\n');
      charm.config(leader).processes = '1';
      await hook('config-changed');
      expect(pids().map((pid) => pid !== null)).toEqual([true, false, false, false]);
      expect(settingsOf(0)).not.toMatch(/so_reuseport|127\.0\.0\.11/);
      await (await enters(2, '127.0.0.1')).end();
      expect(charm.statusOf(leader)).toBe('active: ');
    });

    it('auto: as many as there are cores, four at most; anything else is refused', async () => {
      charm.config(leader).processes = 'many';
      await hook('config-changed');
      expect(charm.statusOf(leader)).toBe(
        'blocked: config processes is "many": set it to auto (as many as there are cores, 4 at most) or a whole number from 1 to 16; 1 stays in force',
      );
      charm.config(leader).processes = 'auto';
      await hook('config-changed');
      const running = pids().filter((pid) => pid !== null);
      expect(running).toHaveLength(Math.min(4, availableParallelism()));
    });

    it.runIf(isMachine)('go with their unit', async () => {
      await hook('remove');
      expect(pids()).toEqual([null, null, null, null]);
      expect(existsSync(home)).toBe(false);
    });
  },
);
