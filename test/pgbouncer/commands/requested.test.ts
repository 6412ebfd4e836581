import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { PgbouncerWords } from '../../../machines/index.ts';
import { hooks } from '../../../machines/index.ts';
import type { Keep } from '../../../src/hook/index.ts';
import type { Bag } from '../../../src/juju/port.ts';
import { render } from '../../../src/pgbouncer/errors.ts';
import { defaultPolicy } from '../../../src/pgbouncer/relation/request.ts';
import { interpret } from '../../interpret.ts';
import { MemoryWorld } from '../../memory-world.ts';

const requested = 'database-requested';
const relation = 4;

describe('an application asks for a database', () => {
  it('gets everything in one hook, readers once they have confirmed', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app', 'extra-user-roles': 'CREATEDB', data: '{}' });
    const run = await world.run('p/1', requested, { relation });
    expect(run).toMatchObject({ hook: requested, event: { relation }, end: { _tag: 'Returned' } });
    expect(world.own(relation)).toEqual({
      data: '{"database":"app","extra-user-roles":"CREATEDB"}',
      database: 'app',
      username: 'relation_id_4',
      password: 'OWfrDWwiBnPakzO81UqgNGET',
      uris: 'postgresql://relation_id_4:OWfrDWwiBnPakzO81UqgNGET@pgb-1:6432/app',
      tls: 'False',
      endpoints: 'pgb-1:6432',
      version: '14.5',
    });
    await world.settle();
    expect(world.own(relation)['read-only-endpoints']).toBe('pgb-0:6432,pgb-2:6432');
    expect(world.logsIn(world.own(relation))).toBe(true);
    expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
  });

  it('shows no secret in a run', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    const run = await world.run('p/1', requested, { relation });
    expect(JSON.stringify(run)).not.toContain(world.own(relation).password);
    expect(JSON.stringify(run)).toContain('********');
  });

  it('commits nothing that is the same already', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    const before = [
      world.own(relation),
      world.peer(),
      ...world.juju.units.map((unit) => world.peer(unit)),
    ];
    await world.run('p/1', requested, { relation });
    await world.settle();
    const after = [
      world.own(relation),
      world.peer(),
      ...world.juju.units.map((unit) => world.peer(unit)),
    ];
    for (const [index, bag] of before.entries()) expect(after[index]).toBe(bag);
    expect(world.pooler('p/1').reloads).toBe(1);
  });

  it('U-24: keeps the password on a replay, and the login works throughout', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    await world.run('p/1', requested, { relation });
    world.juju.leader = 'p/0';
    await world.run('p/0', requested, { relation });
    expect(world.own(relation).password).toBe(bag.password);
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('takes over the credentials that a predecessor published', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    await world.juju.hook('p/1').commit({
      bags: [{ bag: { _tag: 'PeerApp' }, values: { 'relation-4': '' } }],
      state: {},
      status: { name: 'active', message: '' },
    })();
    await world.reconcile('p/1');
    expect(world.own(relation)).toEqual(bag);
    expect(world.record(relation)).toMatchObject({ state: 'published' });
  });

  it('U-22: is served by the next leader where the first deferred and died', async () => {
    const world = new MemoryWorld();
    world.postgres.isUp = false;
    world.juju.request(relation, { database: 'app' });
    expect((await world.run('p/1', requested, { relation })).end).toEqual({
      _tag: 'Deferred',
      why: { _tag: 'BackendUnavailable', class: 'unavailable', where: 'memory', why: 'it is down' },
    });
    expect(world.juju.status('p/1')).toEqual({
      name: 'waiting',
      message: 'waiting for the backend database at memory (it is down)',
    });
    world.juju.removeUnit('p/1');
    world.juju.leader = 'p/0';
    world.postgres.isUp = true;
    await world.reconcile('p/0');
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('U-21: drops a deferred request whose relation is gone', async () => {
    const world = new MemoryWorld();
    const run = await world.run('p/1', requested, { relation });
    expect(run.path).toEqual(['hook_fired', 'is_backend_ready', 'is_leader', 'get_user', 'failed']);
    expect(run.end).toMatchObject({ _tag: 'Refused', why: { _tag: 'RequestWithdrawn' } });
    expect(world.users()).toEqual([]);
    expect(world.peer()).toEqual({});
  });

  it.each(['create_user_and_db', 'update_pg'])(
    'U-23: a backend or pooler lost at %s defers, and the request completes by itself',
    async (node) => {
      const world = new MemoryWorld();
      world.juju.request(relation, { database: 'app' });
      const run = await world.run(
        'p/1',
        requested,
        { relation },
        {
          keep: (state) => async () => {
            if (state.node === node) {
              if (node === 'update_pg') world.pooler('p/1').isUp = false;
              else world.postgres.isUp = false;
            }
            return E.right(undefined);
          },
        },
      );
      expect(run.path.slice(-2)).toEqual([node, 'failed']);
      expect(run.end).toMatchObject({ _tag: 'Deferred', why: { class: 'unavailable' } });
      expect(world.own(relation)).toEqual({});
      expect(world.juju.status('p/1')?.name).toBe('waiting');
      world.postgres.isUp = true;
      world.pooler('p/1').isUp = true;
      await world.reconcile('p/1');
      expect(world.logsIn(world.own(relation))).toBe(true);
      expect(world.juju.status('p/1')?.name).toBe('active');
    },
  );

  it('U-41: publishes nothing before the new user can log in', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    const admits = world.postgres.admits;
    world.postgres.admits = () => false;
    const run = await world.run('p/1', requested, { relation });
    expect(run.end).toMatchObject({ _tag: 'Deferred', why: { _tag: 'LoginRefused' } });
    expect(world.own(relation)).toEqual({});
    world.postgres.admits = admits;
    await world.run('p/1', requested, { relation });
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('U-10: publishes nothing before this unit knows its address', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    for (const unknown of [null, 'None:6432']) {
      world.endpoints.set('p/1', unknown);
      const run = await world.run('p/1', requested, { relation });
      expect(run.end).toMatchObject({ _tag: 'Deferred', why: { _tag: 'EndpointUnknown' } });
      expect(world.own(relation)).toEqual({});
    }
    world.endpoints.set('p/1', 'pgb-1:6432');
    await world.run('p/1', requested, { relation });
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('reads each databag once, and tries nothing twice in a hook', async () => {
    const world = new MemoryWorld();
    await world.relate(7);
    world.juju.request(relation, { database: 'app' });
    const adapters = world.adapters('p/1');
    const read: string[] = [];
    const juju = {
      ...adapters.juju,
      read: (bags: readonly Bag[]) => {
        read.push(...bags.map((bag) => JSON.stringify(bag)));
        return adapters.juju.read(bags);
      },
    };
    await interpret({ ...adapters, juju })(hooks[requested])({ relation })();
    expect(new Set(read).size).toBe(read.length);
    // The ledger, its request, and its own answer; what it confirms need not be read.
    expect(read.length).toBe(1 + 1 + 1);

    let removals = 0;
    const backend = {
      ...adapters.backend,
      remove: () => async () => {
        removals += 1;
        return E.left({
          _tag: 'RoleInUse',
          class: 'unavailable',
          role: 'relation_id_4',
          why: 'locked',
          isLockedOut: true,
        } as const);
      },
    };
    world.juju.breaking(relation);
    await interpret({ ...adapters, backend })(hooks['database-relation-broken'])({ relation })();
    expect(removals).toBe(1);
    expect(world.record(relation)).toMatchObject({ state: 'removing' });
  });

  it('U-18: refuses visibly, does nothing, and clears by itself', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app', 'extra-user-roles': 'x; DROP DATABASE y' });
    const run = await world.run('p/1', requested, { relation });
    expect(run.end).toMatchObject({ _tag: 'Refused', why: { field: 'extra-user-roles' } });
    expect(world.record(relation)).toMatchObject({ state: 'refused' });
    expect(world.juju.status('p/1')).toMatchObject({ name: 'blocked' });
    expect(world.postgres.roles.size + world.postgres.databases.size).toBe(0);
    expect(world.pooler('p/1').reloads).toBe(0);
    world.juju.request(relation, { database: 'app' });
    await world.reconcile('p/1');
    expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
    expect(world.logsIn(world.own(relation))).toBe(true);
  });

  it('U-18: asks the backend which roles there are, and grants them as it spells them', async () => {
    const world = new MemoryWorld();
    const plain = { owner: '', relation: null, password: null, attributes: [] };
    world.postgres.roles.set('Analyst', { ...plain, roles: [], databases: [] });
    const policy = { ...defaultPolicy, extraRoles: ['analyst', 'nobody'] };
    world.juju.request(relation, { database: 'app', 'extra-user-roles': 'ANALYST' });
    await world.run('p/1', requested, { relation }, { policy });
    expect(world.postgres.roles.get('relation_id_4')?.roles).toEqual(['Analyst']);
    world.juju.request(5, { database: 'other', 'extra-user-roles': 'nobody' });
    const run = await world.run('p/1', requested, { relation: 5 }, { policy });
    expect(run.end).toMatchObject({ why: { _tag: 'RoleNotGrantable', role: 'nobody' } });
  });

  it('keeps what it granted when the request is changed, says so, and lets go when it is put right', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation, { database: 'app' });
    world.juju.request(relation, { database: 'another' });
    const run = await world.run('p/1', requested, { relation });
    expect(run.end).toMatchObject({ _tag: 'Refused', why: { _tag: 'RequestChanged' } });
    expect(world.juju.status('p/1')).toMatchObject({ name: 'blocked' });
    expect(world.own(relation)).toEqual({ ...bag, status: expect.stringContaining('4002') });
    expect(world.logsIn(bag)).toBe(true);
    world.juju.request(relation, { database: 'app' });
    await world.reconcile('p/1');
    expect(world.own(relation)).toEqual(bag);
    expect(world.juju.status('p/1')).toEqual({ name: 'active', message: '' });
  });

  it('H25: leaves alone what another deployment made: the role’s name gives way, the database is refused', async () => {
    const world = new MemoryWorld();
    const foreign = {
      owner: 'other/p',
      relation: 4,
      password: 'theirs',
      attributes: [],
      roles: [],
      databases: ['theirs'],
    };
    world.postgres.roles.set('relation_id_4', foreign);
    world.postgres.databases.set('theirs', 'other/p');
    const bag = await world.relate(relation, { database: 'app' });
    expect(bag.username).toMatch(/^relation_id_4_\w+$/);
    expect(world.logsIn(bag)).toBe(true);
    expect(world.postgres.roles.get('relation_id_4')).toBe(foreign);
    world.juju.request(5, { database: 'theirs' });
    const run = await world.run('p/1', requested, { relation: 5 });
    expect(run.end).toMatchObject({ _tag: 'Refused', why: { _tag: 'DatabaseTaken' } });
    expect(world.pooler('p/1').serves('theirs')).toBe(false);
  });

  it('serves nothing of a request that is refused after it was begun, and leaves no role', async () => {
    const world = new MemoryWorld();
    const begun = async (id: number, database: string, lose: () => void) => {
      world.juju.request(id, { database });
      const keep: Keep<PgbouncerWords> = (state) => async () => {
        if (state.node === 'create_user_and_db' || state.node === 'update_pg') lose();
        return E.right(undefined);
      };
      const run = await world.run('p/1', requested, { relation: id }, { keep });
      expect(run.end).toMatchObject({ _tag: 'Deferred' });
      expect(world.record(id)).toMatchObject({ state: 'provisioning' });
    };
    world.postgres.databases.set('theirs', 'other/p');
    await begun(4, 'theirs', () => {
      world.postgres.isUp = false;
    });
    world.postgres.isUp = true;
    await begun(5, 'mine', () => {
      world.pooler('p/1').isUp = false;
    });
    world.pooler('p/1').isUp = true;
    expect(world.users()).toEqual(['relation_id_5']);
    world.juju.request(5, { database: 'not,a,name' });
    await world.settle();
    for (const id of [4, 5]) expect(world.record(id)).toMatchObject({ state: 'refused' });
    for (const unit of world.juju.units)
      expect(world.pooler(unit).configuration.databases, unit).toEqual([]);
    expect(world.users()).toEqual([]);
  });

  it('fails, and commits nothing, where the ledger cannot be read', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    await world.juju.hook('p/1').commit({
      bags: [{ bag: { _tag: 'PeerApp' }, values: { 'relation-9': '{"state":"unheard-of"}' } }],
      state: {},
      status: { name: 'active', message: '' },
    })();
    world.juju.request(5, { database: 'app' });
    const outcome = await world.attempt('p/1', requested, { relation: 5 });
    expect(outcome).toMatchObject({ _tag: 'Left', left: { _tag: 'LedgerUnreadable' } });
    expect(E.isLeft(outcome) && render(outcome.left)).toContain('relation-9');
    expect(world.own(5)).toEqual({});
  });

  it('H15: fails where leadership is lost between the check and the commit', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    const keep: Keep<PgbouncerWords> = (state) => async () => {
      if (state.node === 'update_databag') world.juju.leader = 'p/0';
      return E.right(undefined);
    };
    const outcome = await world.attempt('p/1', requested, { relation }, { keep });
    expect(outcome).toMatchObject({ _tag: 'Left', left: { _tag: 'ModelRefused' } });
    expect(world.peer()).toEqual({});
    await world.run('p/0', requested, { relation });
    expect(world.logsIn(world.own(relation))).toBe(true);
  });
});
