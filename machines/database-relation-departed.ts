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
} from './hook.ts';

/** A unit leaves the relation: the endpoints are put right, and a dying unit remembers that it goes. */
export const databaseRelationDeparted = hook.createMachine({
  id: 'database-relation-departed',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('database-relation-departed Hook'),
      on: { start: { target: 'update_connection_info', actions: 'learn' } },
    },
    update_connection_info: {
      meta: step('Update connection information in relation databag'),
      entry: asks((context) => ({ _tag: 'UpdateConnectionInfo', relation: relationOf(context) })),
      on: { done: { target: 'is_departing', actions: 'learn' } },
    },
    is_departing: {
      meta: question('Is this unit departing from the relation during this hook?'),
      entry: asks((context) => ({
        _tag: 'UnitDeparting',
        departingUnit: context.event?.departingUnit ?? null,
      })),
      on: { yes: 'add_flag', no: 'rtn' },
    },
    add_flag: {
      meta: step(
        "Add departing flag so this unit knows that it's being removed if the relation-broken hook fires after this.",
      ),
      entry: asks((context) => ({ _tag: 'AddDepartingFlag', relation: relationOf(context) })),
      on: { done: { target: 'rtn', actions: 'learn' } },
    },
    rtn: returns,
    failed: fails,
  },
});
