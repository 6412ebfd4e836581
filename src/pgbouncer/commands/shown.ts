/** What those who look at runs of PgBouncer's charm are shown. */
import { watched } from '../../inspector/watched.ts';
import type { Eyes, Shown } from '../../juju/shown.ts';
import { jujuEndpoints } from '../keys.ts';
import { databaseSection } from '../pooler/pgbouncer-files.ts';
import type { Backend, Outside, Pooler } from '../ports.ts';

const shown: Shown<Outside> = {
  secretKeys: ['password', 'verifier', 'uris', 'read-only-uris'],
  records: {
    title: 'Ledger',
    prefix: 'relation-',
    fields: [
      ...['state', 'error', 'user', 'database', 'attributes', 'roles'],
      ...['published.endpoints', 'published.readOnlyEndpoints', 'published.version'],
    ],
  },
  file: 'PgBouncer',
  look: ({ backend, pooler }, eyes) => ({
    ...(backend && { backend: lookedAtBackend(backend, eyes) }),
    ...(pooler && { pooler: lookedAtPooler(pooler, eyes) }),
  }),
};

/** The charm by its name, with what is shown of it. */
export const visible = { name: 'pgbouncer', endpoints: jujuEndpoints, shown };

const lookedAtBackend = (backend: Backend, eyes: Eyes): Backend => ({
  ...backend,
  provision: (grant, holdings) =>
    watched(backend.provision(grant, holdings), ({ user }) =>
      eyes.did(`role ${user}`, `may use database ${grant.database}`),
    ),
  remove: (grant, holdings) =>
    watched(backend.remove(grant, holdings), () => eyes.did(`role ${grant.user}`, 'removed')),
});

const lookedAtPooler = (pooler: Pooler, eyes: Eyes): Pooler => ({
  ...pooler,
  apply: (configuration) =>
    watched(pooler.apply(configuration), () =>
      eyes.configured({ before: null, after: databaseSection(configuration.databases) }),
    ),
});
