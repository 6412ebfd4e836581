/**
 * A whole model as plain, immutable data: equal worlds print as equal JSON. Only `step` makes a new
 * one. A databag's version is its content here: what Juju compares by number is compared by value,
 * so that worlds which differ only in how they came about are one world.
 */

import { unfit } from '../hook/index.ts';
import type { Databag, Status } from '../juju/index.ts';

export interface World<Shared = unknown, Own = unknown> {
  /** Seconds since the model began; only time that matters to a lease passes. */
  readonly seconds: number;
  /** The application whose charm is under test. */
  readonly tested: string;
  readonly applications: Readonly<Record<string, Application>>;
  readonly units: Readonly<Record<string, Unit>>;
  /** By id. */
  readonly relations: Readonly<Record<string, Relation>>;
  /** Whether this Juju has secrets; 2.9 has none. */
  readonly hasSecrets: boolean;
  readonly secrets: Readonly<Record<string, StoredSecret>>;
  readonly outside: Outside<Shared, Own>;
  /** How many of each were made so far. */
  readonly made: {
    readonly relations: number;
    readonly secrets: number;
  };
}

/** What the charm under test has to do with beside Juju, as plain data. */
export interface Outside<Shared = unknown, Own = unknown> {
  /** What all units have in common: a database server, an account with a provider. */
  readonly shared: Shared;
  /** What each unit has of its own; it is in the unit's pod and goes with it. */
  readonly units: Readonly<Record<string, Own>>;
}

export interface Application {
  readonly role: 'provider' | 'requirer';
  readonly life: 'alive' | 'dying';
  readonly leader: string | null;
  readonly unitsMade: number;
  /** The endpoint of the application under test to which it is related. */
  readonly endpoint: string;
  /** What it asks for in its application databag. */
  readonly request: Databag;
  /** What its script goes by beside that. */
  readonly options: Options;
  /** Its options as operators have set them, where they change in the course of things. */
  readonly config?: Configuration;
  /** What its leaders have said by `leader-set`; missing where that is nothing. */
  readonly settings?: Databag;
  /** How it calls its own end, where that is another name. */
  readonly ownEndpoint?: string;
  /** Its hooks are run as those of the application under test are; missing where a script plays it. */
  readonly charm?: OwnCharm;
}

/** What is to be known of the charm of an application that is not the one under test. */
export interface OwnCharm {
  /** Options as they are at first. */
  readonly config: Configuration;
  readonly storage: readonly string[];
  /** Its peer relations. */
  readonly peers: readonly string[];
}

/** Options of a charm, by name. */
export type Configuration = Readonly<Record<string, unknown>>;

export type Options = Readonly<Record<string, string>>;

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
  /** Storage that it was told of and that is its own until it goes; missing where there is none. */
  readonly attached?: readonly string[];
  /** Hooks about secrets and workloads that are still to come, in whatever order; missing where there are none. */
  readonly news?: readonly Hook[];
  /** What it has been told of each relation, by id; a relation that it has not entered is missing. */
  readonly told: Readonly<Record<string, Told>>;
  /** What the charm on the other side made of it, oldest first. */
  readonly heard: readonly Heard[];
}

/** A hook of a unit's own life. */
export type Queued =
  | 'install'
  | 'leader-elected'
  | 'leader-settings-changed'
  | 'config-changed'
  | 'start'
  | 'upgrade-charm'
  | `${string}-storage-attached`
  | `${string}-pebble-ready`
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
  /** What its owner says that it is for. */
  readonly description?: string;
  readonly revisions: readonly Databag[];
  /** Relations to whose remote application it is granted. */
  readonly grants: readonly number[];
  /** The revision that each unit tracks. */
  readonly tracked: Readonly<Record<string, number>>;
  /** What each consumer calls it, where it has a name for it. */
  readonly names?: Readonly<Record<string, string>>;
  /** Revisions of which nothing is left. */
  readonly pruned?: readonly number[];
  /** How often it is to be rotated, in Juju's words; missing where it never is. */
  readonly rotate?: string;
  /** Revisions that come to an end some time. */
  readonly expiring?: readonly number[];
  /** What its owner is to be told: that it is time to rotate it, and which revisions have come to their end. */
  readonly due?: DueOfSecret;
}

/** What of a secret its owner has still to deal with. */
export interface DueOfSecret {
  readonly rotation?: true;
  readonly expired?: readonly number[];
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
  /** In the hooks about a workload: the check of Pebble's that failed or recovered, or the notice that came. */
  readonly check?: string;
  readonly notice?: WorkloadNotice;
  /** In the hooks about storage: its id, where it is not the first of its kind. */
  readonly storage?: string;
  /** It is an action of the charm's, by this name, that somebody asks a unit for. */
  readonly action?: AskedAction;
}

/** A notice that Pebble has taken, as Juju names it to a unit. */
export interface WorkloadNotice {
  readonly id: string;
  readonly type: string;
  readonly key: string;
}

/** What somebody asks of a unit; an action is run beside hooks, once, however it ends. */
export interface AskedAction {
  readonly id: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What an application on the other side has taken out of a relation. */
export interface Heard {
  readonly event: string;
  readonly relation: number;
  readonly fields: Databag;
}

/** An application on the other side, in a topology. */
export interface Requirer {
  readonly units: number;
  /** What it asks for in its application databag. */
  readonly request: Databag;
  /** Where it is related; by default the charm's first endpoint. */
  readonly endpoint?: string;
  /** What its script goes by beside that. */
  readonly options?: Options;
  /** How it calls its own end, where that is another name. */
  readonly ownEndpoint?: string;
  /** The charm that it runs, where no script plays it. */
  readonly charm?: OwnCharm;
}

/** Who is there when the model begins. */
export interface Topology {
  /** Units of the application under test; 3 by default. */
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

/** Relation 0 is the provider's own. */
export const peerRelation = 0;
/** How long a lease runs that nobody renews. */
export const leaseSeconds = 60;

/** Whether a relation is one of peers: an application with itself. @category Stories */
export const isPeer = (relation: Pick<Relation, 'provider' | 'requirer'>): boolean =>
  relation?.provider !== undefined && relation.provider === relation.requirer;

/** The units of an application, in string order, as Juju sorts them. @category Stories */
export function unitsOf(world: World, application: string): readonly string[] {
  const what = unfit('the world', world, { units: 'record' });
  if (what !== null) throw new Misuse(`unitsOf: ${what}`);
  return Object.keys(world.units)
    .filter((unit) => world.units[unit]?.application === application)
    .sort();
}

const namesOf = (record: object): string => Object.keys(record).sort().join(', ');

/** Whether the hooks of an application are a charm's, and no script's. */
export const runsCharm = (world: World, name: string): boolean =>
  name === world.tested || world.applications[name]?.charm !== undefined;

/** The applications whose hooks are a charm's. */
export const charmsIn = (world: World): readonly string[] =>
  Object.keys(world.applications).filter((name) => runsCharm(world, name));

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
