/** What a unit can see of its own fate. */
export interface Fate {
  readonly unit: string;
  /** The units that the application is meant to have; none when the whole application goes. */
  readonly plannedUnits: readonly string[];
  /** The flag that the departed hook left for this relation. */
  readonly flagged: boolean;
  /** Whether Juju still lists the relation: it lives, then, and it is this unit that breaks with it. */
  readonly listed: boolean;
}

/**
 * Whether this unit leaves while relations live on, so that their data MUST be kept. What is planned
 * decides; the flag is a hint: it stands on every unit when the application is removed, and it is
 * missing where the remote side has no units, for then no departed hook ran. Erring towards keeping
 * is safe, since whoever survives compares the ledger with its own list of relations.
 */
export function leavesAlone({ unit, plannedUnits, flagged, listed }: Fate): boolean {
  if (plannedUnits.length === 0) return false;
  return flagged || listed || !plannedUnits.includes(unit);
}
