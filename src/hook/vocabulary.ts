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
import { given } from '../misuse/given.ts';
import { type failedNode, firstNode, nodesOf } from './nodes.ts';
import type { Context, Drawing, Request, Signal, Tagged, Words } from './words.ts';

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
  /**
   * A machine that says no more than its chart does. Whatever an answer teaches is taken up; the
   * first of the nodes is the one to which `start` leads. The label is that of `hook_fired`; left
   * out it is the id and `Hook`, as `hookchart new` reads the name of a hook from a drawing.
   */
  readonly chart: <const Nodes extends Readonly<Record<string, DrawnNode<W>>>>(
    id: string,
    nodes: Nodes & Linked<Nodes>,
    label?: string,
  ) => CreatedMachine<W, typeof firstNode | (keyof Nodes & string) | typeof failedNode>;
  /** A question of such a chart, and where each answer leads. */
  readonly ask: <const Next extends Edges>(
    label: string,
    question: Made<W, W['question']>,
    next: Next,
  ) => DrawnNode<W, Next[keyof Next]>;
  /** A step of such a chart, and where it leads: once it is done, or by what else may come of it. */
  readonly order: <const Next extends string | Edges>(
    label: string,
    command: Made<W, W['command']>,
    next: Next,
  ) => DrawnNode<W, Next extends string ? Next : Next[keyof Next]>;
  /** Where more is to be said of a machine than its chart does: XState's own configuration. */
  readonly hook: {
    readonly createMachine: <const C extends HookConfig<W>>(
      config: C,
    ) => CreatedMachine<W, keyof C['states'] & string>;
  };
  /** The context before anything was learned. */
  readonly nothingLearned: Context<W>;
  /** The entry of a node: the request that it makes, from what is known by then. */
  readonly asks: (request: (context: Context<W>) => Request<W>) => Asks<W>;
  /** How a beginning or an end is drawn. */
  readonly terminal: (label: string) => Drawing;
  /** How a node is drawn at which the ways part. */
  readonly question: (label: string) => Drawing;
  /** How a node is drawn that does something. */
  readonly step: (label: string) => Drawing;
  /** The end of a hook that has done its work. */
  readonly returns: EndState<W> & { readonly meta: Drawing };
  /** The end at which a hook is put off: it runs again before the next one. */
  readonly defers: EndState<W> & { readonly meta: Drawing };
  /** The one node that no chart draws. It has no meta, which is how charts leave it out. */
  readonly fails: EndState<W>;
  /** The edge that leads to it, from whatever node the hook stands on. */
  readonly onFailure: {
    readonly failed: { readonly target: '.failed'; readonly actions: 'learn' };
  };
}

/** How a node makes its request: from what is known by then, or of its name where that is all. */
export type Made<W extends Words, Some extends Tagged> =
  | ((context: Context<W>) => Some)
  | NameAlone<Some>;

/** The name of a request that has no other part. */
export type NameAlone<Some extends Tagged> = Some extends Tagged
  ? keyof Some extends '_tag'
    ? Some['_tag']
    : never
  : never;

/** Where each answer leads. */
export type Edges = Readonly<Record<string, string>>;

/** A node, as `ask`, `order` and the ends give it; `Target` are the nodes to which it leads. */
export interface DrawnNode<W extends Words, Target = string> {
  readonly entry: Asks<W>;
  readonly meta: Drawing;
  readonly type?: 'final';
  readonly on?: Readonly<Record<string, { readonly target: string; readonly actions: 'learn' }>>;
  /** For the compiler alone. */
  readonly '~leadsTo'?: Target;
}

/** The same nodes, as long as they lead to each other; one that leads elsewhere says where to. */
export type Linked<Nodes> = {
  readonly [Id in keyof Nodes]: [Astray<Nodes[Id], keyof Nodes>] extends [never]
    ? Nodes[Id]
    : `leads to ${Astray<Nodes[Id], keyof Nodes>}, which is no node of this chart`;
};

/** To which nodes that are not there a node leads; none where the compiler knows no more than `string`. */
export type Astray<Node, Id> = Node extends { readonly '~leadsTo'?: infer Target }
  ? string extends Target
    ? never
    : Exclude<Target & string, Id>
  : never;

export interface Asks<W extends Words> {
  readonly type: 'ask';
  readonly params: (argument: { context: Context<W> }) => Request<W>;
}

export interface EndState<W extends Words> {
  readonly type: 'final';
  readonly entry: Asks<W>;
}

