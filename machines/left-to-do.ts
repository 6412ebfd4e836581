/**
 * What may be left to do at the end of any hook, whoever was told: the difference between what is
 * wanted and what is, a chart for each kind of it. Docs: `docs/hooks/left-to-do.md`.
 */
import { about, chart, order, relationOfContext, returns } from './hook.ts';
import type { Refusal } from './refusal.ts';

/** A chart that asks nothing: one step after the other. */
function left(id: string, steps: Readonly<Record<string, Ordered>>) {
  const nodes = Object.keys(steps);
  const ordered = Object.entries(steps).map(([node, [label, command]], at) => {
    return [node, order(label, command, nodes[at + 1] ?? 'rtn')] as const;
  });
  return chart(id, { ...Object.fromEntries(ordered), rtn: returns }, id);
}

type Ordered = readonly [label: string, command: Parameters<typeof order>[1]];

/** A departed hook has left its flag, and the relation is gone. */
export const flagLeft = left('flag-left', {
  forget_flag: ['Forget the departing flag', about('ForgetDepartingFlag')],
});

/** Nobody asks any more for what a relation was granted. */
export const userLeft = left('user-left', {
  mark_removing: [
    'Put the removal on record, and take back answer and secrets',
    about('MarkRemoving'),
  ],
});

/** What this unit's PgBouncer serves is not what the ledger says, or nobody has looked yet. */
export const ledgerMoved = left('ledger-moved', {
  update_pg: [
    'Render pgbouncer config from the ledger, reload it where it differs and read it back',
    'ConfigurePooler',
  ],
  confirm: ['Confirm in the unit databag what this unit serves', 'ConfirmServing'],
});

/** A removal is on record, and PgBouncer serves the user no more. */
export const removalBegun = left('removal-begun', {
  delete_user: ['Delete the user from the backend, then its record', about('FinishRemoval')],
});

/** The backend has a role of this deployment that no record speaks of. */
export const roleStrayed = left('role-strayed', {
  delete_role: [
    'Delete the role from the backend',
    (context) => ({
      _tag: 'DeleteStrayRole',
      relation: relationOfContext(context),
      user: context.event?.user ?? '',
    }),
  ],
});

/** A databag shows credentials of a grant that is no more. */
export const answerOutlived = left('answer-outlived', {
  withdraw_answer: ['Take back what the relation databag says', about('WithdrawAnswer')],
});

/** A request cannot be served as it stands. */
export const requestRefused = left('request-refused', {
  record_refusal: [
    'Put the refusal on record and tell the requirer',
    ({ event }) => ({ _tag: 'RecordRefusal', refusal: event?.refusal ?? nothingRefused }),
  ],
});

/** What was refused was put right, or is asked for no more. */
export const refusalOver = left('refusal-over', {
  clear_refusal: ['Strike the refusal from the record', about('ClearRefusal')],
  relieve: ['Tell the requirer that nothing is refused any more', about('RelieveRequirer')],
});

/** The backend has not what was granted, and the request cannot be served as it stands now. */
export const grantDamaged = left('grant-damaged', {
  restore_grant: ['Give again what is on record, as far as it may be given', about('RestoreGrant')],
});

/** Who serves a relation has changed. */
export const connectionMoved = left('connection-moved', {
  update_connection_info: [
    'Update connection information in relation databag',
    about('MoveConnectionInfo'),
  ],
});

/** No unit looks up users any more, as those of version 0.1 did. */
export const lookupIdle = left('lookup-idle', {
  retire_lookup: ['Retire the login that looked up users, and its secret', 'RetireLookup'],
});

/** As before `start`, when no request can be carried out. */
const nothingRefused: Refusal = { _tag: 'RequestWithdrawn', class: 'refused', relation: -1 };
