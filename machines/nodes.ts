import type { AnyStateMachine } from 'xstate';
import type { Drawing } from './hook.ts';
import type { Context, Request } from './vocabulary.ts';

/** Any machine made with `hook` and its parts; what is read of it is its id and its configuration. */
export type HookMachine = Pick<AnyStateMachine, 'id' | 'config'>;

export interface Edge {
  readonly signal: string;
  readonly to: string;
  readonly learns: boolean;
}

/** One state of a hook machine, read from its configuration. */
export interface Node {
  readonly id: string;
  /** Null for the one node that no chart draws. */
  readonly drawing: Drawing | null;
  /** Null for the first node, which waits for `start`. */
  readonly request: ((context: Context) => Request) | null;
  readonly final: boolean;
  readonly edges: readonly Edge[];
}

interface StateConfiguration {
  readonly type?: string;
  readonly meta?: Drawing;
  readonly entry?: {
    readonly type: 'ask';
    readonly params: (argument: { context: Context }) => Request;
  };
  readonly on?: Readonly<Record<string, string | { target: string; actions?: string }>>;
}

/** Reads a machine's configuration, in the order in which it is written. */
export function nodesOf(machine: HookMachine): readonly Node[] {
  const states = (machine.config.states ?? {}) as Readonly<Record<string, StateConfiguration>>;
  return Object.entries(states).map(([id, { type, meta, entry, on }]) => ({
    id,
    drawing: meta ?? null,
    request: entry === undefined ? null : (context) => entry.params({ context }),
    final: type === 'final',
    edges: Object.entries(on ?? {}).map(([signal, transition]) =>
      typeof transition === 'string'
        ? { signal, to: transition, learns: false }
        : { signal, to: transition.target, learns: transition.actions === 'learn' },
    ),
  }));
}
