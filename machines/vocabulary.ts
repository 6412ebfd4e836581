/**
 * The words of the conversation. A machine asks for one thing at a time, as data, and is told the
 * answer; everything else in hookchart depends on these types, and they depend on nothing.
 */

/** A value that MUST NOT be shown: whatever is printed replaces the whole object by a mask. */
export interface Secret {
  readonly secret: string;
}

/** A role and its password, as a client or the pooler itself logs in. */
export interface Login {
  readonly user: string;
  readonly password: Secret;
}

/** Where clients reach the poolers: comma-separated `host:port`; null while nothing is known. */
export interface ConnectionInfo {
  readonly endpoints: string | null;
  readonly readOnlyEndpoints: string;
  /** The version of PostgreSQL behind the pooler, `14.5`; null while the backend has not said. */
  readonly version: string | null;
}

/** What the relation's application has been given: one user on one database. */
export interface Grant {
  readonly relation: number;
  readonly state: 'provisioning' | 'published' | 'removing';
  readonly user: string;
  /** As it is asked for, and as clients of PgBouncer call it. */
  readonly database: string;
  /** Its name on the server, where somebody else has taken the other; null before it was made. */
  readonly place: string | null;
  /** Attributes in upper case (`CREATEDB`), then backend roles as the backend spells them. */
  readonly attributes: readonly string[];
  readonly roles: readonly string[];
  /**
   * Null where a Juju secret keeps it, and once the removal has begun: nothing keeps a password that
   * nobody may use.
   */
  readonly password: Secret | null;
  /** The Juju secrets that were made for the relation: their ids by group, `user` or `tls`. */
  readonly secrets: Readonly<Record<string, string>>;
  /**
   * The SCRAM verifier of the password, as PostgreSQL and every PgBouncer have it; null before the
   * backend was given one. Nobody can log in with it, but a stolen one shortens the guessing.
   */
  readonly verifier: Secret | null;
  /** The request within the relation, where the requirer speaks v1 of the interface; else null. */
  readonly requestId: string | null;
  /** Who made the role: two deployments on one PostgreSQL must not take over each other's. */
  readonly owner: string;
  /** What the relation databag says at present; null until something was published. */
  readonly published: ConnectionInfo | null;
  readonly error: string | null;
}

/** What `get_user` found out. */
export interface Granted {
  readonly grant: Grant;
}

/** The hook event that starts a machine. */
export interface HookEvent {
  /** Only in the hooks of a relation that asks for a database. */
  readonly relation?: number;
  /** The unit that Juju says is leaving; only in departed. */
  readonly departingUnit?: string;
}

/** A question's answer is the label of an edge. */
export type Question =
  | { readonly _tag: 'BackendReady' }
  | { readonly _tag: 'Leader' }
  | { readonly _tag: 'BackendReadyAndLeader' }
  | { readonly _tag: 'UnitDeparting'; readonly departingUnit: string | null }
  | { readonly _tag: 'DepartingFlagged'; readonly relation: number };

/**
 * A command's answer is `done`. A command MUST be safe to repeat, and MUST NOT count on what an
 * earlier command of the same hook wrote to Juju: those writes are lost with the process, while
 * the machine may go on from a stored state. What it needs it carries.
 */
export type Command =
  | { readonly _tag: 'GetUser'; readonly relation: number }
  | {
      readonly _tag: 'CreateUserAndDatabase' | 'AddUser' | 'UpdatePgbouncer' | 'UpdateDatabag';
      readonly relation: number;
      /** Null only where nothing was taught, as in a plan. */
      readonly granted: Granted | null;
    }
  | {
      readonly _tag: 'UpdateConnectionInfo' | 'AddDepartingFlag' | 'RemoveData' | 'DeleteUser';
      readonly relation: number;
    }
  /** What concerns this unit, or all relations: its PgBouncer, what it confirms, what is published. */
  | {
      readonly _tag: 'ConfigurePooler' | 'ConfirmServing' | 'UpdateConnections' | 'AuditBackend';
    };

/** Where a hook rests for good. */
export type End =
  | { readonly _tag: 'Defer' }
  | { readonly _tag: 'Return' }
  | { readonly _tag: 'Failed'; readonly failure: Failure | null };

export type Request = Question | Command | End;

/**
 * Why a request could not be answered. The class says what happens next: `unavailable` defers the
 * hook, `refused` ends it well with the refusal on record, `broken` fails it so that Juju repeats it.
 */
export interface Failure {
  readonly _tag: string;
  readonly class: 'unavailable' | 'refused' | 'broken';
}

export type Answer =
  | { readonly _tag: 'Yes' }
  | { readonly _tag: 'No' }
  | { readonly _tag: 'Done'; readonly granted?: Granted }
  | { readonly _tag: 'Failed'; readonly failure: Failure };

/** What an answer says to the machine: XState's event, named like the edge. */
export type Signal =
  | { readonly type: 'start'; readonly event: HookEvent }
  | { readonly type: 'yes' }
  | { readonly type: 'no' }
  | { readonly type: 'done'; readonly granted?: Granted }
  | { readonly type: 'failed'; readonly failure: Failure };

/** The event and what the answers taught. Control never reads it. */
export interface Context {
  /** Null until `start`. */
  readonly event: HookEvent | null;
  readonly granted: Granted | null;
  readonly failure: Failure | null;
}
