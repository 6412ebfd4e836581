import { describe, expect, it } from 'vitest';
import {
  type CertifiedWorld,
  certificatesVerify,
  simulatedWithTls as simulated,
} from '../../../src/pgbouncer/testing/index.ts';
import { type Bounds, defaultBounds } from '../../../src/testing/explore/bounds.ts';
import { explore } from '../../../src/testing/explore/verify.ts';
import {
  actionsOf,
  rest,
  Simulation,
  soak,
  step,
  violationsAtRest,
  violationsOf,
  worldOf,
} from '../../../src/testing/index.ts';

const topology = {
  units: 2,
  requirers: {
    app: { units: 1, request: { database: 'app' } },
    certifier: { units: 1, request: {}, endpoint: 'certificates' },
  },
};

async function at(...actions: readonly Parameters<typeof step>[2][]): Promise<CertifiedWorld> {
  let world: CertifiedWorld = worldOf(simulated, topology);
  for (const action of actions) {
    ({ world } = await step(simulated, world, action));
    ({ world } = await rest(simulated, world));
    expect(violationsAtRest(simulated.invariants, world)).toEqual([]);
  }
  return world;
}

const related = { _tag: 'Relate', application: 'certifier' } as const;
const asked = (request: Readonly<Record<string, string>>) =>
  ({ _tag: 'Ask', application: 'certifier', request }) as const;
const served = (...actions: readonly Parameters<typeof step>[2][]) =>
  at({ _tag: 'Relate', application: 'app' }, related, ...actions);

/** What the requirer is told of TLS. */
const told = ({ relations }: CertifiedWorld) => {
  const { tls, 'tls-ca': by = '' } = relations[1]?.applications.pgbouncer ?? {};
  return { tls, by: Buffer.from(by.split('\n')[1] ?? '', 'base64').toString() };
};

describe('the model of who gives certificates', () => {
  it('certifies every unit, and clients are told so', async () => {
    expect(told(await served())).toEqual({ tls: 'True', by: '{"authority":"first"}' });
  });

  it('gives others when it signs as another, and none while it refuses or waits', async () => {
    expect(told(await served(asked({ authority: 'second' }))).by).toBe('{"authority":"second"}');
    const refused = await at(
      asked({ answers: 'refusals' }),
      {
        ...{ _tag: 'Relate', application: 'app' },
      },
      related,
    );
    expect(told(refused)).toEqual({ tls: 'False', by: '' });
    expect(refused.units['pgbouncer/0']?.status).toMatchObject({
      name: 'blocked',
      message: expect.stringContaining('DOMAIN_NOT_ALLOWED'),
    });
  });

  it('takes back what it gave, and each unit asks anew by another key', async () => {
    const before = await served();
    const world = await served(asked({ answers: 'anew' }));
    const key = ({ outside }: CertifiedWorld) => outside.units['pgbouncer/1']?.identity.key;
    expect([key(before), key(world)]).toEqual(['key 0 of pgbouncer/1', 'key 1 of pgbouncer/1']);
    expect(told(world).tls).toBe('True');
  });

  it('loses the key of a pod that is lost, and never makes the same one again', async () => {
    const { outside } = await served({ _tag: 'LosePod', unit: 'pgbouncer/1' });
    expect(outside.units['pgbouncer/1']?.identity.key).toBe('key 1 of pgbouncer/1');
  });

  it('is related once at a time, as its endpoint has a limit', async () => {
    const world = await at(related);
    await expect(step(simulated, world, related)).rejects.toThrow(
      'certificates of pgbouncer takes no more relations than it has',
    );
    expect(actionsOf(simulated, world, 'relate')).toEqual([{ _tag: 'Relate', application: 'app' }]);
  });

  it('is gone with its relation, and may come again', async () => {
    const gone = await served({ _tag: 'RemoveRelation', relation: 2 });
    expect(told(gone)).toEqual({ tls: 'False', by: '' });
    const again = await served({ _tag: 'RemoveRelation', relation: 2, force: true }, related);
    expect(told(again).tls).toBe('True');
  });
});

