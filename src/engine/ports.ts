/**
 * The four worlds a hook touches. An adapter implements one of these interfaces; whatever it cannot
 * do it says as a `HookError`, once, in these words: nothing of a driver or a tool leaks through.
 */
import type * as E from 'fp-ts/lib/Either.js';
import type * as T from 'fp-ts/lib/Task.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Grant, Login } from '../../machines/index.ts';
import type { BackendEndpoints, Configuration } from '../domain/configuration.ts';
import type { Audit } from '../domain/reconcile.ts';
import type { Databag } from '../domain/request.ts';
import type { Status } from '../domain/status.ts';
import type { Secret } from '../hook/index.ts';
import type { HookError } from './errors.ts';

export type Attempt<Result> = TE.TaskEither<HookError, Result>;

/** A databag, by whom it belongs to. `PeerUnit` names the unit; only one's own can be written. */
export type Bag =
  | { readonly _tag: 'RemoteApp'; readonly relation: number }
  | { readonly _tag: 'OwnApp'; readonly relation: number }
  | { readonly _tag: 'PeerApp' }
  | { readonly _tag: 'PeerUnit'; readonly unit: string };

/** All that a hook writes to Juju: one entry for each databag; an empty value deletes its key. */
export interface Changes {
  readonly bags: readonly { readonly bag: Bag; readonly values: Databag }[];
  /** Of the unit's durable state. */
  readonly state: Databag;
  readonly status: Status;
}

/** Juju, as one hook of one unit sees it. A hook reads each thing once and commits once, at its end. */
export interface Model {
  /** This unit's name, `pgbouncer-k8s/1`. */
  readonly unit: string;
  /** Marks what this deployment makes on the backend; the same for all units, unlike any other's. */
  readonly owner: string;
  /** Where clients reach this unit's PgBouncer, `host:port` or `[::1]:port`; null while that is not known. */
  readonly endpoint: Attempt<string | null>;
  readonly leader: Attempt<boolean>;
  /** The units that the application is meant to have, by name; one that is going is not among them. */
  readonly plannedUnits: Attempt<readonly string[]>;
  /**
   * Whether this unit has left its peers before its other relations, as one does that goes after its
   * agent was started anew: it does not know the ledger any more.
   */
  readonly hasLeft: Attempt<boolean>;
  /** The other units in the peer relation. */
  readonly peers: Attempt<readonly string[]>;
  /** The ids of the `database` relations. One that breaks in this hook MUST NOT be among them. */
  readonly relations: Attempt<readonly number[]>;
  /**
   * The databags in the order asked for, each with an outcome of its own: `ModelRefused` where Juju
   * refuses that one.
   */
  readonly read: (bags: readonly Bag[]) => T.Task<readonly E.Either<HookError, Databag>[]>;
  /** The unit's durable state: a map that outlives its processes and its pod. */
  readonly state: Attempt<Databag>;
  /** The secrets that the application owns; null for a Juju that has none (before 3.0). */
  readonly secrets: SecretStore | null;
  /** MUST apply all of it or nothing. `ModelRefused` where leadership was lost meanwhile. */
  readonly commit: (changes: Changes) => Attempt<void>;
}

/**
 * Secrets of the application, which all its units read and only the leader writes. What is written
 * MUST come into force with the commit, or not at all; this hook can read it before.
 */
export interface SecretStore {
  /** The newest content. `SecretUnreadable` where it is gone, or may not be read (yet). */
  readonly read: (id: string) => Attempt<Databag>;
  /**
   * Makes a secret, or gives the one of that label this content; the result is its id. Only a secret
   * that is not on record can have the label: the commit of the hook that made it was refused.
   */
  readonly make: (label: string, content: Databag, onRecord: readonly string[]) => Attempt<string>;
  readonly replace: (id: string, content: Databag) => Attempt<void>;
  /** Lets the remote application of a relation read it; once more changes nothing. */
  readonly grant: (id: string, relation: number) => Attempt<void>;
  /** One that is gone already is no error. */
  readonly remove: (id: string) => Attempt<void>;
  /** The secrets that are not on record: those of a hook whose commit was refused, among others. */
  readonly strays: (onRecord: readonly string[]) => Attempt<readonly Stray[]>;
}

