import { given } from '../misuse/given.ts';
import { brackets, type Chart, type ChartNode, chartParts } from './chart.ts';

/**
 * Prints a chart as Mermaid, each node drawn where it is first mentioned, in the manner of the
 * hand-written charts. `parse(print(chart))` is the chart again.
 *
 * @example
 * ```ts
 * import { chartOf, print } from 'hookchart/chart';
 * import { databaseRelationDeparted } from 'hookchart/machines';
 *
 * console.log(print(chartOf(databaseRelationDeparted)).split('\n')[0]);
 * // flowchart TD
 * ```
 */
export function print(chart: Chart): string {
  given('print', 'the chart', chart, chartParts);
  const undrawn = new Map(chart.nodes.map((node) => [node.id, node]));
  const mention = (id: string): string => {
    const node = undrawn.get(id);
    if (node === undefined) return id;
    undrawn.delete(id);
    return draw(node);
  };
  const lines = [`flowchart ${chart.direction}`];
  for (const { from, to, label } of chart.edges) {
    const source = mention(from);
    const link = label === null ? '-->' : /^[\w ]+$/.test(label) ? `-- ${label} -->` : piped(label);
    lines.push(`  ${source} ${link} ${mention(to)}`);
  }
  for (const node of undrawn.values()) lines.push(`  ${draw(node)}`);
  return `${lines.join('\n')}\n`;
}

function draw({ id, shape, label }: ChartNode): string {
  const [open, close] = brackets[shape];
  return `${id}${open}${/[[\](){}<>|"#/]|^\s|^\\|\s$|^$/.test(label) ? quote(label) : label}${close}`;
}

const piped = (label: string) => `-->|${quote(label)}|`;

const quote = (label: string) => `"${label.replaceAll('#', '#35;').replaceAll('"', '#quot;')}"`;
