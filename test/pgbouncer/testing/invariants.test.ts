import { describe, expect, it } from 'vitest';
import type { PgbouncerState } from '../../../src/pgbouncer/memory/index.ts';
import {
  invariants,
  type PgbouncerWorld,
  type Shared,
  simulated,
} from '../../../src/pgbouncer/testing/index.ts';
import { violationsAtRest, violationsOf } from '../../../src/testing/checks.ts';
import { worldOf } from '../../../src/testing/deploy.ts';
import type { Stepped } from '../../../src/testing/outcome.ts';
import { rest } from '../../../src/testing/simulation.ts';
import { step } from '../../../src/testing/step.ts';

const served = async (): Promise<PgbouncerWorld> => {
  const world = worldOf(simulated, {
    units: 2,
    requirers: {
      app: { units: 1, request: { database: 'app' } },
      bad: { units: 1, request: { database: 'not a name' } },
    },
  });
  const related = await step(simulated, world, { _tag: 'Relate', application: 'app' });
  return (await rest(simulated, related.world)).world;
};

type Change = (world: PgbouncerWorld) => PgbouncerWorld;

const withPostgres = (world: PgbouncerWorld, postgres: Shared['postgres']): PgbouncerWorld => {
  const { outside } = world;
  return { ...world, outside: { ...outside, shared: { ...outside.shared, postgres } } };
};

const withPooler = (world: PgbouncerWorld, name: string, pooler: PgbouncerState) => {
  const { outside } = world;
  return { ...world, outside: { ...outside, units: { ...outside.units, [name]: pooler } } };
};

const role =
  (change: object | null): Change =>
  (world) => {
    const { relation_id_1: known, ...others } = world.outside.shared.postgres.roles;
    const roles =
      change === null || known === undefined
        ? others
        : { ...others, relation_id_1: { ...known, ...change } };
    return withPostgres(world, { ...world.outside.shared.postgres, roles });
  };

const unit =
  (name: string, change: object): Change =>
  (world) => {
    const known = world.units[name];
    if (known === undefined) throw new Error(`no unit ${name}`);
    return { ...world, units: { ...world.units, [name]: { ...known, ...change } } };
  };

const bag =
  (relation: number, who: string, change: Readonly<Record<string, string>>): Change =>
  (world) => {
    const known = world.relations[relation];
    if (known === undefined) throw new Error(`no relation ${relation}`);
    const isUnit = who.includes('/');
    const part = isUnit ? 'units' : 'applications';
    const bags = { ...known[part], [who]: { ...known[part][who], ...change } };
    return { ...world, relations: { ...world.relations, [relation]: { ...known, [part]: bags } } };
  };

const pooler =
  (name: string, databases: readonly string[]): Change =>
  (world) => {
    const known = world.outside.units[name];
    if (known === undefined) throw new Error(`no pooler ${name}`);
    const configuration = {
      ...known.configuration,
      databases: databases.map((database) => ({
        ...{ name: database, database, host: 'a', port: 1 },
      })),
    };
    return withPooler(world, name, { ...known, configuration });
  };

const users =
  (name: string, listed: PgbouncerState['configuration']['users']): Change =>
  (world) => {
    const known = world.outside.units[name];
    if (known === undefined) throw new Error(`no pooler ${name}`);
    const configuration = { ...known.configuration, users: listed };
    return withPooler(world, name, { ...known, configuration });
  };

const wildcard =
  (name: string, leads: readonly string[]): Change =>
  (world) => {
    const known = world.outside.units[name];
    if (known === undefined) throw new Error(`no pooler ${name}`);
    const made = { host: 'a', port: 1, users: leads, closed: [] };
    const configuration = { ...known.configuration, wildcard: made };
    return withPooler(world, name, { ...known, configuration });
  };

const withoutRelation: Change = (world) => {
  const { 1: _, ...relations } = world.relations;
  return { ...world, relations };
};

const all =
  (...changes: readonly Change[]): Change =>
  (world) =>
    changes.reduce((next, change) => change(next), world);

