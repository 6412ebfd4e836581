const fields = ['username', 'password', 'tls', 'tls-ca', 'uris', 'read-only-uris'];

/** As the library asks on a Juju with secrets. What is asked for may not change later. */
export const requests = [{ database: 'tides', 'requested-secrets': JSON.stringify(fields) }];
