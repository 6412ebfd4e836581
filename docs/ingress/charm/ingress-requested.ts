import { relationOf } from 'hookchart';
import { ask, chart, order, returns } from './words.ts';

/** An application says where it is: its route is recorded and served, and then its URL published. */
export const ingressRequested = chart('ingress-requested', {
  is_leader: ask('Is this unit the leader?', 'Leader', { no: 'rtn', yes: 'request' }),
  rtn: returns,
  request: ask(
    'What does the application ask for?',
    ({ event }) => ({ _tag: 'RequestOf', relation: relationOf(event) }),
    { 'a route': 'record', 'what is refused': 'refuse', nothing: 'forget' },
  ),
  record: order(
    'Put its route on record',
    ({ event, learned }) => ({
      _tag: 'PutOnRecord',
      relation: relationOf(event),
      entry: learned.entry,
    }),
    'serve',
  ),
  refuse: order(
    'Put on record why it has none',
    ({ event, learned }) => ({
      _tag: 'PutOnRecord',
      relation: relationOf(event),
      entry: learned.entry,
    }),
    'serve',
  ),
  forget: order(
    'Take its route off the record, and its URL back',
    ({ event }) => ({ _tag: 'PutOnRecord', relation: relationOf(event), entry: null }),
    'serve',
  ),
  serve: order(
    'Write the routes on record, have nginx check them, reload it',
    'ServeRoutes',
    'publish',
  ),
  publish: order(
    'Publish the URLs that every unit serves, take back the others',
    'PublishUrls',
    'rtn2',
  ),
  rtn2: returns,
});
