/** What PgBouncer's hooks ask, order and learn. */
import type * as kit from '../src/hook/index.ts';
import type { Secret } from '../src/hook/index.ts';
import type { Refusal } from './refusal.ts';

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
  /**
   * By which authorities clients verify the units that are named, each by a mark of it; missing where
   * clients come without TLS.
   */
  readonly authorities?: string;
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

/** What a backend was found to hold for this deployment. */
export interface Audit {
  /** Roles of relations that are not published. */
  readonly orphans: readonly { readonly relation: number; readonly user: string }[];
  /** Published relations whose role, rights or database are not as they were granted. */
  readonly damaged: readonly { readonly relation: number; readonly what: string }[];
}

/** What starts a machine: what Juju called for, or what was found to be left to do. */
export interface HookEvent {
  /** Only where it is about a relation that asks for a database. */
  readonly relation?: number;
  /** The unit that Juju says is leaving; only in departed. */
  readonly departingUnit?: string;
  /** Why the request cannot be served; only where that is to be put on record. */
  readonly refusal?: Refusal;
  /** The role that no record speaks of; only where it is to be deleted. */
  readonly user?: string;
  /** What was found not to be as it was granted; only where that is why it is granted again. */
  readonly damage?: string;
}

/** A question's answer is the label of an edge. */
export type Question =
  | { readonly _tag: 'BackendReady' }
  | { readonly _tag: 'Leader' }
  | { readonly _tag: 'BackendReadyAndLeader' }
  | { readonly _tag: 'UnitDeparting'; readonly departingUnit: string | null }
  | { readonly _tag: 'DepartingFlagged'; readonly relation: number }
  | { readonly _tag: 'CertificateWanted' | 'CertificateRevoked' | 'CertificateAsked' };

/**
 * A command's answer is `done`. A command MUST be safe to repeat, and MUST NOT count on what an
 * earlier command of the same hook wrote to Juju: those writes are lost with the process, while
 * the machine may go on from a stored state. What it needs it carries.
 */
export type Command =
  | { readonly _tag: 'GetUser' | 'RenewPassword'; readonly relation: number }
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
  /** What is left to do for one relation, at the end of any hook. */
  | {
      readonly _tag:
        | 'ForgetDepartingFlag'
        | 'MarkRemoving'
        | 'FinishRemoval'
        | 'WithdrawAnswer'
        | 'ClearRefusal'
        | 'RelieveRequirer'
        | 'RestoreGrant'
        | 'MoveConnectionInfo';
      readonly relation: number;
    }
  | { readonly _tag: 'DeleteStrayRole'; readonly relation: number; readonly user: string }
  | { readonly _tag: 'RecordRefusal'; readonly refusal: Refusal }
  /** This unit's certificate, by which clients verify it. */
  | {
      readonly _tag: 'RequestCertificate' | 'TakeCertificate' | 'ForgetCertificate' | 'DeleteKey';
    }
  /** What concerns this unit, or all relations: its PgBouncer, what it confirms, what is published. */
  | {
      readonly _tag:
        | 'ConfigurePooler'
        | 'ConfirmServing'
        | 'UpdateConnections'
        | 'AuditBackend'
        | 'RetireLookup';
    };

/** What the answers teach; null until then. */
export interface Learned {
  /** Whom `get_user` is about. */
  readonly granted: Granted | null;
  /** What the backend was found to hold, where it was asked. */
  readonly audit: Audit | null;
}

/** All of it, as the kit takes it. */
export interface PgbouncerWords {
  readonly question: Question;
  readonly command: Command;
  readonly learned: Learned;
  readonly event: HookEvent;
}

/** What a machine of PgBouncer's asks of who runs it: a question or a command. */
export type Request = kit.Request<PgbouncerWords>;
/** What it is answered: what the answer is called on the chart, and what it teaches. */
export type Answer = kit.Answer<PgbouncerWords>;
/** What a machine knows: the event that started it, and what it has learned since. */
export type Context = kit.Context<PgbouncerWords>;
/** Where one of the hooks stands. */
export type State = kit.SecretState<PgbouncerWords>;
/** A machine of one of PgBouncer's hooks, or of what was left to do. */
export type HookMachine = kit.HookMachine<PgbouncerWords>;
