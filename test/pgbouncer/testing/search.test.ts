import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { simulated } from '../../../src/pgbouncer/testing/index.ts';
import { type Bounds, choices, defaultBounds } from '../../../src/testing/explore/bounds.ts';
import { Search } from '../../../src/testing/explore/search.ts';
import { successors } from '../../../src/testing/explore/successors.ts';
import { parseReplay, replay } from '../../../src/testing/explore/trace.ts';
import { checkBounds, explore } from '../../../src/testing/explore/verify.ts';

const bounds = (change: Partial<Bounds>): Bounds => ({
  ...defaultBounds(simulated),
  ...{ units: 2, relations: 1, operations: 2, crashes: 0, leaderChanges: 0, outages: 0 },
  ...change,
});

describe('the search', () => {
  it.each([
    ['nothing goes wrong', {}, 0],
    ['a process is killed', { crashes: 1 }, 0],
    ['leaders change', { leaderChanges: 2 }, 1],
    ['PostgreSQL goes down', { outages: 1 }, 0],
    ['half of a file is loaded', { halfLoads: 1, relations: 2 }, 1],
    ['a unit falls behind', { leaderChanges: 1, lags: 1 }, 0],
    ['a unit is removed', { removals: 1, leaderChanges: 1 }, 1],
    ['a pod is lost', { lostPods: 1 }, 1],
    ['a relation is suspended', { suspensions: 1, operations: 3 }, 1],
    ['the provider is removed', { endings: 1 }, 1],
    ['the provider is removed after a crash', { endings: 1, crashes: 1 }, 0],
    ['three units', { units: 3, crashes: 1, outages: 1 }, 0],
    ['credentials are in secrets', { secrets: 1, crashes: 1, leaderChanges: 1 }, 1],
    ['an agent is restarted while a relation goes', { restarts: 1, lags: 1, crashes: 1 }, 1],
    ['an agent is restarted while a unit goes', { restarts: 1, removals: 1, leaderChanges: 1 }, 1],
    ['an agent is restarted while the provider goes', { restarts: 1, endings: 1, lags: 1 }, 1],
    ['a commit is lost', { lostCommits: 1, secrets: 1, leaderChanges: 1 }, 0],
    ['secrets go with what is suspended', { secrets: 1, suspensions: 1, operations: 2 }, 1],
    [
      'a requirer fails until its relation ends',
      { secrets: 1, suspensions: 1, operations: 3, leaderChanges: 1 },
      1,
    ],
  ] as const)('finds no violation where %s', async (_, change, served) => {
    const { counts, counterexample } = await explore(simulated, bounds(change), served);
    expect(counterexample?.story ?? null).toBeNull();
    expect(counts.states).toBeGreaterThan(10);
    expect(counts.restStates).toBeGreaterThan(0);
    expect(counts.waiting).toBe(0);
  });

  it('finds the same number of states each time, and more within wider bounds', async () => {
    const count = async (change: Partial<Bounds>) => {
      const { counts } = await explore(simulated, bounds(change), 0);
      return [counts.states, counts.transitions];
    };
    const [states = 0] = await count({ crashes: 1 });
    expect(await count({ crashes: 1 })).toEqual(await count({ crashes: 1 }));
    expect((await count({ crashes: 1, outages: 1 }))[0]).toBeGreaterThan(states);
  });

  it('lets a unit that goes leave its relations in any order', async () => {
    const search = new Search(simulated, bounds({ units: 1, endings: 1, restarts: 1 }), 1);
    let state = await search.begin();
    for (const tag of ['RemoveApplication', 'RestartAgent']) {
      const moves = await successors(simulated, state, search.memory);
      state = moves.find(({ action }) => action._tag === tag)?.state ?? state;
    }
    const next = choices(simulated, state, search.memory).flatMap(({ action }) =>
      'hook' in action ? [action.hook.name] : [],
    );
    expect(next.sort()).toEqual(['database-relation-departed', 'pgb-peers-relation-broken']);
  });

  it('restarts an agent only where something ends for it', async () => {
    const search = new Search(simulated, bounds({ restarts: 1 }), 1);
    const state = await search.begin();
    const restarts = (from: typeof state) =>
      choices(simulated, from, search.memory).flatMap(({ action }) =>
        action._tag === 'RestartAgent' ? [action.unit] : [],
      );
    const moves = await successors(simulated, state, search.memory);
    const removed = moves.find(({ action }) => action._tag === 'RemoveRelation')?.state ?? state;
    const lagging = { ...removed, behind: ['pgbouncer/1'] };
    expect([restarts(state), restarts(lagging)]).toEqual([[], ['pgbouncer/0', 'pgbouncer/1']]);
  });

  it('leaves out nothing that a search of every state by itself comes to', async () => {
    // Which of two followers goes first is not to depend on their names here.
    const { followersFirst: _, ...reductions } = simulated.reductions;
    const charm = { ...simulated, reductions };
    const within = bounds({ operations: 1, crashes: 1, leaderChanges: 1 });
    const search = new Search(charm, within, 1);
    expect(await search.run()).toBeNull();
    const { interner } = search.memory;
    const known = new Set<number>();
    const waiting = [await search.begin()];
    for (const state of waiting) {
      expect(search.idOf(state)).toBeDefined();
      for (const move of await successors(charm, state, search.memory)) {
        const number = interner.numberOf(interner.canonical({ ...move.state }));
        if (known.has(number)) continue;
        known.add(number);
        waiting.push(move.state);
      }
    }
    expect(known.size).toBeGreaterThan(search.counts.states);
  });

  it('comes from an empty world to the very one that begins served', async () => {
    const search = new Search(simulated, bounds({ operations: 1 }), 0);
    expect(await search.run()).toBeNull();
    const { world, ...state } = await new Search(simulated, bounds({ operations: 0 }), 1).begin();
    expect(search.idOf({ ...state, world: search.memory.interner.canonical(world) })).toBeDefined();
  });

  it('takes units for each other, and counts what that saves', async () => {
    const { counts } = await explore(simulated, bounds({ units: 3 }), 1);
    expect(counts.namedStates).toBeGreaterThan(counts.states * 2);
  });
});

