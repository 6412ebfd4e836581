/**
 * Juju, as one hook of one unit sees it. An adapter implements `Juju`; whatever it cannot do it says
 * as a `JujuError`, once: nothing of a tool leaks through.
 */
import type * as E from 'fp-ts/lib/Either.js';
import type * as T from 'fp-ts/lib/Task.js';
import type { Attempt } from '../hook/index.ts';
import type { JujuError } from './errors.ts';

/** What a databag, a secret or a unit's state holds. */
export type Databag = Readonly<Record<string, string>>;

/** The unit's status in Juju, and the sentence beside it. */
export interface Status {
  readonly name: 'active' | 'waiting' | 'blocked';
  readonly message: string;
}

/** What Juju is asked for. */
export type JujuAttempt<Result> = Attempt<Result, JujuError>;

/**
 * A databag, by whom it belongs to; a relation is called by its number, whatever its endpoint.
 * `PeerUnit` names the unit; only one's own can be written. `RemoteUnit` names one of `remoteUnits`,
 * `OwnUnit` the unit that asks, for what it says in a relation for itself alone.
 */
export type Bag =
  | { readonly _tag: 'RemoteApp'; readonly relation: number }
  | { readonly _tag: 'RemoteUnit'; readonly relation: number; readonly unit: string }
  | { readonly _tag: 'OwnApp'; readonly relation: number }
  | { readonly _tag: 'OwnUnit'; readonly relation: number; readonly unit: string }
  | { readonly _tag: 'PeerApp' }
  | { readonly _tag: 'PeerUnit'; readonly unit: string };

/** All that a hook writes to Juju: one entry for each databag; an empty value deletes its key. */
export interface Changes {
  readonly bags: readonly { readonly bag: Bag; readonly values: Databag }[];
  /** Of the unit's durable state. */
  readonly state: Databag;
  readonly status: Status;
}

/** What Juju calls a unit for: `database-relation-changed` of relation 4, or `update-status`. */
export interface JujuEvent {
  readonly hook: string;
  /** Only in the events of a relation. */
  readonly relation?: number;
  /** The unit whose databag it is about; missing where it is the application's. */
  readonly remoteUnit?: string;
  /** The unit that Juju says is leaving; only in departed. */
  readonly departingUnit?: string;
  /** The label of a secret of the unit's own application; only in the events of a secret. */
  readonly secretLabel?: string;
}

/** Juju, for one hook of one unit. A hook reads each thing once and commits once, at its end. */
export interface Juju {
  /** This unit's name, `pgbouncer-k8s/1`. */
  readonly unit: string;
  /** Marks what this deployment makes elsewhere; the same for all units, unlike any other's. */
  readonly owner: string;
  /** Where clients reach this unit, `host:port` or `[::1]:port`; null while that is not known. */
  readonly endpoint: JujuAttempt<string | null>;
  readonly leader: JujuAttempt<boolean>;
  /** The charm's options, as operators set them; all of them, those at their defaults too. */
  readonly config: JujuAttempt<Readonly<Record<string, unknown>>>;
  /** The units that the application is meant to have, by name; one that is going is not among them. */
  readonly plannedUnits: JujuAttempt<readonly string[]>;
  /**
   * Whether this unit has left its peers before its other relations, as one does that goes after its
   * agent was started anew: it does not know what its application has on record any more.
   */
  readonly hasLeft: JujuAttempt<boolean>;
  /** The other units in the peer relation; none where the charm has no such relation. */
  readonly peers: JujuAttempt<readonly string[]>;
  /** The ids of an endpoint's relations. One that breaks in this hook MUST NOT be among them. */
  readonly relations: (endpoint: string) => JujuAttempt<readonly number[]>;
  /** The units of the other application that have joined a relation, as far as this unit was told. */
  readonly remoteUnits: (relation: number) => JujuAttempt<readonly string[]>;
  /**
   * The databags in the order asked for, each with an outcome of its own: `ModelRefused` where Juju
   * refuses that one.
   */
  readonly read: (bags: readonly Bag[]) => T.Task<readonly E.Either<JujuError, Databag>[]>;
  /** The unit's durable state: a map that outlives its processes and its pod. */
  readonly state: JujuAttempt<Databag>;
  /** The secrets that the application owns; null for a Juju that has none (before 3.0). */
  readonly secrets: SecretStore | null;
  /** MUST apply all of it or nothing. `ModelRefused` where leadership was lost meanwhile. */
  readonly commit: (changes: Changes) => JujuAttempt<void>;
}

/**
 * Secrets of the application, which all its units read and only the leader writes. What is written
 * MUST come into force with the commit, or not at all; this hook can read it before.
 */
export interface SecretStore {
  /** The newest content. `SecretUnreadable` where it is gone, or may not be read (yet). */
  readonly read: (id: string) => JujuAttempt<Databag>;
  /** Labels that `make` will be asked for, for a store that has to look them up; nothing comes of it. */
  readonly expect?: (labels: readonly string[], onRecord: OnRecord) => void;
  /**
   * Makes a secret, or gives the one of that label this content; the result is its id. Only a secret
   * that is not on record can have the label: the commit of the hook that made it was refused. The
   * label of one that this hook removes is free from the next hook on: give that one new content.
   */
  readonly make: (
    label: string,
    content: Databag,
    onRecord: readonly string[],
  ) => JujuAttempt<string>;
  readonly replace: (id: string, content: Databag) => JujuAttempt<void>;
  /** Lets the remote application of a relation read it; once more changes nothing. */
  readonly grant: (id: string, relation: number) => JujuAttempt<void>;
  /** One that is gone already is no error. */
  readonly remove: (id: string) => JujuAttempt<void>;
  /** The secrets that are not on record: those of a hook whose commit was refused, among others. */
  readonly strays: (onRecord: readonly string[]) => JujuAttempt<readonly Stray[]>;
}

/** The secrets on record, where their ids take time to be gathered, as those of thousands do. */
export interface OnRecord {
  /** How many they are, roughly. */
  readonly roughly: number;
  readonly ids: () => readonly string[];
}

/** A secret of the application that is not on record; the label is empty where it has none. */
export interface Stray {
  readonly id: string;
  readonly label: string;
}
