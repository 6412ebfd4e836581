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

/**
 * The key in a unit's state that says that its application ends: a unit that was to go is never
 * asked to stay, and later hooks of it may hint at nothing.
 */
export const endingKey = 'ending';

const flagPrefix = 'departing-';

/** The key in a unit's state of the flag that the departed hook of a relation leaves. */
export const flagKey = (relation: number): string => `${flagPrefix}${relation}`;

/** The relations for which such a flag stands. */
export function flagsIn(state: Databag): readonly number[] {
  const flags: number[] = [];
  for (const key in state)
    if (key.startsWith(flagPrefix)) flags.push(Number(key.slice(flagPrefix.length)));
  return flags;
}
