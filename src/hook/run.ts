import type { Masked } from './secret.ts';
import type { HookMachine } from './vocabulary.ts';
import type { Answer, Failure, Words } from './words.ts';

/** One request, its answer, and how long it took; secrets are masked. */
export interface Step<W extends Words = Words> {
  readonly node: string;
  readonly request: Masked<W['question'] | W['command']>;
  readonly answer: Masked<Answer<W>>;
  readonly milliseconds: number;
}

/** How a hook ended well. A hook that failed has no run: it is a failure. */
export type RunEnd<Why extends Failure = Failure> =
  | { readonly _tag: 'Returned' }
  /** The same event MUST be delivered again at a later dispatch. */
  | { readonly _tag: 'Deferred'; readonly why: Why | null }
  | { readonly _tag: 'Refused'; readonly why: Why };

/** How a chart ended, whether or not its hook got as far as having a run. */
export type ChartEnd<Why extends Failure = Failure> =
  | RunEnd<Why>
  | { readonly _tag: 'Failed'; readonly why: Why };

/** What is seen of a chart while it is gone through, in the order in which it happens. */
export type Progress<W extends Words = Words, Why extends Failure = Failure> =
  /** `from` is the first node, or the one that it rested on. */
  | {
      readonly _tag: 'Begun';
      readonly machine: HookMachine<W>;
      readonly event: W['event'];
      readonly from: string;
    }
  | { readonly _tag: 'Asked'; readonly node: string; readonly request: Step<W>['request'] }
  /** `to` is the node that the answer leads to. */
  | ({ readonly _tag: 'Answered'; readonly to: string } & Step<W>)
  | { readonly _tag: 'Ended'; readonly end: ChartEnd<Why> };

/** Told of each chart as it goes, those of a hook that fails included. MUST NOT throw. */
export type Watch<W extends Words = Words, Why extends Failure = Failure> = (
  progress: Progress<W, Why>,
) => void;

/** How one chart was gone through, for eyes: it cannot hold a password, since only `mask` makes its parts. */
export interface ChartRun<
  W extends Words = Words,
  Why extends Failure = Failure,
  End extends ChartEnd<Why> = RunEnd<Why>,
> {
  readonly hook: string;
  readonly event: W['event'];
  /** The nodes in the order in which they were reached. */
  readonly path: readonly string[];
  readonly steps: readonly Step<W>[];
  readonly commands: readonly Masked<W['command']>[];
  readonly end: End;
}

/** A chart that was gone through, whatever became of it. */
export type Driven<W extends Words = Words, Why extends Failure = Failure> = ChartRun<
  W,
  Why,
  ChartEnd<Why>
>;
