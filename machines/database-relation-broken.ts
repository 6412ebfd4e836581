import { about, ask, chart, order, returns } from './hook.ts';

/** The relation is gone: so are its user, its configuration and its secrets, or the ledger says why not yet. */
export const databaseRelationBroken = chart('database-relation-broken', {
  update_connection_info: order(
    'Update connection information in relation databag',
    about('UpdateConnectionInfo'),
    'is_backend_and_leader',
  ),
  is_backend_and_leader: ask(
    'Is the backend ready, and is this unit the leader?',
    'BackendReadyAndLeader',
    { no: 'rtn', yes: 'is_departing' },
  ),
  rtn: returns,
  is_departing: ask(
    'Is this unit departing, according to the flag set in the departed hook?',
    about('DepartingFlagged'),
    { yes: 'rtn2', no: 'remove_data' },
  ),
  rtn2: returns,
  remove_data: order(
    'Remove user and database from pgb config',
    about('RemoveData'),
    'delete_user',
  ),
  delete_user: order('Delete user from backend charm', about('DeleteUser'), 'rtn3'),
  rtn3: returns,
});
