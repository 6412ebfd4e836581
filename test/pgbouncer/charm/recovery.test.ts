import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';

let charm: RealCharm;
beforeAll(async () => {
  charm = await RealCharm.start({
    units: 2,
    hasSecrets: true,
    requirers: { application: { units: 1, request: { database: 'app' } } },
  });
  await charm.settle();
}, 60_000);
afterAll(() => charm.stop());

async function related(): Promise<number> {
  const relation = charm.world.made.relations;
  await charm.take({ _tag: 'Relate', application: 'application' });
  return relation;
}

async function unrelated(relation: number): Promise<void> {
  await charm.take({ _tag: 'RemoveRelation', relation });
  await charm.settle();
  expect(await charm.roles()).toEqual([]);
  expect(charm.serving(leader)).toEqual([]);
  const keys = Object.keys(charm.world.relations[0]?.applications.pgbouncer ?? {});
  expect(keys.filter((key) => key.startsWith('relation-'))).toEqual([]);
  expect(Object.values(charm.world.secrets).length).toBeLessThanOrEqual(1);
}

describe('a dispatch that is killed', () => {
  it('is run again, whichever call it was killed at: provisioning', async () => {
    let killed = 0;
    for (let call = 1; ; call++) {
      const relation = await related();
      const hook = await charm.until(leader, 'database-relation-changed');
      const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook }, { killedAt: call });
      if (ended?.signal === 'SIGKILL') {
        killed += 1;
        expect(charm.next(leader)).toEqual(hook);
        expect(charm.world.relations[relation]?.applications.pgbouncer).toBeUndefined();
      }
      await charm.settle();
      await (await login(charm.answerOf(relation))).end();
      const secrets = join(charm.home(leader), '..', 'charm-pgbouncer-0', '.hookchart-secrets');
      expect(existsSync(secrets)).toBe(false);
      const created = charm.world.units['application/0']?.heard.filter(
        (heard) => heard.relation === relation && heard.event === 'database_created',
      );
      expect(created).toHaveLength(1);
      await unrelated(relation);
      if (ended?.signal !== 'SIGKILL') break;
    }
    expect(killed).toBeGreaterThanOrEqual(17);
  }, 180_000);

  it('is run again, whichever call it was killed at: removal', async () => {
    let killed = 0;
    for (let call = 1; ; call++) {
      const relation = await related();
      await charm.settle();
      await charm.take({ _tag: 'RemoveRelation', relation });
      const hook = await charm.until(leader, 'database-relation-broken');
      const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook }, { killedAt: call });
      if (ended?.signal === 'SIGKILL') killed += 1;
      await charm.settle();
      expect(await charm.roles()).toEqual([]);
      if (ended?.signal !== 'SIGKILL') break;
    }
    expect(killed).toBeGreaterThanOrEqual(14);
  }, 180_000);
});

describe('a leader that is one no longer', () => {
  it.each([
    ['at its first call', 1],
    ['between the check and the first write', 'relation-set'],
    ['between the last call and the commit', 'commit'],
  ] as const)('%s, leaves the request to its successor', async (_, when) => {
    const relation = await related();
    const hook = await charm.until(leader, 'database-relation-changed');
    const run = { _tag: 'RunHook', unit: leader, hook } as const;
    const ended = await charm.take(run, { deposedAt: when });
    if (when === 'relation-set') expect(ended?.error).toContain('cannot write relation settings');
    expect(charm.world.relations[relation]?.applications.pgbouncer).toBeUndefined();
    await charm.take({ _tag: 'Elect', unit: 'pgbouncer/1' });
    await charm.settle();
    await (await login(charm.answerOf(relation))).end();
    await charm.take({ _tag: 'LoseLeader', application: 'pgbouncer' });
    await charm.take({ _tag: 'Elect', unit: leader });
    await charm.settle();
    await unrelated(relation);
  });
});

describe('a request that has to wait', () => {
  it('U-21, U-22: outlives the pod of the unit that keeps it, and is served when the backend is back', async () => {
    await charm.backend.primary.stop();
    const relation = await related();
    const hook = await charm.until(leader, 'database-relation-changed');
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(charm.statusOf(leader)).toMatch(
      /^waiting: waiting for the backend database at 127.0.0.1:\d+ \(connect ECONNREFUSED/,
    );
    expect(charm.world.units[leader]?.state.deferred).toContain('database-requested');
    await charm.losePod(leader);
    await charm.backend.primary.start();
    const start = await charm.take({ _tag: 'RunHook', unit: leader, hook: charm.next(leader) });
    expect(start?.out).toMatch(/^database-requested of relation \d+: .*returned\nupdate-status: /);
    expect(charm.world.units[leader]?.state.deferred).toBeUndefined();
    await charm.settle();
    await (await login(charm.answerOf(relation))).end();
    expect(charm.statusOf(leader)).toBe('active: ');
    await unrelated(relation);
  });

  it('H2: is dropped with its relation', async () => {
    await charm.backend.primary.stop();
    const relation = await related();
    await charm.until(leader, 'database-relation-changed');
    await charm.settle();
    await charm.backend.primary.start();
    await unrelated(relation);
    const ended = await charm.hook(leader, { name: 'update-status' });
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(charm.world.units[leader]?.state.deferred).toBeUndefined();
  });
});

describe('a unit that goes', () => {
  it('leaves its relations to the others, though it leads', async () => {
    const relation = await related();
    await charm.settle();
    const before = charm.answerOf(relation);
    await charm.take({ _tag: 'RemoveUnit', unit: leader });
    await charm.settle();
    expect(await charm.roles()).toEqual([before.username]);
    await charm.take({ _tag: 'Elect', unit: 'pgbouncer/1' });
    await charm.settle();
    const after = charm.answerOf(relation);
    expect(after.password).toBe(before.password);
    expect(after.endpoints).toContain(String(charm.config('pgbouncer/1').listen_port));
    expect(after['read-only-endpoints']).toBeUndefined();
    await (await login(after)).end();
  });

  it('H6, U-38: takes all users along where the whole application goes', async () => {
    expect(await charm.roles()).not.toEqual([]);
    await charm.take({ _tag: 'RemoveApplication', application: 'pgbouncer' });
    await charm.settle();
    expect(await charm.roles()).toEqual([]);
    expect(Object.values(charm.world.secrets)).toEqual([]);
  });
});
