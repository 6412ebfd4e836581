// Not by its door: whoever has a machine's configuration needs no XState to draw it.
import { type HookMachine, nodesOf } from '../../machines/nodes.ts';
import type { Chart } from './chart.ts';

/** The chart that a machine is: its drawn states, and their transitions as edges. */
export function chartOf(machine: HookMachine): Chart {
  const nodes = nodesOf(machine);
  return {
    direction: 'TD',
    nodes: nodes.flatMap(({ id, drawing }) => (drawing === null ? [] : [{ id, ...drawing }])),
    edges: nodes.flatMap(({ id, edges }) =>
      edges.map(({ signal, to }) => ({
        from: id,
        to,
        label: signal === 'start' || signal === 'done' ? null : signal,
      })),
    ),
  };
}
