/** What those who look at runs of PgBouncer's charm are shown. */
import type { PgbouncerWords } from '../../../machines/index.ts';
import type { Eyes, Shown } from '../../shown/shown.ts';
import { watched } from '../../shown/watched.ts';
import { render } from '../errors.ts';
import { jujuEndpoints } from '../keys.ts';
import { databaseSection } from '../pooler/pgbouncer-files.ts';
import type { Backend, Outside, Pooler } from '../ports.ts';

const shown: Shown<Outside, PgbouncerWords['question']['_tag']> = {
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
  compares: {
    BackendReady:
      'what the backend relation says of PostgreSQL with PostgreSQL itself: the login must work there',
    Leader: 'this unit, {unit}, with the leader that Juju names',
    BackendReadyAndLeader:
      'this unit, {unit}, with the leader that Juju names; and, where it leads, what the backend relation says of PostgreSQL with PostgreSQL itself',
    UnitDeparting: 'the unit that Juju says departs, {departingUnit}, with this one, {unit}',
    DepartingFlagged:
      'this unit, {unit}, with the units that are planned: it goes where others stay',
    CertificateWanted:
      'what the endpoint for certificates is related to with what clients need: somebody must give them',
    CertificateAsked:
      'the names and the key of the certificate that was asked for with those of now, and its end with the clock',
    CertificateRevoked: 'the request that was made with what its provider has taken back',
  },
  render,
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
  apply: (configuration, loginOf) =>
    watched(pooler.apply(configuration, loginOf), () =>
      eyes.configured({ before: null, after: databaseSection(configuration.databases) }),
    ),
});
