import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { login } from '../../../src/pgbouncer/demo/client.ts';
import { freePort } from '../../../src/pgbouncer/demo/servers/child.ts';
import { startBackend } from '../../../src/pgbouncer/demo/world.ts';
import { HookTools } from '../../../src/testing/hook-tools.ts';
import { hooksOf } from '../../../src/testing/resolver.ts';
import { viewOf } from '../../../src/testing/view.ts';
import type { Hook } from '../../../src/testing/world.ts';
import { type Ended, type Hindrance, RealCharm } from './charm.ts';

const provider = 'pgbouncer';
const leader = `${provider}/0`;
const follower = `${provider}/1`;
const relation = 1;
const well = { code: 0, error: '' };
const backendBroken: Hook = { name: 'backend-database-relation-broken' };

// Each test runs some dozens of processes one after the other.
vi.setConfig({ testTimeout: 180_000 });

/** One PostgreSQL for all: each deployment leaves it as it was, or the test fails. */
let backend: RealCharm['backend'];
beforeAll(async () => {
  backend = await startBackend();
}, 60_000);
afterAll(() => backend.stop());

let charm: RealCharm;
afterEach(() => charm.stop());

/** Units that serve each of these applications. */
async function deployed(units: number, ...applications: readonly string[]): Promise<void> {
  const requirers = Object.fromEntries(
    applications.map((name) => [name, { units: 1, request: { database: `${name}_db` } }]),
  );
  charm = await RealCharm.start(
    { units, hasSecrets: true, requirers },
    { ...backend, stop: async () => {} },
  );
  await charm.settle();
  for (const application of applications) await charm.take({ _tag: 'Relate', application });
  await charm.settle();
  await (await login(charm.answerOf(relation))).end();
}

/** What there is of a relation, wherever there may be something. */
async function held(unit = leader) {
  const { relations, secrets } = charm.world;
  const label = new RegExp(`^database\\.${relation}\\.`);
  return {
    roles: await charm.roles(),
    secrets: Object.values(secrets).filter((secret) => label.test(secret.label ?? '')).length,
    serving: charm.serving(unit),
    // Who serves readers is another matter, and moves with the units.
    databag: Object.keys(relations[relation]?.applications[provider] ?? {}).filter(
      (key) => key !== 'read-only-endpoints',
    ),
    ledger: Object.keys(relations[0]?.applications[provider] ?? {}).filter(
      (key) => key !== 'leader' && key !== 'format',
    ),
  };
}

const nothing = { roles: [], secrets: 0, serving: [], databag: [], ledger: [] };

interface Due {
  readonly unit: string;
  readonly hook: Hook;
}

const due = (): readonly Due[] =>
  Object.keys(charm.world.units)
    .sort()
    .flatMap((unit) => hooksOf(charm.world, unit).map((hook) => ({ unit, hook })));

/** Runs what is due in the order of one who chooses, until nothing is; each hook is to end well. */
async function ended(
  choose: (due: readonly Due[]) => Due | undefined,
  watch: (ran: Due, ended: Ended) => void | Promise<void> = () => {},
): Promise<void> {
  for (;;) {
    const next = choose(due());
    if (next === undefined) return;
    const end = await charm.take({ _tag: 'RunHook', ...next });
    if (end === null) continue;
    expect([next, end]).toMatchObject([next, well]);
    await watch(next, end);
  }
}

const restart = (...units: readonly string[]) =>
  Promise.all(units.map((unit) => charm.take({ _tag: 'RestartAgent', unit })));

/** Whose a relation is that it did not see joined a restarted agent does not say. */
const unnamed: Hindrance = { variables: { JUJU_REMOTE_APP: '' } };

/** One that is dying it does not list either. */
const unlisted: Hindrance = {
  ...unnamed,
  instead: ({ tool, args }) =>
    tool === 'relation-ids' && args.includes('backend-database')
      ? { code: 0, out: '[]\n', error: '' }
      : null,
};

