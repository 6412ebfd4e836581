import { ask, chart, order, returns } from './words.ts';

/** The record has changed, or enough time gone by: every unit serves what is on record. */
export const refresh = chart('refresh', {
  is_leader: ask('Is this unit the leader?', 'Leader', { no: 'serve', yes: 'review' }),
  serve: order(
    'Write the routes on record, have nginx check them, reload it',
    'ServeRoutes',
    'rtn',
  ),
  rtn: returns,
  review: order('Hold every request against the record', 'ReviewRequests', 'serve_too'),
  serve_too: order(
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
