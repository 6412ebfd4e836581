import { describe, expect, it } from 'vitest';
import { type PgbouncerWorld, simulated } from '../../src/pgbouncer/testing/index.ts';
import type { Action } from '../../src/testing/actions.ts';
import { worldOf } from '../../src/testing/deploy.ts';
import { HookTools } from '../../src/testing/hook-tools.ts';
import { delivered, flushed } from '../../src/testing/lifecycle.ts';
import { hooksOf, updateStatus } from '../../src/testing/resolver.ts';
import { dueSecrets } from '../../src/testing/schedule.ts';
import { simulatedJuju } from '../../src/testing/simulated-juju.ts';
import { dueHooks, rest } from '../../src/testing/simulation.ts';
import { applied, step } from '../../src/testing/step.ts';
import { ToolError } from '../../src/testing/tool-error.ts';
import { viewOf } from '../../src/testing/view.ts';
import { Misuse, type Topology, type World } from '../../src/testing/world.ts';

const topology: Topology = {
  units: 2,
  requirers: {
    app: { units: 2, request: { database: 'app' } },
    other: { units: 1, request: { database: 'other' } },
  },
};

async function happened(
  world: PgbouncerWorld,
  ...actions: readonly Action[]
): Promise<PgbouncerWorld> {
  let next = world;
  for (const action of actions) next = (await step(simulated, next, action)).world;
  return next;
}

const related = async () =>
  (
    await rest(
      simulated,
      await happened(worldOf(simulated, topology), { _tag: 'Relate', application: 'app' }),
    )
  ).world;

/** As a hook leaves a world, what is outside left alone. */
const after = (world: PgbouncerWorld, next: World): PgbouncerWorld => ({
  ...next,
  outside: world.outside,
});

const flush = (world: PgbouncerWorld, unit: string, hook: HookTools): PgbouncerWorld =>
  after(world, flushed(world, unit, hook.flush()));

const tools = (world: World, unit: string) => new HookTools(viewOf(world, unit, updateStatus));

const names = (world: World, unit: string) =>
  hooksOf(world, unit).map(({ name, remoteUnit }) =>
    remoteUnit === undefined ? name : `${name} ${remoteUnit}`,
  );

/** Runs what is due on one unit until nothing is, and tells the hooks. */
async function drain(
  world: PgbouncerWorld,
  unit: string,
): Promise<readonly [PgbouncerWorld, string[]]> {
  let next = world;
  const seen: string[] = [];
  for (;;) {
    const [hook] = hooksOf(next, unit);
    if (hook === undefined) return [next, seen];
    seen.push(...names(next, unit).slice(0, 1));
    next = await happened(next, { _tag: 'RunHook', unit, hook });
    if (next.units[unit] === undefined) return [next, seen];
  }
}

