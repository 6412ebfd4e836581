/**
 * The words of any conversation between a hook and the world. A charm brings its own questions,
 * commands, events and what is to be learned; the shapes around them are here.
 */
import { isRecord } from '../misuse/given.ts';

/** What a charm talks about; each part is plain JSON. */
export interface Words {
  /** What its charts ask, in nodes drawn as `{ }`. */
  readonly question: Tagged;
  /** What its charts order, in nodes drawn as `[ ]`. */
  readonly command: Tagged;
  /** What the answers teach, as a whole; each answer may carry a part of it. */
  readonly learned: object;
  /** What starts a hook. */
  readonly event: object;
}

/** A question or a command: data with a name, which is none of the three ends. */
export interface Tagged {
  readonly _tag: string;
}

/** Where a hook rests for good. */
export type End =
  | { readonly _tag: 'Defer' }
  | { readonly _tag: 'Return' }
  | { readonly _tag: 'Failed'; readonly failure: Failure | null };

/** What a hook wants at the node on which it rests. */
export type Request<W extends Words = Words> = W['question'] | W['command'] | End;

/**
 * Why a request could not be answered. The class says what happens next: `unavailable` defers the
 * hook, `refused` ends it well with the refusal on record, `broken` fails it so that Juju repeats it.
 */
export interface Failure {
  readonly _tag: string;
  readonly class: 'unavailable' | 'refused' | 'broken';
}

/**
 * An answer names the edge that the hook takes: `yes`, `no`, `done`, or whatever the chart writes
 * there. Where something was found out on the way it carries that; `failed` carries why.
 */
export type Answer<W extends Words = Words> =
  | { readonly label: string; readonly learned?: Partial<W['learned']> }
  | { readonly label: 'failed'; readonly failure: Failure };

/** What an answer says to the machine: XState's event, named like the edge. */
export type Signal<W extends Words = Words> =
  | { readonly type: 'start'; readonly event: W['event'] }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: string; readonly learned?: Partial<W['learned']> };

/** The event and what the answers taught. Control never reads it. */
export interface Context<W extends Words = Words> {
  /** Null until `start`. */
  readonly event: W['event'] | null;
  readonly learned: W['learned'];
  readonly failure: Failure | null;
}

export type Shape = 'terminal' | 'question' | 'step' | 'defer';

/** How the chart draws a node. The label is Mermaid source, `\n` included. */
export interface Drawing {
  readonly shape: Shape;
  readonly label: string;
}

const classes: ReadonlySet<unknown> = new Set(['unavailable', 'refused', 'broken']);

export const isFailure = (value: unknown): value is Failure =>
  isRecord(value) && typeof value._tag === 'string' && classes.has(value.class);
