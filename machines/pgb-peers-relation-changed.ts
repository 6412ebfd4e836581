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

/** The ledger or another unit moved: this unit follows and says so, and the leader publishes who serves. */
export const pgbPeersRelationChanged = hook.createMachine({
  id: 'pgb-peers-relation-changed',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('pgb-peers-relation-changed Hook'),
      on: { start: { target: 'update_pg', actions: 'learn' } },
    },
    update_pg: {
      meta: step('Render pgbouncer config from the ledger, reload it and read it back'),
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
      on: { done: { target: 'rtn2', actions: 'learn' } },
    },
    rtn2: returns,
    failed: fails,
  },
});
