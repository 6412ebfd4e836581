import type { Answer, Command, HookEvent, HookMachine, Question } from '../../machines/index.ts';
import type { Deferral } from '../domain/deferral.ts';
import type { Work } from '../domain/reconcile.ts';
import type { Masked } from '../hook/index.ts';
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

/** How a chart ended, whether or not its hook got as far as having a run. */
export type ChartEnd = RunEnd | { readonly _tag: 'Failed'; readonly why: HookError };

/** What is seen of a chart while it is gone through, in the order in which it happens. */
export type Progress =
  /** `from` is the first node, or the one that it rested on. */
  | {
      readonly _tag: 'Begun';
      readonly machine: HookMachine;
      readonly event: HookEvent;
      readonly from: string;
    }
  | { readonly _tag: 'Asked'; readonly node: string; readonly request: Step['request'] }
  /** `to` is the node that the answer leads to. */
  | ({ readonly _tag: 'Answered'; readonly to: string } & Step)
  | { readonly _tag: 'Ended'; readonly end: ChartEnd };

/** Told of each chart as it goes, those of a hook that fails included. MUST NOT throw. */
export type Watch = (progress: Progress) => void;

/** How one chart was gone through, for eyes: it cannot hold a password, since only `mask` makes its parts. */
export interface ChartRun {
  readonly hook: string;
  readonly event: HookEvent;
  /** The nodes in the order in which they were reached. */
  readonly path: readonly string[];
  readonly steps: readonly Step[];
  readonly commands: readonly Masked<Command>[];
  readonly end: RunEnd;
}

/** What a hook did: its chart, and what else was left to do. */
export interface HookRun extends ChartRun {
  readonly reconciled: readonly Reconciled[];
  /** What else is to be said of it: transactions that a removal cut off, say. */
  readonly notes: readonly string[];
  readonly milliseconds: number;
}

/** What a reconciliation did that no hook's chart asked for. */
export type ReconcileRun = Pick<HookRun, 'reconciled' | 'notes' | 'milliseconds'>;

/** What Juju calls a unit for: `database-relation-changed` of relation 4, or `update-status`. */
export interface JujuEvent {
  readonly hook: string;
  /** Only in the events of a relation. */
  readonly relation?: number;
  /** The unit whose databag it is about; missing where it is the application's. */
  readonly remoteUnit?: string;
  /** The unit that Juju says is leaving; only in departed. */
  readonly departingUnit?: string;
  /** The label of a secret of the unit's own application; only in the events of a secret. */
  readonly secretLabel?: string;
}

/** What one Juju hook did: the charts of what was deferred, then its own. */
export interface DispatchRun extends ReconcileRun {
  readonly event: JujuEvent;
  readonly charts: readonly ChartRun[];
  /** Deferrals that were met in another way, or whose relation is gone. */
  readonly dropped: readonly Deferral[];
}
