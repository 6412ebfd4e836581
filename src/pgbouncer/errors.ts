import { given } from '../hook/index.ts';
import { isJujuError, type JujuError, renderJuju, render as renderOther } from '../juju/errors.ts';
import type { EndpointInvalid } from './pooler/configuration.ts';
import type { LedgerUnreadable } from './relation/ledger.ts';
import { type Refusal, renderRefusal } from './relation/refusal.ts';

/** The world is not ready: the hook defers, and the same event comes back. */
export type Unavailable = { readonly class: 'unavailable' } & (
  | { readonly _tag: 'BackendUnavailable'; readonly where: string; readonly why: string }
  | {
      readonly _tag: 'RoleInUse';
      readonly role: string;
      readonly why: string;
      /** Whether nobody logs in with it any more, which whoever holds it can keep from being done. */
      readonly isLockedOut: boolean;
    }
  | { readonly _tag: 'PoolerUnavailable'; readonly where: string; readonly why: string }
  /** They are still to be configured for a relation whose clients may come to any of them. */
  | { readonly _tag: 'UnitsLag'; readonly relation: number; readonly units: readonly string[] }
  /** It does not run before an operator has seen to it: the unit is blocked, the hook comes back. */
  | { readonly _tag: 'PoolerUnusable'; readonly where: string; readonly why: string }
  | {
      readonly _tag: 'LoginRefused';
      readonly user: string;
      readonly database: string;
      readonly why: string;
    }
);

/** Our side failed: the hook exits non-zero, nothing is committed, and Juju repeats it. */
export type Broken =
  | EndpointInvalid
  | LedgerUnreadable
  | ({ readonly class: 'broken' } & (
      | {
          readonly _tag: 'SqlFailed';
          /** What the statement was for; its text may hold what nobody should read. */
          readonly statement: string;
          readonly sqlState: string;
          readonly message: string;
        }
      | { readonly _tag: 'ConfigRejected'; readonly file: string; readonly why: string }
      | { readonly _tag: 'NothingGranted'; readonly command: string; readonly relation: number }
    ));

/** Everything that can keep a hook from its end, in three classes named by what happens next. */
export type HookError = Refusal | Unavailable | Broken | JujuError;

/** An error as text: what failed, then what to do. */
export function render(error: HookError): string {
  given('render', 'the error', error, { _tag: 'text' });
  if (isJujuError(error)) return renderJuju(error);
  switch (error._tag) {
    case 'RequestWithdrawn':
    case 'RequestInvalid':
    case 'RequestChanged':
    case 'RoleNotAllowed':
    case 'RoleNotGrantable':
    case 'RoleTaken':
    case 'DatabaseTaken':
    case 'NotAccepted':
      return renderRefusal(error);
    case 'BackendUnavailable':
      return `PostgreSQL at ${error.where} is not available (${error.why}); the hook is deferred until it is`;
    case 'RoleInUse':
      return `role ${error.role} cannot be removed yet (${error.why}); it can ${error.isLockedOut ? 'no longer' : 'still'} log in, and the removal is tried again`;
    case 'PoolerUnavailable':
      return `PgBouncer at ${error.where} does not answer (${error.why}); start it, the hook is deferred until then`;
    case 'PoolerUnusable':
      return `PgBouncer cannot run at ${error.where}: ${error.why}; the hook is deferred until it can`;
    case 'UnitsLag':
      return `relation ${error.relation} waits for ${error.units.join(', ')} to serve it, since its clients may come to any unit; nothing was published, the hook is deferred until then`;
    case 'LoginRefused':
      return `${error.user} cannot log in to ${error.database} through this unit (${error.why}); nothing was published, the hook is deferred`;
    case 'EndpointInvalid':
      return `"${error.endpoint}" is no endpoint that PgBouncer could use; correct the backend's host and port`;
    case 'LedgerUnreadable':
      return `the peer databag's key ${error.key} cannot be read: ${error.why}; upgrade this unit, or repair the key`;
    case 'SqlFailed':
      return `PostgreSQL failed to ${error.statement}: ${error.message} (SQLSTATE ${error.sqlState})`;
    case 'ConfigRejected':
      return `PgBouncer did not take ${error.file}: ${error.why}; the previous files are back in force`;
    case 'NothingGranted':
      return `${error.command} has nothing to work on: get_user taught nothing for relation ${error.relation}, and the ledger has no record of it`;
    default:
      // One of another charm: it says of itself what it can.
      return renderOther(error);
  }
}
