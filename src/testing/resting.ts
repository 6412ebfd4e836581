import type { Invariant } from './outcome.ts';

/** No hook fails for good, and none calls the others forth for ever. */
export const hooksEnd: Invariant = {
  name: 'HooksEnd',
  claims: 'A hook that was stopped after any step is repeated to its end, and all comes to rest.',
  atRest: (world) =>
    Object.entries(world.units).flatMap(([name, { failed }]) =>
      failed === null ? [] : [`${name} fails again and again in ${failed.name}`],
    ),
};