describe('the order of hooks', () => {
  it('created comes first, then the application’s changed, before any joined', async () => {
    let world = await happened(worldOf(simulated, topology), {
      _tag: 'Relate',
      application: 'app',
    });
    [world] = await drain(world, 'app/0');
    const [, seen] = await drain(world, 'pgbouncer/1');
    expect(seen.filter((name) => name !== 'pgb-peers-relation-created')).toEqual([
      'database-relation-created',
      'start',
      'database-relation-changed',
      'database-relation-joined app/0',
      'database-relation-changed app/0',
    ]);
  });

  it('a changed follows its joined, and departed goes by names as strings', async () => {
    let world = await related();
    world = await happened(world, { _tag: 'AddUnit', application: 'app' });
    [world] = await drain(world, 'app/2');
    expect(names(world, 'pgbouncer/0')).toEqual(['database-relation-joined app/2']);
    world = await happened(world, {
      _tag: 'RunHook',
      unit: 'pgbouncer/0',
      hook: hooksOf(world, 'pgbouncer/0')[0] ?? updateStatus,
    });
    expect(names(world, 'pgbouncer/0')).toEqual(['database-relation-changed app/2']);
    world = await happened(world, { _tag: 'RemoveRelation', relation: 1 });
    expect(names(world, 'pgbouncer/0')).toEqual(['database-relation-changed app/2']);
    const [, seen] = await drain(world, 'pgbouncer/0');
    // The leader hears of what it writes for its peers; whether it does so here is the charm's affair.
    expect(seen.filter((name) => name !== 'pgb-peers-relation-changed')).toEqual([
      'database-relation-changed app/2',
      'database-relation-departed app/0',
      'database-relation-departed app/1',
      'database-relation-departed app/2',
      'database-relation-broken',
    ]);
  });

  it('a leader is told of what it writes for its peers in the hook that tells it of them', async () => {
    const settled = await related();
    const leader = 'pgbouncer/0';
    const hook = {
      name: 'pgb-peers-relation-changed',
      relation: 0,
      remoteApplication: 'pgbouncer',
    };
    /** Writes one more than it finds. */
    const counted = (world: PgbouncerWorld): PgbouncerWorld => {
      const tools = new HookTools(viewOf(world, leader, hook));
      const { count = '0' } = tools.relationGet(0, 'pgbouncer');
      if (Number(count) < 2)
        tools.relationSet(0, 'application', { count: String(Number(count) + 1) });
      const own = world.outside.units[leader];
      if (own === undefined) throw new Error('it is not there');
      return applied(simulated, world, leader, hook, {
        ...{ pending: tools.flush(), failure: null, status: null, isDeposed: false },
        ...{ outside: { shared: world.outside.shared, own }, seconds: 0, steps: [], run: null },
      });
    };
    const due: string[][] = [];
    let world = settled;
    for (let run = 0; run < 3; run++) {
      world = counted(world);
      due.push(names(world, leader));
    }
    expect(due).toEqual([[hook.name], [hook.name], []]);
  });

  it('followers are told of what their leader says by leader-set, though its hook failed', async () => {
    const settled = await related();
    const leader = 'pgbouncer/0';
    const own = settled.outside.units[leader];
    if (own === undefined) throw new Error('it is not there');
    const said = (world: PgbouncerWorld, values: Readonly<Record<string, string>>) => {
      const hook = { name: 'update-status' };
      const tools = new HookTools(viewOf(world, leader, hook));
      tools.leaderSet(values);
      return applied(simulated, world, leader, hook, {
        ...{ pending: null, failure: 'it failed', status: null, isDeposed: false },
        ...(tools.settings === null ? {} : { settings: tools.settings }),
        ...{ outside: { shared: settled.outside.shared, own }, seconds: 0, steps: [], run: null },
      });
    };
    const told = said(settled, { word: 'go' });
    expect(names(told, 'pgbouncer/1')).toEqual(['leader-settings-changed']);
    expect(told.units[leader]?.queue).toEqual([]);
    expect(tools(told, 'pgbouncer/1').leaderGet()).toEqual({ word: 'go' });
    const [world] = await drain(told, 'pgbouncer/1');
    expect(names(said(world, { word: 'go' }), 'pgbouncer/1')).toEqual([]);
    expect(said(world, { word: '' }).applications.pgbouncer).not.toHaveProperty('settings');
  });

  it('leader-elected comes before the hooks of relations, created before it', async () => {
    let world = await related();
    world = await happened(
      world,
      { _tag: 'LoseLeader', application: 'pgbouncer' },
      { _tag: 'RemoveRelation', relation: 1 },
      { _tag: 'Elect', unit: 'pgbouncer/1' },
    );
    expect(names(world, 'pgbouncer/1')).toEqual(['leader-elected']);
    world = await happened(world, { _tag: 'Relate', application: 'app' });
    expect(names(world, 'pgbouncer/1')).toEqual(['database-relation-created']);
  });

  it('between relations any order may come', async () => {
    let world = await related();
    world = await happened(world, { _tag: 'Relate', application: 'app' });
    ({ world } = await rest(simulated, world));
    world = await happened(
      world,
      { _tag: 'RemoveRelation', relation: 1 },
      { _tag: 'RemoveRelation', relation: 2 },
    );
    expect(hooksOf(world, 'pgbouncer/0').map(({ relation }) => relation)).toEqual([1, 2]);
  });

  it('several writes between two hooks are one changed, and the same value none', async () => {
    let world = await related();
    const ask = (database: string): Action => ({
      _tag: 'Ask',
      application: 'app',
      request: { database },
    });
    world = await happened(world, ask('one'), ask('two'));
    expect(names(world, 'pgbouncer/0')).toEqual(['database-relation-changed']);
    expect(names(await happened(world, ask('app')), 'pgbouncer/0')).toEqual([]);
  });
});

