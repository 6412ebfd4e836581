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

/** An operator has a relation's password replaced: the user, every pooler and the requirer get another. */
export const databasePasswordRenewed = hook.createMachine({
  id: 'database-password-renewed',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('database-password-renewed Hook'),
      on: { start: { target: 'is_backend_ready', actions: 'learn' } },
    },
    is_backend_ready: {
      meta: question('Is backend database ready, and is this unit the leader?'),
      entry: asks(() => ({ _tag: 'BackendReadyAndLeader' })),
      on: { no: 'rtn', yes: 'renew_password' },
    },
    rtn: returns,
    renew_password: {
      meta: step('Give the user another password, in the backend and where it is kept'),
      entry: asks((context) => ({ _tag: 'RenewPassword', relation: relationOf(context) })),
      on: { done: { target: 'update_pg', actions: 'learn' } },
    },
    update_pg: {
      meta: step('Update pgbouncer config with the new verifier'),
      entry: asks((context) => ({
        _tag: 'UpdatePgbouncer',
        relation: relationOf(context),
        granted: context.learned.granted,
      })),
      on: { done: { target: 'update_databag', actions: 'learn' } },
    },
    update_databag: {
      meta: step('Update relation databag with the new credentials'),
      entry: asks((context) => ({
        _tag: 'UpdateDatabag',
        relation: relationOf(context),
        granted: context.learned.granted,
      })),
      on: { done: { target: 'rtn2', actions: 'learn' } },
    },
    rtn2: returns,
    failed: fails,
  },
});
