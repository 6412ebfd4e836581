/** The charm as a process beside many other relations: what a hook asks does not grow with them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../src/pgbouncer/demo/servers/child.ts';
import { peerRelation } from '../../../src/testing/world.ts';
import { type Ended, RealCharm } from './charm.ts';
import { addCrowd, crowdApplication } from './crowd.ts';

const leader = 'pgbouncer/0';
const others = 60;
/** More than are told in one hook where a pooler is now. */
const slice = 50;

let charm: RealCharm;
beforeAll(async () => {
  const asking = { units: 1, request: { database: 'app' } };
  const [application, another] = [asking, { units: 1, request: { database: 'other' } }];
  const requirers = { application, another, [crowdApplication]: { units: 0, request: {} } };
  charm = await RealCharm.start({ hasSecrets: true, requirers });
  await charm.settle();
}, 200_000);
afterAll(() => charm?.stop());

const ran = async (name: string): Promise<Ended> => {
  const hook = name === 'update-status' ? { name } : await charm.until(leader, name);
  const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook });
  expect(ended).toMatchObject({ code: 0 });
  return ended as Ended;
};

/** One relation from its request to its end, and how often the leader has called Juju in each hook. */
async function calls(application: string) {
  await charm.take({ _tag: 'Relate', application });
  const provisioning = (await ran('database-relation-changed')).calls.length;
  await charm.settle();
  const status: number[] = [];
  for (let round = 0; round < 3; round++) status.push((await ran('update-status')).calls.length);
  const relation = Number(
    Object.keys(charm.world.relations).find(
      (id) => charm.world.relations[id]?.requirer === application,
    ),
  );
  expect(charm.answerOf(relation)).toMatchObject({ username: `relation_id_${relation}` });
  await charm.take({ _tag: 'RemoveRelation', relation });
  const broken = (await ran('database-relation-broken')).calls.length;
  await charm.settle();
  return { provisioning, broken, status: Math.max(...status) };
}

const most = { provisioning: 18, broken: 14, status: 14 };

describe.sequential('hooks beside many other relations', () => {
  it('a hook asks Juju as often as beside none', async () => {
    const alone = await calls('application');
    await addCrowd(charm, others, 'provisioned');
    for (const unit of ['pgbouncer/0', 'pgbouncer/1', 'pgbouncer/2'])
      await charm.take({ _tag: 'RunHook', unit, hook: { name: 'update-status' } });
    await charm.settle();
    const beside = await calls('another');
    for (const found of [alone, beside]) {
      expect(found.provisioning).toBeLessThanOrEqual(most.provisioning);
      expect(found.broken).toBeLessThanOrEqual(most.broken);
      expect(found.status).toBeLessThanOrEqual(most.status);
    }
    expect(charm.statusOf(leader)).toBe('active: ');
  }, 400_000);

  it('tells a slice of them in each hook where a pooler is now, and how far it is', async () => {
    const endpoints = () =>
      Object.entries(charm.world.relations)
        .filter(([id]) => Number(id) !== peerRelation)
        .map(([, { applications }]) => applications.pgbouncer?.endpoints);
    const before = endpoints();
    const port = await freePort();
    charm.config(leader).listen_port = port;
    expect(await charm.hook(leader, { name: 'config-changed' })).toMatchObject({ code: 0 });
    const now = `127.0.0.1:${port}`;
    const told = endpoints();
    expect(told.filter((one) => one === now)).toHaveLength(slice);
    // Who came first is told first.
    expect(told.slice(0, slice)).toEqual(Array.from({ length: slice }, () => now));
    expect(told.slice(slice)).toEqual(before.slice(slice));
    expect(charm.statusOf(leader)).toBe(`waiting: republishing: ${slice} of ${others}`);

    await ran('pgb-peers-relation-changed');
    expect(new Set(endpoints())).toEqual(new Set([now]));
    expect(charm.statusOf(leader)).toBe('active: ');
    const peers = charm.world.relations[peerRelation]?.applications.pgbouncer ?? {};
    expect(Object.keys(peers).filter((key) => !key.startsWith('relation-'))).toEqual([
      'format',
      'leader',
    ]);
  }, 400_000);
});
