/**
 * What PgBouncer's hooks touch beside Juju. An adapter implements one of these interfaces; whatever it cannot
 * do it says as a `HookError`, once, in these words: nothing of a driver or a tool leaks through.
 */
import type * as T from 'fp-ts/lib/Task.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Audit, Grant, Login } from '../../machines/index.ts';
import type { Secret } from '../hook/index.ts';
import type { HookWorld } from '../juju/dispatch.ts';
import type { HookError } from './errors.ts';
import type { BackendEndpoints, Configuration } from './pooler/configuration.ts';
import type { CertificateFacts, RequestedCertificate } from './relation/certificate.ts';

export type Attempt<Result> = TE.TaskEither<HookError, Result>;

/**
 * PostgreSQL. Each operation is safe to repeat and may be lost half-way. Whose a role or a database
 * is the adapter MUST know by what no tenant can write.
 */
export interface Backend {
  /** Succeeds where the primary takes logins and writes; else the `BackendUnavailable` that says why. */
  readonly ready: Attempt<void>;
  /**
   * The same, and what is known of the server, for who asks what would be done: nothing is made for
   * it, and nothing is changed. Left out where being asked whether it is ready makes nothing either.
   */
  readonly look?: Attempt<LookedAt>;
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

/** What a backend says of itself to who only looks. */
export interface LookedAt {
  readonly version: string;
  /** What the deployment lacks there and makes before anything else, in words; empty where nothing. */
  readonly toMake: readonly string[];
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

/** In what one process of a pooler differs from what it is to be. */
export interface PoolerDifference {
  readonly file: string;
  /** Which settings, entries and users, with values where they are no secrets. */
  readonly what: readonly string[];
  /** By what it is put right. */
  readonly by: 'reload' | 'restart' | 'start' | 'end';
}

/** By what one of a pooler's users logs in, and to which of its databases. */
export interface TenantLogin extends Login {
  readonly database: string;
}

/** The same by the user's name; null where nobody knows it. */
export type LoginOf = (user: string) => Promise<TenantLogin | null>;

/** PgBouncer: this unit's process or processes. */
export interface Pooler {
  /**
   * Puts a configuration in force on every process of this unit and reads it back. Where it is in
   * force already nothing is written or reloaded. `ConfigRejected`, with the previous files back
   * in force, where what is read back is not what was written.
   *
   * Where it replaces a user's verifier, `loginOf` says by what that one logs in now. PgBouncer proves
   * to PostgreSQL who somebody is by what the last login has shown it: until there is one by the new
   * password, sessions that are open find no way to PostgreSQL.
   */
  readonly apply: (
    configuration: Configuration,
    loginOf?: LoginOf,
  ) => Attempt<'applied' | 'unchanged'>;
  /**
   * What `apply` would change, nothing being written or reloaded; empty where all of it is in force.
   * Left out where that cannot be told.
   */
  readonly differences?: (configuration: Configuration) => Attempt<readonly PoolerDifference[]>;
  /** Whether what this hook has put in force still looks up users of version 0.1. */
  readonly looksUp: () => boolean;
  /** Logs in as a client would; `LoginRefused` where that fails. */
  readonly admits: (login: Login, database: string) => Attempt<void>;
  /** Ends the connections of this hook. Never an error. */
  readonly release: T.Task<void>;
}

/**
 * This unit as its clients know it: its key, which MUST never leave the unit, and where they come to
 * it. What it has written MUST be there before an attempt succeeds: a hook may be lost at any time.
 */
export interface Identity {
  /** The public half of its key, the same text for the same key; null while there is none. */
  readonly key: Attempt<string | null>;
  /** The names and addresses by which clients come to it, sorted. */
  readonly names: Attempt<readonly string[]>;
  /** A new request for a certificate for these, by the key, which is made where there is none. */
  readonly request: (
    names: readonly string[],
  ) => Attempt<Pick<RequestedCertificate, 'request' | 'key'>>;
  /** Deletes the key. That nothing in force needs it is for the caller to know. */
  readonly forget: Attempt<void>;
  /** What a certificate says, given those that came with it; null where it cannot be read. */
  readonly examine: (
    certificate: string,
    authorities: readonly string[],
  ) => CertificateFacts | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Where passwords come from. */
export interface Entropy {
  /** A new password: letters and digits, at least 128 bits. */
  readonly password: () => Secret;
}

/** What PgBouncer's hooks need of the world. */
export interface Adapters extends HookWorld, Outside {
  readonly clock: () => number;
}

/** What they need beside Juju. */
export interface Outside {
  readonly backend: Backend;
  readonly pooler: Pooler;
  readonly entropy: Entropy;
  /** Left out where clients come without TLS whatever is related. */
  readonly identity?: Identity;
  readonly clock: () => number;
}
