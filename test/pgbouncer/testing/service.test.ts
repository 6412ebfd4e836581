import { describe, expect, it } from 'vitest';
import { pgbouncerCharm } from '../../../src/pgbouncer/commands/charm.ts';
import {
  simulated as ofUnits,
  type PgbouncerInvariant,
  provider,
} from '../../../src/pgbouncer/testing/index.ts';
import { service } from '../../../src/pgbouncer/testing/looking.ts';
import { type Bounds, defaultBounds } from '../../../src/testing/explore/bounds.ts';
import { explore } from '../../../src/testing/explore/verify.ts';
import { simulatedCharm } from '../../../src/testing/index.ts';

/** Clients of a service are told one thing, whoever leads, comes, lags or goes. */
const nothingMoves: PgbouncerInvariant = {
  name: 'S1',
  claims: 'Where clients come to the service they are told of nothing else.',
  always: ({ relations }) =>
    Object.entries(relations).flatMap(([id, { applications }]) => {
      const { endpoints, 'read-only-endpoints': readers = endpoints } =
        applications[provider] ?? {};
      return [endpoints, readers].every((one) => one === undefined || one === `${service}:6432`)
        ? []
        : [`relation ${id} is told of ${endpoints} and ${readers}`];
    }),
};

const simulated = simulatedCharm({
  ...ofUnits,
  charm: pgbouncerCharm({ service, slices: { look: 1, wait: 8, again: 0, move: 1 } }),
  invariants: [...ofUnits.invariants, nothingMoves],
});

const bounds = (change: Partial<Bounds>): Bounds => ({
  ...defaultBounds(simulated),
  ...{ units: 2, relations: 1, operations: 2, crashes: 0, leaderChanges: 0, outages: 0 },
  ...change,
});

describe('the search, where clients come to a service', () => {
  it.each([
    ['nothing goes wrong', {}, 0],
    ['a process is killed', { crashes: 1 }, 0],
    ['leaders change', { leaderChanges: 2 }, 1],
    ['PostgreSQL goes down', { outages: 1 }, 0],
    ['a unit falls behind', { leaderChanges: 1, lags: 1 }, 0],
    ['a unit is removed', { removals: 1, leaderChanges: 1 }, 1],
    ['three units', { units: 3, crashes: 1 }, 0],
    ['credentials are in secrets', { secrets: 1, crashes: 1, leaderChanges: 1 }, 0],
  ] as const)('finds no violation where %s', async (_, change, served) => {
    const { counts, counterexample } = await explore(simulated, bounds(change), served);
    expect(counterexample?.story ?? null).toBeNull();
    expect(counts.states).toBeGreaterThan(10);
    expect(counts.restStates).toBeGreaterThan(0);
    expect(counts.waiting).toBe(0);
  });
});
