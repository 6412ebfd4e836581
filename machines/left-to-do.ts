/**
 * What may be left to do at the end of any hook, whoever was told: the difference between what is
 * wanted and what is, a chart for each kind of it. Docs: `docs/hooks/left-to-do.md`.
 */
import { inOrder, relationOf } from './hook.ts';
import type { Refusal } from './refusal.ts';

/** A departed hook has left its flag, and the relation is gone. */
export const flagLeft = inOrder('flag-left', {
  node: 'forget_flag',
  label: 'Forget the departing flag',
  command: (context) => ({ _tag: 'ForgetDepartingFlag', relation: relationOf(context) }),
});

/** Nobody asks any more for what a relation was granted. */
export const userLeft = inOrder('user-left', {
  node: 'mark_removing',
  label: 'Put the removal on record, and take back answer and secrets',
  command: (context) => ({ _tag: 'MarkRemoving', relation: relationOf(context) }),
});

/** What this unit's PgBouncer serves is not what the ledger says, or nobody has looked yet. */
export const ledgerMoved = inOrder(
  'ledger-moved',
  {
    node: 'update_pg',
    label: 'Render pgbouncer config from the ledger, reload it where it differs and read it back',
    command: () => ({ _tag: 'ConfigurePooler' }),
  },
  {
    node: 'confirm',
    label: 'Confirm in the unit databag what this unit serves',
    command: () => ({ _tag: 'ConfirmServing' }),
  },
);

/** A removal is on record, and PgBouncer serves the user no more. */
export const removalBegun = inOrder('removal-begun', {
  node: 'delete_user',
  label: 'Delete the user from the backend, then its record',
  command: (context) => ({ _tag: 'FinishRemoval', relation: relationOf(context) }),
});

/** The backend has a role of this deployment that no record speaks of. */
export const roleStrayed = inOrder('role-strayed', {
  node: 'delete_role',
  label: 'Delete the role from the backend',
  command: (context) => ({
    _tag: 'DeleteStrayRole',
    relation: relationOf(context),
    user: context.event?.user ?? '',
  }),
});

/** A databag shows credentials of a grant that is no more. */
export const answerOutlived = inOrder('answer-outlived', {
  node: 'withdraw_answer',
  label: 'Take back what the relation databag says',
  command: (context) => ({ _tag: 'WithdrawAnswer', relation: relationOf(context) }),
});

/** A request cannot be served as it stands. */
export const requestRefused = inOrder('request-refused', {
  node: 'record_refusal',
  label: 'Put the refusal on record and tell the requirer',
  command: ({ event }) => ({ _tag: 'RecordRefusal', refusal: event?.refusal ?? nothingRefused }),
});

/** What was refused was put right, or is asked for no more. */
export const refusalOver = inOrder(
  'refusal-over',
  {
    node: 'clear_refusal',
    label: 'Strike the refusal from the record',
    command: (context) => ({ _tag: 'ClearRefusal', relation: relationOf(context) }),
  },
  {
    node: 'relieve',
    label: 'Tell the requirer that nothing is refused any more',
    command: (context) => ({ _tag: 'RelieveRequirer', relation: relationOf(context) }),
  },
);

/** The backend has not what was granted, and the request cannot be served as it stands now. */
export const grantDamaged = inOrder('grant-damaged', {
  node: 'restore_grant',
  label: 'Give again what is on record, as far as it may be given',
  command: (context) => ({ _tag: 'RestoreGrant', relation: relationOf(context) }),
});

/** Who serves a relation has changed. */
export const connectionMoved = inOrder('connection-moved', {
  node: 'update_connection_info',
  label: 'Update connection information in relation databag',
  command: (context) => ({ _tag: 'MoveConnectionInfo', relation: relationOf(context) }),
});

/** No unit looks up users any more, as those of version 0.1 did. */
export const lookupIdle = inOrder('lookup-idle', {
  node: 'retire_lookup',
  label: 'Retire the login that looked up users, and its secret',
  command: () => ({ _tag: 'RetireLookup' }),
});

/** As before `start`, when no request can be carried out. */
const nothingRefused: Refusal = { _tag: 'RequestWithdrawn', class: 'refused', relation: -1 };
