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
} from './words.ts';

/** An application leaves: its route goes off the record, and its block out of nginx. */
export const ingressBroken = hook.createMachine({
  id: 'ingress-broken',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('ingress-broken Hook'),
      on: { start: { target: 'is_leader', actions: 'learn' } },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { no: 'serve', yes: 'unit_leaves' },
    },
    unit_leaves: {
      meta: question('Is it this unit that leaves, and not the application?'),
      entry: asks(() => ({ _tag: 'UnitLeaves' })),
      on: { yes: 'serve', no: 'forget' },
    },
    forget: {
      meta: step('Take its route off the record, and its URL back'),
      entry: asks((context) => ({
        _tag: 'PutOnRecord',
        relation: relationOf(context),
        entry: null,
      })),
      on: { done: 'serve' },
    },
    serve: {
      meta: step('Write the other routes, have nginx check them, reload it'),
      entry: asks(() => ({ _tag: 'ServeRoutes' })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    failed: fails,
  },
});
