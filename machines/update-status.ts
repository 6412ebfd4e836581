import {
  asks,
  fails,
  hook,
  nothingLearned,
  onFailure,
  question,
  returns,
  step,
  terminal,
} from './hook.ts';

/** Nobody was told anything: the unit looks at its own PgBouncer, and the leader at the rest. */
export const updateStatus = hook.createMachine({
  id: 'update-status',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('update-status Hook'),
      on: { start: { target: 'update_pg', actions: 'learn' } },
    },
    update_pg: {
      meta: step(
        'Render pgbouncer config from the ledger, reload it where it differs and read it back',
      ),
      entry: asks(() => ({ _tag: 'ConfigurePooler' })),
      on: { done: { target: 'confirm', actions: 'learn' } },
    },
    confirm: {
      meta: step('Confirm in the unit databag what this unit serves'),
      entry: asks(() => ({ _tag: 'ConfirmServing' })),
      on: { done: { target: 'is_leader', actions: 'learn' } },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { no: 'rtn', yes: 'update_connections' },
    },
    rtn: returns,
    update_connections: {
      meta: step('Update connection information of every relation'),
      entry: asks(() => ({ _tag: 'UpdateConnections' })),
      on: { done: { target: 'is_backend_ready', actions: 'learn' } },
    },
    is_backend_ready: {
      meta: question('Is backend database ready?'),
      entry: asks(() => ({ _tag: 'BackendReady' })),
      on: { no: 'rtn2', yes: 'audit' },
    },
    rtn2: returns,
    audit: {
      meta: step('Compare the roles of the backend with the ledger'),
      entry: asks(() => ({ _tag: 'AuditBackend' })),
      on: { done: { target: 'rtn3', actions: 'learn' } },
    },
    rtn3: returns,
    failed: fails,
  },
});
