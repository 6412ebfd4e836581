/**
 * PgBouncer's hooks as machines, and the words that they speak.
 *
 * @module hookchart/machines
 */
import { databaseRelationBroken } from './database-relation-broken.ts';
import { databaseRelationDeparted } from './database-relation-departed.ts';
import { databaseRequested } from './database-requested.ts';
import { leaderElected } from './leader-elected.ts';
import { pgbPeersRelationChanged } from './pgb-peers-relation-changed.ts';
import { updateStatus } from './update-status.ts';

export {
  asks,
  defers,
  fails,
  hook,
  nothingLearned,
  onFailure,
  question,
  relationOf,
  returns,
  step,
  terminal,
} from './hook.ts';
export type * from './vocabulary.ts';
export {
  databaseRelationBroken,
  databaseRelationDeparted,
  databaseRequested,
  leaderElected,
  pgbPeersRelationChanged,
  updateStatus,
};

/** Every hook machine by the name of its hook. */
export const hooks = {
  'database-requested': databaseRequested,
  'database-relation-departed': databaseRelationDeparted,
  'database-relation-broken': databaseRelationBroken,
  'pgb-peers-relation-changed': pgbPeersRelationChanged,
  'leader-elected': leaderElected,
  'update-status': updateStatus,
} as const;

/** The name of a hook that has a chart. */
export type HookName = keyof typeof hooks;
