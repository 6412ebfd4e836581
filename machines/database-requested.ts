import { about, aboutGrant, ask, chart, defers, order, returns } from './hook.ts';

/** An application asks for a database: it gets a user, a database and working credentials, once. */
export const databaseRequested = chart('database-requested', {
  is_backend_ready: ask('Is backend\\ndatabase ready?', 'BackendReady', {
    no: 'defer',
    yes: 'is_leader',
  }),
  defer: defers,
  is_leader: ask('is this unit\\nthe leader', 'Leader', { no: 'rtn', yes: 'get_user' }),
  rtn: returns,
  get_user: order('Get user data and generate password', about('GetUser'), 'create_user_and_db'),
  create_user_and_db: order(
    'Create user and database',
    aboutGrant('CreateUserAndDatabase'),
    'add_user',
  ),
  add_user: order(
    'Add user to pgbouncer config and peer databag',
    aboutGrant('AddUser'),
    'update_pg',
  ),
  update_pg: order(
    'Update pgbouncer config with updated connection information',
    aboutGrant('UpdatePgbouncer'),
    'update_databag',
  ),
  update_databag: order(
    'Update relation databag with credentials and connection information',
    aboutGrant('UpdateDatabag'),
    'rtn2',
  ),
  rtn2: returns,
});
