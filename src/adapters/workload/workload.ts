/** Files as PgBouncer sees them. */
export interface Files {
  /** The content of a file; null where there is none. */
  readonly read: (path: string) => Promise<string | null>;
  /** Replaces a file whole, readable by its owner alone, or removes it. */
  readonly replace: (path: string, content: string | null) => Promise<void>;
  /** Removes from a folder what a `replace` that was killed has left there. */
  readonly tidy: (folder: string) => Promise<void>;
}

/** A process that reads those files. It outlives the hook that started it. */
export interface Workload extends Files {
  /** Makes sure that it is running; one that runs already is left alone. */
  readonly start: () => Promise<void>;
  /** Ends it, and starts it anew with its files as they are now. */
  readonly restart: () => Promise<void>;
  /** Ends it for good, and takes away what was made to start it. */
  readonly remove: () => Promise<void>;
}

/** The workload could not be reached, or could not be started: its container is not up yet, say. */
export class WorkloadProblem extends Error {}
