import { type Action, isHook } from './actions.ts';
import type { Stepped, Violation } from './outcome.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import type { World } from './world.ts';

/** So often a hook fails alike, with nothing else left to do, before it is said to fail for ever. */
const mostFailures = 3;

/** Tells hooks that only fail again from those that still lead somewhere. */
export class Failing {
  #inVain = 0;
  /** What fails, where the last hook that was run did; null elsewhere. */
  what: string | null = null;

  /** Sees a step on the way to rest, on which a hook that failed comes again when all else is done. */
  see(before: World, action: Action, { world, outcome }: Stepped): void {
    const failure = outcome?.failure ?? null;
    if (!isHook(action) || failure === null) {
      this.what = null;
      this.#inVain = 0;
      return;
    }
    this.what = `${action.unit} fails again and again in ${action.hook.name}: ${failure}`;
    const isRepeated = before.units[action.unit]?.failed !== null;
    const isSame = isRepeated && JSON.stringify(before) === JSON.stringify(world);
    this.#inVain = isSame ? this.#inVain + 1 : 0;
  }

  /** Whether what comes next is known to be the same again. */
  get isForEver(): boolean {
    return this.#inVain >= mostFailures;
  }
}

/** That a history never comes to rest: for what fails, or where nothing does for hooks without end. */
export const endless = (
  { comesToRest: { name } }: Pick<SimulatedCharm, 'comesToRest'>,
  failing: string | null = null,
): Violation => ({
  invariant: name,
  what: failing ?? 'the hooks call each other forth and never come to rest',
});
