import {
  asks,
  defers,
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

/** An application asks for a database: it gets a user, a database and working credentials, once. */
export const databaseRequested = hook.createMachine({
  id: 'database-requested',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('database-requested Hook'),
      on: { start: { target: 'is_backend_ready', actions: 'learn' } },
    },
    is_backend_ready: {
      meta: question('Is backend\\ndatabase ready?'),
      entry: asks(() => ({ _tag: 'BackendReady' })),
      on: { no: 'defer', yes: 'is_leader' },
    },
    defer: defers,
    is_leader: {
      meta: question('is this unit\\nthe leader'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { no: 'rtn', yes: 'get_user' },
    },
    rtn: returns,
    get_user: {
      meta: step('Get user data and generate password'),
      entry: asks((context) => ({ _tag: 'GetUser', relation: relationOf(context) })),
      on: { done: { target: 'create_user_and_db', actions: 'learn' } },
    },
    create_user_and_db: {
      meta: step('Create user and database'),
      entry: asks((context) => ({
        _tag: 'CreateUserAndDatabase',
        relation: relationOf(context),
        granted: context.learned.granted,
      })),
      on: { done: { target: 'add_user', actions: 'learn' } },
    },
    add_user: {
      meta: step('Add user to pgbouncer config and peer databag'),
      entry: asks((context) => ({
        _tag: 'AddUser',
        relation: relationOf(context),
        granted: context.learned.granted,
      })),
      on: { done: { target: 'update_pg', actions: 'learn' } },
    },
    update_pg: {
      meta: step('Update pgbouncer config with updated connection information'),
      entry: asks((context) => ({
        _tag: 'UpdatePgbouncer',
        relation: relationOf(context),
        granted: context.learned.granted,
      })),
      on: { done: { target: 'update_databag', actions: 'learn' } },
    },
    update_databag: {
      meta: step('Update relation databag with credentials and connection information'),
      entry: asks((context) => ({
        _tag: 'UpdateDatabag',
        relation: relationOf(context),
        granted: context.learned.granted,
      })),
      on: { done: { target: 'rtn2', actions: 'learn' } },
    },
    rtn2: returns,
    failed: fails,
  },
});
