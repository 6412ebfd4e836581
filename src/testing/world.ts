/**
 * A whole model as plain, immutable data: equal worlds print as equal JSON. Only `step` makes a new
 * one. A databag's version is its content here: what Juju compares by number is compared by value,
 * so that worlds which differ only in how they came about are one world.
 */

import type { Databag, Status } from '../pgbouncer/engine.ts';
import * as memory from '../pgbouncer/memory/index.ts';

export interface World {
  /** Seconds since the model began; only time that matters to a lease passes. */
  readonly seconds: number;
  readonly applications: Readonly<Record<string, Application>>;
  readonly units: Readonly<Record<string, Unit>>;
  /** By id. */
  readonly relations: Readonly<Record<string, Relation>>;
  /** Whether this Juju has secrets; 2.9 has none. */
  readonly hasSecrets: boolean;
  readonly secrets: Readonly<Record<string, StoredSecret>>;
  readonly postgres: memory.PostgresState;
  /** Seconds that each statement takes. */
  readonly postgresDelay: number;
  /** One PgBouncer for each unit of the provider; its files are in the unit's pod and go with it. */
  readonly poolers: Readonly<Record<string, memory.PgbouncerState>>;
  /** How many of each were made so far. */
  readonly made: {
    readonly relations: number;
    readonly secrets: number;
    readonly passwords: number;
  };
}

export interface Application {
  readonly role: 'provider' | 'requirer';
  readonly life: 'alive' | 'dying';
  readonly leader: string | null;
  readonly unitsMade: number;
  /** What a requirer asks for in its application databag. */
  readonly request: Databag;
  /** Which generation of the requirer's library it uses. */
  readonly library: 'v0.12' | 'v0.59';
  /**
   * Where the library keeps the provider's databag as it last saw it: the real one in its unit
   * databag, which no provider reads; one that keeps it to itself causes fewer hooks.
   */
  readonly copyIn: 'databag' | 'state';
}

export interface Unit {
  readonly application: string;
  readonly life: 'alive' | 'dying';
  /** Where clients reach it; null for a unit whose address nobody knows. */
  readonly endpoint: string | null;
  /** `state-get`: outlives the unit's processes and its pod. */
  readonly state: Databag;
  /** Keys of it that hold an empty text; missing where there are none. */
  readonly blanks?: readonly string[];
  readonly status: Status | null;
  /** A hook that failed: Juju runs the same one again, and no other. */
  readonly failed: Hook | null;
  /** Hooks that no relation asks for, in order. */
  readonly queue: readonly Queued[];
  /** Hooks about secrets that are still to come, in whatever order; missing where there are none. */
  readonly news?: readonly Hook[];
  /** What it has been told of each relation, by id; a relation that it has not entered is missing. */
  readonly told: Readonly<Record<string, Told>>;
  /** What the requirer's library made of it, oldest first. */
  readonly heard: readonly RequirerEvent[];
}

/** A hook of a unit's own life. */
export type Queued =
  | 'install'
  | 'leader-elected'
  | 'leader-settings-changed'
  | 'config-changed'
  | 'start'
  | 'pgbouncer-pebble-ready'
  | 'remove';

export interface Told {
  /** The remote application's databag that the last changed hook saw. */
  readonly application: Databag;
  /** The databag of each remote unit that has joined, as last announced. */
  readonly units: Readonly<Record<string, Databag>>;
  /** A unit that has joined and whose changed comes next. */
  readonly changing: string | null;
  /** The agent was restarted since: it knows anew that the relation ends, and no more which one is the peers'. */
  readonly isReread?: true;
}

export interface Relation {
  readonly endpoint: string;
  /** How the requirer calls its end, where that is another name. */
  readonly requirerEndpoint?: string;
  readonly provider: string;
  /** The same application for a peer relation. */
  readonly requirer: string;
  readonly life: 'alive' | 'dying' | 'suspended';
  /** What is told of a relation ends when it is suspended; it may come back under the same id. */
  readonly wasSuspended: boolean;
  /** By application; both outlive the units that wrote them. */
  readonly applications: Readonly<Record<string, Databag>>;
  /** By unit. */
  readonly units: Readonly<Record<string, Databag>>;
  /** The units that have entered and not left it, sorted. */
  readonly scope: readonly string[];
}

export interface StoredSecret {
  /** The application or the unit that owns it. */
  readonly owner: string;
  readonly label: string | null;
  readonly revisions: readonly Databag[];
  /** Relations to whose remote application it is granted. */
  readonly grants: readonly number[];
  /** The revision that each unit tracks. */
  readonly tracked: Readonly<Record<string, number>>;
  /** What each consumer calls it, where it has a name for it. */
  readonly names?: Readonly<Record<string, string>>;
  /** Revisions of which nothing is left. */
  readonly pruned?: readonly number[];
}

/** One hook, as Juju names it to a unit. */
export interface Hook {
  readonly name: string;
  readonly relation?: number;
  readonly remoteApplication?: string;
  /** Missing in created, broken and in the application's own changed. */
  readonly remoteUnit?: string;
  readonly departingUnit?: string;
  /** In the hooks about a secret: its id, and the revision that is new or may be removed. */
  readonly secret?: string;
  readonly revision?: number;
  readonly label?: string;
}

