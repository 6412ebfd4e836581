/**
 * What every hook machine is made of. Rules, held by a test over all machines:
 *
 * 1. One state per chart node, with the node's id, and one transition per edge. Beside them stands
 *    one edge that no chart draws: from the root, `failed` leads to the final state `failed`.
 * 2. An answer decides. There are no guards, no `always`, no invoked actors; control never reads
 *    context, so a machine can rest after any node and go on in another process.
 * 3. One action asks, one action learns, both by name.
 */
import { assign, setup } from 'xstate';
import type { Context, Request, Signal } from './vocabulary.ts';

export type Shape = 'terminal' | 'question' | 'step' | 'defer';

/** How the chart draws a node. The label is Mermaid source, `\n` included. */
export interface Drawing {
  readonly shape: Shape;
  readonly label: string;
}

export const nothingLearned: Context = { event: null, granted: null, failure: null };

/** Adds what a signal teaches to the context; total for every signal. */
export function learn(context: Context, signal: Signal): Context {
  switch (signal.type) {
    case 'start':
      return { ...context, event: signal.event };
    case 'done':
      return signal.granted === undefined ? context : { ...context, granted: signal.granted };
    case 'failed':
      return { ...context, failure: signal.failure };
    case 'yes':
    case 'no':
      return context;
  }
}

export const hook = setup({
  types: {
    context: {} as Context,
    events: {} as Signal,
    meta: {} as Drawing,
  },
  actions: {
    ask: (_, _request: Request) => {},
    learn: assign(({ context, event }) => learn(context, event)),
  },
});

/** The entry of a node: the request that it makes, from what is known by then. */
export function asks(request: (context: Context) => Request) {
  return {
    type: 'ask',
    params: ({ context }: { context: Context }) => request(context),
  } as const;
}

/** The relation that the hook is about; -1 before `start`, when no request can be carried out. */
export const relationOf = (context: Context): number => context.event?.relation ?? -1;

export const terminal = (label: string): Drawing => ({ shape: 'terminal', label });
export const question = (label: string): Drawing => ({ shape: 'question', label });
export const step = (label: string): Drawing => ({ shape: 'step', label });

export const returns = {
  type: 'final',
  meta: terminal('Return'),
  entry: asks(() => ({ _tag: 'Return' })),
} as const;

export const defers = {
  type: 'final',
  meta: { shape: 'defer', label: 'defer' },
  entry: asks(() => ({ _tag: 'Defer' })),
} as const;

/** The one node that no chart draws. It has no meta, which is how charts leave it out. */
export const fails = {
  type: 'final',
  entry: asks(({ failure }) => ({ _tag: 'Failed', failure })),
} as const;

/** The edge that leads to it, from whatever node the hook stands on. */
export const onFailure = { failed: { target: '.failed', actions: 'learn' } } as const;