describe('who departs', () => {
  const departing = (world: World, unit: string) => hooksOf(world, unit)[0]?.departingUnit;

  it('is the remote unit where a relation is removed', async () => {
    const world = await happened(await related(), { _tag: 'RemoveRelation', relation: 1 });
    expect(departing(world, 'pgbouncer/0')).toBe('app/0');
    expect(departing(world, 'app/0')).toBe('pgbouncer/0');
  });

  it('is this unit where it is scaled down, and the one that went for the others', async () => {
    let world = await happened(await related(), { _tag: 'RemoveUnit', unit: 'pgbouncer/0' });
    expect(departing(world, 'pgbouncer/0')).toBe('pgbouncer/0');
    [world] = await drain(world, 'pgbouncer/0');
    expect(world.units['pgbouncer/0']).toBeUndefined();
    expect(departing(world, 'pgbouncer/1')).toBe('pgbouncer/0');
    expect(departing(world, 'app/0')).toBe('pgbouncer/0');
  });

  it('is every unit of an application that is removed', async () => {
    const world = await happened(await related(), {
      _tag: 'RemoveApplication',
      application: 'pgbouncer',
    });
    for (const unit of ['pgbouncer/0', 'pgbouncer/1']) expect(departing(world, unit)).toBe(unit);
  });

  it('is nobody where the remote side has no units: broken comes at once', async () => {
    let world = worldOf(simulated, { units: 1, requirers: { app: { units: 0, request: {} } } });
    ({ world } = await rest(
      simulated,
      await happened(world, { _tag: 'Relate', application: 'app' }),
    ));
    world = await happened(world, { _tag: 'RemoveUnit', unit: 'pgbouncer/0' });
    expect(names(world, 'pgbouncer/0')).toEqual(['database-relation-broken']);
  });
});

describe('the end of things', () => {
  it('a relation goes with the last unit that leaves it', async () => {
    let world = await happened(await related(), { _tag: 'RemoveRelation', relation: 1 });
    for (const unit of ['pgbouncer/0', 'pgbouncer/1', 'app/0']) [world] = await drain(world, unit);
    expect(Object.keys(world.relations)).toEqual(['0', '1']);
    expect(tools(world, 'pgbouncer/0').relationIds('database')).toEqual([]);
    [world] = await drain(world, 'app/1');
    expect(Object.keys(world.relations)).toEqual(['0']);
  });

  it('a relation is entered before its created has run, and waits for who has to run that again', async () => {
    let world = await happened(worldOf(simulated, topology), {
      _tag: 'Relate',
      application: 'app',
    });
    const due = hooksOf(world, 'pgbouncer/0');
    const created = due.find(({ relation }) => relation === 1) ?? updateStatus;
    world = await happened(world, {
      ...{ _tag: 'RunHook', unit: 'pgbouncer/0', hook: created },
      interruption: { at: 1, how: 'commit lost' },
    });
    world = await happened(world, { _tag: 'RemoveRelation', relation: 1 });
    expect(world.relations[1]?.scope).toEqual(['pgbouncer/0']);
    const [gone, seen] = await drain(world, 'pgbouncer/0');
    expect(seen.filter((name) => name.startsWith('database-'))).toEqual([
      ...['database-relation-created', 'database-relation-broken'],
    ]);
    expect(gone.relations[1]).toBeUndefined();
  });

  it('a relation that is breaking is listed until the agent is restarted, and its databags are read all the same', async () => {
    let world = await happened(await related(), { _tag: 'RemoveRelation', relation: 1 });
    for (const _ of [1, 2])
      world = await happened(world, {
        _tag: 'RunHook',
        unit: 'pgbouncer/0',
        hook: hooksOf(world, 'pgbouncer/0')[0] ?? updateStatus,
      });
    const [broken = updateStatus] = hooksOf(world, 'pgbouncer/0');
    const seen = new HookTools(viewOf(world, 'pgbouncer/0', broken));
    expect(broken.name).toBe('database-relation-broken');
    expect(seen.relationIds('database')).toEqual([1]);
    expect(seen.relationList(1)).toEqual([]);
    expect(seen.relationGet(1, 'app')).toEqual({ database: 'app' });
    expect(seen.relationGet(1, 'app/0')).toBeTypeOf('object');
    const restarted = await happened(world, { _tag: 'RestartAgent', unit: 'pgbouncer/0' });
    const anew = new HookTools(viewOf(restarted, 'pgbouncer/0', broken));
    expect(anew.relationIds('database')).toEqual([]);
    expect(anew.relationGet(1, 'app')).toEqual({ database: 'app' });
  });

  it('a relation that is suspended breaks, and comes back under its id', async () => {
    let world = await happened(await related(), { _tag: 'Suspend', relation: 1 });
    ({ world } = await rest(simulated, world));
    expect(world.outside.shared.postgres.roles.relation_id_1).toBeUndefined();
    world = await happened(world, { _tag: 'Resume', relation: 1 });
    expect(names(world, 'pgbouncer/1')).toEqual(['database-relation-created']);
    ({ world } = await rest(simulated, world));
    expect(world.outside.shared.postgres.roles.relation_id_1).toBeDefined();
  });

  it('force skips the hooks', async () => {
    const removed = await happened(await related(), {
      _tag: 'RemoveRelation',
      relation: 1,
      force: true,
    });
    expect([Object.keys(removed.relations), dueHooks(removed)]).toEqual([['0'], []]);
    const unit = await happened(await related(), {
      _tag: 'RemoveUnit',
      unit: 'pgbouncer/0',
      force: true,
    });
    expect([unit.units['pgbouncer/0'], unit.applications.pgbouncer?.leader]).toEqual([
      undefined,
      null,
    ]);
  });

  it('a lost pod takes the files along and leaves the state that Juju keeps', async () => {
    let world = await related();
    world = {
      ...world,
      units: Object.fromEntries(
        Object.entries(world.units).map(([name, unit]) => [name, { ...unit, state: { a: '1' } }]),
      ),
    };
    world = await happened(world, { _tag: 'LosePod', unit: 'pgbouncer/0' });
    expect(world.outside.units['pgbouncer/0']?.configuration.databases).toEqual([]);
    expect(tools(world, 'pgbouncer/0').stateGet()).toEqual({ a: '1' });
    expect(names(world, 'pgbouncer/0')).toEqual(['start']);
  });
});

