/** The endpoints of a charm, of `metadata.yaml`, that Juju's adapter has to know; none is needed. */
export interface Endpoints {
  /** The peer relation. */
  readonly peers?: string;
  /** Where other applications ask for something; the one whose address is this unit's. */
  readonly serves?: string;
  /** Where this charm asks for what it cannot do without. */
  readonly requires?: string;
  /** Where a collector of traces is related, by interface `tracing`. */
  readonly tracing?: string;
}