/** A charm whose removals do nothing in PostgreSQL. */
const leaky: typeof simulated = {
  ...simulated,
  run: (given, tools) =>
    simulated.run(
      { ...given, backend: { ...given.backend, remove: () => async () => E.right([]) } },
      tools,
    ),
};

/** A charm that takes no part in the end of its peer relation. */
const deaf: typeof simulated = {
  ...simulated,
  run: async (given, tools) =>
    tools.view.hook.name === 'pgb-peers-relation-broken'
      ? E.right(null)
      : simulated.run(given, tools),
};

/** A charm that knows of no secret but those on record. */
const trusting: typeof simulated = {
  ...simulated,
  run: (given, tools) => {
    const { juju } = given;
    const secrets = juju.secrets && { ...juju.secrets, strays: () => async () => E.right([]) };
    return simulated.run({ ...given, juju: { ...juju, secrets } }, tools);
  },
};

const stored = (actions: unknown) =>
  JSON.stringify({ bounds: defaultBounds(simulated), served: 0, actions });

/** A charm that changes something whenever it is called. */
const restless: typeof simulated = {
  ...simulated,
  run: async (_, tools) => {
    const turn = Number(tools.stateGet().turn ?? '0') + 1;
    tools.stateSet({ turn: String(turn) });
    return E.right(null);
  },
};

describe('a violation', () => {
  it('is there where a history never comes to rest', async () => {
    const bounds = { ...defaultBounds(simulated), units: 1, relations: 1 };
    const { violations } = await replay(restless, { bounds, served: 0, actions: [] });
    expect(violations).toEqual([
      { invariant: 'I6', what: 'the hooks call each other forth and never come to rest' },
    ]);
  });

  it('comes with the shortest history, as a story and as a replay that does the same', async () => {
    const { counterexample } = await explore(leaky, bounds({}), 1);
    if (counterexample === null) throw new Error('nothing was found');
    expect(counterexample.violations.map(({ invariant }) => invariant)).toContain('I3');
    expect(counterexample.story[0]).toBe('relation 1 is removed');
    expect(counterexample.story.join('\n')).toContain(
      'at rest it violates I3: role relation_id_1 belongs to nobody',
    );
    const stored = parseReplay(simulated, JSON.stringify(counterexample.replay));
    const again = await replay(leaky, stored);
    expect(again.story).toEqual(counterexample.story);
    expect(again.violations).toEqual(counterexample.violations);
    expect((await replay(simulated, stored)).violations).toEqual([]);
  });

  it.each([
    ['restarted', deaf, { units: 1, endings: 1 }, { restarts: 1 }, /^the agent .* is restarted$/],
    [
      'losing a commit',
      trusting,
      { secrets: 1, leaderChanges: 1 },
      { lostCommits: 1 },
      /, and Juju loses its commit at step \d+( —|$)/,
    ],
  ] as const)('that takes an agent %s is found within that bound alone', async (...row) => {
    const [, charm, without, bound, turn] = row;
    expect((await explore(charm, bounds(without), 0)).counterexample).toBeNull();
    const { counterexample } = await explore(charm, bounds({ ...without, ...bound }), 0);
    if (counterexample === null) throw new Error('nothing was found');
    expect(counterexample.story.filter((line) => turn.test(line)).length).toBe(1);
    const again = parseReplay(simulated, JSON.stringify(counterexample.replay));
    expect((await replay(charm, again)).violations).toEqual(counterexample.violations);
  });

  it.each([
    ['no JSON', 'x', 'is not JSON'],
    ['no bounds', '{"bounds":{},"served":0,"actions":[]}', 'bounds.units is missing'],
    ['no actions', stored(undefined), 'actions is missing'],
    ['a nameless action', stored([{}]), 'actions.0._tag'],
    ['an unknown action', stored([{ _tag: 'Explode' }]), 'actions.0._tag'],
    ['no hook', stored([{ _tag: 'RunHook', unit: 'pgbouncer/0' }]), 'actions.0.hook'],
  ])('a replay file with %s is refused', (_, text, why) => {
    expect(() => parseReplay(simulated, text)).toThrow(why);
  });
});

describe('bounds', () => {
  it.each([
    ['no units', { units: 0 }, 'units are to be 1 to 5'],
    ['half a crash', { crashes: 0.5 }, 'crashes is to be a whole number, not 0.5'],
    [
      'an ending without a leader',
      { endings: 1, leaderChanges: 1 },
      'endings are explored without',
    ],
  ])('%s are refused', (_, change, why) => {
    expect(() => checkBounds(simulated, bounds(change))).toThrow(why);
  });
});