describe('a hook that fails', () => {
  it('commits nothing, and is the only one to come next', async () => {
    let world = await happened(worldOf(simulated, topology), {
      _tag: 'Relate',
      application: 'app',
    });
    for (const unit of ['app/0', 'app/1']) [world] = await drain(world, unit);
    for (const _ of [1, 2])
      world = await happened(world, {
        _tag: 'RunHook',
        unit: 'pgbouncer/0',
        hook: hooksOf(world, 'pgbouncer/0')[0] ?? updateStatus,
      });
    const before = world.relations;
    const start: Action = { _tag: 'RunHook', unit: 'pgbouncer/0', hook: { name: 'start' } };
    const killed = await step(simulated, world, {
      ...start,
      interruption: { at: 2, how: 'killed' },
    });
    expect(killed.outcome).toMatchObject({
      pending: null,
      failure: 'killed before: create database',
    });
    expect(killed.world.relations).toEqual(before);
    expect(killed.world.outside.shared.postgres.roles).not.toEqual({});
    expect(names(killed.world, 'pgbouncer/0')).toEqual(['start']);
    const again = await happened(killed.world, start);
    expect(again.units['pgbouncer/0']?.failed).toBeNull();
  });

  it.each([
    ['lost', 'deferred', 'create role'],
    ['answer lost', 'deferred', 'create role'],
    ['outage', 'deferred', 'create role'],
    ['fails', 'refused', 'create role'],
    ['half', 'refused', 'reload'],
    ['fails', 'refused', 'reload'],
    ['deposed', 'failed', 'commit'],
  ] as const)('meets %s, and the hook is %s (%s)', async (how, end, at) => {
    let world = await related();
    world = await happened(world, { _tag: 'Relate', application: 'other' });
    [world] = await drain(world, 'other/0');
    world = await happened(world, {
      _tag: 'RunHook',
      unit: 'pgbouncer/0',
      hook: hooksOf(world, 'pgbouncer/0')[0] ?? updateStatus,
    });
    const hook = hooksOf(world, 'pgbouncer/0')[0] ?? updateStatus;
    const plain = await step(simulated, world, { _tag: 'RunHook', unit: 'pgbouncer/0', hook });
    const number = (plain.outcome?.steps.indexOf(at) ?? -1) + 1;
    expect(number).toBeGreaterThan(0);
    const { outcome } = await step(simulated, world, {
      _tag: 'RunHook',
      unit: 'pgbouncer/0',
      hook,
      interruption: { at: number, how },
    });
    if (end === 'failed') expect(outcome?.pending).toBeNull();
    else if (end === 'deferred')
      expect(outcome?.run?.charts[0]?.end).toMatchObject({ _tag: 'Deferred' });
    else
      expect(outcome?.run?.charts[0]?.end).toMatchObject({
        _tag: 'Refused',
        why: { _tag: 'NotAccepted', relation: 2 },
      });
    expect(outcome?.isDeposed).toBe(how === 'deposed');
  });

  it('a slow backend takes its time, and a lease that runs out takes a minute', async () => {
    let world = worldOf(simulated, topology);
    world = await happened(world, { _tag: 'SlowPostgres' }, { _tag: 'Relate', application: 'app' });
    ({ world } = await rest(simulated, world));
    expect(world.seconds).toBe(30);
    world = await happened(world, { _tag: 'LoseLeader', application: 'pgbouncer' });
    expect(world.seconds).toBe(90);
  });
});

