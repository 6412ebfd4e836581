/**
 * The shortest story of a violation: what was chosen is taken out as long as the same invariant is
 * violated; all else comes about by itself.
 */

import { type Action, isHook, type RunHook } from './actions.ts';
import { aCharm, aTopology, given } from './given.ts';
import type { Invariant } from './outcome.ts';
import { hooksOf } from './resolver.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { nextFair, Simulation, Violated } from './simulation.ts';
import { isSame } from './step.ts';
import { Misuse, type Topology, type World } from './world.ts';

/** Candidates that are tried at most where all pairs of what was chosen are. */
const mostPairs = 400;
/** Steps within which a hook is to be due. */
const patience = 200;

/** The same violation by as few chosen actions as can be found; as it was where none are found. */
export async function shortest<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  topology: Topology,
  violated: Violated,
  checked?: readonly Invariant<Shared, Own>[],
): Promise<Violated> {
  given('shortest', 'the charm', charm, aCharm);
  given('shortest', 'the topology', topology, aTopology);
  given('shortest', 'what was violated', violated, { history: 'list', violations: 'list' });
  const { history } = violated;
  const names = new Set(violated.violations.map(({ invariant }) => invariant));
  const owners = relatedBy(history);
  const tried = async (actions: readonly Action[]): Promise<Violated | null> => {
    const simulation = new Simulation(charm, topology, checked === undefined ? {} : { checked });
    // A signal is to be heard in between.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      await simulation.rest();
      for (const action of actions) {
        const now = renumbered(action, simulation.world, owners);
        if (isHook(now)) await untilDue(charm, simulation, now);
        await simulation.take(now);
        await simulation.rest();
      }
    } catch (error) {
      if (error instanceof Violated)
        return error.violations.some(({ invariant }) => names.has(invariant)) ? error : null;
      if (!(error instanceof Misuse)) throw error;
    }
    return null;
  };
  // Hooks run by themselves, but those that something befell.
  const chosen = history.filter((action) => !isHook(action) || action.interruption !== undefined);
  return (await fewest(chosen, tried)) ?? violated;
}

type Try = (actions: readonly Action[]) => Promise<Violated | null>;

async function fewest(chosen: readonly Action[], tried: Try): Promise<Violated | null> {
  for (const action of [null, ...chosen]) {
    const found = await tried(action === null ? [] : [action]);
    if (found !== null) return found;
  }
  const pairs = chosen.flatMap((first, at) => chosen.slice(at + 1).map((then) => [first, then]));
  for (const pair of pairs.slice(0, mostPairs)) {
    const found = await tried(pair);
    if (found !== null) return found;
  }
  let best = await tried(chosen);
  if (best === null) return null;
  let left = chosen;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < left.length; ) {
      const fewer = [...left.slice(0, at), ...left.slice(at + size)];
      const found = await tried(fewer);
      if (found === null) at += size;
      else [best, left] = [found, fewer];
    }
  return best;
}

/** Lets a fair world run until a hook is due; a `Misuse` where it never is. */
async function untilDue<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  simulation: Simulation<Shared, Own>,
  { unit, hook }: RunHook,
): Promise<void> {
  for (let taken = 0; taken < patience; taken++) {
    const { world } = simulation;
    if (world.units[unit] === undefined) break;
    const due = hooksOf(world, unit);
    if (due.some((one) => isSame(one, hook)) || (due.length === 0 && hook.name === 'update-status'))
      return;
    const next = nextFair(charm, world);
    if (next === null) break;
    await simulation.settle(next);
  }
  throw new Misuse(`${hook.name} is never due on ${unit}`);
}

/** Which application was related under each number. */
const relatedBy = (history: readonly Action[]): ReadonlyMap<number, string> =>
  new Map(
    history
      .flatMap((action) => (action._tag === 'Relate' && 'application' in action ? [action] : []))
      .map(({ application }, at) => [at + 1, application]),
  );

/** The action, about the newest relation of the application that it was about. */
function renumbered(
  action: Action,
  { relations }: World,
  owners: ReadonlyMap<number, string>,
): Action {
  const now = (id: number): number => {
    const owner = owners.get(id);
    const all = Object.entries(relations).filter(([, { requirer }]) => requirer === owner);
    return Number(all.at(-1)?.[0] ?? id);
  };
  if (isHook(action)) {
    const { hook } = action;
    if (hook.relation === undefined || !owners.has(hook.relation)) return action;
    return { ...action, hook: { ...hook, relation: now(hook.relation) } };
  }
  return 'relation' in action ? { ...action, relation: now(action.relation) } : action;
}
