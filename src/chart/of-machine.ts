// Not by its door: whoever has a machine's configuration needs no XState to draw it.
import { type Edge, type Node, nodesOf } from '../hook/nodes.ts';
import type { HookMachine } from '../hook/vocabulary.ts';
import type { Drawing } from '../hook/words.ts';
import type { Chart } from './chart.ts';

/**
 * The chart that a machine is: its drawn states, and their transitions as edges. `HookMisuse` on a
 * machine that no chart could draw as it runs.
 *
 * @example
 * ```ts
 * import { chartOf } from 'hookchart/chart';
 * import { databaseRequested } from 'hookchart/machines';
 *
 * const { edges } = chartOf(databaseRequested);
 * console.log(edges.find(({ from, label }) => from === 'is_leader' && label === 'no'));
 * // { from: 'is_leader', to: 'rtn', label: 'no' }
 * ```
 */
export const chartOf = (machine: HookMachine): Chart => drawn(nodesOf(machine));

/**
 * What can be drawn of a configuration that somebody recorded: all of it where it is a hook
 * machine's, and whatever has a shape where it is not.
 */
export function chartOfDefinition(definition: unknown): Chart {
  const { states = {} } = (definition ?? {}) as { readonly states?: Recorded };
  return drawn(
    Object.entries(states ?? {}).map(([id, state]) => ({
      id,
      drawing: state?.meta ?? null,
      edges: Object.entries(state?.on ?? {}).flatMap(([label, edge]) => {
        const to = typeof edge === 'string' ? edge : edge?.target;
        return typeof to === 'string' ? [{ label, to }] : [];
      }),
    })),
  );
}

type Recorded = Readonly<
  Record<
    string,
    {
      readonly meta?: Drawing;
      readonly on?: Readonly<Record<string, string | { readonly target?: unknown }>>;
    } | null
  >
>;

interface Drawn extends Pick<Node, 'id' | 'drawing'> {
  readonly edges: readonly Pick<Edge, 'label' | 'to'>[];
}

const drawn = (nodes: readonly Drawn[]): Chart => ({
  direction: 'TD',
  nodes: nodes.flatMap(({ id, drawing }) => (drawing === null ? [] : [{ id, ...drawing }])),
  edges: nodes.flatMap(({ id, edges }) =>
    edges.map(({ label, to }) => ({
      from: id,
      to,
      label: label === 'start' || label === 'done' ? null : label,
    })),
  ),
});