describe('the hook tools', () => {
  it.each([
    ['the leader, its own application', 'pgbouncer/0', 1, 'pgbouncer', null],
    ['a follower, its own application', 'pgbouncer/1', 1, 'pgbouncer', 'permission denied'],
    ['a follower, its peers’ application', 'pgbouncer/1', 0, 'pgbouncer', null],
    ['anyone, the remote application', 'pgbouncer/1', 1, 'app', null],
    ['anyone, a remote unit', 'pgbouncer/1', 1, 'app/0', null],
    ['anyone, itself', 'pgbouncer/1', 1, 'pgbouncer/1', null],
    ['anyone, a peer', 'pgbouncer/1', 0, 'pgbouncer/0', null],
    ['anyone, a peer in a regular relation', 'pgbouncer/1', 1, 'pgbouncer/0', 'permission denied'],
    ['anyone, a unit that never joined', 'pgbouncer/1', 1, 'app/9', 'settings not found'],
    ['anyone, an unknown relation', 'pgbouncer/0', 9, 'app', 'relation not found'],
  ])('relation-get: %s', async (_, unit, relation, who, why) => {
    const seen = tools(await related(), unit);
    if (why === null) expect(seen.relationGet(relation, who)).toBeTypeOf('object');
    else expect(() => seen.relationGet(relation, who)).toThrow(why);
  });

  it('relation-set: the leader alone for the application, anyone for itself', async () => {
    const world = await related();
    const follower = tools(world, 'pgbouncer/1');
    expect(() => follower.relationSet(1, 'application', { a: '1' })).toThrow(
      'cannot write relation settings',
    );
    follower.relationSet(1, 'unit', { a: '1' });
    expect(follower.relationGet(1, 'pgbouncer/1')).toEqual({ a: '1' });
    expect(follower.flush().bags).toEqual({ 1: { 'pgbouncer/1': { a: '1' } } });
  });

  it('say with 2 that they were called wrongly, with 1 that they were refused', async () => {
    const seen = tools(await related(), 'pgbouncer/1');
    const codeOf = (call: () => unknown) => {
      try {
        call();
      } catch (error) {
        return error instanceof ToolError ? [error.tool, error.exitCode] : null;
      }
      return null;
    };
    expect(codeOf(() => seen.relationList(9))).toEqual(['relation-list', 2]);
    expect(codeOf(() => seen.relationGet(1, 'pgbouncer'))).toEqual(['relation-get', 1]);
  });

  it('remember a "no" for the hook, and take back a "yes" at the commit', async () => {
    const world = await related();
    const leader = tools(world, 'pgbouncer/0');
    expect(leader.isLeader()).toBe(true);
    leader.relationSet(1, 'application', { a: '1' });
    leader.depose();
    expect(leader.isLeader()).toBe(false);
    expect(() => leader.flush()).toThrow('cannot write relation settings');
  });

  it('state: a map with a quota', async () => {
    const seen = tools(await related(), 'pgbouncer/0');
    const before = seen.stateGet();
    seen.stateSet({ a: '1', b: '2' });
    seen.stateSet({ a: '' });
    // What the charm has put by itself stays.
    const { looked } = before;
    expect(seen.stateGet()).toEqual({ looked, b: '2' });
    expect(seen.stateShown()).toEqual({ looked, a: '', b: '2' });
    expect(() => seen.stateSet({ ['k'.repeat(257)]: 'v' })).toThrow('max allowed key');
    expect(() => seen.stateSet({ k: 'v'.repeat(65_537) })).toThrow('max allowed value');
    const full = Object.fromEntries(
      Array.from({ length: 40 }, (_, key) => [`k${key}`, 'v'.repeat(60_000)]),
    );
    seen.stateSet(full);
    expect(() => seen.flush()).toThrow(
      'persisting charm state: max allowed size (2097152) exceeded',
    );
  });

  it('state: what is emptied through the port leaves no key behind', async () => {
    const seen = tools(await related(), 'pgbouncer/0');
    seen.stateSet({ a: '1' });
    const status = { name: 'active', message: '' } as const;
    await simulatedJuju(seen, {}).commit({ bags: [], state: { a: '' }, status })();
    expect(Object.keys(seen.stateShown())).not.toContain('a');
  });

  it('secrets: an owner writes, a grant lets read, and a unit tracks a revision', async () => {
    let world = await related();
    const owner = tools(world, 'pgbouncer/0');
    const id = owner.secrets.add('application', { password: 'one' }, 'label');
    expect(() => owner.secrets.add('application', { password: 'x' }, 'label')).toThrow('exists');
    expect(() => owner.secrets.add('application', {})).toThrow('missing secret value');
    const settle = (unit: string, seen: HookTools) => {
      const { secrets, secretsMade } = seen.flush();
      expect(unit).toBe(seen.view.unit);
      world = { ...world, secrets, made: { ...world.made, secrets: secretsMade } };
    };
    settle('pgbouncer/0', owner);
    expect(() => tools(world, 'app/0').secrets.get(id)).toThrow('permission denied');
    const granting = tools(world, 'pgbouncer/0');
    granting.secrets.grant(id, 1);
    granting.secrets.grant(id, 1);
    settle('pgbouncer/0', granting);
    const reader = tools(world, 'app/0');
    expect(reader.secrets.get(id)).toEqual({ password: 'one' });
    settle('app/0', reader);
    reader.secrets.set(id, { password: 'mine' });
    expect(() => reader.flush()).toThrow('updating secrets: permission denied');
    const rotating = tools(world, 'pgbouncer/0');
    rotating.secrets.set(id, { password: 'two' });
    rotating.secrets.set(id, { password: 'two' });
    settle('pgbouncer/0', rotating);
    expect(tools(world, 'pgbouncer/0').secrets.infos()).toEqual({
      [id]: {
        ...{ label: 'label', owner: 'pgbouncer', grants: [1], revision: 2, isNew: false },
        rotation: 'never',
      },
    });
    const later = tools(world, 'app/0');
    expect(later.secrets.get(id)).toEqual({ password: 'one' });
    expect(later.secrets.get(id, 'peek')).toEqual({ password: 'two' });
    expect(later.secrets.get(id)).toEqual({ password: 'one' });
    expect(later.secrets.get(id, 'refresh')).toEqual({ password: 'two' });
    expect(later.secrets.get(id)).toEqual({ password: 'two' });
    const follower = tools(world, 'pgbouncer/1');
    follower.secrets.set(id, { password: 'b' });
    expect(() => follower.flush()).toThrow('"pgbouncer/1" is not leader of "pgbouncer"');
    const ending = tools(world, 'pgbouncer/0');
    ending.secrets.revoke(id, 1);
    settle('pgbouncer/0', ending);
    expect(() => tools(world, 'app/0').secrets.get(id)).toThrow('permission denied');
  });

  it('secrets: what cannot be done is found out at the commit, and what was made stays', async () => {
    const world = await related();
    const first = tools(world, 'pgbouncer/0');
    const id = first.secrets.add('application', { password: 'one' }, 'label');
    const after = { ...world, secrets: first.flush().secrets };
    const second = tools({ ...after, made: { ...world.made, secrets: 1 } }, 'pgbouncer/0');
    second.secrets.add('application', { password: 'two' }, 'label');
    const made = second.secrets.add('application', { password: 'three' }, 'other');
    second.secrets.remove('secret:00000000000000000077');
    expect(() => second.flush()).toThrow(
      'creating secrets: secret with label "label" already exists',
    );
    expect(Object.keys(second.kept().secrets)).toEqual([made]);
    const third = tools(after, 'pgbouncer/0');
    third.secrets.remove('secret:00000000000000000077');
    expect(() => third.flush()).toThrow('removing secrets: secret "secret:00000000000000000077"');
    third.secrets.remove(id);
    expect(() => third.secrets.get('secret:garbage')).toThrow('not valid');
  });
});

