/** Files as PgBouncer sees them. */
export interface Files {
  /** The content of a file; null where there is none. */
  readonly read: (path: string) => Promise<string | null>;
  /** Replaces a file whole, readable by its owner alone, or removes it. */
  readonly replace: (path: string, content: string | null) => Promise<void>;
  /**
   * Makes a folder of PgBouncer's what it is to be: its user's, and without what a `replace` that was
   * killed has left there.
   */
  readonly tidy: (folder: string) => Promise<void>;
}

/**
 * A process that reads those files. It outlives the hook that started it. What only an operator can
 * mend MUST be found out before a process is ended for it.
 */
export interface Workload extends Files {
  /** Makes sure that it runs, and as it is to; one that does already is left alone. */
  readonly start: () => Promise<void>;
  /** Ends it, and starts it anew with its files as they are now. */
  readonly restart: () => Promise<void>;
  /** Whether whoever looks after it knows how it is to run; where not, `start` puts that in force. */
  readonly isCurrent: () => Promise<boolean>;
  /** Whether its process is there, whether or not it answers. */
  readonly isRunning: () => Promise<boolean>;
  /** How many files, sockets among them, the process may have open at most. */
  readonly openFiles: () => Promise<number>;
  /** What the process has said last; empty where nobody knows. Never an error. */
  readonly lastWords: () => Promise<string>;
  /** Ends it for good, and takes away what was made to start it. */
  readonly remove: () => Promise<void>;
}

/** The workload could not be reached, or could not be started: its container is not up yet, say. */
export class WorkloadProblem extends Error {
  /** Whose turn it is: `nobody` where it may go by itself. */
  readonly turn: 'nobody' | 'operator';
  constructor(message: string, turn: WorkloadProblem['turn'] = 'nobody') {
    super(message);
    this.turn = turn;
  }
}
