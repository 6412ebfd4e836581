import { isIdentifier, isLabel } from '../hook/nodes.ts';
import { given } from '../misuse/given.ts';
import { HookMisuse, oneOf } from '../misuse/hook-misuse.ts';
import { brackets, type Chart, type ChartNode, chartParts, directions } from './chart.ts';
import { quoted } from './quoted.ts';

/**
 * Prints a chart as Mermaid, each node drawn where it is first mentioned, in the manner of the
 * hand-written charts. `parse(print(chart))` is the chart again; `HookMisuse` where no text would be.
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
  checkDrawn(chart);
  const undrawn = new Map(chart.nodes.map((node) => [node.id, node]));
  const mention = (id: string): string => {
    const node = undrawn.get(id);
    if (node === undefined) return id;
    undrawn.delete(id);
    return draw(node);
  };
  const lines = [`flowchart ${chart.direction}`];
  for (const { from, to, label } of chart.edges)
    lines.push(`  ${mention(from)} ${label === null ? '-->' : link(label)} ${mention(to)}`);
  for (const node of undrawn.values()) lines.push(`  ${draw(node)}`);
  return `${lines.join('\n')}\n`;
}

function draw({ id, shape, label }: ChartNode): string {
  const [open, close] = brackets[shape];
  const text = quoted(label);
  const isPlain = text === label && !/[[\](){}<>|/@~]|^\s|^\\|\s$/.test(label);
  return `${id}${open}${isPlain ? label : `"${text}"`}${close}`;
}

const link = (label: string): string =>
  /^\w(?:[\w ]*\w)?$/.test(label) && quoted(label) === label
    ? `-- ${label} -->`
    : `-->|"${quoted(label)}"|`;

/** Throws where Mermaid would read another chart, or none. */
function checkDrawn({ direction, nodes, edges }: Chart): void {
  const refused = (node: string | null, what: string) =>
    new HookMisuse('ArgumentUnfit', 'print', node, what);
  if (!directions.includes(direction))
    throw refused(null, `no chart runs ${JSON.stringify(direction)}: say ${oneOf(directions)}`);
  const known = new Set<string>();
  for (const node of nodes) {
    given('print', 'a node', node, { id: 'text', shape: 'text', label: 'text' });
    const { id, shape, label } = node;
    const wrong = (what: string) => refused(id, `the node ${JSON.stringify(id)} ${what}`);
    if (!isIdentifier(id))
      throw wrong("needs another id: letters, digits and _, and no word of Mermaid's own");
    if (known.has(id)) throw wrong('is there twice: draw it once');
    if (!Object.hasOwn(brackets, shape))
      throw wrong(`has a shape that is none: say ${oneOf(Object.keys(brackets))}`);
    if (!isLabel(label)) throw wrong(`cannot bear the label ${JSON.stringify(label)}: ${words}`);
    known.add(id);
  }
  for (const edge of edges) {
    given('print', 'an edge', edge, { from: 'text', to: 'text' });
    const { from, to, label } = edge;
    const wrong = (what: string) => refused(from, `the edge from ${from} to ${to} ${what}`);
    for (const id of [from, to])
      if (!known.has(id)) throw wrong(`is of ${JSON.stringify(id)}, which is no node of the chart`);
    if (label === null) continue;
    given('print', 'the label of an edge', label, 'text');
    if (!isLabel(label)) throw wrong(`cannot bear the label ${JSON.stringify(label)}: ${words}`);
  }
}

const words = 'use words, and a backslash and an n for the end of a line';
