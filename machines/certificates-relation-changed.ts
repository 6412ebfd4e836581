import { ask, chart, order, returns } from './hook.ts';

/**
 * This unit's certificate: asked for with a key of its own, put in force with no session cut, renewed
 * before it ends, and taken back with all that was said of it.
 */
export const certificatesRelationChanged = chart('certificates-relation-changed', {
  is_wanted: ask('Is certificates related,\\nand is tls not off?', 'CertificateWanted', {
    yes: 'is_revoked',
    no: 'forget',
  }),
  is_revoked: ask('Is what was asked for\\nrevoked?', 'CertificateRevoked', {
    yes: 'forget',
    no: 'is_asked',
  }),
  is_asked: ask(
    'Is asked for what fits key and names,\\nand is nothing to be renewed?',
    'CertificateAsked',
    { yes: 'take', no: 'request' },
  ),
  request: order(
    'Make a key where there is none, and ask for a certificate for where clients come',
    'RequestCertificate',
    'take',
  ),
  take: order(
    'Take the certificate that answers the request, where there is one that fits',
    'TakeCertificate',
    'update_pg',
  ),
  update_pg: order(
    'Render pgbouncer config with the certificate, reload it where it differs and read it back',
    'ConfigurePooler',
    'confirm',
  ),
  forget: order(
    'Take back the request, and the certificate with it',
    'ForgetCertificate',
    'update_plain',
  ),
  update_plain: order(
    'Render pgbouncer config without it, reload it where it differs and read it back',
    'ConfigurePooler',
    'delete_key',
  ),
  delete_key: order('Delete the key', 'DeleteKey', 'confirm'),
  confirm: order(
    'Confirm in the unit databag what this unit serves, and by whom it is verified',
    'ConfirmServing',
    'is_leader',
  ),
  is_leader: ask('Is this unit the leader?', 'Leader', { no: 'rtn', yes: 'update_connections' }),
  rtn: returns,
  update_connections: order(
    'Update connection information of every relation',
    'UpdateConnections',
    'rtn2',
  ),
  rtn2: returns,
});
