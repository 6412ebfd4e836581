/** What operators add to a model: applications with a charm of their own, and relations. */
import type { Operation } from './actions.ts';
import { amongPeers, application, beginningOf, unitOf } from './deploy.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { applicationNamed, Misuse, type Relation, type World } from './world.ts';

export function deployed(
  charm: SimulatedCharm,
  world: World,
  { application: name, units, charm: own }: Operation & { readonly _tag: 'Deploy' },
): World {
  if (world.applications[name] !== undefined) throw new Misuse(`there is ${name} already`);
  const made = Array.from({ length: units }, (_, number) => [
    `${name}/${number}`,
    { ...unitOf(charm, name, number), queue: beginningOf(own, number === 0) },
  ]);
  const leader = units > 0 ? `${name}/0` : null;
  const { config } = own;
  return own.peers.reduce((next, endpoint) => withNew(next, amongPeers(name, endpoint)), {
    ...world,
    applications: {
      ...world.applications,
      [name]: { ...application('requirer', units), leader, config, charm: own },
    },
    units: { ...world.units, ...Object.fromEntries(made) },
  });
}

export function integrated(
  world: World,
  { provider, requirer }: Operation & { readonly _tag: 'Integrate' },
): World {
  for (const { application: name } of [provider, requirer])
    if (applicationNamed(world, name).life === 'dying')
      throw new Misuse(`${name} is being removed`);
  return withNew(world, {
    ...fresh,
    ...{ endpoint: provider.endpoint, requirerEndpoint: requirer.endpoint },
    ...{ provider: provider.application, requirer: requirer.application },
  });
}

export function related(charm: Pick<SimulatedCharm, 'limits'>, world: World, name: string): World {
  const { role, endpoint, ownEndpoint } = applicationNamed(world, name);
  if (role !== 'requirer')
    throw new Misuse(`${name} is the one under test; relate a requirer to it`);
  if (isFull(charm, world, endpoint))
    throw new Misuse(`${endpoint} of ${world.tested} takes no more relations than it has`);
  return withNew(world, {
    ...fresh,
    ...{ endpoint, provider: world.tested, requirer: name },
    ...(ownEndpoint === undefined ? {} : { requirerEndpoint: ownEndpoint }),
  });
}

/** Whether an endpoint has all the relations that it takes; Juju counts those that end as well. */
export const isFull = (
  { limits = {} }: Pick<SimulatedCharm, 'limits'>,
  { relations }: World,
  endpoint: string,
): boolean => {
  const most = limits[endpoint];
  if (most === undefined) return false;
  return Object.values(relations).filter((one) => one.endpoint === endpoint).length >= most;
};

const fresh = {
  life: 'alive',
  wasSuspended: false,
  applications: {},
  units: {},
  scope: [],
} as const;

function withNew(world: World, relation: Relation): World {
  const id = world.made.relations;
  return {
    ...world,
    relations: { ...world.relations, [id]: relation },
    made: { ...world.made, relations: id + 1 },
  };
}
