import { ask, chart, order, returns } from './hook.ts';

/** The ledger or another unit moved: this unit follows and says so, and the leader publishes who serves. */
export const pgbPeersRelationChanged = chart('pgb-peers-relation-changed', {
  update_pg: order(
    'Render pgbouncer config from the ledger, reload it and read it back',
    'ConfigurePooler',
    'confirm',
  ),
  confirm: order(
    'Confirm in the unit databag what this unit serves',
    'ConfirmServing',
    'is_leader',
  ),
  is_leader: ask('Is this unit the leader?', 'Leader', { no: 'rtn', yes: 'update_connections' }),
  rtn: returns,
  update_connections: order(
    'Update connection information of every relation',
    'UpdateConnections',
    'rtn2',
  ),
  rtn2: returns,
});
