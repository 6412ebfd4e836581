import { given, type HookMachine } from '../hook/index.ts';
import { type Chart, type ChartEdge, type ChartNode, chartParts } from './chart.ts';
import { chartOf } from './of-machine.ts';

/** One way in which a chart and a machine differ; the node or edge is named. */
export type Difference =
  | { readonly _tag: 'NodeMissing'; readonly from: 'chart' | 'machine'; readonly node: string }
  | {
      readonly _tag: 'NodeDiffers';
      readonly node: string;
      readonly part: 'shape' | 'label';
      readonly chart: string;
      readonly machine: string;
    }
  | { readonly _tag: 'EdgeMissing'; readonly from: 'chart' | 'machine'; readonly edge: string };

/**
 * Compares nodes, shapes, labels, edges and edge labels; an empty list means that they agree.
 *
 * @example
 * ```ts
 * import { compare, describe, parse } from 'hookchart/chart';
 * import { updateStatus } from 'hookchart/machines';
 *
 * const drawn = parse('flowchart TD\n  hook_fired([update-status Hook]) --> rtn([Return])');
 * if (drawn._tag === 'Right') console.log(compare(drawn.right, updateStatus).map(describe)[0]);
 * // node update_pg is missing from the chart
 * ```
 */
export function compare(chart: Chart, machine: HookMachine): readonly Difference[] {
  given('compare', 'the chart', chart, chartParts);
  const drawn = chartOf(machine);
  return [
    ...compareNodes(byId(chart.nodes), byId(drawn.nodes)),
    ...compareEdges(chart.edges.map(name), drawn.edges.map(name)),
  ];
}

/** A difference as one line for people. */
export function describe(difference: Difference): string {
  given('describe', 'the difference', difference, { _tag: 'text' });
  switch (difference._tag) {
    case 'NodeMissing':
      return `node ${difference.node} is missing from the ${difference.from}`;
    case 'NodeDiffers':
      return `node ${difference.node}: the ${difference.part} is ${JSON.stringify(difference.chart)} in the chart and ${JSON.stringify(difference.machine)} in the machine`;
    case 'EdgeMissing':
      return `edge ${difference.edge} is missing from the ${difference.from}`;
  }
}

const byId = (nodes: readonly ChartNode[]) => new Map(nodes.map((node) => [node.id, node]));

const name = ({ from, to, label }: ChartEdge) =>
  label === null ? `${from} --> ${to}` : `${from} -- ${label} --> ${to}`;

function compareNodes(
  chart: ReadonlyMap<string, ChartNode>,
  machine: ReadonlyMap<string, ChartNode>,
): Difference[] {
  const differences: Difference[] = [];
  for (const node of chart.keys())
    if (!machine.has(node)) differences.push({ _tag: 'NodeMissing', from: 'machine', node });
  for (const [node, expected] of machine) {
    const found = chart.get(node);
    if (found === undefined) {
      differences.push({ _tag: 'NodeMissing', from: 'chart', node });
      continue;
    }
    for (const part of ['shape', 'label'] as const)
      if (found[part] !== expected[part])
        differences.push({
          _tag: 'NodeDiffers',
          node,
          part,
          chart: found[part],
          machine: expected[part],
        });
  }
  return differences;
}

/** As multisets: an edge that is drawn twice is a difference, too. */
function compareEdges(chart: readonly string[], machine: readonly string[]): Difference[] {
  const unmatched = [...machine];
  const extra: Difference[] = [];
  for (const edge of chart) {
    const index = unmatched.indexOf(edge);
    if (index < 0) extra.push({ _tag: 'EdgeMissing', from: 'machine', edge });
    else unmatched.splice(index, 1);
  }
  return [
    ...extra,
    ...unmatched.map((edge): Difference => ({ _tag: 'EdgeMissing', from: 'chart', edge })),
  ];
}
