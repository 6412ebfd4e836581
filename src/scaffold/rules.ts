/** What a chart has to be to be a machine: the kit's rules, said of the drawing and its lines. */
import type { Chart, ChartEdge, ChartNode } from '../chart/chart.ts';
import type { PlacedChart } from '../chart/parse.ts';
import { isDrawable, isLabel, isNodeName } from '../hook/nodes.ts';
import type { DrawingProblem } from './drawn-hooks.ts';
import { tagOf } from './names.ts';

const shown = JSON.stringify;

/** A chart with what is needed to say something of it. */
interface Read extends PlacedChart {
  readonly out: (node: string) => readonly ChartEdge[];
  readonly lineOf: (edge: ChartEdge) => number;
  readonly lineOfNode: (node: string) => number;
}

/** Everything that is wrong with a chart; lines count from its first. */
export function problemsOf(placed: PlacedChart): readonly DrawingProblem[] {
  const { chart, nodeLines, edgeLines } = placed;
  const out = new Map(chart.nodes.map(({ id }): [string, ChartEdge[]] => [id, []]));
  for (const edge of chart.edges) out.get(edge.from)?.push(edge);
  const read: Read = {
    ...placed,
    out: (node) => out.get(node) ?? [],
    lineOf: (edge) => edgeLines[chart.edges.indexOf(edge)] ?? 1,
    lineOfNode: (node) => nodeLines.get(node) ?? 1,
  };
  const beginning = ofFirstNode(read);
  if (beginning.length > 0) return beginning;
  const problems = [
    ...chart.nodes.flatMap((node) => ofNode(read, node)),
    ...chart.nodes.flatMap((node) => ofEdges(read, node)),
    ...ofWays(read),
  ];
  return problems.sort((one, other) => one.line - other.line);
}

function ofFirstNode({ chart, out, lineOf, lineOfNode }: Read): readonly DrawingProblem[] {
  const [mentioned] = chart.nodes;
  const first = chart.nodes.find(({ id }) => id === 'hook_fired') ?? mentioned;
  const wanted = 'hook_fired([NAME Hook]), with a NAME like database-relation-changed';
  if (first === undefined) return [{ line: 1, what: `the chart is empty: begin with ${wanted}` }];
  const line = lineOfNode(first.id);
  if (first.shape !== 'terminal')
    return [
      {
        line,
        what: `the first node, ${first.id}, is no ([ ]): a hook begins where Juju calls it, so draw ${wanted}, before it`,
      },
    ];
  if (first.id !== 'hook_fired')
    return [{ line, what: `the first node is called ${first.id}: call it hook_fired` }];
  const [edge, ...more] = out(first.id);
  if (edge === undefined)
    return [{ line, what: 'nothing follows hook_fired: draw an arrow to what comes first' }];
  return [
    ...(edge.label === null
      ? []
      : [
          {
            line: lineOf(edge),
            what: `the arrow from hook_fired says ${shown(edge.label)}: nobody answers there, so leave its text out`,
          },
        ]),
    ...more.map((other) => ({
      line: lineOf(other),
      what: 'a second arrow leads from hook_fired: a hook has one beginning, so ask a question there',
    })),
  ];
}

function ofNode({ out, lineOfNode }: Read, node: ChartNode): readonly DrawingProblem[] {
  const { id, shape } = node;
  if (id === 'hook_fired') return [];
  const problem = (what: string) => [{ line: lineOfNode(id), what }];
  if (!isNodeName(id))
    return problem(`"${id}" is a word of Mermaid's or of the kit's own: give the node another id`);
  if (!isLabel(node.label))
    return problem(`${id} says ${shown(node.label)}: say in words what is asked or done there`);
  const edges = out(id);
  const isEnd = shape === 'terminal' || shape === 'defer';
  if (isEnd)
    return edges.length === 0
      ? []
      : problem(
          `${id} is drawn as an end, and an arrow leads on from it: draw it as a step, ${id}[${node.label}], or leave the arrow out`,
        );
  if (tagOf(id) === null)
    return problem(`no name for what ${id} asks can be made of its id: let it begin with a letter`);
  if (edges.length === 0)
    return problem(
      `nothing follows ${id}: draw an arrow to what comes next, to rtn([Return]) or to defer>defer]`,
    );
  if (shape === 'question' && edges.length === 1)
    return problem(
      `${id} is a question with one answer: draw an arrow for each answer, or draw it as a step, ${id}[${node.label}]`,
    );
  return [];
}

