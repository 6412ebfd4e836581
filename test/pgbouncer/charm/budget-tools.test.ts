import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { type Hindrance, RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';
const budget = 10;

let charm: RealCharm;
beforeAll(async () => {
  charm = await RealCharm.start({
    units: 1,
    hasSecrets: true,
    requirers: Object.fromEntries(
      ['one', 'two', 'three', 'four'].map((name) => [
        name,
        { units: 1, request: { database: name } },
      ]),
    ),
  });
  charm.config(leader)['hook-budget'] = budget;
  await charm.settle();
  for (const application of ['one', 'two']) await charm.take({ _tag: 'Relate', application });
  await charm.settle();
  charm.answer = {};
  for (const application of ['three', 'four']) await charm.take({ _tag: 'Relate', application });
  await charm.settle();
  charm.answer = charm.backendDatabag;
}, 60_000);
afterAll(() => charm.stop());

const hanging = (tool: string): Hindrance => ({
  instead: (call) => (call.tool === tool ? 'hang' : null),
});

describe('a hook tool that never answers', () => {
  it.each([
    ['state-get', 'update-status'],
    ['relation-get', 'update-status'],
    ['status-set', 'update-status'],
  ])('%s is ended in the time of %s, and fails that hook alone', async (tool, name) => {
    const before = JSON.stringify(charm.world.relations);
    const ended = await charm.hook(leader, { name }, hanging(tool));
    expect(ended.code).toBe(1);
    expect(ended.error).toMatch(
      new RegExp(`${name}: Juju refused ${tool}: it did not answer within \\d+ s`),
    );
    expect(ended.milliseconds).toBeLessThan((budget + 1) * 1_000);
    expect(JSON.stringify(charm.world.relations)).toBe(before);
  });

  it('has kept nothing from being done later', async () => {
    const ended = await charm.hook(leader, { name: 'update-status' });
    expect(ended).toMatchObject({ code: 0, error: '' });
    expect(charm.statusOf(leader)).toBe('active: ');
    await charm.settle();
    for (const relation of [1, 2, 3, 4]) await (await login(charm.answerOf(relation))).end();
  });

  it('keeps no hook that is nothing to the charm beyond its time', async () => {
    const ended = await charm.hook(
      leader,
      { name: 'leader-settings-changed' },
      hanging('state-get'),
    );
    expect(ended).toMatchObject({
      code: 1,
      error: 'leader-settings-changed: state-get did not answer within 9 s\n',
    });
    expect(ended.milliseconds).toBeLessThan((budget + 1) * 1_000);
  });
});