type Change = (world: CertifiedWorld) => CertifiedWorld;

const bag =
  (change: Readonly<Record<string, string>>): Change =>
  (world) => {
    const known = world.relations[1];
    if (known === undefined) throw new Error('no relation 1');
    const applications = {
      ...known.applications,
      pgbouncer: { ...known.applications.pgbouncer, ...change },
    };
    return { ...world, relations: { ...world.relations, 1: { ...known, applications } } };
  };

const unit =
  (name: string, change: (own: CertifiedWorld['outside']['units'][string]) => object): Change =>
  (world) => {
    const { outside } = world;
    const known = outside.units[name];
    if (known === undefined) throw new Error(`no unit ${name}`);
    const units = { ...outside.units, [name]: { ...known, ...change(known) } };
    return { ...world, outside: { ...outside, units } };
  };

const plain: Change = unit('pgbouncer/1', ({ configuration: { clients: _, ...others } }) => ({
  configuration: others,
}));
const keyless: Change = unit('pgbouncer/1', ({ identity }) => ({
  identity: { ...identity, key: 'another' },
}));
const unrelated: Change = (world) => {
  const { 2: _, ...relations } = world.relations;
  return { ...world, relations };
};
const answering =
  (change: (one: Readonly<Record<string, unknown>>) => object): Change =>
  (world) => {
    const known = world.relations[2];
    if (known === undefined) throw new Error('no relation 2');
    const text = known.applications.certifier?.certificates ?? '[]';
    const certificates = JSON.stringify(JSON.parse(text).map(change));
    const applications = { certifier: { certificates } };
    return { ...world, relations: { ...world.relations, 2: { ...known, applications } } };
  };
const silent: Change = (world) => {
  const known = world.relations[2];
  if (known === undefined) throw new Error('no relation 2');
  return { ...world, relations: { ...world.relations, 2: { ...known, units: {} } } };
};

const names = (found: readonly { readonly invariant: string; readonly what: string }[]) =>
  found.map(({ invariant, what }) => `${invariant}: ${what}`);

describe('what I9 sees', () => {
  it.each<[string, Change]>([
    ['relation 1: pgbouncer/1 cannot be verified', plain],
    ['relation 1: pgbouncer/1 cannot be verified', keyless],
    ['pgbouncer/1 shows another key’s'.replace('’', "'"), keyless],
    [
      'relation 1: every unit has a certificate, and tls is False',
      bag({ tls: 'False', 'tls-ca': '' }),
    ],
    ['pgbouncer/0 shows a certificate that nobody vouches for any more', unrelated],
    ['pgbouncer/0 keeps its key', unrelated],
    ['pgbouncer/0 asks for no certificate', silent],
    [
      'pgbouncer/0 asks by a request that was revoked',
      answering((one) => ({ ...one, revoked: true })),
    ],
    [
      'pgbouncer/0 was given a certificate and does not show it',
      answering((one) => ({ ...one, certificate: 'another' })),
    ],
  ])('at rest: %s', async (violation, change) => {
    const found = violationsAtRest([certificatesVerify], change(await served()));
    expect(names(found)).toContain(`I9: ${violation}`);
  });

  it('at rest: an authority that verifies nobody', async () => {
    const old = told(await served()).tls;
    const before = (await served()).relations[1]?.applications.pgbouncer?.['tls-ca'] ?? '';
    const world = await served(asked({ authority: 'second' }));
    const now = world.relations[1]?.applications.pgbouncer?.['tls-ca'] ?? '';
    const both = bag({ 'tls-ca': before + now })(world);
    expect(old).toBe('True');
    expect(names(violationsAtRest([certificatesVerify], both))).toEqual([
      'I9: relation 1 is told of an authority that verifies nobody',
    ]);
  });

  it('always: tls without an authority', async () => {
    const world = bag({ 'tls-ca': '' })(await served());
    const none = { _tag: 'StartPostgres' } as const;
    const found = violationsOf([certificatesVerify], world, none, { world, outcome: null });
    expect(names(found)).toEqual(['I9: relation 1: tls is True, with 0 authorities']);
  });

  it('a hook that tells of a unit what that does not say', async () => {
    const world = await served();
    const hook = { _tag: 'RunHook', unit: 'pgbouncer/0', hook: { name: 'update-status' } } as const;
    const { 'tls-ca': by = '' } = world.relations[1]?.applications.pgbouncer ?? {};
    const peers = world.relations[0];
    if (peers === undefined) throw new Error('no peers');
    const before = {
      ...bag({ tls: 'False', 'tls-ca': '' })(world),
      units: {
        ...world.units,
        'pgbouncer/0': {
          ...world.units['pgbouncer/0'],
          told: { 0: { application: {}, units: { 'pgbouncer/1': {} }, changing: null } },
        },
      },
    } as CertifiedWorld;
    const now = bag({ tls: 'True', 'tls-ca': by })(before);
    const found = (from: CertifiedWorld, to: CertifiedWorld) =>
      names(violationsOf([certificatesVerify], from, hook, { world: to, outcome: null }));
    expect(found(before, now)).toEqual(['I9: relation 1 is told that pgbouncer/1 can be verified']);
    expect(found(now, now)).toEqual([]);
  });
});