/**
 * The parts of which a charm makes its machines, over XState's `setup`: each request is one of the
 * charm's own, or the compiler refuses it. `chart` makes a machine of questions and steps; whoever
 * wants to say more of one writes XState's configuration himself, with `hook.createMachine`.
 *
 * @category Words and machines
 *
 * @example
 * ```ts
 * import { plan, vocabulary } from 'hookchart';
 *
 * type Words = {
 *   question: { readonly _tag: 'IsLit' };
 *   command: { readonly _tag: 'Light'; readonly oil: number };
 *   learned: object;
 *   event: object;
 * };
 * const { ask, chart, order, returns } = vocabulary<Words>({ learned: {} });
 * const lamp = chart('lamp-changed', {
 *   is_lit: ask('Is the lamp lit?', 'IsLit', { yes: 'rtn', no: 'light' }),
 *   light: order('Light the lamp', () => ({ _tag: 'Light', oil: 3 }), 'rtn'),
 *   rtn: returns,
 * });
 * console.log(plan(lamp, {}, { is_lit: 'no' }).path);
 * // [ 'hook_fired', 'is_lit', 'light', 'rtn' ]
 * ```
 */
export function vocabulary<W extends Words>(first: {
  /**
   * What is known before anything was learned, by every name that an answer may teach: `null` where
   * nothing is known. An answer that teaches another is refused where the machine is driven.
   */
  readonly learned: W['learned'];
}): Vocabulary<W> {
  given('vocabulary', 'its argument', first, { learned: 'record' });
  const nothingLearned: Context<W> = { event: null, learned: first.learned, failure: null };
  const createMachine = creating<W>();
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
  const [terminal, question, step] = [drawnAs('terminal'), drawnAs('question'), drawnAs('step')];
  const end = (drawing: Drawing, _tag: 'Return' | 'Defer') => ({
    ...({ type: 'final', meta: drawing } as const),
    entry: asks(() => ({ _tag })),
  });
  const fails: EndState<W> = {
    type: 'final',
    entry: asks(({ failure }) => ({ _tag: 'Failed', failure })),
  };
  const onFailure = { failed: { target: '.failed', actions: 'learn' } } as const;
  return {
    chart: (id, nodes, label = `${id} Hook`) => {
      given('chart', 'the nodes', nodes, 'record');
      const [start = ''] = Object.keys(nodes);
      const first = { meta: terminal(label), on: leadingTo({ start }) };
      return createMachine({
        ...{ id, context: nothingLearned, initial: firstNode, on: onFailure },
        states: { hook_fired: first, ...nodes, failed: fails },
      });
    },
    ask: (label, made, edges) => {
      given('ask', 'the edges', edges, 'record');
      return { meta: question(label), entry: asks(called(made)), on: leadingTo(edges) };
    },
    order: (label, made, next) => {
      const edges: Edges = typeof next === 'string' ? { done: next } : next;
      given('order', 'where it leads, unless that is a text,', edges, 'record');
      return { meta: step(label), entry: asks(called(made)), on: leadingTo(edges) };
    },
    hook: { createMachine },
    nothingLearned,
    asks,
    terminal,
    question,
    step,
    returns: end(terminal('Return'), 'Return'),
    defers: end({ shape: 'defer', label: 'defer' }, 'Defer'),
    fails,
    onFailure,
  };
}

const leadingTo = (edges: Edges) =>
  Object.fromEntries(
    Object.entries(edges).map(([label, target]) => [label, { target, actions: 'learn' } as const]),
  );

/** A request that is called by its name alone has no other part. */
const called = <W extends Words, Some extends Tagged>(made: Made<W, Some>) =>
  typeof made === 'string' ? () => ({ _tag: made }) as unknown as Some : made;

function creating<W extends Words>(): Vocabulary<W>['hook']['createMachine'] {
  const made = setup({
    types: {} as { context: Context<W>; events: Signal<W>; meta: Drawing },
    actions: {
      ask: () => {},
      learn: assign(({ context, event }) => learn<W>(context, event)),
    },
  });
  return <const C extends HookConfig<W>>(config: C) => {
    // Before XState says in its own words what no hook machine may have.
    nodesOf({ id: config?.id ?? '', config: config as HookMachine['config'] });
    // XState counts on routes from outside as well, which no chart has.
    return made.createMachine(config) as unknown as CreatedMachine<W, keyof C['states'] & string>;
  };
}
