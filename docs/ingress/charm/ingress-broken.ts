import { relationOf } from 'hookchart';
import { ask, chart, order, returns } from './words.ts';

/** An application leaves: its route goes off the record, and its block out of nginx. */
export const ingressBroken = chart('ingress-broken', {
  is_leader: ask('Is this unit the leader?', 'Leader', { no: 'serve', yes: 'unit_leaves' }),
  unit_leaves: ask('Is it this unit that leaves, and not the application?', 'UnitLeaves', {
    yes: 'serve',
    no: 'forget',
  }),
  forget: order(
    'Take its route off the record, and its URL back',
    ({ event }) => ({ _tag: 'PutOnRecord', relation: relationOf(event), entry: null }),
    'serve',
  ),
  serve: order('Write the other routes, have nginx check them, reload it', 'ServeRoutes', 'rtn'),
  rtn: returns,
});