/** A secret of the leader's that the other unit has read, and a hook that has given it another content. */
async function secretReadByAPeer() {
  const first = await related();
  const made = tools(first, 'pgbouncer/0');
  const id = made.secrets.add('application', { password: 'one' }, 'label');
  const kept = flush(first, 'pgbouncer/0', made);
  const read = tools(kept, 'pgbouncer/1');
  read.secrets.get(id);
  const world = flush(kept, 'pgbouncer/1', read);
  const rotated = tools(world, 'pgbouncer/0');
  rotated.secrets.set(id, { password: 'two' });
  return { world, id, rotated };
}

describe('what units are told of secrets', () => {
  it('a new revision all who track it, what nobody tracks any more the leader', async () => {
    const { id, rotated, ...tracked } = await secretReadByAPeer();
    let next = tracked.world;
    next = flush(next, 'pgbouncer/0', rotated);
    expect(names(next, 'pgbouncer/0')).toEqual(['secret-changed']);
    expect(names(next, 'pgbouncer/1')).toEqual(['secret-changed']);
    for (const unit of ['pgbouncer/0', 'pgbouncer/1']) {
      const refreshed = tools(next, unit);
      refreshed.secrets.get(id, 'refresh');
      next = flush(next, unit, refreshed);
    }
    expect(names(next, 'pgbouncer/0')).toEqual(['secret-changed', 'secret-remove']);
    expect(hooksOf(next, 'pgbouncer/0')[1]).toMatchObject({ revision: 1, label: 'label' });
    expect(names(next, 'pgbouncer/1')).toEqual(['secret-changed']);
    const pruned = tools(next, 'pgbouncer/0');
    pruned.secrets.remove(id, 1);
    next = flush(next, 'pgbouncer/0', pruned);
    next = await happened(
      next,
      { _tag: 'LoseLeader', application: 'pgbouncer' },
      { _tag: 'Elect', unit: 'pgbouncer/1' },
    );
    expect(next.units['pgbouncer/1']?.news?.map(({ name }) => name)).toEqual(['secret-changed']);
  });

  it('nothing of one that is gone, nor what they were still to be told of it', async () => {
    const { id, rotated, ...tracked } = await secretReadByAPeer();
    let next = tracked.world;
    rotated.secrets.schedule(id, { rotate: 'daily' });
    next = flush(next, 'pgbouncer/0', rotated);
    const refreshed = tools(next, 'pgbouncer/0');
    refreshed.secrets.get(id, 'refresh');
    next = flush(next, 'pgbouncer/0', refreshed);
    next = await happened(next, { _tag: 'RotateSecret', secret: id });
    expect(names(next, 'pgbouncer/0')).not.toEqual([]);
    expect(names(next, 'pgbouncer/1')).not.toEqual([]);
    const removed = tools(next, 'pgbouncer/0');
    removed.secrets.remove(id);
    next = flush(next, 'pgbouncer/0', removed);
    for (const unit of ['pgbouncer/0', 'pgbouncer/1']) expect(names(next, unit)).toEqual([]);
  });
});