function ofEdges({ out, lineOf }: Read, { id, shape }: ChartNode): readonly DrawingProblem[] {
  if (id === 'hook_fired') return [];
  const edges = out(id);
  return edges.flatMap((edge, index) => {
    const { label, to } = edge;
    const problem = (what: string) => [{ line: lineOf(edge), what }];
    const arrow = `the arrow from ${id} to ${to}`;
    if (to === 'hook_fired')
      return problem(
        `${arrow} leads back to the beginning: end there, or defer, and Juju calls again`,
      );
    if (label === null && shape === 'question')
      return problem(`${arrow} has no text: write the answer on it, as ${id} -- yes --> ${to}`);
    if (label === 'done' || label === 'start' || label === 'failed')
      return problem(
        label === 'failed'
          ? `${arrow} says "failed": a failure leads out of every node by itself, so use another word`
          : `${arrow} says "${label}", which an arrow without text means: ${shape === 'step' ? 'leave the text out' : 'use another word'}`,
      );
    if (label !== null && !isDrawable(label))
      return problem(`${arrow} says ${shown(label)}: use words there, without * and \``);
    if (edges.findIndex((other) => other.label === label) < index)
      return problem(
        label === null
          ? `a second arrow without text leads from ${id}: a step is done in one way, so write on the others what else came of it`
          : `a second arrow from ${id} says ${shown(label)}: an answer leads to one node, so give each arrow a text of its own`,
      );
    return [];
  });
}

/** Nodes that nothing leads to, and ways that lead back. */
function ofWays(read: Read): readonly DrawingProblem[] {
  const { chart, lineOfNode, lineOf } = read;
  const reached = new Set<string>(['hook_fired']);
  for (const id of reached) for (const { to } of read.out(id)) reached.add(to);
  const lost = chart.nodes
    .filter(({ id }) => !reached.has(id))
    .map(({ id }) => ({
      line: lineOfNode(id),
      what: `nothing leads to ${id} from hook_fired: draw an arrow to it, or leave it out`,
    }));
  const circle = circleIn(chart, read.out);
  if (circle === null) return lost;
  const [edge, way] = circle;
  return [
    ...lost,
    {
      line: lineOf(edge),
      what: `the way leads in a circle, ${way.join(' → ')}: a hook ends, and waits by deferring, so lead it to defer>defer]`,
    },
  ];
}

/** The arrow that closes a circle among what is reached, and the way round; null where there is none. */
function circleIn(
  chart: Chart,
  out: Read['out'],
): readonly [closing: ChartEdge, way: readonly string[]] | null {
  const done = new Set<string>();
  // Without recursion: a drawing may be as long as it likes.
  for (const { id } of chart.nodes) {
    const way = [{ id, left: [...out(id)] }];
    while (way.length > 0) {
      const here = way[way.length - 1];
      const edge = here?.left.shift();
      if (here === undefined) break;
      if (edge === undefined) {
        done.add(here.id);
        way.pop();
        continue;
      }
      const at = way.findIndex(({ id: passed }) => passed === edge.to);
      // Back to the beginning is a problem of its own, which is told with its arrow.
      if (at >= 0 && edge.to !== 'hook_fired')
        return [edge, [...way.slice(at).map(({ id: passed }) => passed), edge.to]];
      if (at < 0 && !done.has(edge.to)) way.push({ id: edge.to, left: [...out(edge.to)] });
    }
  }
  return null;
}
