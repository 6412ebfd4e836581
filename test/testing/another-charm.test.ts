import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { recordReplay } from '../../src/inspector/index.ts';
import { choices } from '../../src/testing/explore/bounds.ts';
import { Memory } from '../../src/testing/explore/memory.ts';
import {
  actionsOf,
  defaultBounds,
  explore,
  historiesHold,
  hooksOf,
  type Invariant,
  parseReplay,
  randomHistory,
  replay,
  type SimulatedCharm,
  Simulation,
  shortest,
  simulatedCharm,
  soak,
  Violated,
} from '../../src/testing/index.ts';
import { charm, lighthouseThat, simulated } from './lighthouse.ts';

const careless = lighthouseThat(false);

const small = {
  ...defaultBounds(simulated),
  ...{ units: 2, relations: 1, operations: 2, crashes: 0, leaderChanges: 0 },
  ...{ droughts: 0, storms: 0 },
};

const topology = { units: 2, requirers: { fleet: { units: 1, request: { light: 'please' } } } };

describe('another charm', () => {
  it('is simulated with an outside of its own', async () => {
    const simulation = new Simulation(simulated, topology);
    await simulation.rest();
    await simulation.take({ _tag: 'DrainTank' });
    await simulation.take({ _tag: 'BlowOut', unit: 'lighthouse/0' });
    expect(simulation.world.outside).toEqual({
      shared: { hasOil: false },
      units: { 'lighthouse/0': { burns: false }, 'lighthouse/1': { burns: true } },
    });
    await simulation.take({ _tag: 'Relate', application: 'fleet' });
    await simulation.rest();
    expect(simulation.world.outside.shared.hasOil).toBe(true);
    expect(simulation.world.relations[1]?.applications.lighthouse).toEqual({ light: 'burns' });
    await simulation.take({ _tag: 'LosePod', unit: 'lighthouse/1' });
    expect(simulation.world.outside.units['lighthouse/1']).toEqual({ burns: false });
    await simulation.take({ _tag: 'AddUnit', application: 'lighthouse' });
    expect(simulation.world.outside.units['lighthouse/2']).toEqual({ burns: false });
    await simulation.take({ _tag: 'RemoveUnit', unit: 'lighthouse/2', force: true });
    expect(Object.keys(simulation.world.outside.units)).toHaveLength(2);
  });

  it.each([
    [{ _tag: 'BreakLamp' }, 'nothing is called BreakLamp; the charm brings DrainTank, FillTank'],
    [{ _tag: 'FillTank' }, 'FillTank cannot happen now'],
    [{ _tag: 'BlowOut', unit: 'fleet/0' }, 'happens to a unit of lighthouse, not to fleet/0'],
    [{ _tag: 'BlowOut' }, 'there is no unit'],
  ])('%j is no action of its', async (action, why) => {
    await expect(new Simulation(simulated, topology).take(action)).rejects.toThrow(why);
  });

  it('property: no history violates what its author claims', async () => {
    await fc.assert(historiesHold(fc, simulated), { numRuns: 30 });
  });

  it('is wandered through at random, the same way for the same seed', async () => {
    const { history } = await randomHistory(simulated, 5);
    expect((await randomHistory(simulated, 5)).history).toEqual(history);
    const own = new Set(['DrainTank', 'FillTank', 'BlowOut']);
    const seen = new Set<string>();
    for (const seed of [1, 2, 3, 4, 5, 6])
      for (const { _tag } of (await randomHistory(simulated, seed)).history)
        if (own.has(_tag)) seen.add(_tag);
    expect(seen).toEqual(own);
    expect((await soak(simulated, { hooks: 2000, seed: 1 })).failure).toBeNull();
  });

  it('lets the process hear a signal between two histories, and between two tries of a story', async () => {
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const { histories } = await soak(simulated, { hooks: 500, seed: 1 });
    expect(turns).toBeGreaterThanOrEqual(histories - 1);
    turns = 0;
    const { failure } = await soak(careless, { hooks: 10_000, seed: 1 });
    isOver = true;
    expect(failure).not.toBeNull();
    expect(turns).toBeGreaterThan(10);
  });

  it('is explored within bounds, its own among them, without a violation', async () => {
    const states = [];
    for (const change of [{}, { storms: 1 }, { droughts: 1 }, { crashes: 1, leaderChanges: 1 }]) {
      const { counts, counterexample } = await explore(simulated, { ...small, ...change }, 1);
      expect(counterexample?.story ?? null).toBeNull();
      expect([counts.waiting, counts.restStates > 0]).toEqual([0, true]);
      states.push(counts.states);
    }
    // Each thing that may go wrong makes more states.
    expect(Math.min(...states.slice(1))).toBeGreaterThan(states[0] ?? 0);
  });

  it('that is careless is found out, in the words of its own invariant', async () => {
    const { counterexample } = await explore(careless, small, 0);
    if (counterexample === null) throw new Error('nothing was found');
    expect(counterexample.violations).toEqual([
      { invariant: 'NoGhostShips', what: 'the log keeps ship-1' },
    ]);
    const { story } = counterexample;
    expect(story.at(-1)).toBe('NoGhostShips claims: The log names no ship that is gone.');
    expect(story).toContain('app1 is related');
    expect(story).toContain('relation 1 is removed');
    const stored = parseReplay(careless, JSON.stringify(counterexample.replay));
    expect((await replay(careless, stored)).story).toEqual(story);
    const { entries } = await recordReplay(careless, stored);
    expect(entries.some((one) => one._tag === 'Hook' && one.charts[0]?.hook === 'watch')).toBe(
      true,
    );
    expect(entries.filter((one) => one._tag === 'Note' && !one.ok)).toHaveLength(1);
  });

  it('that is careless is told with the two actions that it takes', async () => {
    const { failed, errorInstance } = await fc.check(historiesHold(fc, careless), { seed: 3 });
    expect(failed).toBe(true);
    if (!(errorInstance instanceof Violated)) throw errorInstance;
    expect(errorInstance.violations[0]?.invariant).toBe('NoGhostShips');
    expect(errorInstance.message).toContain('NoGhostShips claims: The log names no ship');
    const chosen = errorInstance.story.filter((line) => !line.startsWith(' '));
    expect(chosen).toHaveLength(2);
    expect(chosen[0]).toMatch(/^app\d is related$/);
    const { failure } = await soak(careless, { hooks: 10_000, seed: 1 });
    expect(failure?.shortest.story.filter((line) => !line.startsWith(' '))).toHaveLength(2);
    expect(failure?.violated.history.length).toBeGreaterThan(50);
  });

  it('that is careless in one order of hooks alone keeps that order, and is told as briefly', async () => {
    // In a world that comes to rest after each action all have started before there is any.
    const NobodyStartsInTheDark: Invariant<{ readonly hasOil: boolean }> = {
      name: 'NobodyStartsInTheDark',
      claims: 'Where a ship is there and no oil, no unit starts before the first one.',
      across: ({ outside, relations, units }, action) =>
        action._tag === 'RunHook' &&
        'hook' in action &&
        action.hook.name === 'start' &&
        action.unit === 'lighthouse/2' &&
        units['lighthouse/0']?.queue.includes('start') === true &&
        Object.keys(relations).length > 1 &&
        !outside.shared.hasOil
          ? ['it started']
          : [],
    };
    const inTheDark = { ...simulated, invariants: [NobodyStartsInTheDark] } as SimulatedCharm;
    const { failure } = await soak(inTheDark, { hooks: 40_000, seed: 1 });
    expect(failure?.violated.violations[0]?.what).toBe('it started');
    const { story = [] } = failure?.shortest ?? {};
    expect(story.filter((line) => !line.startsWith(' ')).sort()).toEqual([
      expect.stringMatching(/ is related$/),
      'the oil is used up',
    ]);
    const byItself = story.filter((line) => line.startsWith(' '));
    expect(byItself).toEqual([
      '    lighthouse/2 runs keepers-relation-created of relation 0',
      expect.stringMatching(/^ {4}lighthouse\/2 runs /),
      '    lighthouse/2 runs start',
    ]);
  });

  it('that is careless of the older of two relations is told by hooks of that one', async () => {
    const FirstIsLast: Invariant = {
      name: 'FirstIsLast',
      claims: 'Who is related twice is not heard in the first relation before all have started.',
      across: ({ relations, units }, action) =>
        action._tag === 'RunHook' &&
        'hook' in action &&
        action.hook.relation === 1 &&
        action.unit === 'lighthouse/1' &&
        units['lighthouse/0']?.queue.includes('start') === true &&
        Object.keys(relations).length > 2
          ? ['it is heard']
          : [],
    };
    const hears = { ...simulated, invariants: [FirstIsLast] } as SimulatedCharm;
    const simulation = new Simulation(hears, topology);
    const violated = await (async () => {
      await simulation.take({ _tag: 'DrainTank' });
      for (let related = 0; related < 2; related++)
        await simulation.take({ _tag: 'Relate', application: 'fleet' });
      for (;;) {
        const [hook] = hooksOf(simulation.world, 'lighthouse/1');
        if (hook === undefined) throw new Error('it is never heard');
        await simulation.settle({ _tag: 'RunHook', unit: 'lighthouse/1', hook });
      }
    })().catch((error: unknown) => error);
    if (!(violated instanceof Violated)) throw violated;
    const { story } = await shortest(hears, topology, violated);
    expect(story.filter((line) => !line.startsWith(' '))).toEqual([
      'fleet is related',
      'fleet is related',
    ]);
  });

  it('that is careless with one ship and with four is told with one', async () => {
    // Whoever leaves out some of four comes by two and three, with which nothing is wrong.
    const NeverOneOrFour: Invariant = {
      name: 'NeverOneOrFour',
      claims: 'No second unit starts before the first one while there is one ship, or four.',
      across: ({ relations, units }, action) =>
        action._tag === 'RunHook' &&
        'hook' in action &&
        action.hook.name === 'start' &&
        action.unit === 'lighthouse/1' &&
        units['lighthouse/0']?.queue.includes('start') === true &&
        [2, 5].includes(Object.keys(relations).length)
          ? ['it started']
          : [],
    };
    const counts = { ...simulated, invariants: [NeverOneOrFour] } as SimulatedCharm;
    const ship = { units: 1, request: {} };
    const four = { units: 2, requirers: { a: ship, b: ship, c: ship, d: ship } };
    const simulation = new Simulation(counts, four);
    const violated = await (async () => {
      for (const application of Object.keys(four.requirers))
        await simulation.take({ _tag: 'Relate', application });
      for (;;) {
        const [hook] = hooksOf(simulation.world, 'lighthouse/1');
        if (hook === undefined) throw new Error('it never starts');
        await simulation.settle({ _tag: 'RunHook', unit: 'lighthouse/1', hook });
      }
    })().catch((error: unknown) => error);
    if (!(violated instanceof Violated)) throw violated;
    const { story } = await shortest(counts, four, violated);
    expect(story.filter((line) => !line.startsWith(' '))).toEqual([
      expect.stringMatching(/^[a-d] is related$/),
    ]);
  });

  it('is told by the relation that is named, where there is time for one try alone', async () => {
    const NoneGoes: Invariant = {
      name: 'NoneGoes',
      claims: 'No relation is removed.',
      across: (_, action) =>
        action._tag === 'RemoveRelation' && 'relation' in action
          ? [`relation ${action.relation} is gone`]
          : [],
    };
    const charmed = { ...simulated, invariants: [NoneGoes] } as SimulatedCharm;
    const ship = { units: 1, request: {} };
    const three = { units: 2, requirers: { a: ship, b: ship, c: ship } };
    const simulation = new Simulation(charmed, three);
    const violated = await (async () => {
      for (const application of Object.keys(three.requirers))
        await simulation.take({ _tag: 'Relate', application });
      await simulation.rest();
      await simulation.take({ _tag: 'LoseLeader', application: 'lighthouse' });
      await simulation.take({ _tag: 'RemoveRelation', relation: 2 });
    })().catch((error: unknown) => error);
    if (!(violated instanceof Violated)) throw violated;
    let left = 1;
    const effort = { pairs: 0, choices: 0, isLenient: true, isEnough: () => left-- <= 0 };
    const { story } = await shortest(charmed, three, violated, undefined, effort);
    expect(story.filter((line) => !line.startsWith(' '))).toEqual([
      'b is related',
      'relation 1 is removed',
    ]);
  });

  it('that never ends a hook is told under an invariant that every charm has', async () => {
    const stuck = {
      ...simulated,
      run: async () => E.left({ _tag: 'Stuck', class: 'broken', why: 'it is jammed' } as const),
    };
    const simulation = new Simulation(stuck, topology);
    const violated = await simulation.rest().catch((error: unknown) => error);
    if (!(violated instanceof Violated)) throw violated;
    const [violation] = violated.violations;
    expect(violation).toMatchObject({
      invariant: 'HooksEnd',
      what: expect.stringMatching(
        /^lighthouse\/\d fails again and again in \S+: Stuck: it is jammed$/,
      ),
    });
    expect(violated.story.at(-1)).toMatch(/runs .+ — fails: Stuck: it is jammed$/);
    expect(violated.story.length).toBeLessThan(20);
    expect(violated.message).toMatch(
      /Stuck: it is jammed\n {4}and so on, \d+ hooks more that fail alike$/,
    );
  });

  it('whose hooks call each other forth is told up to one round of them', async () => {
    const restless: typeof simulated = {
      ...simulated,
      peers: 'hands',
      run: async (_, tools) => {
        const [hands] = tools.relationIds('hands');
        if (hands !== undefined) {
          const { turn = '0' } = tools.relationGet(hands, tools.view.unit);
          tools.relationSet(hands, 'unit', { turn: String(Number(turn) + 1) });
        }
        return E.right(null);
      },
    };
    const violated = await new Simulation(restless, topology).rest().catch((error) => error);
    if (!(violated instanceof Violated)) throw violated;
    expect(violated.violations).toMatchObject([{ invariant: 'HooksEnd' }]);
    expect(violated.story.length).toBeGreaterThan(100);
    const lines = violated.message.split('\n');
    expect(lines.at(-1)).toMatch(/^ {4}and so on, \d+ hooks more and without end$/);
    expect(lines.length).toBeLessThan(50);
  });

  it('whose handler or invariant throws is told with what ran and where it stands', async () => {
    const jammed = {
      ...simulated,
      run: async () => {
        throw new TypeError('no such lamp');
      },
    };
    await expect(new Simulation(jammed, topology).rest()).rejects.toThrow(
      /^lighthouse\/\d runs .+, which throws TypeError: no such lamp, at \S*another-charm\.test\.ts:\d+:\d+$/,
    );
    const blind = {
      name: 'Blind',
      claims: 'It sees.',
      always: (): readonly string[] => {
        throw new RangeError('too dark');
      },
    };
    const watched = { ...simulated, invariants: [...simulated.invariants, blind] };
    await expect(new Simulation(watched, topology).rest()).rejects.toThrow(
      /^Blind: always throws RangeError: too dark, at \S*another-charm\.test\.ts:\d+:\d+$/,
    );
  });
});

