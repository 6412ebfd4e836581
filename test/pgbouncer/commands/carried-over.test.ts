import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { hooks } from '../../../machines/index.ts';
import type { Adapters } from '../../../src/pgbouncer/ports.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { interpret } from '../../interpret.ts';
import { MemoryWorld } from '../../memory-world.ts';

const relation = 4;
const lookup = { user: 'hookchart_auth_1', password: { secret: 'of the lookup' } };

/** What a unit of version 0.1 says to its peers. */
const ofVersion01 = (unit: string): Databag => ({
  address: `pgb-${unit.slice(2)}:6432`,
  serving: '{"4":"db4"}',
  users: '',
});

/** Three units whose ledger and peers are as version 0.1 left them: users are looked up. */
async function carriedOver(world = new MemoryWorld()): Promise<MemoryWorld> {
  await world.relate(relation);
  const { verifier: _, place: __, ...record } = world.record(relation) ?? {};
  const kept = { user: lookup.user, password: lookup.password, secret: null, proof: 'a digest' };
  await write(world, 'p/1', 'PeerApp', {
    'relation-4': JSON.stringify({ ...record, proof: 'a digest' }),
    'auth-user': JSON.stringify(kept),
  });
  for (const unit of world.juju.units) await write(world, unit, 'PeerUnit', ofVersion01(unit));
  return world;
}

async function write(
  world: MemoryWorld,
  unit: string,
  _tag: 'PeerApp' | 'PeerUnit',
  values: Databag,
): Promise<void> {
  const bag = _tag === 'PeerApp' ? { _tag } : { _tag, unit };
  const status = { name: 'active', message: '' } as const;
  const outcome = await world.juju
    .hook(unit)
    .commit({ bags: [{ bag, values }], state: {}, status })();
  if (E.isLeft(outcome)) throw new Error(outcome.left._tag);
}

/** Audits as update-status does, then does what is left. */
async function updateStatus(world: MemoryWorld, unit: string, change: Partial<Adapters> = {}) {
  const adapters = { ...world.adapters(unit), ...change };
  const outcome = await interpret(adapters)(hooks['update-status'])({})();
  if (E.isLeft(outcome)) throw new Error(outcome.left._tag);
  return outcome.right.reconciled.map(({ hook }) => hook);
}

const looksUp = (world: MemoryWorld, unit: string) =>
  world.pooler(unit).configuration.lookup?.users ?? [];

