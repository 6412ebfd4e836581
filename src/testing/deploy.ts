import { aCharm, aTopology, given } from './given.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import {
  type Application,
  Misuse,
  type Outside,
  peerRelation,
  type Queued,
  type Relation,
  type Topology,
  type Unit,
  type World,
} from './world.ts';

/** A world as it is after all applications were deployed, before anything is related. */
export function worldOf<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  topology: Topology,
): World<Shared, Own> {
  given('worldOf', 'the charm', charm, aCharm);
  given('worldOf', 'the topology', topology, aTopology);
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
      ...(life === undefined ? {} : { queue: beginningOf(charm, number === 0) }),
    };
  for (const [name, { units: count, endpoint = endpoints[0], ...chosen }] of Object.entries(
    requirers,
  )) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name === tested)
      throw new Misuse(`"${name}" cannot be a requirer's name`);
    if (!endpoints.includes(endpoint))
      throw new Misuse(`${tested} has no endpoint ${endpoint}; it has ${endpoints.join(', ')}`);
    const leader = count > 0 ? `${name}/0` : null;
    applications[name] = { ...application('requirer', count), leader, endpoint, ...chosen };
    for (let number = 0; number < count; number++)
      made[`${name}/${number}`] = unitOf(charm, name, number);
  }
  const { shared, unit } = charm.outside;
  const own = Object.keys(made).filter((name) => made[name]?.application === tested);
  return {
    seconds: 0,
    tested,
    applications,
    units: made,
    relations: Object.fromEntries(
      [...(peers === null ? [] : [peers]), ...(life?.morePeers ?? [])].map((endpoint, at) => [
        peerRelation + at,
        amongPeers(tested, endpoint),
      ]),
    ),
    hasSecrets,
    secrets: {},
    outside: {
      shared: shared.initial,
      units: Object.fromEntries(own.map((name) => [name, unit.initial])),
    },
    made: { relations: life?.firstRelation ?? 1, secrets: 0 },
  };
}

const amongPeers = (tested: string, endpoint: string): Relation => ({
  endpoint,
  provider: tested,
  requirer: tested,
  life: 'alive',
  wasSuspended: false,
  applications: { [tested]: {} },
  units: {},
  scope: [],
});

/** What a unit is told first of all, where it has storage. */
export const attachedIn = ({ life }: SimulatedCharm): readonly Queued[] =>
  (life?.storage ?? []).map((name): Queued => `${name}-storage-attached`);

/** The hooks with which a unit of an application begins that is deployed anew. */
const beginningOf = (charm: SimulatedCharm, leads: boolean): readonly Queued[] => [
  ...attachedIn(charm),
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

const application = (role: Application['role'], units: number): Application => ({
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
  { units, tested }: World,
  lost: string | null = null,
): Outside<Shared, Own> {
  const names = Object.keys(units).filter((name) => units[name]?.application === tested);
  const known = Object.keys(outside.units);
  const isSame = names.length === known.length && names.every((name) => name in outside.units);
  if (isSame && (lost === null || !(lost in outside.units))) return outside;
  return {
    ...outside,
    units: Object.fromEntries(
      names.map((name) => {
        const before = name === lost ? undefined : outside.units[name];
        return [name, before ?? unit.initial];
      }),
    ),
  };
}
