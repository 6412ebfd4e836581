import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { type Hindrance, RealCharm } from './charm.ts';

const leader = 'pgbouncer/0';
const updateStatus = { _tag: 'RunHook', unit: leader, hook: { name: 'update-status' } } as const;

let charm: RealCharm;
beforeAll(async () => {
  charm = await RealCharm.start({
    units: 1,
    hasSecrets: true,
    requirers: {
      application: { units: 1, request: { database: 'app' } },
      other: { units: 1, request: { database: 'other' } },
      odd: { units: 1, request: {}, options: { library: 'v0.12' } },
    },
  });
  await charm.settle();
  await charm.take({ _tag: 'Relate', application: 'application' });
  await charm.settle();
}, 60_000);
afterAll(() => charm.stop());

/** A hook that fails: what it says, and proof that nothing came of it and that it can be repeated. */
async function failing(hindrance: Hindrance): Promise<string> {
  const before = JSON.stringify(charm.world.relations);
  const ended = await charm.take(updateStatus, hindrance);
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(JSON.stringify(charm.world.relations)).toBe(before);
  expect(await charm.take(updateStatus)).toMatchObject({ code: 0, error: '' });
  expect(charm.statusOf(leader)).toBe('active: ');
  return ended?.error ?? '';
}

it.each([
  [
    'refuses',
    { code: 1, out: '', error: 'ERROR no network config found for binding "database"\n' },
  ],
  ['names none', { code: 0, out: '{"bind-addresses":[]}\n', error: '' }],
])(
  'a unit without an address says so and why, and the hook ends well: network-get %s',
  async (_, answer) => {
    // What a unit knows of itself is asked anew when its options change.
    const hook = { name: 'config-changed' };
    const ended = await charm.hook(leader, hook, {
      instead: ({ tool }) => (tool === 'network-get' ? answer : null),
    });
    expect(ended).toMatchObject({ code: 0, error: '' });
    const why = answer.code === 0 ? 'it names none' : answer.error.trim();
    expect(charm.statusOf(leader)).toBe(
      `waiting: ${leader} has no address yet that clients could use (network-get: ${why}); nothing was published, the hook is deferred until it has`,
    );
    await charm.hook(leader, hook);
    expect(charm.statusOf(leader)).toBe('active: ');
  },
);

describe('the environment', () => {
  it.each([
    ['JUJU_UNIT_NAME', undefined, 'JUJU_UNIT_NAME is not set'],
    ['JUJU_UNIT_NAME', 'no-number', 'JUJU_UNIT_NAME is "no-number"'],
    ['JUJU_MODEL_UUID', '', 'JUJU_MODEL_UUID is not set'],
    ['JUJU_VERSION', 'latest', 'JUJU_VERSION is "latest"'],
    ['JUJU_CHARM_DIR', '', 'JUJU_CHARM_DIR is not set'],
    ['JUJU_DISPATCH_PATH', undefined, 'JUJU_DISPATCH_PATH is not set'],
    ['JUJU_DISPATCH_PATH', 'hooks/a/b', 'JUJU_DISPATCH_PATH is "hooks/a/b"'],
  ])('%s = %j is told, and fails the hook', async (name, value, why) => {
    const error = await failing({ variables: { [name]: value } });
    expect(error).toBe(
      `the environment variable ${why}: dispatch is to be called by Juju's agent, which sets it\n`,
    );
  });

  it.each([undefined, '', 'database', 'database:x'])(
    'a relation hook with the relation %j fails',
    async (id) => {
      const variables = {
        JUJU_DISPATCH_PATH: 'hooks/database-relation-changed',
        JUJU_RELATION_ID: id,
      };
      expect(await failing({ variables })).toContain('JUJU_RELATION_ID');
    },
  );
});

describe('hook tools', () => {
  it('one that is missing is named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookchart-few-'));
    for (const tool of readdirSync(charm.standIn.folder))
      if (tool !== 'is-leader') symlinkSync(join(charm.standIn.folder, tool), join(folder, tool));
    const error = await failing({ variables: { PATH: `${folder}:/usr/bin:/bin` } });
    rmSync(folder, { recursive: true });
    expect(error).toBe(
      'update-status: is-leader could not be used: there is no such program on PATH; nothing was committed\n',
    );
  });

  const answering = (tool: string, code: number, out: string, error = ''): Hindrance => ({
    instead: (call) => (call.tool === tool ? { code, out, error } : null),
  });

  it.each([
    ['state-get', 1, '', 'ERROR boom', 'Juju refused state-get: ERROR boom'],
    [
      'is-leader',
      1,
      '',
      'ERROR leadership status unknown',
      'Juju refused is-leader: ERROR leadership',
    ],
    ['relation-ids', 0, 'no json', '', 'relation-ids could not be used: it printed no JSON'],
    [
      'relation-ids',
      0,
      '{"a":1}',
      '',
      'relation-ids could not be used: what it printed is not as expected (Array)',
    ],
    [
      'relation-get',
      0,
      '{"a":1}',
      '',
      'relation-get could not be used: a is not as expected (string)',
    ],
    [
      'relation-list',
      2,
      '',
      'ERROR relation not found',
      'Juju refused relation-list: ERROR relation not found',
    ],
    ['status-set', 1, '', 'ERROR boom', 'Juju refused status-set: ERROR boom'],
    ['status-set', 7, '', '', 'Juju refused status-set: it ended with exit code 7'],
  ])('%s that ends with %i and %j is told', async (tool, code, out, error, why) => {
    expect(await failing(answering(tool, code, out, error))).toContain(`update-status: ${why}`);
  });
});