describe('what comes due of secrets', () => {
  const secretId = 'secret:c0000000000000000001';
  /** A world in which the leader has made a secret that rotates, and the one revision of which expires. */
  async function timed() {
    const world = await related();
    const made = tools(world, 'pgbouncer/0');
    const id = made.secrets.add('application', { password: 'one' }, 'label');
    made.secrets.schedule(id, { rotate: 'daily', expires: true });
    expect(made.secrets.infos()[id]?.rotation).toBe('daily');
    return { id, world: flush(world, 'pgbouncer/0', made) };
  }
  const ran = async (world: PgbouncerWorld, unit: string) =>
    happened(world, { _tag: 'RunHook', unit, hook: hooksOf(world, unit)[0] ?? updateStatus });

  it('is told to who leads, and once', async () => {
    const { id, world } = await timed();
    expect(dueSecrets(world, 'pgbouncer')).toEqual([
      { _tag: 'RotateSecret', secret: id },
      { _tag: 'ExpireSecret', secret: id, revision: 1 },
    ]);
    expect(dueSecrets(world, 'application')).toEqual([]);
    const due = await happened(world, ...dueSecrets(world, 'pgbouncer'));
    expect(dueSecrets(due, 'pgbouncer')).toEqual([]);
    expect(names(due, 'pgbouncer/1')).toEqual([]);
    expect(hooksOf(due, 'pgbouncer/0')).toEqual([
      { name: 'secret-expired', secret: secretId, revision: 1, label: 'label' },
      { name: 'secret-rotate', secret: secretId, label: 'label' },
    ]);
    const after = await ran(await ran(due, 'pgbouncer/0'), 'pgbouncer/0');
    expect(names(after, 'pgbouncer/0')).toEqual([]);
    expect(after.secrets).toEqual(world.secrets);
  });

  it('is told to the next leader where the first one has gone', async () => {
    const { world } = await timed();
    const lost = await happened(await happened(world, ...dueSecrets(world, 'pgbouncer')), {
      _tag: 'LoseLeader',
      application: 'pgbouncer',
    });
    expect(names(lost, 'pgbouncer/0')).not.toContain('secret-rotate');
    const next = await happened(lost, { _tag: 'Elect', unit: 'pgbouncer/1' });
    expect(names(next, 'pgbouncer/1')).toEqual(['leader-elected']);
    expect(next.units['pgbouncer/1']?.news?.map(({ name }) => name)).toEqual([
      ...['secret-expired', 'secret-rotate'],
    ]);
  });

  it('is what the newest revision says, and none where it says nothing', async () => {
    const { id, world } = await timed();
    const set = tools(world, 'pgbouncer/0');
    set.secrets.set(id, { password: 'two' });
    set.secrets.schedule(id, { rotate: 'never' });
    expect(set.asks()).toContain('secret-updates');
    const once = flush(world, 'pgbouncer/0', set);
    expect(dueSecrets(once, 'pgbouncer')).toEqual([
      { _tag: 'ExpireSecret', secret: id, revision: 1 },
    ]);
    const pruned = tools(once, 'pgbouncer/0');
    pruned.secrets.remove(id, 1);
    expect(dueSecrets(flush(once, 'pgbouncer/0', pruned), 'pgbouncer')).toEqual([]);
    await expect(happened(once, { _tag: 'RotateSecret', secret: id })).rejects.toThrow(
      'is never rotated',
    );
    await expect(happened(once, { _tag: 'ExpireSecret', secret: id, revision: 2 })).rejects.toThrow(
      'revision 2 of the secret',
    );
  });

  it('is set by who may write the secret alone', async () => {
    const { id, world } = await timed();
    const set = tools(world, 'pgbouncer/1');
    set.secrets.schedule(id, { rotate: 'hourly' });
    expect(() => set.flush()).toThrow('updating secrets: "pgbouncer/1" is not leader');
  });
});

