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

/** Nobody was told anything: the unit looks at its own PgBouncer, and the leader at the backend. */
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
      on: { done: { target: 'is_backend_and_leader', actions: 'learn' } },
    },
    is_backend_and_leader: {
      meta: question('Is the backend ready, and is this unit the leader?'),
      entry: asks(() => ({ _tag: 'BackendReadyAndLeader' })),
      on: { no: 'rtn', yes: 'audit' },
    },
    rtn: returns,
    audit: {
      meta: step('Compare the roles of the backend with the ledger'),
      entry: asks(() => ({ _tag: 'AuditBackend' })),
      on: { done: { target: 'rtn2', actions: 'learn' } },
    },
    rtn2: returns,
    failed: fails,
  },
});
