/** How much may go wrong with Juju, and how much is asked, in the worlds that are explored. */
export interface JujuBounds {
  readonly units: number;
  /** Applications that may be related; a history begins with none of them served, with one, or with all. */
  readonly relations: number;
  /** How often an operator relates, removes, suspends or resumes before all is at rest again. */
  readonly operations: number;
  /** Hooks whose process is killed, at any step. */
  readonly crashes: number;
  /** Leases that run out, between hooks or within one; anyone may be elected then. */
  readonly leaderChanges: number;
  /** Times that a unit which does not lead falls behind the others, for as long as may be. */
  readonly lags: number;
  /** Units of the application under test that are removed. */
  readonly removals: number;
  /** Pods that are lost. */
  readonly lostPods: number;
  /** Agents that are restarted, where something ends for their unit. */
  readonly restarts: number;
  /** Commits that Juju refuses, after it has made the hook's secrets; they show where it has secrets. */
  readonly lostCommits: number;
  /** How many of the operations may suspend a relation. */
  readonly suspensions: number;
  /** Whether the application under test may be removed. */
  readonly endings: number;
  /** Whether Juju has secrets: 0 or 1. */
  readonly secrets: number;
}

/** What is explored where nothing else is asked for. */
export const jujuBounds: JujuBounds = {
  units: 3,
  relations: 2,
  operations: 2,
  crashes: 1,
  leaderChanges: 2,
  lags: 0,
  removals: 0,
  lostPods: 0,
  restarts: 0,
  lostCommits: 0,
  suspensions: 0,
  endings: 0,
  secrets: 0,
};
