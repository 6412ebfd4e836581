import { given } from '../misuse/given.ts';
import { type Chart, type ChartNode, chartParts } from './chart.ts';

const shapes: Readonly<Record<ChartNode['shape'], string>> = {
  terminal: 'box, style=rounded',
  question: 'diamond',
  step: 'box',
  defer: 'cds',
};

/**
 * A chart in the language of Graphviz, https://graphviz.org/doc/info/lang.html.
 *
 * @example
 * ```ts
 * import { chartOf, dot } from 'hookchart/chart';
 * import { updateStatus } from 'hookchart/machines';
 *
 * console.log(dot(chartOf(updateStatus), 'update-status').split('\n')[0]);
 * // digraph "update-status" {
 * ```
 */
export function dot(chart: Chart, name: string): string {
  given('dot', 'the chart', chart, chartParts);
  given('dot', 'the name', name, 'text');
  const { direction, nodes, edges } = chart;
  return [
    `digraph ${quoted(name)} {`,
    `  rankdir=${direction === 'TD' ? 'TB' : direction};`,
    ...nodes.map(
      ({ id, shape, label }) =>
        `  ${quoted(id)} [shape=${shapes[shape]}, label=${quoted(label.replaceAll('\\n', '\n'))}];`,
    ),
    ...edges.map(
      ({ from, to, label }) =>
        `  ${quoted(from)} -> ${quoted(to)}${label === null ? '' : ` [label=${quoted(label)}]`};`,
    ),
    '}',
    '',
  ].join('\n');
}

const quoted = (text: string) =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
