/** One random life of a foreign charm: what befalls it, and how it is taken down at the end. */
import {
  type Action,
  actionsOf,
  dueSecrets,
  isPeer,
  type Simulation,
  unitsOf,
  type World,
} from '../testing/index.ts';
import type { ForeignCharm } from './foreign-charm.ts';
import type { Pod } from './pod.ts';
import { checksFail, checksRecover, comesUp, restarts, tells } from './workload-events.ts';

type Foreign = World<null, Pod>;

/** How often each kind of event befalls a charm beside the others, hooks aside. */
const weights: Readonly<Record<string, number>> = {
  relate: 30,
  'remove relation': 10,
  'change leader': 12,
  'lose leader': 4,
  configure: 8,
  ask: 4,
  'add unit': 3,
  'remove unit': 3,
  'remove application': 1,
  'lose pod': 3,
  'restart agent': 2,
  upgrade: 2,
  act: 8,
  'time of secrets': 8,
};

/** What befalls containers by themselves, and what they tell. */
const containerWeights = ({ description: { containers }, notices }: ForeignCharm) => [
  ...containers.flatMap(({ name }): (readonly [kind: string, weight: number])[] => [
    [comesUp(name), 4],
    [restarts(name), 3],
    [checksFail(name), 4],
    [checksRecover(name), 4],
  ]),
  ...notices.map((notice): readonly [kind: string, weight: number] => [tells(notice), 6]),
];

/** Numbers from 0 up to 1 that a seed decides. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Lets so many things befall the charm; then all relations go, and at last the charm. In every other
 * life each of them comes when all is at rest, which is where most faults show; in the others they
 * come upon each other.
 */
export async function live(
  charm: ForeignCharm,
  simulation: Simulation<null, Pod>,
  next: () => number,
  events: number,
): Promise<void> {
  const isCalm = next() < 0.6;
  const among = <One>(all: readonly One[]): One | undefined => all[Math.floor(next() * all.length)];
  if (isCalm) await simulation.rest();
  for (let number = 0; number < events; number++) {
    for (const action of befalling(charm, simulation.world, next, among))
      await simulation.take(action);
    await hooks(charm, simulation, next, among, isCalm ? 4 : 12);
    if (isCalm) await simulation.rest();
  }
}

/** All relations go, and then the charm. */
export async function end(simulation: Simulation<null, Pod>): Promise<void> {
  await simulation.rest();
  for (const id of related(simulation.world)) {
    if (simulation.world.relations[id]?.life !== 'alive') continue;
    await simulation.take({ _tag: 'RemoveRelation', relation: id });
  }
  await simulation.rest();
  await simulation.take({ _tag: 'RemoveApplication', application: simulation.world.tested });
  await simulation.rest();
}

type Among = <One>(all: readonly One[]) => One | undefined;

/** Some of the hooks that are due, now and then one that does not get to its end. */
async function hooks(
  { simulated }: ForeignCharm,
  simulation: Simulation<null, Pod>,
  next: () => number,
  among: Among,
  most: number,
): Promise<void> {
  const isInterrupted = next() < 0.4;
  const count = Math.floor(next() * most);
  for (let run = 0; run <= count; run++) {
    const isLast = isInterrupted && run === count;
    const kind = isLast ? 'interrupted hook' : 'hook';
    const action = among(actionsOf(simulated, simulation.world, kind));
    if (action !== undefined) await simulation.take(action);
  }
}

/** What befalls it next; nothing where what was chosen has no sense now. */
function befalling(
  charm: ForeignCharm,
  world: Foreign,
  next: () => number,
  among: Among,
): readonly Action[] {
  const kinds = [...Object.entries(weights), ...containerWeights(charm)]
    .map(([kind, weight]) => ({ weight, actions: possible(charm, world, kind, among) }))
    .filter(({ actions }) => actions.length > 0);
  let left = next() * kinds.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, actions } of kinds) {
    left -= weight;
    if (left < 0) return among(actions) ?? [];
  }
  return [];
}

const related = ({ relations }: Foreign): readonly number[] =>
  Object.entries(relations).flatMap(([id, relation]) => (isPeer(relation) ? [] : [Number(id)]));

/** What of a kind may happen to a charm of which nothing is known; each in its steps. */
function possible(
  charm: ForeignCharm,
  world: Foreign,
  kind: string,
  among: Among,
): readonly (readonly Action[])[] {
  const { simulated, configurations, description } = charm;
  const { tested: application } = world;
  switch (kind) {
    case 'configure':
      return configurations.map((values) => [{ _tag: 'ChangeConfig', application, values }]);
    case 'act':
      return unitsOf(world, application).flatMap((unit) =>
        actionsOn(charm, world, unit).map((action) => [action]),
      );
    case 'time of secrets':
      return dueSecrets(world, application).map((action) => [action]);
    case 'upgrade':
      return [[{ _tag: 'Upgrade', application }]];
    case 'change leader': {
      const leader = world.applications[application]?.leader ?? null;
      const heir = among(unitsOf(world, application).filter((unit) => unit !== leader));
      if (heir === undefined) return [];
      const elected: Action = { _tag: 'Elect', unit: heir };
      return [leader === null ? [elected] : [{ _tag: 'LoseLeader', application }, elected]];
    }
    case 'lose pod':
      // A machine keeps its files.
      if (description.containers.length === 0) return [];
  }
  return actionsOf(simulated, world, kind, { units: 3, relations: 4 })
    .filter((action) => hasSense(charm, world, action))
    .map((action) => [action]);
}

/** What operators ask a unit for, where it is there for it. */
export function actionsOn(
  { actions }: ForeignCharm,
  world: Foreign,
  unit: string,
): readonly Action[] {
  const { queue = [], life } = world.units[unit] ?? {};
  if (life !== 'alive' || queue.includes('install') || queue.includes('remove')) return [];
  return actions.map(({ name, parameters }) => ({
    ...{ _tag: 'RunHook', unit },
    hook: { name, action: { id: '1', parameters } },
  }));
}

/** By force hooks are skipped, and whoever is to clear away in them has no chance. */
function hasSense(charm: ForeignCharm, world: Foreign, action: Action): boolean {
  if ('force' in action && action.force === true) return false;
  if (!('application' in action) || action.application === undefined) return true;
  const asked = world.applications[String(action.application)];
  if (asked === undefined) return false;
  if (action._tag === 'Ask')
    return (
      charm.others[asked.endpoint]?.requests.includes(action.request) === true &&
      JSON.stringify(asked.request) !== JSON.stringify(action.request)
    );
  if (action._tag !== 'Relate') return true;
  const here = Object.values(world.relations).filter(({ endpoint }) => endpoint === asked.endpoint);
  const endpoint = charm.description.endpoints.find(({ name }) => name === asked.endpoint);
  const most = endpoint?.limit ?? (endpoint?.role === 'requires' ? 1 : Number.POSITIVE_INFINITY);
  return here.length < most && here.every(({ requirer }) => requirer !== action.application);
}