/** What the requirer's library told its charm, with the databag's fields as it saw them. */
export interface RequirerEvent {
  readonly event:
    | 'database_created'
    | 'endpoints_changed'
    | 'read_only_endpoints_changed'
    | 'status_raised'
    | 'status_resolved';
  readonly relation: number;
  readonly fields: Databag;
}

/** A requirer of a topology. */
export interface Requirer {
  readonly units: number;
  /** `{ database: … }` and what else it asks for. */
  readonly request: Databag;
  /** By default `v0.59`, the newest one that was watched. */
  readonly library?: Application['library'];
  readonly copyIn?: Application['copyIn'];
}

/** Who is there when the model begins. */
export interface Topology {
  /** Units of the provider, the application under test; 3 by default. */
  readonly units?: number;
  /** By application; an application of its own for each relation. */
  readonly requirers: Readonly<Record<string, Requirer>>;
  /** Whether Juju has secrets, as from 3.0 on; by default it has none. */
  readonly hasSecrets?: boolean;
}

/** A mistake in the use of the simulated model, found before anything was run. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

export const provider = 'pgbouncer';
export const endpoint = 'database';
const peerEndpoint = 'pgb-peers';
/** Relation 0 is the provider's own. */
export const peerRelation = 0;
/** How long a lease runs that nobody renews. */
export const leaseSeconds = 60;

/** The hook of a workload that has come up, as Pebble has it announced. */
export const poolerReady = 'pgbouncer-pebble-ready';

export const isPeer = ({ provider, requirer }: Pick<Relation, 'provider' | 'requirer'>): boolean =>
  provider === requirer;

/** A world as it is after all applications were deployed, before anything is related. */
export function worldOf({ units = 3, requirers, hasSecrets = false }: Topology): World {
  if (!Number.isInteger(units) || units < 1)
    throw new Misuse(`a provider has at least one unit, not ${units}`);
  const applications: Record<string, Application> = {
    [provider]: { ...application('provider', units), leader: `${provider}/0` },
  };
  const made: Record<string, Unit> = {};
  for (let number = 0; number < units; number++)
    made[`${provider}/${number}`] = unitOf(provider, number);
  for (const [name, { units: count, ...chosen }] of Object.entries(requirers)) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name === provider)
      throw new Misuse(`"${name}" cannot be a requirer's name`);
    const leader = count > 0 ? `${name}/0` : null;
    applications[name] = { ...application('requirer', count), leader, ...chosen };
    for (let number = 0; number < count; number++) made[`${name}/${number}`] = unitOf(name, number);
  }
  const poolers = Object.keys(made).filter((unit) => made[unit]?.application === provider);
  return {
    seconds: 0,
    applications,
    units: made,
    relations: {
      [peerRelation]: {
        endpoint: peerEndpoint,
        provider,
        requirer: provider,
        life: 'alive',
        wasSuspended: false,
        applications: { [provider]: {} },
        units: {},
        scope: [],
      },
    },
    hasSecrets,
    secrets: {},
    postgres: memory.emptyPostgres,
    postgresDelay: 0,
    poolers: Object.fromEntries(poolers.map((unit) => [unit, memory.emptyPgbouncer])),
    made: { relations: 1, secrets: 0, passwords: 0 },
  };
}

export const unitOf = (application: string, number: number): Unit => ({
  application,
  life: 'alive',
  endpoint: application === provider ? `pgb-${number}:6432` : null,
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
  request: {},
  library: 'v0.59',
  copyIn: 'databag',
});

/** The units of an application, in string order, as Juju sorts them. */
export const unitsOf = (world: World, application: string): readonly string[] =>
  Object.keys(world.units)
    .filter((unit) => world.units[unit]?.application === application)
    .sort();

const namesOf = (record: object): string => Object.keys(record).sort().join(', ');

export function unitNamed(world: World, name: string): Unit {
  const unit = world.units[name];
  if (unit !== undefined) return unit;
  throw new Misuse(`there is no unit ${name}; there are ${namesOf(world.units)}`);
}

export function applicationNamed(world: World, name: string): Application {
  const found = world.applications[name];
  if (found !== undefined) return found;
  throw new Misuse(`there is no application ${name}; there are ${namesOf(world.applications)}`);
}

export function relationNumbered(world: World, id: number): Relation {
  const found = world.relations[id];
  if (found !== undefined) return found;
  const ids = Object.keys(world.relations).filter((known) => Number(known) !== peerRelation);
  const others = ids.length === 0 ? 'is none' : `are ${ids.join(', ')}`;
  throw new Misuse(`there is no relation ${id}; there ${others}`);
}

/** The other side of a relation; its own for a peer relation. */
export const remoteOf = (relation: Relation, application: string): string =>
  relation.provider === application ? relation.requirer : relation.provider;

/** The same record with one entry replaced, or taken out where the value is undefined. */
export function replaced<Value>(
  record: Readonly<Record<string, Value>>,
  key: string | number,
  value: Value | undefined,
): Readonly<Record<string, Value>> {
  const { [key]: _, ...rest } = record;
  return value === undefined ? rest : { ...record, [key]: value };
}
