import {
  asks,
  fails,
  hook,
  nothingLearned,
  onFailure,
  question,
  returns,
  step,
  terminal,
} from './hook.ts';

/**
 * This unit's certificate: asked for with a key of its own, put in force with no session cut, renewed
 * before it ends, and taken back with all that was said of it.
 */
export const certificatesRelationChanged = hook.createMachine({
  id: 'certificates-relation-changed',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('certificates-relation-changed Hook'),
      on: { start: { target: 'is_wanted', actions: 'learn' } },
    },
    is_wanted: {
      meta: question('Is certificates related,\\nand is tls not off?'),
      entry: asks(() => ({ _tag: 'CertificateWanted' })),
      on: { yes: 'is_revoked', no: 'forget' },
    },
    is_revoked: {
      meta: question('Is what was asked for\\nrevoked?'),
      entry: asks(() => ({ _tag: 'CertificateRevoked' })),
      on: { yes: 'forget', no: 'is_asked' },
    },
    is_asked: {
      meta: question('Is asked for what fits key and names,\\nand is nothing to be renewed?'),
      entry: asks(() => ({ _tag: 'CertificateAsked' })),
      on: { yes: 'take', no: 'request' },
    },
    request: {
      meta: step(
        'Make a key where there is none, and ask for a certificate for where clients come',
      ),
      entry: asks(() => ({ _tag: 'RequestCertificate' })),
      on: { done: { target: 'take', actions: 'learn' } },
    },
    take: {
      meta: step('Take the certificate that answers the request, where there is one that fits'),
      entry: asks(() => ({ _tag: 'TakeCertificate' })),
      on: { done: { target: 'update_pg', actions: 'learn' } },
    },
    update_pg: {
      meta: step(
        'Render pgbouncer config with the certificate, reload it where it differs and read it back',
      ),
      entry: asks(() => ({ _tag: 'ConfigurePooler' })),
      on: { done: { target: 'confirm', actions: 'learn' } },
    },
    forget: {
      meta: step('Take back the request, and the certificate with it'),
      entry: asks(() => ({ _tag: 'ForgetCertificate' })),
      on: { done: { target: 'update_plain', actions: 'learn' } },
    },
    update_plain: {
      meta: step('Render pgbouncer config without it, reload it where it differs and read it back'),
      entry: asks(() => ({ _tag: 'ConfigurePooler' })),
      on: { done: { target: 'delete_key', actions: 'learn' } },
    },
    delete_key: {
      meta: step('Delete the key'),
      entry: asks(() => ({ _tag: 'DeleteKey' })),
      on: { done: { target: 'confirm', actions: 'learn' } },
    },
    confirm: {
      meta: step('Confirm in the unit databag what this unit serves, and by whom it is verified'),
      entry: asks(() => ({ _tag: 'ConfirmServing' })),
      on: { done: { target: 'is_leader', actions: 'learn' } },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { no: 'rtn', yes: 'update_connections' },
    },
    rtn: returns,
    update_connections: {
      meta: step('Update connection information of every relation'),
      entry: asks(() => ({ _tag: 'UpdateConnections' })),
      on: { done: { target: 'rtn2', actions: 'learn' } },
    },
    rtn2: returns,
    failed: fails,
  },
});
