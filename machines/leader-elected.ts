import { ask, chart, order, returns } from './hook.ts';

/** A unit leads: it is the endpoint for writing, and answers for all that the last leader left undone. */
export const leaderElected = chart('leader-elected', {
  is_leader: ask('Is this unit still the leader?', 'Leader', { no: 'rtn', yes: 'update_pg' }),
  rtn: returns,
  update_pg: order(
    'Render pgbouncer config from the ledger, reload it and read it back',
    'ConfigurePooler',
    'update_connections',
  ),
  update_connections: order(
    'Publish this unit as the endpoint of every relation',
    'UpdateConnections',
    'is_backend_ready',
  ),
  is_backend_ready: ask('Is backend database ready?', 'BackendReady', { no: 'rtn2', yes: 'audit' }),
  rtn2: returns,
  audit: order('Compare the roles of the backend with the ledger', 'AuditBackend', 'rtn3'),
  rtn3: returns,
});
