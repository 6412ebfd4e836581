import type { Charm } from './hook-run.ts';
import { actionsOf, type Kind, kinds } from './kinds.ts';
import { Simulation, type Violated } from './simulation.ts';
import { provider, type Topology, worldOf } from './world.ts';

/** Every second history has a Juju with secrets. */
const soakTopology = (seed: number): Topology => ({
  units: 3,
  hasSecrets: seed % 2 === 1,
  requirers: {
    first: { units: 1, request: { database: 'shared' } },
    second: { units: 2, request: { database: 'shared', 'extra-user-roles': 'CREATEDB' } },
    third: { units: 1, request: { database: 'third' }, library: 'v0.12' },
  },
});

export interface Soaked {
  readonly histories: number;
  /** Hooks of the provider that were run. */
  readonly hooks: number;
  readonly steps: number;
  /** The seed of the history that failed, and why. */
  readonly failure: { readonly seed: number; readonly violated: Violated } | null;
}

/** Numbers from 0 up to 1 that a seed decides. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One random history that ends at rest; the same seed has the same history. */
export async function randomHistory(
  seed: number,
  {
    steps = 150,
    topology = soakTopology(seed),
    charm,
  }: { steps?: number; topology?: Topology; charm?: Charm } = {},
): Promise<Simulation> {
  const simulation = new Simulation(worldOf(topology), charm === undefined ? {} : { charm });
  const next = chance(seed);
  for (let taken = 0; taken < steps; taken++) {
    const actions = actionsOf(simulation.world, chosenKind(next()));
    const action = actions[Math.floor(next() * actions.length)];
    if (action !== undefined) await simulation.take(action);
  }
  await simulation.rest();
  return simulation;
}

/** Random histories, one after the other, until enough hooks have run or one violates an invariant. */
export async function soak(
  { hooks, seed, charm }: { readonly hooks: number; readonly seed: number; readonly charm?: Charm },
  watch: (soaked: Soaked) => void = () => {},
): Promise<Soaked> {
  let soaked: Soaked = { histories: 0, hooks: 0, steps: 0, failure: null };
  while (soaked.hooks < hooks) {
    const own = seed + soaked.histories;
    try {
      const { history } = await randomHistory(own, charm === undefined ? {} : { charm });
      const run = history.filter(
        (action) => action._tag === 'RunHook' && action.unit.startsWith(`${provider}/`),
      );
      soaked = {
        histories: soaked.histories + 1,
        hooks: soaked.hooks + run.length,
        steps: soaked.steps + history.length,
        failure: null,
      };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Violated') throw error;
      return { ...soaked, failure: { seed: own, violated: error as Violated } };
    }
    watch(soaked);
  }
  return soaked;
}

const total = Object.values(kinds).reduce((sum, weight) => sum + weight, 0);

function chosenKind(number: number): Kind {
  let left = number * total;
  for (const [kind, weight] of Object.entries(kinds)) {
    left -= weight;
    if (left < 0) return kind as Kind;
  }
  return 'hook';
}
