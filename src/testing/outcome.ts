import type { Databag, DispatchRun, Status } from '../juju/index.ts';
import type { Action } from './actions.ts';
import type { Kept, Pending } from './hook-tools.ts';
import type { World } from './world.ts';

/** What one unit has to do with outside of Juju: its part of a world's `outside`. */
export interface Seen<Shared = unknown, Own = unknown> {
  readonly shared: Shared;
  readonly own: Own;
}

/** What one hook came to: everything that it changes, and nothing of the world that it did not see. */
export interface Outcome<Shared = unknown, Own = unknown> {
  /** Null where the hook failed; nothing of it reached Juju then. */
  readonly pending: Pending | null;
  /** What is in force all the same, where it was the commit that was refused; null elsewhere. */
  readonly kept?: Kept | null;
  /** Why it failed, in one line. */
  readonly failure: string | null;
  /** Seen at once, whether the hook ended well or not; null where none was set. */
  readonly status: Status | null;
  /** What its leader said by `leader-set`, in force as the status is; missing where it said nothing. */
  readonly settings?: Databag;
  readonly isDeposed: boolean;
  readonly outside: Seen<Shared, Own>;
  readonly seconds: number;
  /** The steps that it took, the commit among them, at which it could be interrupted. */
  readonly steps: readonly string[];
  /** What the charm did, where it is one that tells. */
  readonly run: DispatchRun | null;
}

/** What an action led to, and, where it was a hook of the charm under test, what that hook did. */
export interface Stepped<Shared = unknown, Own = unknown> {
  readonly world: World<Shared, Own>;
  readonly outcome: Outcome<Shared, Own> | null;
}

/**
 * What must hold, as predicates that a suite can use one by one. `always` looks at one world,
 * `across` at a hook or another action and the worlds on both of its sides, `atRest` at a world in
 * which nothing is left to do. Each gives the violations that it finds, in words.
 */
export interface Invariant<Shared = unknown, Own = unknown> {
  readonly name: string;
  /** What it claims, as a sentence. */
  readonly claims: string;
  always?(world: World<Shared, Own>): readonly string[];
  across?(
    before: World<Shared, Own>,
    action: Action,
    after: Stepped<Shared, Own>,
  ): readonly string[];
  atRest?(world: World<Shared, Own>): readonly string[];
}

export interface Violation {
  /** The invariant's name. */
  readonly invariant: string;
  readonly what: string;
}
