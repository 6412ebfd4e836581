import { provider, simulated } from '../../src/pgbouncer/testing/index.ts';
import { isHook, Simulation, type Topology } from '../../src/testing/index.ts';
import { runnerOf, step } from '../../src/testing/step.ts';
import { number, type Tell } from './bench-measure.ts';

const topology: Topology = {
  requirers: {
    one: { units: 1, request: { database: 'one' } },
    two: { units: 1, request: { database: 'two' } },
  },
};

/**
 * Hooks of three units per second, with all of Juju around them: two applications are related,
 * served and removed, again and again, each hook with its view of the world, its charts, its
 * reconciliation and its commit. Without the invariants, and with them.
 */
export async function simulatedWorld(out: Tell, rounds: number): Promise<void> {
  const story = new Simulation(simulated, topology);
  await story.rest();
  const deployed = story.world;
  const begun = story.history.length;
  for (const application of ['one', 'two']) await story.take({ _tag: 'Relate', application });
  await story.rest();
  for (const relation of [1, 2]) await story.take({ _tag: 'RemoveRelation', relation });
  await story.rest();
  const actions = story.history.slice(begun);
  const hooks = actions.filter(
    (action) => isHook(action) && action.unit.startsWith(`${provider}/`),
  ).length;
  const runner = runnerOf(simulated);
  const bare = await perSecond(rounds, hooks, async () => {
    let world = deployed;
    for (const action of actions) ({ world } = await step(simulated, world, action, runner));
  });
  const checked = await perSecond(rounds, hooks, async () => {
    const simulation = new Simulation(simulated, deployed);
    for (const action of actions) await simulation.take(action);
  });
  out('Simulated Juju: hooks of three units per second, related, served and removed');
  out(`  the whole world       ${number(bare)}`);
  out(`  and every invariant   ${number(checked)}`);
}

/** The best of some rounds, after one to warm up: what the machine can do when it is left alone. */
async function perSecond(
  rounds: number,
  hooks: number,
  body: () => Promise<void>,
): Promise<number> {
  let best = 0;
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now();
    let times = 0;
    for (; performance.now() - started < 500; times++) await body();
    const rate = (times * hooks * 1000) / (performance.now() - started);
    if (round > 0) best = Math.max(best, rate);
  }
  return best;
}
