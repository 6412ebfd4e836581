import { defaultBounds, explore, soak } from 'hookchart/testing';
import { describe, expect, it } from 'vitest';
import { simulated } from '../../docs/ingress/charm/simulated.ts';

/** What the page says is verified. */
const bounds = {
  ...defaultBounds(simulated),
  ...{ units: 2, relations: 1, operations: 2, crashes: 1, leaderChanges: 1, outages: 0 },
};

describe('the ingress in a simulated Juju', { timeout: 240_000 }, () => {
  it('violates nothing in random histories', async () => {
    const { failure, hooks } = await soak(simulated, { hooks: 4_000, seed: 1 });
    expect(failure?.violated.message).toBe(undefined);
    expect(hooks).toBeGreaterThanOrEqual(4_000);
  });

  it.each([0, 1])('violates nothing within the bounds, with %i served before', async (served) => {
    const { counts, counterexample } = await explore(simulated, bounds, served);
    expect(counterexample?.story).toBe(undefined);
    expect(counts.states).toBeGreaterThan(1_000);
    expect(counts.waiting).toBe(0);
  });

  it('is found out where units say that they serve before they do', async () => {
    // A proxy that takes routes and forgets them.
    const hasty: typeof simulated = {
      ...simulated,
      outside: {
        ...simulated.outside,
        open: (seen, hook) => ({
          ...simulated.outside.open(seen, hook),
          state: () => ({ ...seen, own: { ...seen.own, isNew: false } }),
        }),
      },
    };
    const { counterexample } = await explore(hasty, bounds, 0);
    expect(counterexample?.violations[0]?.invariant).toBe('served first');
  });
});
