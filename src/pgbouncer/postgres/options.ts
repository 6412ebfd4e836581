import type { HostPort } from '../relation/host-port.ts';
import type { Tls } from '../wire/index.ts';

/** Where the server is, who logs in, and how long anything may take. */
export interface PostgresOptions extends HostPort {
  /** A login with CREATEROLE and CREATEDB, or a superuser, who makes such a login first. */
  readonly user: string;
  readonly password: string;
  /** Which deployment this is: the same for all its units, and unlike any other's. */
  readonly owner: string;
  /** Which login is tried first: the one that is given, or the one that a superuser has made; `given` unless told otherwise. */
  readonly preferred?: 'given' | 'own';
  /** Whether a home is made where there is none, as for a deployment that begins; true by default. */
  readonly settles?: boolean;
  /** The database into which the given login may always log in; `postgres` unless told otherwise. */
  readonly database?: string;
  /** How the server proves who it is; by default TLS is used where it is offered, and verifies nobody. */
  readonly tls?: Tls;
  /** Where replicas listen, as seen from the poolers; may change between hooks. */
  readonly replicas?: () => readonly HostPort[];
  /** Milliseconds to wait for a connection; 5,000 by default. */
  readonly connectTimeout?: number;
  /** Milliseconds to wait for a lock: another unit's, or a client's on its tables; 5,000 by default. */
  readonly lockTimeout?: number;
  /** Milliseconds that one statement may take; 20,000 by default. */
  readonly statementTimeout?: number;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}
