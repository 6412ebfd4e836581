import { type Recording, recordReplay } from '../../src/inspector/index.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { defaultBounds, explore } from '../../src/testing/index.ts';

/** A charm whose leader names a unit as a reader that has not heard of the relation yet. */
const eager: typeof simulated = {
  ...simulated,
  run: ({ juju, ...given }, tools, watch) =>
    simulated.run(
      {
        ...given,
        juju: {
          ...juju,
          commit: (changes) =>
            juju.commit({
              ...changes,
              bags: changes.bags.map(({ bag, values }) =>
                bag._tag === 'OwnApp' && values.endpoints
                  ? { bag, values: { ...values, 'read-only-endpoints': 'pgb-1:6432' } }
                  : { bag, values },
              ),
            }),
        },
      },
      tools,
      watch,
    ),
};

/** The counter-example that a search finds of it, as it is opened by an operator. */
export async function aFailure(): Promise<Recording> {
  const few = { units: 2, relations: 1, crashes: 0, leaderChanges: 0, outages: 0 };
  const { counterexample } = await explore(eager, { ...defaultBounds(eager), ...few }, 0);
  if (counterexample === null) throw new Error('nothing was found');
  return await recordReplay(eager, counterexample.replay);
}
