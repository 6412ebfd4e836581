import { isHook } from '../actions.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { isPace } from './bounds.ts';
import type { Move } from './successors.ts';

/**
 * True for what a fair world does sooner or later by itself: hooks that are due run, nobody stays
 * behind, what is down comes up, somebody leads. What operators do and what goes wrong is not of it.
 */
export function isFair({ outside: { shared, unit } }: SimulatedCharm, { action }: Move): boolean {
  if (isHook(action)) return action.interruption === undefined;
  if (isPace(action)) return action._tag === 'CatchUp';
  if (action._tag === 'Elect') return true;
  return (shared.actions[action._tag] ?? unit.actions[action._tag])?.isFair === true;
}
