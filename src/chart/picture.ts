import { given } from '../misuse/given.ts';
import { chartParts } from './chart.ts';
import type { Layout, PlacedEdge, PlacedNode } from './layout.ts';

/** The outline of a node, as a path around its middle: the shapes that Mermaid draws. */
export function outline({ shape, width, height }: PlacedNode): string {
  const [x, y] = [width / 2, height / 2];
  switch (shape) {
    case 'question':
      return `M0,${-y} L${x},0 L0,${y} L${-x},0 Z`;
    case 'terminal':
      return `M${-x + y},${-y} H${x - y} A${y},${y} 0 0 1 ${x - y},${y} H${-x + y} A${y},${y} 0 0 1 ${-x + y},${-y} Z`;
    case 'defer':
      return `M${-x},${-y} H${x} V${y} H${-x} L${-x + y / 2},0 Z`;
    case 'step':
      return `M${-x},${-y} H${x} V${y} H${-x} Z`;
  }
}

/** An edge's way, through its points, with soft corners. */
export function way({ points }: PlacedEdge): string {
  const [first, ...others] = points;
  if (first === undefined) return '';
  const bends = others.slice(0, -1).map((point, index) => {
    const next = others[index + 1] ?? point;
    return `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  });
  const last = others.at(-1) ?? first;
  return `M${first.x},${first.y} ${bends.join(' ')} L${last.x},${last.y}`;
}

/** How far below a node's middle the n-th of its lines stands. */
export const lineAt = (count: number, index: number): number => (index - (count - 1) / 2) * 18;

/**
 * A chart as a picture that stands for itself; it follows the colours of its page where it can.
 *
 * @example
 * ```ts
 * import { chartOf, layout, svg } from 'hookchart/chart';
 * import { updateStatus } from 'hookchart/machines';
 *
 * const picture = svg(layout(chartOf(updateStatus)), 'update-status');
 * console.log(picture.startsWith('<svg'), picture.includes('Is this unit the leader?'));
 * // true true
 * ```
 */
export function svg(layout: Layout, title: string): string {
  given('svg', 'the layout', layout, { width: 'number', ...chartParts });
  given('svg', 'the title', title, 'text');
  const { width, height, nodes, edges } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="13" fill="none" stroke="#57606a">`,
    `<title>${escaped(title)}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 Z" fill="#57606a" stroke="none"/></marker></defs>',
    ...edges.map((edge) => `<path d="${way(edge)}" marker-end="url(#arrow)"/>`),
    ...edges.flatMap(({ label, labelAt }) =>
      label === null || labelAt === null
        ? []
        : [
            `<text x="${labelAt.x}" y="${labelAt.y}" text-anchor="middle" dominant-baseline="central" fill="#57606a" stroke="#ffffff" stroke-width="4" paint-order="stroke">${escaped(label)}</text>`,
          ],
    ),
    ...nodes.map(
      (node) =>
        `<g transform="translate(${node.x},${node.y})"><path d="${outline(node)}" fill="#f6f8fa"/>${node.lines
          .map(
            (line, index) =>
              `<text y="${lineAt(node.lines.length, index)}" text-anchor="middle" dominant-baseline="central" fill="#1f2328" stroke="none">${escaped(line)}</text>`,
          )
          .join('')}</g>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

const escaped = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
