import { describe, expect, it } from 'vitest';
import { hooks } from '../../machines/index.ts';
import { chartOf, print } from '../../src/chart/index.ts';

// The charts as their authors drew them, to the letter; the last ones are of what is left to do.
const reference = {
  'database-requested': String.raw`flowchart TD
  hook_fired([database-requested Hook]) --> is_backend_ready{Is backend\ndatabase ready?}
  is_backend_ready -- no --> defer>defer]
  is_backend_ready -- yes --> is_leader{is this unit\nthe leader}
  is_leader -- no --> rtn([Return])
  is_leader -- yes --> get_user[Get user data and generate password]
  get_user --> create_user_and_db[Create user and database]
  create_user_and_db --> add_user[Add user to pgbouncer config and peer databag]
  add_user --> update_pg[Update pgbouncer config with updated connection information]
  update_pg --> update_databag[Update relation databag with credentials and connection information]
  update_databag --> rtn2([Return])
`,
  'database-relation-departed': `flowchart TD
  hook_fired([database-relation-departed Hook]) --> update_connection_info[Update connection information in relation databag]
  update_connection_info --> is_departing{Is this unit departing from the relation during this hook?}
  is_departing -- yes --> add_flag[Add departing flag so this unit knows that it's being removed if the relation-broken hook fires after this.]
  is_departing -- no --> rtn([Return])
  add_flag --> rtn
`,
  'database-relation-broken': `flowchart TD
  hook_fired([database-relation-broken Hook]) --> update_connection_info[Update connection information in relation databag]
  update_connection_info --> is_backend_and_leader{Is the backend ready, and is this unit the leader?}
  is_backend_and_leader -- no --> rtn([Return])
  is_backend_and_leader -- yes --> is_departing{Is this unit departing, according to the flag set in the departed hook?}
  is_departing -- yes --> rtn2([Return])
  is_departing -- no --> remove_data[Remove user and database from pgb config]
  remove_data --> delete_user[Delete user from backend charm]
  delete_user --> rtn3([Return])
`,
  'database-password-renewed': `flowchart TD
  hook_fired([database-password-renewed Hook]) --> is_backend_ready{Is backend database ready, and is this unit the leader?}
  is_backend_ready -- no --> rtn([Return])
  is_backend_ready -- yes --> renew_password[Give the user another password, in the backend and where it is kept]
  renew_password --> update_pg[Update pgbouncer config with the new verifier]
  update_pg --> update_databag[Update relation databag with the new credentials]
  update_databag --> rtn2([Return])
`,
  'pgb-peers-relation-changed': `flowchart TD
  hook_fired([pgb-peers-relation-changed Hook]) --> update_pg[Render pgbouncer config from the ledger, reload it and read it back]
  update_pg --> confirm[Confirm in the unit databag what this unit serves]
  confirm --> is_leader{Is this unit the leader?}
  is_leader -- no --> rtn([Return])
  is_leader -- yes --> update_connections[Update connection information of every relation]
  update_connections --> rtn2([Return])
`,
  'certificates-relation-changed': `flowchart TD
  hook_fired([certificates-relation-changed Hook]) --> is_wanted{Is certificates related,\\nand is tls not off?}
  is_wanted -- yes --> is_revoked{Is what was asked for\\nrevoked?}
  is_wanted -- no --> forget[Take back the request, and the certificate with it]
  is_revoked -- yes --> forget
  is_revoked -- no --> is_asked{Is asked for what fits key and names,\\nand is nothing to be renewed?}
  is_asked -- yes --> take[Take the certificate that answers the request, where there is one that fits]
  is_asked -- no --> request[Make a key where there is none, and ask for a certificate for where clients come]
  request --> take
  take --> update_pg[Render pgbouncer config with the certificate, reload it where it differs and read it back]
  update_pg --> confirm[Confirm in the unit databag what this unit serves, and by whom it is verified]
  forget --> update_plain[Render pgbouncer config without it, reload it where it differs and read it back]
  update_plain --> delete_key[Delete the key]
  delete_key --> confirm
  confirm --> is_leader{Is this unit the leader?}
  is_leader -- no --> rtn([Return])
  is_leader -- yes --> update_connections[Update connection information of every relation]
  update_connections --> rtn2([Return])
`,
  'leader-elected': `flowchart TD
  hook_fired([leader-elected Hook]) --> is_leader{Is this unit still the leader?}
  is_leader -- no --> rtn([Return])
  is_leader -- yes --> update_pg[Render pgbouncer config from the ledger, reload it and read it back]
  update_pg --> update_connections[Publish this unit as the endpoint of every relation]
  update_connections --> is_backend_ready{Is backend database ready?}
  is_backend_ready -- no --> rtn2([Return])
  is_backend_ready -- yes --> audit[Compare the roles of the backend with the ledger]
  audit --> rtn3([Return])
`,
  'update-status': `flowchart TD
  hook_fired([update-status Hook]) --> update_pg[Render pgbouncer config from the ledger, reload it where it differs and read it back]
  update_pg --> confirm[Confirm in the unit databag what this unit serves]
  confirm --> is_leader{Is this unit the leader?}
  is_leader -- no --> rtn([Return])
  is_leader -- yes --> update_connections[Update connection information of every relation]
  update_connections --> is_backend_ready{Is backend database ready?}
  is_backend_ready -- no --> rtn2([Return])
  is_backend_ready -- yes --> audit[Compare the roles of the backend with the ledger]
  audit --> rtn3([Return])
`,
  'flag-left': `flowchart TD
  hook_fired([flag-left]) --> forget_flag[Forget the departing flag]
  forget_flag --> rtn([Return])
`,
  'user-left': `flowchart TD
  hook_fired([user-left]) --> mark_removing[Put the removal on record, and take back answer and secrets]
  mark_removing --> rtn([Return])
`,
  'ledger-moved': `flowchart TD
  hook_fired([ledger-moved]) --> update_pg[Render pgbouncer config from the ledger, reload it where it differs and read it back]
  update_pg --> confirm[Confirm in the unit databag what this unit serves]
  confirm --> rtn([Return])
`,
  'removal-begun': `flowchart TD
  hook_fired([removal-begun]) --> delete_user[Delete the user from the backend, then its record]
  delete_user --> rtn([Return])
`,
  'role-strayed': `flowchart TD
  hook_fired([role-strayed]) --> delete_role[Delete the role from the backend]
  delete_role --> rtn([Return])
`,
  'answer-outlived': `flowchart TD
  hook_fired([answer-outlived]) --> withdraw_answer[Take back what the relation databag says]
  withdraw_answer --> rtn([Return])
`,
  'request-refused': `flowchart TD
  hook_fired([request-refused]) --> record_refusal[Put the refusal on record and tell the requirer]
  record_refusal --> rtn([Return])
`,
  'refusal-over': `flowchart TD
  hook_fired([refusal-over]) --> clear_refusal[Strike the refusal from the record]
  clear_refusal --> relieve[Tell the requirer that nothing is refused any more]
  relieve --> rtn([Return])
`,
  'grant-damaged': `flowchart TD
  hook_fired([grant-damaged]) --> restore_grant[Give again what is on record, as far as it may be given]
  restore_grant --> rtn([Return])
`,
  'connection-moved': `flowchart TD
  hook_fired([connection-moved]) --> update_connection_info[Update connection information in relation databag]
  update_connection_info --> rtn([Return])
`,
  'lookup-idle': `flowchart TD
  hook_fired([lookup-idle]) --> retire_lookup[Retire the login that looked up users, and its secret]
  retire_lookup --> rtn([Return])
`,
} as const;

describe('charts', () => {
  it.each(Object.entries(hooks))('%s is its reference chart to the letter', (name, machine) => {
    expect(print(chartOf(machine))).toBe(reference[name as keyof typeof reference]);
  });
});
