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
} from './words.ts';

/** The record has changed, or enough time gone by: every unit serves what is on record. */
export const refresh = hook.createMachine({
  id: 'refresh',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('refresh Hook'),
      on: { start: { target: 'is_leader', actions: 'learn' } },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { no: 'serve', yes: 'review' },
    },
    serve: {
      meta: step('Write the routes on record, have nginx check them, reload it'),
      entry: asks(() => ({ _tag: 'ServeRoutes' })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    review: {
      meta: step('Hold every request against the record'),
      entry: asks(() => ({ _tag: 'ReviewRequests' })),
      on: { done: 'serve_too' },
    },
    serve_too: {
      meta: step('Write the routes on record, have nginx check them, reload it'),
      entry: asks(() => ({ _tag: 'ServeRoutes' })),
      on: { done: 'publish' },
    },
    publish: {
      meta: step('Publish the URLs that every unit serves, take back the others'),
      entry: asks(() => ({ _tag: 'PublishUrls' })),
      on: { done: 'rtn2' },
    },
    rtn2: returns,
    failed: fails,
  },
});
