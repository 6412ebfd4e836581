import type { Answer, Command, HookEvent, Question } from '../../machines/index.ts';
import type { Work } from '../domain/reconcile.ts';
import type { Masked } from '../domain/secret.ts';
import type { HookError } from './errors.ts';

/** One request, its answer, and how long it took; secrets are masked. */
export interface Step {
  readonly node: string;
  readonly request: Masked<Question | Command>;
  readonly answer: Masked<Answer>;
  readonly milliseconds: number;
}

/** What was left to do beside the hook's own business, and what came of it. */
export interface Reconciled {
  readonly work: Work;
  /** Null where it was done. */
  readonly error: HookError | null;
  readonly milliseconds: number;
}

/** How a hook ended well. A hook that failed has no run: it is an error. */
export type RunEnd =
  | { readonly _tag: 'Returned' }
  /** The same event MUST be delivered again at a later dispatch. */
  | { readonly _tag: 'Deferred'; readonly why: HookError | null }
  | { readonly _tag: 'Refused'; readonly why: HookError };

/** What a hook did, for eyes: it cannot hold a password, since only `mask` makes its parts. */
export interface HookRun {
  readonly hook: string;
  readonly event: HookEvent;
  /** The nodes in the order in which they were reached. */
  readonly path: readonly string[];
  readonly steps: readonly Step[];
  readonly commands: readonly Masked<Command>[];
  readonly reconciled: readonly Reconciled[];
  readonly end: RunEnd;
  readonly milliseconds: number;
}

/** What a reconciliation did that no hook's chart asked for. */
export type ReconcileRun = Pick<HookRun, 'reconciled' | 'milliseconds'>;