const bounds = (change: Partial<Bounds>): Bounds => ({
  ...defaultBounds(simulated),
  ...{ units: 2, relations: 2, operations: 2, crashes: 0, leaderChanges: 0, outages: 0 },
  ...change,
});

describe('the search, where somebody gives certificates', () => {
  it.each([
    ['nothing goes wrong', {}, 0],
    ['another one comes after the first', { operations: 3 }, 2],
    ['leaders change', { leaderChanges: 1 }, 2],
    ['a process is killed', { crashes: 1 }, 1],
    ['a unit falls behind', { lags: 1, operations: 1 }, 2],
    ['a pod is lost', { lostPods: 1 }, 2],
    ['a relation is suspended', { suspensions: 1 }, 2],
    ['what is told is in secrets', { secrets: 1, leaderChanges: 1 }, 2],
  ] as const)('finds no violation where %s', async (_, change, served) => {
    const { counts, counterexample } = await explore(simulated, bounds(change), served);
    expect(counterexample?.story ?? null).toBeNull();
    expect(counts.states).toBeGreaterThan(10);
    expect(counts.restStates).toBeGreaterThan(0);
    expect(counts.waiting).toBe(0);
  });
});

describe('random histories, where somebody gives certificates', () => {
  it('violate nothing', async () => {
    const soaked = await soak(simulated, { hooks: 3000, seed: 14 });
    expect(soaked.failure?.shortest.message ?? null).toBeNull();
    expect(soaked.hooks).toBeGreaterThanOrEqual(3000);
  });
});

/** A charm that takes no authority back that it has told of while clients may come by TLS. */
const hoarding: typeof simulated = {
  ...simulated,
  run: (given, tools) => {
    const { juju } = given;
    const kept = (bag: Readonly<Record<string, string>>, relation: number) => {
      const before = tools.relationGet(relation, 'pgbouncer')['tls-ca'] ?? '';
      return bag['tls-ca'] ? { ...bag, 'tls-ca': before + bag['tls-ca'] } : bag;
    };
    const commit: typeof juju.commit = (changes) =>
      juju.commit({
        ...changes,
        bags: changes.bags.map(({ bag, values }) =>
          bag._tag === 'OwnApp' ? { bag, values: kept(values, bag.relation) } : { bag, values },
        ),
      });
    return simulated.run({ ...given, juju: { ...juju, commit } }, tools);
  },
};

describe('a charm that tells what is not so', () => {
  it('of an old authority is found', async () => {
    const simulation = new Simulation(hoarding, topology);
    for (const action of [{ _tag: 'Relate', application: 'app' } as const, related]) {
      await simulation.take(action);
      await simulation.rest();
    }
    await simulation.take(asked({ authority: 'second' }));
    await expect(simulation.rest()).rejects.toMatchObject({
      violations: expect.arrayContaining([
        { invariant: 'I9', what: 'relation 1 is told of an authority that verifies nobody' },
      ]),
    });
  });
});