describe('a charm whose parts do not fit', () => {
  const happening = { becomes: (state: object) => state, told: 'it happens' };
  const claimed = { name: 'Twice', claims: 'It is claimed twice.', always: () => [] };
  const parts = {
    charm,
    application: 'lighthouse',
    endpoints: ['ships'],
    requests: [{}],
    outside: {
      shared: { initial: {} },
      unit: { initial: {} },
      open: () => ({
        ports: { lamp: { burns: () => true, light: () => true } },
        state: () => ({ shared: {}, own: {} }),
      }),
    },
    invariants: [claimed],
  } as const;
  const withActions = (actions: Record<string, typeof happening & { bound?: string }>) => ({
    ...parts,
    outside: { ...parts.outside, shared: { initial: {}, actions } },
  });

  it.each<[string, () => unknown, string]>([
    [
      'an action by a name of Juju’s',
      () => simulatedCharm(withActions({ Elect: happening })),
      'two actions are called Elect',
    ],
    [
      'an action of a bound that is not there',
      () => simulatedCharm(withActions({ Burn: { ...happening, bound: 'fires' } })),
      'Burn counts against the bound "fires", which bounds does not have',
    ],
    [
      'a bound by a name of Juju’s',
      () => simulatedCharm({ ...parts, bounds: { crashes: { byDefault: 1, told: 'crashes' } } }),
      "the bound crashes is Juju's",
    ],
    [
      'two invariants of one name',
      () => simulatedCharm({ ...parts, invariants: [claimed, claimed] }),
      'two invariants are called Twice',
    ],
    [
      'nothing that is asked for',
      () => simulatedCharm({ ...parts, requests: [] }),
      'requests is empty',
    ],
    [
      'a limit of an endpoint that is not there',
      () => simulatedCharm({ ...parts, limits: { boats: 1 } }),
      'limits names boats; the endpoints are ',
    ],
    [
      'a part that is misspelt beside the right one',
      () => simulatedCharm({ ...parts, invarients: [] } as typeof parts),
      '"invarients" is nothing that it takes: say "invariants"',
    ],
  ])('%s', (_, make, why) => {
    expect(make).toThrow(why);
  });

  it('an endpoint that has all the relations that it takes is offered no more', async () => {
    const requirers = { fleet: { units: 1, request: {} }, ferry: { units: 0, request: {} } };
    const limited = { ...simulated, limits: { ships: 1 } };
    const relates = async (charm: typeof simulated) => {
      const simulation = new Simulation(charm, { requirers });
      await simulation.take({ _tag: 'Relate', application: 'fleet' });
      const { world } = simulation;
      const memory = new Memory(charm);
      const state = {
        world: memory.interner.canonical(world),
        budget: { left: defaultBounds(charm), toRelate: ['ferry'] },
        behind: [],
      };
      const next = choices(charm, state, memory);
      return [
        actionsOf(charm, world, 'relate').length,
        next.filter(({ action }) => action._tag === 'Relate').length,
      ];
    };
    expect([await relates(simulated), await relates(limited)]).toEqual([
      [2, 1],
      [0, 0],
    ]);
  });

  it('and a topology with an endpoint that it has not are refused', () => {
    const requirers = { fleet: { units: 1, request: {}, endpoint: 'boats' } };
    expect(() => new Simulation(simulated, { requirers })).toThrow(
      'lighthouse has no endpoint boats; it has ships',
    );
  });
});
