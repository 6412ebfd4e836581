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

/** A unit leads: it is the endpoint for writing, and answers for all that the last leader left undone. */
export const leaderElected = hook.createMachine({
  id: 'leader-elected',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('leader-elected Hook'),
      on: { start: { target: 'is_leader', actions: 'learn' } },
    },
    is_leader: {
      meta: question('Is this unit still the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { no: 'rtn', yes: 'update_pg' },
    },
    rtn: returns,
    update_pg: {
      meta: step('Render pgbouncer config from the ledger, reload it and read it back'),
      entry: asks(() => ({ _tag: 'ConfigurePooler' })),
      on: { done: { target: 'update_connections', actions: 'learn' } },
    },
    update_connections: {
      meta: step('Publish this unit as the endpoint of every relation'),
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
