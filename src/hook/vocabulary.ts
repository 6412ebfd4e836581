/**
 * What every hook machine is made of. Rules, held by `nodesOf` over each machine that is driven:
 *
 * 1. One state per chart node, with the node's id, and one transition per edge. Beside them stands
 *    one edge that no chart draws: from the root, `failed` leads to the final state `failed`.
 * 2. An answer decides. There are no guards, no `always`, no invoked actors; control never reads
 *    context, so a machine can rest after any node and go on in another process.
 * 3. One action asks, one action learns, both by name.
 */
import {
  type AnyStateMachine,
  assign,
  type EventObject,
  type MachineConfig,
  type StateMachine,
  type StateSchema,
  setup,
} from 'xstate';
import { given } from './given.ts';
import { nodesOf } from './nodes.ts';
import type { Context, Drawing, Request, Signal, Words } from './words.ts';

/** Adds what a signal teaches to the context; total for every signal. */
export function learn<W extends Words>(context: Context<W>, signal: Signal<W>): Context<W> {
  const { event, learned, failure } = context;
  if ('event' in signal) return { event: signal.event, learned, failure };
  if ('failure' in signal) return { event, learned, failure: signal.failure };
  if (!('learned' in signal) || signal.learned === undefined) return context;
  return { event, learned: { ...learned, ...signal.learned }, failure };
}

/** A machine of a charm whose words are `W`: any XState machine made with its vocabulary. */
export type HookMachine<W extends Words = Words> = Pick<AnyStateMachine, 'id' | 'config'> &
  Speaks<W>;

/** Marks, for the compiler alone, in which words a machine speaks. */
export interface Speaks<W extends Words> {
  readonly '~words'?: W;
}

/** The two actions of a hook machine. */
export type HookActions<W extends Words> =
  | { readonly type: 'ask'; readonly params: Request<W> }
  | { readonly type: 'learn'; readonly params: undefined };

/** What is written of a machine: XState's own configuration, with these words. */
export type HookConfig<W extends Words> = MachineConfig<
  Context<W>,
  Signal<W>,
  never,
  HookActions<W>,
  never,
  never,
  string,
  unknown,
  unknown,
  EventObject,
  Drawing
>;

/** A machine as XState has it, with the names of its nodes. */
export type CreatedMachine<W extends Words, Node extends string> = Speaks<W> &
  StateMachine<
    Context<W>,
    Signal<W>,
    Record<never, never>,
    never,
    HookActions<W>,
    never,
    never,
    Node,
    string,
    unknown,
    unknown,
    EventObject,
    Drawing,
    StateSchema
  >;

/** The parts of which a charm makes its machines. */
export interface Vocabulary<W extends Words> {
  readonly hook: {
    readonly createMachine: <const C extends HookConfig<W>>(
      config: C,
    ) => CreatedMachine<W, keyof C['states'] & string>;
  };
  /** The context before anything was learned. */
  readonly nothingLearned: Context<W>;
  /** The entry of a node: the request that it makes, from what is known by then. */
  readonly asks: (request: (context: Context<W>) => Request<W>) => Asks<W>;
  readonly terminal: (label: string) => Drawing;
  readonly question: (label: string) => Drawing;
  readonly step: (label: string) => Drawing;
  readonly returns: EndState<W> & { readonly meta: Drawing };
  readonly defers: EndState<W> & { readonly meta: Drawing };
  /** The one node that no chart draws. It has no meta, which is how charts leave it out. */
  readonly fails: EndState<W>;
  /** The edge that leads to it, from whatever node the hook stands on. */
  readonly onFailure: {
    readonly failed: { readonly target: '.failed'; readonly actions: 'learn' };
  };
}

export interface Asks<W extends Words> {
  readonly type: 'ask';
  readonly params: (argument: { context: Context<W> }) => Request<W>;
}

export interface EndState<W extends Words> {
  readonly type: 'final';
  readonly entry: Asks<W>;
}

/**
 * The parts of which a charm makes its machines, over XState's `setup`. Nothing is added to what
 * XState knows but types: each request is one of the charm's own, or the compiler refuses it.
 *
 * @category Words and machines
 *
 * @example
 * ```ts
 * import { plan, vocabulary } from 'hookchart';
 *
 * type Words = {
 *   question: { readonly _tag: 'IsLit' };
 *   command: { readonly _tag: 'Light' };
 *   learned: object;
 *   event: object;
 * };
 * const words = vocabulary<Words>({ learned: {} });
 * const lamp = words.hook.createMachine({
 *   id: 'lamp-changed',
 *   context: words.nothingLearned,
 *   initial: 'hook_fired',
 *   on: words.onFailure,
 *   states: {
 *     hook_fired: {
 *       meta: words.terminal('lamp-changed Hook'),
 *       on: { start: { target: 'is_lit', actions: 'learn' } },
 *     },
 *     is_lit: {
 *       meta: words.question('Is the lamp lit?'),
 *       entry: words.asks(() => ({ _tag: 'IsLit' })),
 *       on: { yes: 'rtn', no: 'light' },
 *     },
 *     light: {
 *       meta: words.step('Light the lamp'),
 *       entry: words.asks(() => ({ _tag: 'Light' })),
 *       on: { done: 'rtn' },
 *     },
 *     rtn: words.returns,
 *     failed: words.fails,
 *   },
 * });
 * console.log(plan(lamp, {}, { is_lit: 'no' }).path);
 * // [ 'hook_fired', 'is_lit', 'light', 'rtn' ]
 * ```
 */
export function vocabulary<W extends Words>(first: {
  /** What is known before anything was learned. */
  readonly learned: W['learned'];
}): Vocabulary<W> {
  given('vocabulary', 'its argument', first, { learned: 'record' });
  const { learned } = first;
  const made = setup<
    Context<W>,
    Signal<W>,
    Record<never, never>,
    Record<never, never>,
    { ask: Request<W>; learn: undefined },
    Record<never, never>,
    never,
    string,
    unknown,
    unknown,
    EventObject,
    Drawing
  >({
    actions: {
      ask: () => {},
      learn: assign(({ context, event }) => learn<W>(context, event)),
    },
  });

  const asks: Vocabulary<W>['asks'] = (request) => {
    given('asks', 'its argument', request, 'function');
    return { type: 'ask', params: ({ context }) => request(context) };
  };
  const drawnAs =
    (shape: Drawing['shape']) =>
    (label: string): Drawing => {
      given(shape, 'the label', label, 'text');
      return { shape, label };
    };

  return {
    // XState counts on routes from outside as well, which no chart has.
    hook: {
      createMachine: <const C extends HookConfig<W>>(config: C) => {
        // Before XState says in its own words what no hook machine may have.
        nodesOf({ id: config?.id ?? '', config: config as HookMachine['config'] });
        return made.createMachine(config) as unknown as CreatedMachine<
          W,
          keyof C['states'] & string
        >;
      },
    },
    nothingLearned: { event: null, learned, failure: null },
    asks,
    terminal: drawnAs('terminal'),
    question: drawnAs('question'),
    step: drawnAs('step'),
    returns: {
      type: 'final',
      meta: { shape: 'terminal', label: 'Return' },
      entry: asks(() => ({ _tag: 'Return' })),
    },
    defers: {
      type: 'final',
      meta: { shape: 'defer', label: 'defer' },
      entry: asks(() => ({ _tag: 'Defer' })),
    },
    fails: {
      type: 'final',
      entry: asks(({ failure }) => ({ _tag: 'Failed', failure })),
    },
    onFailure: { failed: { target: '.failed', actions: 'learn' } },
  };
}
