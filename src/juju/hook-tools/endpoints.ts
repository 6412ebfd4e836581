/** The endpoints of a charm that its adapter has to know; each null where the charm has none such. */
export interface Endpoints {
  /** The peer relation. */
  readonly peers: string | null;
  /** Where other applications ask for something; the one whose address is this unit's. */
  readonly serves: string | null;
  /** Where this charm asks for what it cannot do without. */
  readonly requires: string | null;
}
