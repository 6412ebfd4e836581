import { simulatedCharm, type Topology } from '../../testing/index.ts';
import { pgbouncerCharm } from '../commands/charm.ts';
import { defaultSlices, type Slices } from '../commands/rules.ts';
import { endpoints } from '../keys.ts';
import { hooksRepeat, invariants } from './invariants.ts';
import { faults, outside, provider } from './outside.ts';
import { addressOf, reductions } from './reductions.ts';
import { requirer } from './requirer.ts';

/**
 * PgBouncer's charm, with a PostgreSQL, poolers and requirers: `explore`, `soak` and `Simulation` take it.
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { defaultBounds } from 'hookchart/testing';
 *
 * console.log(simulated.application, defaultBounds(simulated).units);
 * // pgbouncer 3
 * ```
 */
export const simulated = inSlicesOf(defaultSlices);

/**
 * The same, where a hook looks at one relation beside its own, and tells one of a new place: what
 * takes many hooks in a large deployment takes them in a small one.
 */
export const simulatedInSlices = inSlicesOf({ ...defaultSlices, look: 1, move: 1 });

function inSlicesOf(slices: Slices) {
  return simulatedCharm({
    // Nobody looks again at those who are served: nothing is found again which was lost.
    charm: pgbouncerCharm({ slices: { ...slices, again: 0 } }),
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
}

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