describe('an agent that is restarted', () => {
  it('takes the peer relation for one that breaks, and knows it no more after that', async () => {
    let world = await happened(await related(), { _tag: 'RestartAgent', unit: 'pgbouncer/1' });
    expect(names(world, 'pgbouncer/1')).toEqual(['leader-settings-changed']);
    expect(names(world, 'pgbouncer/0')).toEqual([]);
    [world] = await drain(world, 'pgbouncer/1');
    world = await happened(world, { _tag: 'RemoveUnit', unit: 'pgbouncer/1' });
    const departed = hooksOf(world, 'pgbouncer/1').find(({ relation }) => relation === 0);
    world = await happened(world, {
      _tag: 'RunHook',
      unit: 'pgbouncer/1',
      hook: departed ?? updateStatus,
    });
    const broken = hooksOf(world, 'pgbouncer/1').find(({ relation }) => relation === 0);
    expect(broken).toEqual({ name: 'pgb-peers-relation-broken', relation: 0 });
    world = after(world, delivered(world, 'pgbouncer/1', broken ?? updateStatus));
    expect(() => tools(world, 'pgbouncer/1').relationList(0)).toThrow('relation not found');
    expect(tools(world, 'pgbouncer/1').relationIds('pgb-peers')).toEqual([]);
  });
});

describe('the secrets of what is gone', () => {
  it('go with their application and their unit, a grant with its relation', async () => {
    let world = await related();
    const owners = tools(world, 'pgbouncer/0');
    const of = (owner: 'application' | 'unit') => owners.secrets.add(owner, { key: owner });
    const [shared, own] = [of('application'), of('unit')];
    owners.secrets.grant(shared, 1);
    world = { ...world, secrets: owners.flush().secrets };
    const broken = await happened(world, { _tag: 'RemoveRelation', relation: 1, force: true });
    expect(broken.secrets[shared]?.grants).toEqual([]);
    const scaled = await happened(world, { _tag: 'RemoveUnit', unit: 'pgbouncer/0', force: true });
    expect(Object.keys(scaled.secrets)).toEqual([shared]);
    expect(Object.keys(world.secrets)).toEqual([shared, own]);
    let ending = await happened(scaled, { _tag: 'RemoveApplication', application: 'pgbouncer' });
    [ending] = await drain(ending, 'pgbouncer/1');
    expect([ending.applications.pgbouncer, ending.secrets]).toEqual([undefined, {}]);
  });
});

describe('a mistake in its use', () => {
  const misuses: readonly (readonly [string, Action, RegExp])[] = [
    [
      'an unknown unit',
      { _tag: 'LosePod', unit: 'pgbouncer/7' },
      /no unit pgbouncer\/7; there are/,
    ],
    ['an unknown relation', { _tag: 'RemoveRelation', relation: 7 }, /no relation 7; there are 1/],
    ['an unknown application', { _tag: 'Relate', application: 'db' }, /no application db/],
    ['the provider related to itself', { _tag: 'Relate', application: 'pgbouncer' }, /a requirer/],
    ['the peer relation', { _tag: 'RemoveRelation', relation: 0 }, /goes with its application/],
    ['a relation resumed that lives', { _tag: 'Resume', relation: 1 }, /is alive, not suspended/],
    ['two leaders', { _tag: 'Elect', unit: 'pgbouncer/1' }, /pgbouncer\/0 leads/],
    [
      'a hook that is not due',
      {
        _tag: 'RunHook',
        unit: 'pgbouncer/0',
        hook: { name: 'database-relation-changed', relation: 1 },
      },
      /Juju would not run .* update-status is all it would run/,
    ],
  ];
  it.each(misuses)('%s is named, and nothing is run', async (_, action, message) => {
    await expect(happened(await related(), action)).rejects.toThrow(message);
    await expect(happened(await related(), action)).rejects.toBeInstanceOf(Misuse);
  });

  it('a topology that cannot be', () => {
    expect(() => worldOf(simulated, { units: 0, requirers: {} })).toThrow(
      /at least one unit, not 0/,
    );
    expect(() => worldOf(simulated, { requirers: { 'a/b': { units: 1, request: {} } } })).toThrow(
      /"a\/b"/,
    );
  });
});