describe('a deployment of version 0.1', () => {
  it('goes on looking up users as long as one of them has no verifier on record', async () => {
    const world = await carriedOver();
    await world.reconcile('p/0');
    expect(world.pooler('p/0').configuration).toMatchObject({ users: [], lookup });
    expect(world.peer('p/0')).toEqual({ ...ofVersion01('p/0'), users: undefined });
  });

  it('is given verifiers by the leader’s audit, keeps its credentials, and loses no reader meanwhile', async () => {
    const world = await carriedOver();
    const before = world.own(relation);
    await updateStatus(world, 'p/1');
    expect(world.record(relation)).toMatchObject({
      place: 'db4',
      verifier: { secret: expect.any(String) },
    });
    expect(world.record(relation)).not.toHaveProperty('proof');
    expect(world.own(relation)).toEqual(before);
    expect(before['read-only-endpoints']).toBe('pgb-0:6432,pgb-2:6432');
    expect(world.pooler('p/1').configuration).toMatchObject({
      users: [{ name: 'relation_id_4' }],
      lookup: { users: [] },
    });
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('is given verifiers though a request was spoilt meanwhile', async () => {
    const world = await carriedOver();
    world.juju.request(relation, { database: 'not a name' });
    await updateStatus(world, 'p/1');
    expect(world.record(relation)).toMatchObject({
      error: expect.stringContaining('database'),
      verifier: { secret: expect.any(String) },
    });
    world.juju.request(relation, { database: 'another' });
    await updateStatus(world, 'p/1');
    await world.reconcile('p/0');
    expect(world.pooler('p/0').configuration.users).toMatchObject([{ name: 'relation_id_4' }]);
  });

  it('keeps the login that looks up users until every planned unit lists them', async () => {
    const world = await carriedOver();
    const retired: string[] = [];
    const { backend } = world.adapters('p/1');
    const watched = {
      backend: {
        ...backend,
        retireLookup: (user: string) => {
          retired.push(user);
          return backend.retireLookup(user);
        },
      },
    };
    await updateStatus(world, 'p/1', watched);
    for (const unit of ['p/0', 'p/2']) {
      expect(await updateStatus(world, 'p/1', watched)).not.toContain('lookup-idle');
      expect(world.peer()['auth-user']).toContain(lookup.user);
      await world.reconcile(unit);
      expect([looksUp(world, unit), world.peer(unit).users]).toEqual([[], 'listed']);
    }
    expect(retired).toEqual([]);
    expect(await updateStatus(world, 'p/1', watched)).toContain('lookup-idle');
    expect(retired).toEqual([lookup.user]);
    expect(Object.keys(world.peer()).sort()).toEqual(['format', 'leader', 'relation-4']);
    expect(await updateStatus(world, 'p/1', watched)).not.toContain('lookup-idle');
    expect(world.own(relation)['read-only-endpoints']).toBe('pgb-0:6432,pgb-2:6432');
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('keeps the login for users without a verifier, whatever the units have said before', async () => {
    const world = await carriedOver();
    for (const unit of world.juju.units)
      await write(world, unit, 'PeerUnit', { ...ofVersion01(unit), users: 'listed' });
    expect(await updateStatus(world, 'p/1')).not.toContain('lookup-idle');
    expect(world.peer()['auth-user']).toContain(lookup.user);
  });

  it('waits for no unit that is leaving, and for one that has not said anything', async () => {
    const world = await carriedOver();
    await updateStatus(world, 'p/1');
    await world.reconcile('p/0');
    await write(world, 'p/2', 'PeerUnit', { address: '', serving: '', users: '' });
    expect(await updateStatus(world, 'p/1')).not.toContain('lookup-idle');
    world.juju.dying.add('p/2');
    expect(await updateStatus(world, 'p/1')).toContain('lookup-idle');
  });

  it('keeps the login while the backend is down, and on record where it cannot be retired', async () => {
    const world = await carriedOver();
    await updateStatus(world, 'p/1');
    for (const unit of ['p/0', 'p/2']) await world.reconcile(unit);
    const { backend } = world.adapters('p/1');
    const lost = {
      ...({ _tag: 'BackendUnavailable', class: 'unavailable' } as const),
      ...{ where: 'here', why: 'it went away' },
    };
    const failing = { ...backend, retireLookup: () => async () => E.left(lost) };
    expect(await updateStatus(world, 'p/1', { backend: failing })).toContain('lookup-idle');
    expect(world.peer()['auth-user']).toContain(lookup.user);
    world.postgres.isUp = false;
    expect(await updateStatus(world, 'p/1')).not.toContain('lookup-idle');
    world.postgres.isUp = true;
    await updateStatus(world, 'p/1');
    expect(world.peer()['auth-user']).toBeUndefined();
  });

  it('needs no login for nobody: without relations it is retired', async () => {
    const world = await carriedOver();
    world.juju.forget(relation);
    await updateStatus(world, 'p/1');
    for (const unit of ['p/0', 'p/2']) await world.reconcile(unit);
    await updateStatus(world, 'p/1');
    expect(Object.keys(world.peer())).toEqual(['format', 'leader']);
  });

  it('takes no login of its own for a unit that lists users: a new deployment has none', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    expect(world.juju.units.map((unit) => looksUp(world, unit))).toEqual([[], [], []]);
    expect(await updateStatus(world, 'p/1')).toEqual([]);
  });
});

describe('a login that a Juju secret keeps', () => {
  async function carriedOverSecretly(): Promise<MemoryWorld> {
    const world = await carriedOver(new MemoryWorld({ hasSecrets: true }));
    const model = world.juju.hook('p/1');
    const { user: username, password } = lookup;
    const content = { username, password: password.secret };
    const made = await model.secrets?.make('pgb-peers.auth.secret', content, [])();
    if (made === undefined || E.isLeft(made)) throw new Error('it was not made');
    const kept = { user: username, password: null, secret: made.right, proof: 'a digest' };
    await model.commit({
      bags: [{ bag: { _tag: 'PeerApp' }, values: { 'auth-user': JSON.stringify(kept) } }],
      state: {},
      status: { name: 'active', message: '' },
    })();
    return world;
  }
  const labels = ({ juju }: MemoryWorld) => [...juju.secrets.values()].map(({ label }) => label);

  it('is read while it is needed, and the secret goes with it', async () => {
    const world = await carriedOverSecretly();
    await world.reconcile('p/0');
    expect(world.pooler('p/0').configuration.lookup).toMatchObject(lookup);
    expect(labels(world)).toContain('pgb-peers.auth.secret');
    await updateStatus(world, 'p/1');
    for (const unit of ['p/0', 'p/2']) await world.reconcile(unit);
    await updateStatus(world, 'p/1');
    expect(labels(world)).toEqual(['database.4.user.secret']);
    expect(world.peer()['auth-user']).toBeUndefined();
  });

  it('that cannot be read defers the hook', async () => {
    const world = await carriedOverSecretly();
    const { juju, ...rest } = world.adapters('p/0');
    const { secrets } = juju;
    if (secrets === null) throw new Error('there are secrets');
    const read = (id: string) => async () =>
      E.left({
        ...({ _tag: 'SecretUnreadable', class: 'unavailable' } as const),
        ...{ id, why: 'denied' },
      });
    const unreadable = { ...rest, juju: { ...juju, secrets: { ...secrets, read } } };
    const chart = hooks['pgb-peers-relation-changed'];
    expect(await interpret(unreadable)(chart)({})()).toMatchObject({
      right: { end: { _tag: 'Deferred', why: { _tag: 'SecretUnreadable' } } },
    });
  });
});

async function stateOf(world: MemoryWorld, unit: string): Promise<Databag> {
  const outcome = await world.juju.hook(unit).state();
  if (E.isLeft(outcome)) throw new Error(outcome.left._tag);
  return outcome.right;
}

describe('what a later version of the same form has written', () => {
  /** A deployment in which each thing on record says something that nobody here knows. */
  async function goneBack(): Promise<MemoryWorld> {
    const world = new MemoryWorld({ hasSecrets: true });
    await world.relate(relation);
    await world.relate(5);
    const later = (text: string | undefined) =>
      JSON.stringify({ later: { of: ['another'] }, ...JSON.parse(text ?? '{}') });
    const records = ['relation-4', 'relation-5'].map((key) => [key, later(world.peer()[key])]);
    await write(world, 'p/1', 'PeerApp', { ...Object.fromEntries(records), later: 'on record' });
    for (const unit of world.juju.units) {
      await write(world, unit, 'PeerUnit', { later: 'of a unit' });
      const looked = later((await stateOf(world, unit)).looked);
      const state = { later: '{"known":true}', looked };
      const status = { name: 'active', message: '' } as const;
      const outcome = await world.juju.hook(unit).commit({ bags: [], state, status })();
      if (E.isLeft(outcome)) throw new Error(outcome.left._tag);
    }
    return world;
  }

  it('is read, and what is not known of it stays', async () => {
    const world = await goneBack();
    const before = world.own(relation);
    for (const unit of world.juju.units) await world.dispatch(unit, { hook: 'upgrade-charm' });
    await world.settle();
    expect(world.own(relation)).toEqual(before);
    expect(world.logsIn(before)).toBe(true);
    expect(world.peer().later).toBe('on record');
    expect(world.record(relation)).toHaveProperty('later');
    for (const unit of world.juju.units) {
      expect(world.peer(unit).later).toBe('of a unit');
      expect((await stateOf(world, unit)).later).toBe('{"known":true}');
    }
  });

  it('keeps nobody from coming, nor from going without a trace', async () => {
    const world = await goneBack();
    await world.relate(6);
    expect(world.logsIn(world.own(6))).toBe(true);
    for (const one of [relation, 5, 6]) {
      world.juju.breaking(one);
      for (const unit of world.juju.units)
        await world.dispatch(unit, { hook: 'database-relation-broken', relation: one });
      world.juju.forget(one);
      await world.settle();
    }
    expect(world.users()).toEqual([]);
    expect(Object.keys(world.peer()).sort()).toEqual(['format', 'later', 'leader']);
    expect(world.juju.secrets.size).toBe(0);
  });
});
