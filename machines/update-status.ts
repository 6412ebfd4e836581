import { ask, chart, order, returns } from './hook.ts';

/** Nobody was told anything: the unit looks at its own PgBouncer, and the leader at the rest. */
export const updateStatus = chart('update-status', {
  update_pg: order(
    'Render pgbouncer config from the ledger, reload it where it differs and read it back',
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
    'is_backend_ready',
  ),
  is_backend_ready: ask('Is backend database ready?', 'BackendReady', { no: 'rtn2', yes: 'audit' }),
  rtn2: returns,
  audit: order('Compare the roles of the backend with the ledger', 'AuditBackend', 'rtn3'),
  rtn3: returns,
});