describe.each([
  ['was restarted', true],
  ['was not restarted', false],
])('under an agent that %s', (_, isRestarted) => {
  it('all that a relation had goes in the hook in which it breaks', async () => {
    await deployed(2, 'application');
    const answer = charm.answerOf(relation);
    await charm.take({ _tag: 'RemoveRelation', relation });
    if (isRestarted) await restart(leader);
    const hook = await charm.until(leader, 'database-relation-broken');
    const tools = new HookTools(viewOf(charm.world, leader, hook));
    expect(tools.relationIds('database')).toEqual(isRestarted ? [] : [relation]);
    expect(await held()).toEqual({
      roles: ['relation_id_1'],
      secrets: 2,
      serving: ['application_db', 'application_db_readonly'],
      databag: expect.arrayContaining(['endpoints', 'secret-user']),
      ledger: ['relation-1'],
    });
    expect(await charm.take({ _tag: 'RunHook', unit: leader, hook })).toMatchObject(well);
    expect(await held()).toEqual(nothing);
    await expect(login(answer)).rejects.toThrow();
    await charm.settle();
    expect(charm.serving(follower)).toEqual([]);
  });

  it('all stays where only a unit goes, whichever it is', async () => {
    const heir = `${provider}/2`;
    await deployed(3, 'application');
    const [answer, before] = [charm.answerOf(relation), await held(heir)];
    expect(before.roles).toEqual(['relation_id_1']);
    for (const unit of [follower, leader]) {
      if (isRestarted) await restart(unit);
      await charm.take({ _tag: 'RemoveUnit', unit });
      const hindrance = isRestarted ? unnamed : {};
      expect(await charm.hook(unit, backendBroken, hindrance)).toMatchObject(well);
      const ran: string[] = [];
      await ended(
        (all) => all.find((one) => one.unit === unit),
        async ({ hook }) => {
          ran.push(hook.name);
          expect(await held(heir)).toMatchObject(before);
        },
      );
      const last = isRestarted ? ['pgb-peers-relation-broken'] : [];
      expect(ran).toEqual(expect.arrayContaining(['database-relation-broken', ...last, 'remove']));
      expect(ran.includes('pgb-peers-relation-broken')).toBe(isRestarted);
    }
    await charm.take({ _tag: 'Elect', unit: heir });
    await charm.settle();
    expect(charm.statusOf(heir)).toBe('active: ');
    const { username, password } = answer;
    expect(charm.answerOf(relation)).toMatchObject({ username, password });
    await (await login(charm.answerOf(relation))).end();
    await charm.take({ _tag: 'RemoveRelation', relation });
    await charm.settle();
    expect(await held(heir)).toEqual(nothing);
  });

  it('the last look at the backend’s login takes the roles along', async () => {
    await deployed(2, 'application');
    await charm.take({ _tag: 'RemoveApplication', application: provider });
    if (isRestarted) await restart(leader, follower);
    const hindrance = isRestarted ? unlisted : {};
    expect(await charm.hook(leader, backendBroken, hindrance)).toMatchObject(well);
    expect(await charm.roles()).toEqual([]);
    charm.answer = null;
    const words: string[] = [];
    await ended(
      ([first]) => first,
      (_, { out }) => void words.push(out),
    );
    expect(words.join('')).not.toContain('leftovers');
    expect(charm.world.secrets).toEqual({});
  });
});

it('a unit goes on to its end where the hook in which it leaves its peers was lost and resolved', async () => {
  await deployed(2, 'application');
  const before = await held(follower);
  await restart(leader);
  await charm.take({ _tag: 'RemoveUnit', unit: leader });
  const hook = await charm.until(leader, 'pgb-peers-relation-broken');
  const lost = await charm.take({ _tag: 'RunHook', unit: leader, hook }, { killedAt: 1 });
  expect(lost?.signal).toBe('SIGKILL');
  await charm.take({ _tag: 'Resolve', unit: leader });
  const ran: string[] = [];
  await ended(
    (all) => all.find(({ unit }) => unit === leader),
    ({ hook: { name } }) => void ran.push(name),
  );
  expect(ran).toEqual(expect.arrayContaining(['database-relation-broken', 'stop', 'remove']));
  expect(await held(follower)).toMatchObject(before);
  await charm.take({ _tag: 'Elect', unit: follower });
  await charm.settle();
  await charm.take({ _tag: 'RemoveRelation', relation });
  await charm.settle();
  expect(await held(follower)).toEqual(nothing);
});

describe('an application that is removed leaves nothing', () => {
  const of = (all: readonly Due[], isWanted: (one: Due) => boolean) => all.find(isWanted) ?? all[0];
  it.each<readonly [string, readonly string[], (all: readonly Due[]) => Due | undefined]>([
    ['by name', [], ([first]) => first],
    ['against the order of names', [leader, follower], (all) => all.at(-1)],
    [
      'its peers before all else',
      [leader, follower],
      (all) => of(all, ({ hook }) => hook.name.startsWith('pgb-peers-')),
    ],
    ['its leader last', [leader], (all) => of(all, ({ unit }) => unit !== leader)],
    ['its leader first', [follower], (all) => of(all, ({ unit }) => unit === leader)],
  ])('in whatever order: %s', async (_, restarted, choose) => {
    await deployed(2, 'application', 'another');
    expect(await charm.roles()).toHaveLength(2);
    const units = [leader, follower];
    const homes = units.map((unit) => charm.home(unit));
    const ports = units.map((unit) => Number(charm.config(unit).listen_port));
    expect(await Promise.all(ports.map(isOpen))).toEqual([true, true]);
    await restart(...restarted);
    await charm.take({ _tag: 'RemoveApplication', application: provider });
    await ended(choose);
    const { applications, relations, secrets } = charm.world;
    expect(applications[provider]).toBeUndefined();
    expect(secrets).toEqual({});
    expect(Object.keys(relations)).toEqual(['0']);
    expect(await charm.roles()).toEqual([]);
    expect(homes.filter(existsSync)).toEqual([]);
    expect(await Promise.all(ports.map(isOpen))).toEqual([false, false]);
  });
});

