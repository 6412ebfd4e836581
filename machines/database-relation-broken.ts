import {
  asks,
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

/** The relation is gone: so are its user, its configuration and its secrets, or the ledger says why not yet. */
export const databaseRelationBroken = hook.createMachine({
  id: 'database-relation-broken',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('database-relation-broken Hook'),
      on: { start: { target: 'update_connection_info', actions: 'learn' } },
    },
    update_connection_info: {
      meta: step('Update connection information in relation databag'),
      entry: asks((context) => ({ _tag: 'UpdateConnectionInfo', relation: relationOf(context) })),
      on: { done: { target: 'is_backend_and_leader', actions: 'learn' } },
    },
    is_backend_and_leader: {
      meta: question('Is the backend ready, and is this unit the leader?'),
      entry: asks(() => ({ _tag: 'BackendReadyAndLeader' })),
      on: { no: 'rtn', yes: 'is_departing' },
    },
    rtn: returns,
    is_departing: {
      meta: question('Is this unit departing, according to the flag set in the departed hook?'),
      entry: asks((context) => ({ _tag: 'DepartingFlagged', relation: relationOf(context) })),
      on: { yes: 'rtn2', no: 'remove_data' },
    },
    rtn2: returns,
    remove_data: {
      meta: step('Remove user and database from pgb config'),
      entry: asks((context) => ({ _tag: 'RemoveData', relation: relationOf(context) })),
      on: { done: { target: 'delete_user', actions: 'learn' } },
    },
    delete_user: {
      meta: step('Delete user from backend charm'),
      entry: asks((context) => ({ _tag: 'DeleteUser', relation: relationOf(context) })),
      on: { done: { target: 'rtn3', actions: 'learn' } },
    },
    rtn3: returns,
    failed: fails,
  },
});
