import { simulatedCharm, type Topology } from '../../testing/index.ts';
import { pgbouncerCharm } from '../commands/charm.ts';
import { render } from '../errors.ts';
import { endpoints } from '../keys.ts';
import { hooksRepeat, invariants } from './invariants.ts';
import { faults, outside, provider } from './outside.ts';
import { addressOf, reductions } from './reductions.ts';
import { requirer } from './requirer.ts';

/** PgBouncer's charm, with a PostgreSQL, poolers and requirers: `explore`, `soak` and `Simulation` take it. */
export const simulated = simulatedCharm({
  // One at a time, so that what takes many hooks is explored; and nobody looks again at what is served.
  charm: pgbouncerCharm({ slices: { look: 1, wait: 8, again: 0, move: 1 } }),
  application: provider,
  endpoints: [endpoints.database],
  address: addressOf,
  requests: [
    { database: 'shared' },
    { database: 'own', 'extra-user-roles': 'CREATEDB' },
    { database: 'not a name' },
    { database: 'own', 'extra-user-roles': 'SUPERUSER' },
    {},
  ],
  requirer,
  outside,
  faults,
  bounds: {
    outages: {
      byDefault: 1,
      told: 'times that PostgreSQL goes down, between hooks or within one',
    },
    halfLoads: { byDefault: 0, told: 'reloads that load half of a file' },
  },
  invariants,
  comesToRest: hooksRepeat,
  reductions,
  render,
  tells: ({ charts, reconciled }) => {
    const left = reconciled.filter(
      ({ hook, end }) => hook !== 'ledger-moved' || end._tag !== 'Returned',
    );
    return [...charts, ...left].map(({ hook, end }) => `${hook} ${end._tag.toLowerCase()}`);
  },
  explored: ({ units, relations }) => ({
    units,
    requirers: Object.fromEntries(
      Array.from({ length: relations }, (_, number) => [
        `app${number + 1}`,
        { units: 1, request: { database: `db${number + 1}` }, options: { copyIn: 'state' } },
      ]),
    ),
  }),
  objection: ({ endings = 0, leaderChanges = 0, outages = 0, removals = 0 }) =>
    endings > 0 && leaderChanges + outages + removals > 0
      ? 'endings are explored without leader changes, outages and removals: a provider that ends while nobody leads or PostgreSQL is down leaves its roles behind'
      : null,
  soaked,
});

/** Every second history has a Juju with secrets. */
function soaked(seed: number): Topology {
  return {
    units: 3,
    hasSecrets: seed % 2 === 1,
    requirers: {
      first: { units: 1, request: { database: 'shared' } },
      second: { units: 2, request: { database: 'shared', 'extra-user-roles': 'CREATEDB' } },
      third: { units: 1, request: { database: 'third' }, options: { library: 'v0.12' } },
    },
  };
}