/** A secret of the application that its ledger does not speak of; the label is empty where it has none. */
export interface Stray {
  readonly id: string;
  readonly label: string;
}

/**
 * PostgreSQL. Each operation is safe to repeat and may be lost half-way. Whose a role or a database
 * is the adapter MUST know by what no tenant can write.
 */
export interface Backend {
  /** Succeeds where the primary takes logins and writes; else the `BackendUnavailable` that says why. */
  readonly ready: Attempt<void>;
  /** The server's version, `14.5`. */
  readonly version: Attempt<string>;
  /**
   * Where it listens; known even while it is down. Null before any backend has come, and after the
   * last one went: PgBouncer is left as it is then.
   */
  readonly endpoints: Attempt<BackendEndpoints | null>;
  /**
   * The backend's own spelling of those roles that exist and may be granted, by lower-case name. A
   * role that a tenant made is none.
   */
  readonly grantable: (
    roles: readonly string[],
    holdings: Holdings,
  ) => Attempt<ReadonlyMap<string, string>>;
  /**
   * Makes the role and the database, or puts right what differs: what the grant does not say is
   * revoked. Refuses with `RoleTaken`, `DatabaseTaken` or `NotAccepted`, the first two BEFORE
   * anything is done. A name that is taken gives way to another where nobody has heard of it yet.
   */
  readonly provision: (grant: Grant, holdings: Holdings) => Attempt<Provisioned>;
  /**
   * Removes the role: login, sessions, transactions, objects, role, in this order. What it owned in
   * its database stays with the database's owner. A role that is not there, or not ours, is no
   * error; `RoleInUse` where the removal must be tried again. Yields what was cut off, in sentences.
   */
  readonly remove: (
    grant: Pick<Grant, 'user' | 'database' | 'relation'> & Partial<Grant>,
    holdings: Holdings,
  ) => Attempt<readonly string[]>;
  /**
   * Compares the published grants with what is there. What cannot be read back, a password, is given
   * the same verifier again.
   */
  readonly audit: (holdings: Holdings) => Attempt<Audit>;
  /** Makes the login with which version 0.1 looked up users unable to log in. */
  readonly retireLookup: (user: string) => Attempt<void>;
  /** Ends the connections of this hook. Never an error. */
  readonly release: T.Task<void>;
}

/** What a deployment has on the backend, as its ledger knows it. */
export interface Holdings {
  readonly owner: string;
  readonly grants: readonly Grant[];
}

/** What a grant has come to. */
export interface Provisioned {
  /** The role, under another name than was wanted where that was somebody else's. */
  readonly user: string;
  /** The database's name on the server. */
  readonly place: string;
  readonly verifier: Secret;
}

/** PgBouncer: this unit's process or processes. */
export interface Pooler {
  /**
   * Puts a configuration in force on every process of this unit and reads it back. Where it is in
   * force already nothing is written or reloaded. `ConfigRejected`, with the previous files back
   * in force, where what is read back is not what was written.
   */
  readonly apply: (configuration: Configuration) => Attempt<'applied' | 'unchanged'>;
  /** Whether what this hook has put in force still looks up users of version 0.1. */
  readonly looksUp: () => boolean;
  /** Logs in as a client would; `LoginRefused` where that fails. */
  readonly admits: (login: Login, database: string) => Attempt<void>;
  /** Ends the connections of this hook. Never an error. */
  readonly release: T.Task<void>;
}

/** Where passwords come from. */
export interface Entropy {
  /** A new password: letters and digits, at least 128 bits. */
  readonly password: () => Secret;
}

/** What `interpret` needs of the world. */
export interface Adapters {
  readonly model: Model;
  readonly backend: Backend;
  readonly pooler: Pooler;
  readonly entropy: Entropy;
  /** Milliseconds on a clock that never goes back, for the durations in a run. */
  readonly clock: () => number;
  /** When, on that clock, the hook is to be over; what is not begun by then is left to the next one. */
  readonly deadline?: number;
}
