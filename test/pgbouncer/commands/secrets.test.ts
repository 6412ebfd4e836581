import { describe, expect, it } from 'vitest';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { MemoryWorld } from '../../memory-world.ts';

const relation = 4;
const requested = 'database-requested';
const all = '["username", "password", "tls", "tls-ca", "uris", "read-only-uris"]';
const request: Databag = { database: 'app', 'requested-secrets': all };

/** Three units on a Juju that has secrets. */
class SecretWorld extends MemoryWorld {
  constructor() {
    super({ hasSecrets: true });
  }

  labelled(label: string) {
    return [...this.juju.secrets].find(([, secret]) => secret.label === label);
  }

  get labels(): readonly string[] {
    return [...this.juju.secrets.values()].map(({ label }) => label);
  }

  /** What the requirer reads: its databag, and the secrets to which it points. */
  answer(id = relation): Databag {
    const bag = this.own(id);
    const contents = Object.entries(bag).flatMap(([key, secret]) =>
      key.startsWith('secret-') ? [this.juju.secrets.get(secret)?.content ?? {}] : [],
    );
    return Object.assign({}, bag, ...contents);
  }
}

describe('on a Juju that has secrets', () => {
  it('credentials are in secrets that the requirer may read, and nowhere else', async () => {
    const world = new SecretWorld();
    await world.relate(relation, request);
    const answer = world.answer();
    expect(world.logsIn(answer)).toBe(true);
    expect(Object.keys(world.own(relation)).sort()).toEqual([
      'data',
      'database',
      'endpoints',
      'read-only-endpoints',
      'secret-tls',
      'secret-user',
      'version',
    ]);
    expect(world.labelled('database.4.user.secret')?.[1].grants).toEqual([relation]);
    expect(world.labelled('database.4.tls.secret')?.[1]).toMatchObject({
      content: { tls: 'False' },
      grants: [relation],
    });
    const shown = JSON.stringify([world.own(relation), world.peer()]);
    for (const { content } of world.juju.secrets.values())
      if (content.password !== undefined) expect(shown).not.toContain(content.password);
    expect(world.record(relation)).toMatchObject({
      password: null,
      secrets: { user: world.own(relation)['secret-user'] },
    });
  });

  it('a requirer that asks for none is answered in the clear, and the ledger keeps its own secret', async () => {
    const world = new SecretWorld();
    await world.relate(relation, { database: 'app' });
    const { password } = world.own(relation);
    expect(world.logsIn(world.own(relation))).toBe(true);
    expect(JSON.stringify(world.peer())).not.toContain(password);
    expect(world.labelled('database.4.user.secret')?.[1]).toMatchObject({
      content: { username: 'relation_id_4', password },
      grants: [],
    });
  });

  it('U-24: another leader knows the password, and gives it again where the role is gone', async () => {
    const world = new SecretWorld();
    await world.relate(relation, request);
    const before = world.answer();
    world.postgres.roles.clear();
    world.postgres.databases.clear();
    world.juju.leader = 'p/0';
    await world.settle();
    expect(world.answer().password).toBe(before.password);
    expect(world.logsIn(world.answer())).toBe(true);
    expect(world.labels.length).toBe(2);
  });

  const v1 = JSON.stringify([{ resource: 'app', 'request-id': 'de01', salt: 'salt' }]);
  it.each([
    ['v0', request, 'database.4.user.secret'],
    ['v1', { version: 'v1', requests: v1 }, 'database.4.de01.user.secret'],
  ])(
    'in %s connection strings are there at once, and a new revision comes only when the unit that they lead to is gone',
    async (_, asked, label) => {
      const world = new SecretWorld();
      world.juju.request(relation, asked);
      await world.run('p/1', requested, { relation });
      const content = () => world.labelled(label)?.[1].content ?? {};
      const first = content();
      const leading = (host: string) => ({
        uris: `postgresql://relation_id_4:${first.password}@${host}:6432/app`,
        'read-only-uris': `postgresql://relation_id_4:${first.password}@${host}:6432/app_readonly`,
      });
      expect(first).toMatchObject(leading('pgb-1'));
      await world.settle();
      world.juju.leader = 'p/2';
      await world.settle();
      await world.run('p/2', requested, { relation });
      expect(JSON.stringify(world.own(relation))).toMatch(/endpoints\W+pgb-2:6432/);
      expect(content()).toBe(first);
      world.juju.removeUnit('p/1');
      await world.settle();
      expect(content()).toEqual({ ...first, ...leading('pgb-2') });
    },
  );

  it('U-44: a secret gets another revision only where its content differs', async () => {
    const world = new SecretWorld();
    await world.relate(relation, request);
    const before = world.juju.secrets;
    await world.run('p/1', requested, { relation });
    await world.settle();
    expect(world.juju.secrets).toEqual(before);
    for (const [id, secret] of world.juju.secrets)
      expect(secret.content).toBe(before.get(id)?.content);
  });

  it('U-35: the secrets go first when the relation does, and the databag no longer points to them', async () => {
    const world = new SecretWorld();
    await world.relate(relation, request);
    world.postgres.inUse.set('relation_id_4', 'a lock');
    world.juju.breaking(relation);
    for (const unit of world.juju.units)
      await world.run(unit, 'database-relation-broken', { relation });
    expect(world.labels).toEqual([]);
    expect(world.own(relation)).toEqual({});
    expect(world.record(relation)).toMatchObject({
      state: 'removing',
      secrets: {},
      verifier: null,
    });
  });

  it('what was begun and then refused leaves no secret', async () => {
    const world = new SecretWorld();
    world.juju.request(relation, request);
    world.pooler('p/1').isUp = false;
    const run = await world.run('p/1', requested, { relation });
    expect(run.end._tag).toBe('Deferred');
    expect(world.labels).toEqual(['database.4.user.secret']);
    world.juju.request(relation, { ...request, database: 'not a name' });
    await world.run('p/1', requested, { relation });
    expect(world.labels).toEqual([]);
    expect(world.record(relation)).toMatchObject({ state: 'refused' });
  });

  it('H8: a relation that comes back without a request shows nothing of what it had', async () => {
    const world = new SecretWorld();
    await world.relate(relation, request);
    const before = { ...world.own(relation) };
    world.juju.breaking(relation);
    for (const unit of world.juju.units)
      await world.run(unit, 'database-relation-broken', { relation });
    // As where nobody could write in the hook that ended it.
    const write = world.adapters('p/1').juju.commit({
      bags: [{ bag: { _tag: 'OwnApp', relation }, values: before }],
      state: {},
      status: { name: 'active', message: '' },
    });
    await write();
    world.juju.request(relation, {});
    const work = await world.reconcile('p/1');
    expect(work).toContainEqual(
      expect.objectContaining({
        hook: 'answer-outlived',
        event: { relation },
        end: { _tag: 'Returned' },
      }),
    );
    expect(world.own(relation)).toEqual({});
  });

  it('takes the place of another charm without a new password', async () => {
    const world = new SecretWorld();
    const { secrets, commit } = world.adapters('p/1').juju;
    if (secrets === null) throw new Error('there are secrets');
    const content = { username: 'relation_id_4', password: 'of another charm' };
    const made = await secrets.make('database.4.user.secret', content, [])();
    if (made._tag === 'Left') throw new Error('it was not made');
    world.juju.request(relation, request);
    await commit({
      bags: [{ bag: { _tag: 'OwnApp', relation }, values: { 'secret-user': made.right } }],
      state: {},
      status: { name: 'active', message: '' },
    })();
    await world.settle();
    expect(world.answer().password).toBe('of another charm');
    expect(world.own(relation)['secret-user']).toBe(made.right);
  });

  it('answers v1 under the id of its request, and anew under another', async () => {
    const world = new SecretWorld();
    const v1 = (id: string) => ({
      version: 'v1',
      requests: JSON.stringify([{ resource: 'app', 'request-id': id, salt: 'salt' }]),
    });
    await world.relate(relation, v1('one'));
    const [first] = JSON.parse(world.own(relation).requests ?? '');
    world.juju.request(relation, v1('two'));
    await world.settle();
    const [second] = JSON.parse(world.own(relation).requests ?? '');
    expect([first['request-id'], second['request-id']]).toEqual(['one', 'two']);
    const passwordOf = (id: string) => world.juju.secrets.get(id)?.content.password;
    expect(passwordOf(second['secret-user'])).toBe(passwordOf(first['secret-user']));
  });

  it('answers a requirer that moves from v0 to v1 in v1 alone, with the password that it has', async () => {
    const world = new SecretWorld();
    await world.relate(relation, { database: 'app' });
    const { password } = world.own(relation);
    const requests = JSON.stringify([{ resource: 'app', 'request-id': 'one', salt: 's' }]);
    world.juju.request(relation, { version: 'v1', requests });
    await world.settle();
    expect(Object.keys(world.own(relation)).sort()).toEqual(['data', 'requests', 'version']);
    const [answer] = JSON.parse(world.own(relation).requests ?? '');
    expect(world.juju.secrets.get(answer['secret-user'])?.content.password).toBe(password);
  });
});