describe('files', () => {
  it('what a killed hook has left is removed by the next one, though it writes nothing', async () => {
    const left = join(charm.home(leader), 'userlist.txt.0123456789ab');
    writeFileSync(left, '"somebody" "secret"');
    expect(await charm.take(updateStatus)).toMatchObject({ code: 0, error: '' });
    expect(existsSync(left)).toBe(false);
  });

  it('one that cannot be read is named in a sentence', async () => {
    const home = join(charm.home(leader), 'none');
    writeFileSync(home, 'no folder');
    const error = await failing({ variables: { HOOKCHART_HOME: home } });
    rmSync(home);
    // What is only told of metrics comes first.
    expect(error).toContain(`\nupdate-status: ${home}`);
    expect(error).toMatch(
      /pgbouncer\.ini could not be read or written \(ENOTDIR\); check the folder and its owner\n$/,
    );
  });

  it('secrets that cannot be handed on fail the hook in a sentence', async () => {
    await charm.take({ _tag: 'Relate', application: 'other' });
    const hook = await charm.until(leader, 'database-relation-changed');
    const none = join(charm.home(leader), 'none');
    writeFileSync(none, 'no folder');
    const ended = await charm.take(
      { _tag: 'RunHook', unit: leader, hook },
      { variables: { JUJU_CHARM_DIR: none } },
    );
    rmSync(none);
    expect(ended?.code).toBe(1);
    expect(ended?.error).toMatch(
      /^database-relation-changed: \S+\.hookchart-secrets(?:\/1)? could not be read or written \(ENOTDIR\); check the folder and its owner\n$/,
    );
    await charm.settle();
    expect(charm.statusOf(leader)).toBe('active: ');
  });
});

describe('what a model holds', () => {
  it('a queue that does not parse fails the hook, and is kept as it is', async () => {
    const unit = charm.world.units[leader];
    if (unit === undefined) throw new Error('no leader');
    const state = { ...unit.state, deferred: '[{"hook":"x"' };
    const spoiled = { ...unit, state, blanks: [] };
    charm.world = { ...charm.world, units: { ...charm.world.units, [leader]: spoiled } };
    const ended = await charm.take(updateStatus);
    expect(ended).toMatchObject({ code: 1 });
    expect(ended?.error).toContain('a queue of deferred hooks that cannot be read: it is not JSON');
    expect(charm.world.units[leader]?.state.deferred).toBe('[{"hook":"x"');
    charm.world = { ...charm.world, units: { ...charm.world.units, [leader]: unit } };
  });

  it('what was remembered and cannot be read is asked for anew', async () => {
    const unit = charm.world.units[leader];
    if (unit === undefined) throw new Error('no leader');
    const state = { known: '{"peers":1}', settings: 'x' };
    charm.world = { ...charm.world, units: { ...charm.world.units, [leader]: { ...unit, state } } };
    expect(await charm.take(updateStatus)).toMatchObject({ code: 0, error: '' });
    expect(charm.world.units[leader]?.state).toEqual(unit.state);
  });

  it('property: a databag of any content is served, refused or left alone, and never fails a hook', async () => {
    await charm.take({ _tag: 'Relate', application: 'odd' });
    await charm.settle();
    const keys = [
      'database',
      'extra-user-roles',
      'requested-secrets',
      'version',
      'requests',
      'data',
    ];
    const databag = fc.dictionary(
      fc.oneof(fc.constantFrom(...keys), fc.string({ minLength: 1 })),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('v1', '[]', '["x"]', '{}', 'odd_db', 'x'.repeat(200_000)),
        fc.constantFrom('\0', '\0'.repeat(200_000), '[{"request-id":"\\u0000"}]', 'pg_x'),
      ),
    );
    await fc.assert(
      fc.asyncProperty(databag, async (request) => {
        await charm.take({ _tag: 'Ask', application: 'odd', request });
        await charm.settle();
        expect(charm.statusOf(leader)).toMatch(/^(active|blocked): /);
      }),
      { numRuns: 15 },
    );
    await (await login(charm.answerOf(1))).end();
  }, 180_000);
});
