import { layout as arrange, Graph } from '@dagrejs/dagre';
import { given } from '../misuse/given.ts';
import { type Chart, type ChartEdge, type ChartNode, chartParts } from './chart.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node in its place; `x` and `y` are its middle. */
export interface PlacedNode extends Point {
  readonly id: string;
  readonly shape: ChartNode['shape'];
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge extends ChartEdge {
  /** From the rim of one node to the rim of the other. */
  readonly points: readonly Point[];
  /** The middle of its label; null where it has none. */
  readonly labelAt: Point | null;
}

/** A chart laid out from top to bottom, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** Of a text of 13 pixels, which is as high as a letter of it is wide at most. */
const [letter, lineHeight, margin] = [7.4, 18, 12];

/** How near to each other things stand: the letters of a line, and pixels between nodes and edges. */
interface Density {
  readonly line: number;
  readonly nodes: number;
  readonly edges: number;
}

const roomy: Density = { line: 24, nodes: 36, edges: 20 };
/** Ever narrower, and higher. */
const denser: readonly Density[] = [
  { line: 18, nodes: 16, edges: 10 },
  { line: 14, nodes: 16, edges: 10 },
  { line: 12, nodes: 10, edges: 6 },
];

/**
 * Lays a chart out as Mermaid would: from top to bottom, edges crossing as little as can be. Where
 * it comes out wider than `widest`, in pixels, its texts are broken into shorter lines and all
 * stands nearer; what is too wide even so is as narrow as it can be.
 */
export function layout(chart: Chart, widest = Number.POSITIVE_INFINITY): Layout {
  given('layout', 'the chart', chart, chartParts);
  given('layout', 'how wide it may be', widest, 'number');
  let narrowest = layoutWith(chart, roomy);
  for (const density of denser) {
    if (narrowest.width <= widest) return narrowest;
    const placed = layoutWith(chart, density);
    if (placed.width < narrowest.width) narrowest = placed;
  }
  return narrowest;
}

function layoutWith(chart: Chart, density: Density): Layout {
  const graph = new Graph({ multigraph: true });
  const { nodes: nodesep, edges: edgesep } = density;
  const rankdir = chart.direction === 'LR' ? 'LR' : 'TB';
  graph.setGraph({ rankdir, nodesep, edgesep, ranksep: 44 });
  graph.setDefaultEdgeLabel(() => ({}));
  const drawn = chart.nodes.map((node) => ({ ...node, lines: linesOf(node.label, density.line) }));
  for (const node of drawn) graph.setNode(node.id, sizeOf(node));
  for (const [index, { from, to, label }] of chart.edges.entries()) {
    const width = label === null ? 0 : label.length * letter + 10;
    const size = { width, height: label === null ? 0 : lineHeight, labelpos: 'c' };
    graph.setEdge(from, to, size, String(index));
  }
  arrange(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const moved = ({ x, y }: Point): Point => ({ x: round(x + margin), y: round(y + margin) });
  const nodes = drawn.map(({ id, shape, lines }): PlacedNode => {
    const { width, height, ...middle } = graph.node(id) as Point & ReturnType<typeof sizeOf>;
    return { id, shape, lines, width, height, ...moved(middle) };
  });
  const placedNodes = new Map(nodes.map((node) => [node.id, node]));
  return {
    width: Math.ceil(width + 2 * margin),
    height: Math.ceil(height + 2 * margin),
    nodes,
    edges: chart.edges.map((edge, index) => {
      const placed = graph.edge(edge.from, edge.to, String(index)) as {
        readonly points: readonly Point[];
      } & Point;
      return {
        ...edge,
        points: toRims(
          placed.points.map(moved),
          placedNodes.get(edge.from),
          placedNodes.get(edge.to),
        ),
        labelAt: edge.label === null ? null : moved(placed),
      };
    }),
  };
}

const round = (value: number) => Math.round(value * 10) / 10;

/** An edge ends on the rim of a diamond, and not on that of the box around it. */
function toRims(
  points: readonly Point[],
  from: PlacedNode | undefined,
  to: PlacedNode | undefined,
): readonly Point[] {
  const inner = points.slice(1, -1);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return points;
  return [
    from?.shape === 'question' ? rim(from, inner[0] ?? last) : first,
    ...inner,
    to?.shape === 'question' ? rim(to, inner.at(-1) ?? first) : last,
  ];
}

/** Where a diamond's rim is met on the way from its middle to a point. */
function rim({ x, y, width, height }: PlacedNode, point: Point): Point {
  const [across, down] = [point.x - x, point.y - y];
  const part = 1 / (Math.abs(across) / (width / 2) + Math.abs(down) / (height / 2));
  return { x: round(x + across * part), y: round(y + down * part) };
}

/** A label's lines: where its author broke it, and where it would be too long. */
function linesOf(label: string, longest: number): readonly string[] {
  return label.split('\\n').flatMap((part) => {
    const lines: string[] = [];
    for (const word of part.split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + word.length < longest)
        lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}

function sizeOf({ shape, lines }: Pick<PlacedNode, 'shape' | 'lines'>) {
  const width = Math.max(...lines.map((line) => line.length)) * letter;
  const height = lines.length * lineHeight;
  switch (shape) {
    case 'question':
      // The text has to fit between the slanting sides.
      return { width: Math.round(width + 2 * height + 24), height: Math.round(height * 2 + 28) };
    case 'terminal':
    case 'defer':
      return { width: Math.round(width + 44), height: Math.round(height + 16) };
    case 'step':
      return { width: Math.round(width + 28), height: Math.round(height + 18) };
  }
}
