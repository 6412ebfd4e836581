import { flagPrefix } from '../keys.ts';
import type { Databag } from './request.ts';

/** What becomes of a unit: it stays, it goes while its application stays, or all of it goes. */
export type Fate = 'stays' | 'leaves' | 'ends';

/**
 * What is planned decides. The departing flag does not: it stands on every unit when the application
 * is removed, and it is missing where the remote side has no units, for then no departed hook ran.
 * Juju's list of relations does not either: whether a relation that breaks is still listed hangs on
 * when the agent was started.
 */
export function fateOf(
  unit: string,
  /** The units that the application is meant to have; none when the whole application goes. */
  plannedUnits: readonly string[],
): Fate {
  if (plannedUnits.length === 0) return 'ends';
  return plannedUnits.includes(unit) ? 'stays' : 'leaves';
}

/** The relations for which a unit's state has a departing flag. */
export function flagsIn(state: Databag): readonly number[] {
  const flags: number[] = [];
  for (const key in state)
    if (key.startsWith(flagPrefix)) flags.push(Number(key.slice(flagPrefix.length)));
  return flags;
}
