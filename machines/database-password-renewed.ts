import { about, aboutGrant, ask, chart, order, returns } from './hook.ts';

/** An operator has a relation's password replaced: the user, every pooler and the requirer get another. */
export const databasePasswordRenewed = chart('database-password-renewed', {
  is_backend_ready: ask(
    'Is backend database ready, and is this unit the leader?',
    'BackendReadyAndLeader',
    { no: 'rtn', yes: 'renew_password' },
  ),
  rtn: returns,
  renew_password: order(
    'Give the user another password, in the backend and where it is kept',
    about('RenewPassword'),
    'update_pg',
  ),
  update_pg: order(
    'Update pgbouncer config with the new verifier',
    aboutGrant('UpdatePgbouncer'),
    'update_databag',
  ),
  update_databag: order(
    'Update relation databag with the new credentials',
    aboutGrant('UpdateDatabag'),
    'rtn2',
  ),
  rtn2: returns,
});
