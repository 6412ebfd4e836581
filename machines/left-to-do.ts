/**
 * What may be left to do at the end of any hook, whoever was told: the difference between what is
 * wanted and what is, a chart for each kind of it. Docs: `docs/hooks/left-to-do.md`.
 */
import { about, chart, order, relationOf, returns } from './hook.ts';
import type { Refusal } from './refusal.ts';

const left = (id: string, steps: Parameters<typeof chart>[1]) =>
  chart(id, { ...steps, rtn: returns }, id);

/** A departed hook has left its flag, and the relation is gone. */
export const flagLeft = left('flag-left', {
  forget_flag: order('Forget the departing flag', about('ForgetDepartingFlag'), 'rtn'),
});

/** Nobody asks any more for what a relation was granted. */
export const userLeft = left('user-left', {
  mark_removing: order(
    'Put the removal on record, and take back answer and secrets',
    about('MarkRemoving'),
    'rtn',
  ),
});

/** What this unit's PgBouncer serves is not what the ledger says, or nobody has looked yet. */
export const ledgerMoved = left('ledger-moved', {
  update_pg: order(
    'Render pgbouncer config from the ledger, reload it where it differs and read it back',
    'ConfigurePooler',
    'confirm',
  ),
  confirm: order('Confirm in the unit databag what this unit serves', 'ConfirmServing', 'rtn'),
});

/** A removal is on record, and PgBouncer serves the user no more. */
export const removalBegun = left('removal-begun', {
  delete_user: order(
    'Delete the user from the backend, then its record',
    about('FinishRemoval'),
    'rtn',
  ),
});

/** The backend has a role of this deployment that no record speaks of. */
export const roleStrayed = left('role-strayed', {
  delete_role: order(
    'Delete the role from the backend',
    (context) => ({
      _tag: 'DeleteStrayRole',
      relation: relationOf(context),
      user: context.event?.user ?? '',
    }),
    'rtn',
  ),
});

/** A databag shows credentials of a grant that is no more. */
export const answerOutlived = left('answer-outlived', {
  withdraw_answer: order(
    'Take back what the relation databag says',
    about('WithdrawAnswer'),
    'rtn',
  ),
});

/** A request cannot be served as it stands. */
export const requestRefused = left('request-refused', {
  record_refusal: order(
    'Put the refusal on record and tell the requirer',
    ({ event }) => ({ _tag: 'RecordRefusal', refusal: event?.refusal ?? nothingRefused }),
    'rtn',
  ),
});

/** What was refused was put right, or is asked for no more. */
export const refusalOver = left('refusal-over', {
  clear_refusal: order('Strike the refusal from the record', about('ClearRefusal'), 'relieve'),
  relieve: order(
    'Tell the requirer that nothing is refused any more',
    about('RelieveRequirer'),
    'rtn',
  ),
});

/** The backend has not what was granted, and the request cannot be served as it stands now. */
export const grantDamaged = left('grant-damaged', {
  restore_grant: order(
    'Give again what is on record, as far as it may be given',
    about('RestoreGrant'),
    'rtn',
  ),
});

/** Who serves a relation has changed. */
export const connectionMoved = left('connection-moved', {
  update_connection_info: order(
    'Update connection information in relation databag',
    about('MoveConnectionInfo'),
    'rtn',
  ),
});

/** No unit looks up users any more, as those of version 0.1 did. */
export const lookupIdle = left('lookup-idle', {
  retire_lookup: order(
    'Retire the login that looked up users, and its secret',
    'RetireLookup',
    'rtn',
  ),
});

/** As before `start`, when no request can be carried out. */
const nothingRefused: Refusal = { _tag: 'RequestWithdrawn', class: 'refused', relation: -1 };
