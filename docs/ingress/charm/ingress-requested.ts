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

/** An application says where it is: its route is recorded and served, and then its URL published. */
export const ingressRequested = hook.createMachine({
  id: 'ingress-requested',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('ingress-requested Hook'),
      on: { start: { target: 'is_leader', actions: 'learn' } },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { no: 'rtn', yes: 'request' },
    },
    rtn: returns,
    request: {
      meta: question('What does the application ask for?'),
      entry: asks((context) => ({ _tag: 'RequestOf', relation: relationOf(context) })),
      on: {
        'a route': { target: 'record', actions: 'learn' },
        'what is refused': { target: 'refuse', actions: 'learn' },
        nothing: 'forget',
      },
    },
    record: {
      meta: step('Put its route on record'),
      entry: asks((context) => ({
        _tag: 'PutOnRecord',
        relation: relationOf(context),
        entry: context.learned.entry,
      })),
      on: { done: 'serve' },
    },
    refuse: {
      meta: step('Put on record why it has none'),
      entry: asks((context) => ({
        _tag: 'PutOnRecord',
        relation: relationOf(context),
        entry: context.learned.entry,
      })),
      on: { done: 'serve' },
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