const heard = (fields: Readonly<Record<string, string>>) => ({
  event: 'database_created' as const,
  relation: 1,
  fields,
});
const complete = { database: 'app', username: 'u', password: 'p', endpoints: 'e' };

const names = (found: readonly { readonly invariant: string; readonly what: string }[]) =>
  found.map(({ invariant, what }) => `${invariant}: ${what}`);

describe('a world that is as it should be', () => {
  it('violates nothing, at rest or on the way', async () => {
    const world = await served();
    expect(violationsAtRest(invariants, world)).toEqual([]);
    const action = {
      _tag: 'RunHook',
      unit: 'pgbouncer/0',
      hook: { name: 'update-status' },
    } as const;
    expect(violationsOf(invariants, world, action, await step(simulated, world, action))).toEqual(
      [],
    );
  });

  it('every invariant has a name of its own and says what it claims', () => {
    expect(invariants.map(({ name }) => name)).toEqual([
      'I1',
      'I2',
      'I3',
      'I4',
      'I5',
      'I6',
      'I7',
      'I8',
    ]);
    for (const { claims } of invariants) expect(claims).toMatch(/^[A-Z].*\.$/);
  });
});

describe('what an invariant sees in a world', () => {
  it.each<[string, Change]>([
    ['I1: relation 1: there is no role relation_id_1', role(null)],
    ['I1: relation 1: relation_id_1 has another password', role({ password: 'another' })],
    [
      'I1: relation 1: there is no database app',
      (world) => withPostgres(world, { ...world.outside.shared.postgres, databases: {} }),
    ],
    [
      'I1: app/0 was told 2 times that relation 1 is served',
      unit('app/0', { heard: [heard(complete), heard(complete)] }),
    ],
    [
      'I1: app/0 was told that relation 1 is served, without endpoints',
      unit('app/0', { heard: [heard({ database: 'app', username: 'u', password: 'p' })] }),
    ],
    ['I2: relation 1: pgbouncer/1 is published and does not serve app', pooler('pgbouncer/1', [])],
    [
      'I2: relation 1: endpoints are published without credentials',
      bag(1, 'pgbouncer', { username: undefined as unknown as string }),
    ],
    ['I2: relation 1: pgbouncer/1 does not know relation_id_1', users('pgbouncer/1', [])],
    [
      'I2: relation 1: pgbouncer/1 does not know relation_id_1',
      users('pgbouncer/1', [{ name: 'relation_id_1', verifier: { secret: 'of another' } }]),
    ],
    [
      'I5: the status of pgbouncer/0 shows a password',
      unit('pgbouncer/0', { status: { name: 'active', message: 'password-0' } }),
    ],
  ])('always: %s', async (violation, change) => {
    const world = change(await served());
    const none = { _tag: 'StartPostgres' } as const;
    const found = violationsOf(invariants, world, none, { world, outcome: null });
    expect(names(found)).toContain(violation);
  });

  it.each<[string, Change]>([
    [
      'I2: relation 1: pgbouncer/1 is no endpoint',
      bag(1, 'pgbouncer', { 'read-only-endpoints': '' }),
    ],
    ['I3: role relation_id_1 belongs to nobody', withoutRelation],
    ['I4: pgbouncer/0 serves app,old; wanted is app', pooler('pgbouncer/0', ['app', 'old'])],
    ['I4: pgbouncer/1 serves nothing; wanted is app', pooler('pgbouncer/1', [])],
    ['I5: password-0 is still kept', withoutRelation],
    [
      'I6: pgbouncer/0 fails again and again in start',
      unit('pgbouncer/0', { failed: { name: 'start' } }),
    ],
    [
      'I8: pgbouncer/1 leads relation_id_1 to any database',
      wildcard('pgbouncer/1', ['relation_id_1']),
    ],
    ['I8: pgbouncer/1 leads nobody to any database', wildcard('pgbouncer/1', ['nobody'])],
    ['I7: the ledger keeps relation-1', withoutRelation],
    ['I7: pgbouncer/1 keeps departing-9', unit('pgbouncer/1', { state: { 'departing-9': 'x' } })],
    ['I7: pgbouncer/0 keeps a deferred hook', unit('pgbouncer/0', { state: { deferred: '[]' } })],
    [
      'I7: relation 1 asks and is not answered',
      bag(1, 'pgbouncer', { username: undefined as unknown as string }),
    ],
    [
      'I7: relation 1 is refused, and no status says so',
      all(
        bag(1, 'pgbouncer', { username: undefined as unknown as string }),
        bag(0, 'pgbouncer', { 'relation-1': '{"error":"no"}' }),
      ),
    ],
  ])('at rest: %s', async (violation, change) => {
    expect(names(violationsAtRest(invariants, change(await served())))).toContain(violation);
  });

  it.each([
    ['that somebody reads is kept', 1, ['I5: password-77 is still kept']],
    ['that nobody reads any more is as good as gone', 2, []],
  ])('a revision of a secret %s', async (_, tracked, violations) => {
    const world = await served();
    const revisions = [{ password: 'password-77' }, { password: 'another' }];
    const secret = { owner: 'pgbouncer', label: 'left', revisions, grants: [] };
    const left = { ...secret, tracked: { 'pgbouncer/0': tracked } };
    const secrets = { ...world.secrets, 'secret:left': left };
    expect(names(violationsAtRest(invariants, { ...world, secrets }))).toEqual(violations);
  });

  it('a refusal that an operator sees is an answer', async () => {
    const world = worldOf(simulated, {
      units: 1,
      requirers: { bad: { units: 1, request: { database: 'not a name' } } },
    });
    const related = await step(simulated, world, { _tag: 'Relate', application: 'bad' });
    const rested = (await rest(simulated, related.world)).world;
    expect(rested.units['pgbouncer/0']?.status?.name).toBe('blocked');
    expect(violationsAtRest(invariants, rested)).toEqual([]);
  });
});

