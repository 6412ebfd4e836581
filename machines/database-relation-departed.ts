import { about, ask, chart, order, returns } from './hook.ts';

/** A unit leaves the relation: the endpoints are put right, and a dying unit remembers that it goes. */
export const databaseRelationDeparted = chart('database-relation-departed', {
  update_connection_info: order(
    'Update connection information in relation databag',
    about('UpdateConnectionInfo'),
    'is_departing',
  ),
  is_departing: ask(
    'Is this unit departing from the relation during this hook?',
    ({ event }) => ({ _tag: 'UnitDeparting', departingUnit: event?.departingUnit ?? null }),
    { yes: 'add_flag', no: 'rtn' },
  ),
  add_flag: order(
    "Add departing flag so this unit knows that it's being removed if the relation-broken hook fires after this.",
    about('AddDepartingFlag'),
    'rtn',
  ),
  rtn: returns,
});
