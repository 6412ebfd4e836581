/**
 * What a charm's containers hold once all is done, learned by watching it where nothing goes wrong: the
 * services that run and the files that are there. Whatever befell a container, it is to have them again.
 */
import { isPeer, unitsOf, type World } from '../testing/index.ts';
import type { Container } from './pebble/container.ts';
import { planOf } from './pebble/plan.ts';
import type { Pod } from './pod.ts';

type Foreign = World<null, Pod>;

/** `CONTAINER SERVICE` and `CONTAINER PATH`, by the options that are in force. */
export type LearnedWorkload = ReadonlyMap<string, ReadonlySet<string>>;

/** What all units have in all worlds of the same options. */
export function workloadIn(worlds: readonly Foreign[]): LearnedWorkload {
  const learned = new Map<string, ReadonlySet<string>>();
  for (const world of worlds)
    for (const unit of unitsOf(world, world.tested)) {
      const held = heldBy(world.outside.units[unit]);
      const before = learned.get(optionsOf(world)) ?? held;
      learned.set(optionsOf(world), new Set([...held].filter((one) => before.has(one))));
    }
  return learned;
}

function heldBy(pod: Pod | undefined): ReadonlySet<string> {
  return new Set(
    Object.entries(pod?.containers ?? {}).flatMap(([name, { running, files }]) => [
      ...Object.keys(running).map((service) => `${name} runs ${service}`),
      ...files.made().map(([path]) => `${name} has ${path}`),
    ]),
  );
}

const optionsOf = ({ applications, tested }: Foreign): string =>
  JSON.stringify(Object.entries(applications[tested]?.config ?? {}).sort());

/** What it claims, before it is known what containers hold. */
export const workloadOracle = {
  name: 'WorkloadHolds',
  claims:
    'A container runs the services and has the files that it has where nothing goes wrong, in whatever order all came about, and after it was started anew.',
};

/** Containers hold what they were seen to hold, as long as all endpoints of the charm are related. */
export const workloadHolds = (learned: LearnedWorkload, endpoints: readonly string[]) => ({
  ...workloadOracle,
  atRest: (world: Foreign): readonly string[] => {
    const live = Object.values(world.relations).filter(
      (relation) => !isPeer(relation) && relation.life === 'alive',
    );
    const isWhole = endpoints.every((name) => live.some(({ endpoint }) => endpoint === name));
    if (!isWhole || world.applications[world.tested]?.life !== 'alive') return [];
    return unitsOf(world, world.tested).flatMap((unit) => {
      if (world.units[unit]?.life !== 'alive') return [];
      const held = heldBy(world.outside.units[unit]);
      const lacking = [...(learned.get(optionsOf(world)) ?? [])].filter((one) => !held.has(one));
      return lacking.slice(0, 1).map((one) => {
        const [container = '', verb, what] = one.split(/ (runs|has) /);
        return verb === 'runs'
          ? `the service ${what} does not run in ${container} of ${unit}, where it runs in another order`
          : `${what} is not in ${container} of ${unit}, where it is in another order`;
      });
    });
  },
});

/** What runs is what the plan says: a layer that was changed does nothing until it is replanned. */
export const planRuns = {
  name: 'PlanRuns',
  claims: 'Once all is at rest, a service that runs was started with what the plan says of it now.',
  atRest: (world: Foreign): readonly string[] =>
    unitsOf(world, world.tested).flatMap((unit) =>
      Object.entries(world.outside.units[unit]?.containers ?? {}).flatMap(([name, container]) =>
        staleIn(container).map(
          (service) =>
            `${service} in ${name} of ${unit} runs with an earlier plan: nobody has replanned or restarted it`,
        ),
      ),
    ),
};

const staleIn = ({ layers, running }: Container): readonly string[] => {
  const { services } = planOf(layers);
  return Object.keys(running).filter(
    (name) => running[name] !== JSON.stringify(services[name] ?? null),
  );
};
