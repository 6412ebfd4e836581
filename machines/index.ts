/**
 * PgBouncer's hooks as machines, and the words that they speak.
 *
 * @module hookchart/machines
 */
import { certificatesRelationChanged } from './certificates-relation-changed.ts';
import { databasePasswordRenewed } from './database-password-renewed.ts';
import { databaseRelationBroken } from './database-relation-broken.ts';
import { databaseRelationDeparted } from './database-relation-departed.ts';
import { databaseRequested } from './database-requested.ts';
import { leaderElected } from './leader-elected.ts';
import * as left from './left-to-do.ts';
import { pgbPeersRelationChanged } from './pgb-peers-relation-changed.ts';
import { updateStatus } from './update-status.ts';

export * from './certificates-relation-changed.ts';
export * from './database-password-renewed.ts';
export * from './database-relation-broken.ts';
export * from './database-relation-departed.ts';
export * from './database-requested.ts';
export * from './hook.ts';
export * from './leader-elected.ts';
export * from './left-to-do.ts';
export * from './pgb-peers-relation-changed.ts';
export type * from './refusal.ts';
export * from './update-status.ts';
export type * from './vocabulary.ts';

/**
 * Every machine by its name: those of Juju's hooks, then those of what is left to do at their ends.
 *
 * @example
 * ```ts
 * import { nodesOf } from 'hookchart';
 * import { hooks } from 'hookchart/machines';
 *
 * console.log(nodesOf(hooks['database-relation-departed']).map(({ id }) => id).join(' '));
 * // hook_fired update_connection_info is_departing add_flag rtn failed
 * ```
 */
export const hooks = {
  'database-requested': databaseRequested,
  'database-relation-departed': databaseRelationDeparted,
  'database-relation-broken': databaseRelationBroken,
  'database-password-renewed': databasePasswordRenewed,
  'pgb-peers-relation-changed': pgbPeersRelationChanged,
  'leader-elected': leaderElected,
  'update-status': updateStatus,
  'certificates-relation-changed': certificatesRelationChanged,
  'flag-left': left.flagLeft,
  'user-left': left.userLeft,
  'ledger-moved': left.ledgerMoved,
  'removal-begun': left.removalBegun,
  'role-strayed': left.roleStrayed,
  'answer-outlived': left.answerOutlived,
  'request-refused': left.requestRefused,
  'refusal-over': left.refusalOver,
  'grant-damaged': left.grantDamaged,
  'connection-moved': left.connectionMoved,
  'lookup-idle': left.lookupIdle,
} as const;

/** The name of a hook that has a chart, or of what is left to do. */
export type HookName = keyof typeof hooks;