describe('on a Juju without secrets', () => {
  it('a requirer of v1 is refused before anything is done', async () => {
    const world = new MemoryWorld();
    const requests = JSON.stringify([{ resource: 'app', 'request-id': 'x', salt: 's' }]);
    world.juju.request(relation, { version: 'v1', requests });
    const run = await world.run('p/1', requested, { relation });
    expect(run.end).toMatchObject({ _tag: 'Refused', why: { field: 'version' } });
    expect(world.users()).toEqual([]);
    expect(world.own(relation)).toMatchObject({ version: 'v1', requests });
  });

  it('a requirer that asks for secrets all the same is answered in the clear', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation, request);
    expect(world.logsIn(bag)).toBe(true);
    expect(bag['secret-user']).toBeUndefined();
  });
});

describe('a secret of which nothing is on record', () => {
  const gone = 9;
  const stray = async (world: SecretWorld, label: string) => {
    const hook = world.juju.hook('p/1');
    const status = { name: 'active', message: '' } as const;
    await hook.secrets?.make(label, { password: 'x' }, [])();
    await hook.commit({ bags: [], state: {}, status })();
  };
  const left = 'database.9.user.secret';
  const living = 'database.4.other.secret';
  const foreign = 'of another use';

  it('is removed by the audit where its relation is gone, and no other one', async () => {
    const world = new SecretWorld();
    await world.relate(relation, request);
    const before = world.labels;
    for (const label of [left, living, foreign]) await stray(world, label);
    const { notes } = await world.run('p/1', 'update-status', {});
    expect(world.labels).toEqual([...before, living, foreign]);
    expect(notes).toEqual([`relation ${gone}: a secret of it was left, and is removed`]);
    expect((await world.run('p/1', 'update-status', {})).notes).toEqual([]);
  });

  it('waits where the relation is still listed, or another unit has led meanwhile', async () => {
    const world = new SecretWorld();
    await world.relate(relation, request);
    await stray(world, left);
    world.juju.request(gone, {});
    await world.run('p/1', 'update-status', {});
    expect(world.labels).toContain(left);
    world.juju.forget(gone);
    world.juju.leader = 'p/0';
    await world.run('p/0', 'update-status', {});
    expect(world.labels).toContain(left);
    await world.run('p/0', 'update-status', {});
    expect(world.labels).not.toContain(left);
  });
});
