/** What a unit can see of its own fate. */
export interface Fate {
  /** The flag that the departed hook left for this relation. */
  readonly flagged: boolean;
  /** Units that the application is meant to have; 0 when the whole application goes. */
  readonly plannedUnits: number;
  /** Units in the peer relation at present, this one included. */
  readonly units: number;
}

/**
 * Whether this unit leaves while the relation lives on, so that its data MUST be kept. The flag is
 * a hint: it stands on every unit when the application is removed, and it is missing where the
 * remote side has no units, for then no departed hook ran. Erring towards keeping is safe, since
 * whoever survives compares the ledger with its own list of relations.
 */
export function leavesAlone({ flagged, plannedUnits, units }: Fate): boolean {
  if (plannedUnits === 0) return false;
  return flagged || plannedUnits < units;
}
