import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Bag } from '../../../src/juju/port.ts';
import {
  MemoryJuju,
  MemoryPgbouncer,
  MemoryPostgres,
  seededEntropy,
} from '../../../src/pgbouncer/memory/index.ts';
import {
  type Configuration,
  emptyConfiguration,
} from '../../../src/pgbouncer/pooler/configuration.ts';
import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { aGrant } from '../../a-grant.ts';

const juju = () => {
  const made = new MemoryJuju({
    application: 'p',
    units: ['p/0', 'p/1'],
    leader: 'p/0',
    endpoint: () => 'here:6432',
  });
  made.request(4, { database: 'app' });
  return made;
};

const active = { name: 'active', message: '' } as const;
const commit = (made: MemoryJuju, unit: string, bag: Bag, values: Databag) =>
  made.hook(unit).commit({ bags: [{ bag, values }], state: {}, status: active })();

const refused = (why: string) => ({ left: { _tag: 'ModelRefused', class: 'broken', why } });

describe('who may read and write what', () => {
  const remote: Bag = { _tag: 'RemoteApp', relation: 4 };
  const own: Bag = { _tag: 'OwnApp', relation: 4 };
  const peerApp: Bag = { _tag: 'PeerApp' };
  const unit = (name: string): Bag => ({ _tag: 'PeerUnit', unit: name });

  it.each([
    ['the leader, the remote application', 'p/0', remote, null],
    ['a follower, the remote application', 'p/1', remote, null],
    ['the leader, its own application', 'p/0', own, null],
    ['a follower, its own application', 'p/1', own, 'permission denied'],
    ['a follower, the peer application', 'p/1', peerApp, null],
    ['a follower, itself', 'p/1', unit('p/1'), null],
    ['a follower, another unit', 'p/1', unit('p/0'), null],
    ['anyone, a unit that is not there', 'p/0', unit('p/9'), 'unit p/9 not found'],
    ['anyone, a relation that is not there', 'p/0', { ...own, relation: 9 }, 'relation not found'],
  ] as const)('reads: %s', async (_, who, bag, why) => {
    const [outcome] = await juju().hook(who).read([bag])();
    if (why === null) expect(outcome?._tag).toBe('Right');
    else expect(outcome).toMatchObject(refused(why));
  });

  it('reads: a unit that goes while its hook runs, nothing', async () => {
    const made = juju();
    const hook = made.hook('p/1');
    made.removeUnit('p/1');
    const [outcome] = await hook.read([remote])();
    expect(outcome).toMatchObject(refused('unit p/1 not found'));
  });

  it('reads the others where one is refused', async () => {
    const bags = [{ ...remote, relation: 9 }, remote, own] as const;
    const [missing, ...found] = await juju().hook('p/0').read(bags)();
    expect(missing).toMatchObject(refused('relation not found'));
    expect(found).toEqual([E.right({ database: 'app' }), E.right({})]);
  });

  it.each([
    ['the leader, its own application', 'p/0', own, null],
    ['the leader, the peer application', 'p/0', peerApp, null],
    ['a follower, its own application', 'p/1', own, 'cannot write relation settings'],
    ['a follower, the peer application', 'p/1', peerApp, 'cannot write relation settings'],
    ['a follower, itself', 'p/1', unit('p/1'), null],
    ['a follower, another unit', 'p/1', unit('p/0'), 'permission denied'],
    ['a follower, for itself', 'p/1', { ...remote, _tag: 'OwnUnit', unit: 'p/1' }, null],
    ['for another', 'p/1', { ...remote, _tag: 'OwnUnit', unit: 'p/0' }, 'permission denied'],
    ['the leader, the remote application', 'p/0', remote, 'permission denied'],
  ] as const)('writes: %s', async (_, who, bag, why) => {
    const made = juju();
    const outcome = await commit(made, who, bag, { key: 'value' });
    if (why === null) expect(made.databag(bag)).toMatchObject({ key: 'value' });
    else {
      expect(outcome).toMatchObject(refused(why));
      expect(made.databag(bag)).not.toHaveProperty('key');
    }
  });
});