describe('what an invariant sees happen', () => {
  const hook = { _tag: 'RunHook', unit: 'pgbouncer/1', hook: { name: 'update-status' } } as const;

  it.each<[string, Change]>([
    [
      'I1: relation 1: the published password has changed',
      bag(1, 'pgbouncer', { password: 'another' }),
    ],
    ['I3: relation 1: relation_id_1 was removed while the relation lives', role(null)],
    ['I4: relation 1: pgbouncer/1 no longer serves app', pooler('pgbouncer/1', [])],
  ])('%s', async (violation, change) => {
    const before = await served();
    const found = violationsOf(invariants, before, hook, { world: change(before), outcome: null });
    expect(names(found)).toContain(violation);
  });

  it.each([
    ['I5: what the hook tells of itself shows a password', { failure: 'FATAL: password-3' }],
    [
      'I7: pgbouncer/1 writes for the application and does not lead',
      { failure: 'ERROR cannot write relation settings' },
    ],
  ])('%s', async (violation, change) => {
    const before = await served();
    const stepped = await step(simulated, before, hook);
    const outcome = { ...stepped.outcome, ...change } as NonNullable<Stepped['outcome']>;
    expect(names(violationsOf(invariants, before, hook, { ...stepped, outcome }))).toContain(
      violation,
    );
  });

  it('a pod that was lost is no configuration taken away', async () => {
    const before = await served();
    const lost = { _tag: 'LosePod', unit: 'pgbouncer/1' } as const;
    expect(violationsOf(invariants, before, lost, await step(simulated, before, lost))).toEqual([]);
  });

  it('each can be used by itself', async () => {
    const world = all(
      role(null),
      unit('pgbouncer/0', { failed: { name: 'start' } }),
    )(await served());
    const only = (name: string) => invariants.filter((one) => one.name === name);
    expect(names(violationsAtRest(only('I6'), world))).toEqual([
      'I6: pgbouncer/0 fails again and again in start',
    ]);
  });
});
