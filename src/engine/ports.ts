/**
 * The four worlds a hook touches. An adapter implements one of these interfaces; whatever it cannot
 * do it says as a `HookError`, once, in these words: nothing of a driver or a tool leaks through.
 */
import type * as T from 'fp-ts/lib/Task.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Grant, Login, Secret } from '../../machines/index.ts';
import type { BackendEndpoints, Configuration } from '../domain/configuration.ts';
import type { KeptLogin } from '../domain/ledger.ts';
import type { Audit } from '../domain/reconcile.ts';
import type { Databag } from '../domain/request.ts';
import type { Status } from '../domain/status.ts';
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
  /** Where clients reach this unit's PgBouncer, `host:port`; null while that is not known. */
  readonly endpoint: Attempt<string | null>;
  readonly leader: Attempt<boolean>;
  /** The units that the application is meant to have, by name; one that is going is not among them. */
  readonly plannedUnits: Attempt<readonly string[]>;
  /** The other units in the peer relation. */
  readonly peers: Attempt<readonly string[]>;
  /** The ids of the `database` relations that Juju lists; one that is breaking is not listed. */
  readonly relations: Attempt<readonly number[]>;
  /** The databags in the order asked for; `ModelRefused` where Juju would refuse one. */
  readonly read: (bags: readonly Bag[]) => Attempt<readonly Databag[]>;
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
  /** Makes a secret, or gives the one of that label this content; the result is its id. */
  readonly make: (label: string, content: Databag) => Attempt<string>;
  readonly replace: (id: string, content: Databag) => Attempt<void>;
  /** Lets the remote application of a relation read it; once more changes nothing. */
  readonly grant: (id: string, relation: number) => Attempt<void>;
  /** One that is gone already is no error. */
  readonly remove: (id: string) => Attempt<void>;
}

/** PostgreSQL. Each operation is safe to repeat and may be lost half-way. */
export interface Backend {
  /** True where the primary takes logins and writes. Never an error. */
  readonly ready: T.Task<boolean>;
  /** The server's version, `14.5`. */
  readonly version: Attempt<string>;
  /**
   * Where it listens; known even while it is down. Null before any backend has come, and after the
   * last one went: PgBouncer is left as it is then.
   */
  readonly endpoints: Attempt<BackendEndpoints | null>;
  /** The backend's own spelling of those roles that exist and may be granted, by lower-case name. */
  readonly grantable: (roles: readonly string[]) => Attempt<ReadonlyMap<string, string>>;
  /**
   * Makes the role, the database and the lookup function, or puts right what differs. A password
   * that is in force already MUST NOT be set again. Refuses with `RoleTaken` or `DatabaseTaken`
   * BEFORE anything is done.
   */
  readonly provision: (grant: Grant, auth: Login) => Attempt<Proofs>;
  /**
   * Removes the role: login, sessions, objects, role, in this order. What it owned stays with the
   * database's owner. A role that is not there, or not ours, is no error; `RoleInUse` where the
   * removal must be tried again.
   */
  readonly remove: (grant: Pick<Grant, 'user' | 'owner' | 'relation'>) => Attempt<void>;
  /**
   * Compares the published grants, and the login that looks up users, with what is there: it knows
   * the passwords by their proofs, and MUST NOT count on the passwords themselves.
   */
  readonly audit: (
    owner: string,
    grants: readonly Grant[],
    auth: KeptLogin | null,
  ) => Attempt<Audit>;
  /** Ends the connections of this hook. Never an error. */
  readonly release: T.Task<void>;
}

/** By what the backend knows two passwords again. Nobody can log in with a proof, or guess by it. */
export interface Proofs {
  readonly user: string;
  readonly auth: string;
}

/** PgBouncer: this unit's process or processes. */
export interface Pooler {
  /**
   * Puts a configuration in force on every process of this unit and reads it back. Where it is in
   * force already nothing is written or reloaded. `ConfigRejected`, with the previous files back
   * in force, where what is read back is not what was written.
   */
  readonly apply: (configuration: Configuration) => Attempt<'applied' | 'unchanged'>;
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
}
