import { checkDatabag, checkParts, type Parts } from './check-parts.ts';
import { aCharm, aTopology, given } from './given.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import {
  type Application,
  Misuse,
  type Outside,
  type OwnCharm,
  peerRelation,
  type Queued,
  type Relation,
  runsCharm,
  type Topology,
  type Unit,
  type World,
} from './world.ts';

/**
 * A world as it is after all applications were deployed, before anything is related.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { unitsOf, worldOf } from 'hookchart/testing';
 *
 * const world = worldOf(simulated, { units: 2, requirers: {} });
 * console.log(unitsOf(world, simulated.application));
 * // [ 'pgbouncer/0', 'pgbouncer/1' ]
 * ```
 */
export function worldOf<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  topology: Topology,
): World<Shared, Own> {
  given('worldOf', 'the charm', charm, aCharm);
  given('worldOf', 'the topology', topology, aTopology);
  checkTopology('worldOf', topology);
  const { units = 3, requirers, hasSecrets = false } = topology;
  const { application: tested, endpoints, peers, life } = charm;
  if (!Number.isInteger(units) || units < 1)
    throw new Misuse(`a provider has at least one unit, not ${units}`);
  const applications: Record<string, Application> = {
    [tested]: {
      ...application('provider', units),
      leader: `${tested}/0`,
      ...(life === undefined ? {} : { config: life.config }),
    },
  };
  const made: Record<string, Unit> = {};
  for (let number = 0; number < units; number++)
    made[`${tested}/${number}`] = {
      ...unitOf(charm, tested, number),
      ...(life === undefined ? {} : { queue: beginningOf(life, number === 0) }),
    };
  const ofPeers = peers === null ? [] : [peers, ...(life?.morePeers ?? [])];
  const relations = ofPeers.map((endpoint) => amongPeers(tested, endpoint));
  for (const [name, { units: count, endpoint = endpoints[0], ...chosen }] of Object.entries(
    requirers,
  )) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name === tested)
      throw new Misuse(`"${name}" cannot be a requirer's name`);
    if (!endpoints.includes(endpoint))
      throw new Misuse(`${tested} has no endpoint ${endpoint}; it has ${endpoints.join(', ')}`);
    const leader = count > 0 ? `${name}/0` : null;
    const own = chosen.charm === undefined ? {} : { config: chosen.charm.config };
    applications[name] = { ...application('requirer', count), leader, endpoint, ...own, ...chosen };
    for (let number = 0; number < count; number++)
      made[`${name}/${number}`] = {
        ...unitOf(charm, name, number),
        ...(chosen.charm === undefined ? {} : { queue: beginningOf(chosen.charm, number === 0) }),
      };
    relations.push(...(chosen.charm?.peers ?? []).map((peer) => amongPeers(name, peer)));
  }
  const world = {
    seconds: 0,
    tested,
    applications,
    units: made,
    relations: Object.fromEntries(relations.map((relation, at) => [peerRelation + at, relation])),
    hasSecrets,
    secrets: {},
    outside: { shared: charm.outside.shared.initial, units: {} },
    made: { relations: life?.firstRelation ?? 1, secrets: 0 },
  };
  return { ...world, outside: outsideOf(charm, world.outside, world) };
}

const wholeTopology: Parts = {
  requirers: 'record',
  'units?': 'count',
  'hasSecrets?': 'anything',
};
const requirer: Parts = {
  units: 'count',
  request: 'record',
  'endpoint?': 'text',
  'options?': 'record',
  'ownEndpoint?': 'text',
  'charm?': 'record',
};

/** What the compiler sees of who is there, for those who have none. */
function checkTopology(to: string, topology: Topology): void {
  checkParts(to, 'the topology', topology, wholeTopology);
  for (const [name, one] of Object.entries(topology.requirers)) {
    checkParts(to, `requirers.${name}`, one, requirer);
    checkDatabag(to, `the request of ${name}`, one.request);
  }
}

export const amongPeers = (application: string, endpoint: string): Relation => ({
  endpoint,
  provider: application,
  requirer: application,
  life: 'alive',
  wasSuspended: false,
  applications: { [application]: {} },
  units: {},
  scope: [],
});

/** The hooks with which a unit of an application begins that is deployed anew. */
export const beginningOf = (
  { storage }: Pick<OwnCharm, 'storage'>,
  leads: boolean,
): readonly Queued[] => [
  ...storage.map((name): Queued => `${name}-storage-attached`),
  'install',
  leads ? 'leader-elected' : 'leader-settings-changed',
  'config-changed',
  'start',
];

export const unitOf = (charm: SimulatedCharm, application: string, number: number): Unit => ({
  application,
  life: 'alive',
  endpoint: application === charm.application ? charm.address(number) : null,
  state: {},
  status: null,
  failed: null,
  queue: ['start'],
  told: {},
  heard: [],
});

export const application = (role: Application['role'], units: number): Application => ({
  role,
  life: 'alive',
  leader: null,
  unitsMade: units,
  endpoint: '',
  request: {},
  options: {},
});

/**
 * What is outside once an action was taken: a unit that is new, and one whose pod was replaced, begin
 * with nothing; what a unit had goes with it.
 */
export function outsideOf<Shared, Own>(
  { outside: { unit } }: SimulatedCharm<object, Shared, Own>,
  outside: Outside<Shared, Own>,
  world: World,
  lost: string | null = null,
): Outside<Shared, Own> {
  const names = Object.entries(world.units).flatMap(([name, { application: of }]) =>
    runsCharm(world, of) ? [name] : [],
  );
  const known = Object.keys(outside.units);
  const isSame = names.length === known.length && names.every((name) => name in outside.units);
  if (isSame && (lost === null || !(lost in outside.units))) return outside;
  return {
    ...outside,
    units: Object.fromEntries(
      names.map((name) => {
        const before = outside.units[name];
        if (before !== undefined && name !== lost) return [name, before];
        const application = world.units[name]?.application ?? '';
        return [name, unit.begins?.(application, before ?? null) ?? unit.initial];
      }),
    ),
  };
}