describe('what cannot be taken along', () => {
  it.each<readonly [string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['PostgreSQL is down', () => backend.primary.stop(), () => backend.primary.start()],
    [
      'nobody leads',
      () => charm.take({ _tag: 'LoseLeader', application: provider }),
      async () => {},
    ],
  ])('is said, with the command that removes it: %s', async (_, hinder, mend) => {
    await deployed(2, 'application', 'another');
    const users = ['relation_id_1', 'relation_id_2'];
    await hinder();
    await charm.take({ _tag: 'RemoveApplication', application: provider });
    const [words, statuses] = [[''], ['']];
    await ended(
      ([first]) => first,
      ({ unit, hook }, { out }) => {
        words.push(out);
        if (hook.name === 'stop') statuses.push(charm.statusOf(unit));
      },
    );
    await mend();
    const said = `the application goes and leaves ${users.join(', ')} on PostgreSQL: run "`;
    expect(words.join('')).toContain(said);
    expect(statuses.join('\n')).toContain(`blocked: ${said}`);
    expect(await charm.roles()).toEqual(users);
    const [, command = ''] = /run "hookchart (leftovers URI .*?)" once/.exec(words.join('')) ?? [];
    const { host, port, login } = backend.primary;
    const uri = `postgresql://${login.user}@${host}:${port}/postgres`;
    const hookchart = (text: string): string =>
      spawnSync(
        process.execPath,
        ['dist/src/cli/main.js', ...text.replace('URI', uri).split(' ')],
        { encoding: 'utf8', env: { ...process.env, PGPASSWORD: login.password } },
      ).stdout.trimEnd();
    const look = command.replace(' --remove', '');
    const each = (end: string) => users.map((user) => `${user}: ${end}`).join('\n');
    expect(hookchart(look)).toBe(each('it is only looked for'));
    expect(hookchart(command)).toBe(each('removed'));
    expect(hookchart(look)).toBe('nothing is left');
    expect(await charm.roles()).toEqual([]);
  });
});

const wrote = ({ calls }: Ended) =>
  calls.filter(({ tool }) => /^(relation|state|secret)-(set|add|grant|remove|delete)$/.test(tool));

/** A hook that is over after four calls at most, none of which writes. */
function isNothing(hook: Hook, end: Ended): void {
  expect(end).toMatchObject(well);
  const calls = end.calls.map(({ tool, args }) => [tool, ...args].join(' '));
  expect([hook, calls.slice(4)]).toEqual([hook, []]);
  expect(wrote(end)).toEqual([]);
}

describe('secrets of its own', () => {
  it('that change are no full hook, and are pruned by the revision that Juju names', async () => {
    await deployed(1, 'application');
    const id = charm.world.relations[relation]?.applications[provider]?.['secret-user'] ?? '';
    const pruned: number[] = [];
    let changes = 0;
    for (const newest of [2, 3, 4, 5]) {
      // With the port the strings to connect by have moved.
      charm.config(leader).listen_port = await freePort();
      expect(await charm.hook(leader, { name: 'config-changed' })).toMatchObject(well);
      expect(charm.secret(id)?.revisions).toHaveLength(newest);
      await ended(
        ([first]) => first,
        ({ unit, hook }, end) => {
          if (unit !== leader || hook.secret === undefined) return;
          expect(hook.label).toBe(`database.${relation}.user.secret`);
          if (hook.name === 'secret-changed') {
            changes += 1;
            isNothing(hook, end);
          } else {
            pruned.push(hook.revision ?? 0);
            expect(charm.secret(id)).toMatchObject({ pruned, revisions: { length: newest } });
          }
        },
      );
    }
    // The requirer holds on to the first one.
    expect([changes, pruned]).toEqual([4, [2, 3]]);
    await (await login(charm.answerOf(relation))).end();
  });
});

describe('a hook that has nothing to say', () => {
  it('costs four calls at most: the echo of the ledger, and what has not moved', async () => {
    await deployed(2, 'application', 'another');
    await charm.take({ _tag: 'RemoveRelation', relation: 2 });
    await charm.settle();
    await charm.take({ _tag: 'Relate', application: 'another' });
    const asked = await charm.until(leader, 'database-relation-changed');
    const moved = await charm.take({ _tag: 'RunHook', unit: leader, hook: asked });
    expect(moved).toMatchObject(well);
    expect(moved?.calls.length).toBeGreaterThan(4);
    const echo = await charm.until(leader, 'pgb-peers-relation-changed');
    expect(echo.remoteUnit).toBeUndefined();
    isNothing(echo, await charm.hook(leader, echo));
    await charm.settle();
    const changed = (endpoint: string, more: Omit<Hook, 'name'> = {}): Hook => ({
      name: `${endpoint}-relation-changed`,
      ...more,
    });
    const remote = { relation, remoteApplication: 'application' };
    const peers = { relation: 0, remoteApplication: provider };
    for (const [unit, other] of [
      [leader, follower],
      [follower, leader],
    ] as const)
      for (const hook of [
        changed('database', remote),
        changed('database', { ...remote, remoteUnit: 'application/0' }),
        changed('pgb-peers', peers),
        changed('pgb-peers', { ...peers, remoteUnit: other }),
        changed('backend-database', { remoteUnit: 'postgresql/0' }),
      ])
        isNothing(hook, await charm.hook(unit, hook));
  });
});

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