describe('a commit', () => {
  it('applies all of it or nothing', async () => {
    const made = juju();
    const outcome = await made.hook('p/1').commit({
      bags: [
        { bag: { _tag: 'PeerUnit', unit: 'p/1' }, values: { key: 'value' } },
        { bag: { _tag: 'PeerApp' }, values: { key: 'value' } },
      ],
      state: {},
      status: active,
    })();
    expect(outcome._tag).toBe('Left');
    expect(made.databag({ _tag: 'PeerUnit', unit: 'p/1' })).toEqual({});
    expect(made.status('p/1')).toBeUndefined();
  });

  it('merges, deletes by the empty value, and leaves what was read as it was', async () => {
    const made = juju();
    const bag: Bag = { _tag: 'PeerApp' };
    await commit(made, 'p/0', bag, { a: '1', b: '2' });
    const before = made.databag(bag);
    await commit(made, 'p/0', bag, { a: '', c: '3' });
    expect(before).toEqual({ a: '1', b: '2' });
    expect(made.databag(bag)).toEqual({ b: '2', c: '3' });
  });

  it('is refused to a leader that was deposed meanwhile', async () => {
    const made = juju();
    const hook = made.hook('p/0');
    expect(await hook.leader()).toMatchObject({ right: true });
    made.leader = 'p/1';
    const outcome = await hook.commit({
      bags: [{ bag: { _tag: 'PeerApp' }, values: { a: '1' } }],
      state: {},
      status: active,
    })();
    expect(outcome).toMatchObject(refused('cannot write relation settings'));
  });
});

describe('secrets', () => {
  it('that go keep their label until the next hook, as Juju makes before it removes', async () => {
    const made = new MemoryJuju({
      ...{ application: 'p', units: ['p/0'], leader: 'p/0', hasSecrets: true },
      endpoint: () => null,
    });
    const status = { name: 'active', message: '' } as const;
    const commit = { bags: [], state: {}, status };
    const first = made.hook('p/0');
    const id = await first.secrets?.make('a', { word: 'one' }, [])();
    if (id === undefined || E.isLeft(id)) throw new Error('no secret');
    await first.commit(commit)();
    const second = made.hook('p/0');
    await second.secrets?.remove(id.right)();
    expect(await second.secrets?.make('a', { word: 'two' }, [])()).toMatchObject({
      left: { _tag: 'ModelRefused', why: 'secret with label "a" already exists' },
    });
    await second.commit(commit)();
    expect(await made.hook('p/0').secrets?.make('a', { word: 'two' }, [])()).toMatchObject({
      _tag: 'Right',
    });
  });
});

describe('relations', () => {
  it('a breaking relation is not listed, and its databags can still be read', async () => {
    const made = juju();
    made.breaking(4);
    expect(await made.hook('p/1').relations('database')()).toMatchObject({ right: [] });
    expect(await made.hook('p/1').read([{ _tag: 'RemoteApp', relation: 4 }])()).toEqual([
      E.right({ database: 'app' }),
    ]);
    made.forget(4);
    expect(made.relations).toEqual([]);
  });

  it('a unit that leaves takes its leadership along', () => {
    const made = juju();
    made.removeUnit('p/0');
    expect([made.leader, made.units]).toEqual([null, ['p/1']]);
  });
});

describe('a pooler', () => {
  it('admits who is in its userlist with the verifier of that password, and leads to the place', async () => {
    const postgres = new MemoryPostgres();
    const made = await postgres.hook().provision(aGrant(4, { database: 'there' }), {
      owner: 'model/pgbouncer',
      grants: [],
    })();
    if (E.isLeft(made)) throw new Error(made.left._tag);
    const { user: name, verifier } = made.right;
    const pooler = new MemoryPgbouncer(postgres).hook();
    const login = { user: name, password: { secret: 'secret-4' } };
    const place = { name: 'asked', database: 'there', host: 'h', port: 1 };
    const admitted = async (users: Configuration['users']) => {
      await pooler.apply({ ...emptyConfiguration, databases: [place], users })();
      return E.isRight(await pooler.admits(login, 'asked')());
    };
    expect(await admitted([{ name, verifier }])).toBe(true);
    expect(await admitted([])).toBe(false);
    expect(await admitted([{ name, verifier: { secret: 'of another' } }])).toBe(false);
    expect(await admitted([{ name: 'another', verifier }])).toBe(false);

    const wildcard = { host: 'h', port: 1, users: [name], closed: [] as string[] };
    const elsewhere = async (change: Partial<typeof wildcard>) => {
      const users = [{ name, verifier }];
      await pooler.apply({ ...emptyConfiguration, users, wildcard: { ...wildcard, ...change } })();
      return E.isRight(await pooler.admits(login, 'there')());
    };
    expect(await elsewhere({})).toBe(true);
    expect(await elsewhere({ users: [] })).toBe(false);
    expect(await elsewhere({ closed: ['there'] })).toBe(false);
  });
});

describe('seededEntropy', () => {
  it('gives the same passwords for the same seed, and others for another', () => {
    const three = (seed: number) => {
      const entropy = seededEntropy(seed);
      return [1, 2, 3].map(() => entropy.password().secret);
    };
    expect(three(1)).toEqual(three(1));
    expect(new Set([...three(1), ...three(2)]).size).toBe(6);
    for (const secret of three(3)) expect(secret).toMatch(/^[A-Za-z0-9]{24}$/);
  });
});
