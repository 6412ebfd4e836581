import type { Chart, ChartEdge } from '../chart/chart.ts';
import { answerOf } from './requests.ts';

/** One way through a chart. */
interface Way {
  readonly path: readonly string[];
  /** By node; a step that is done needs none. */
  readonly answers: Readonly<Record<string, string>>;
  readonly end: 'Return' | 'Defer';
}

/** The ways that a test is to go. */
export interface Ways {
  readonly ways: readonly Way[];
  /** Whether there are no others; where there are too many, each arrow is gone at least once. */
  readonly isAll: boolean;
}

/** More than anybody reads in one file. */
const most = 64;

/** All ways from `hook_fired` to an end, or as many as take each arrow. */
export function waysOf(chart: Chart): Ways {
  const out = new Map<string, ChartEdge[]>(chart.nodes.map(({ id }) => [id, []]));
  for (const edge of chart.edges) out.get(edge.from)?.push(edge);
  const next = (node: string) => out.get(node) ?? [];
  const all = allWays(next);
  const edges = all ?? coveringWays(chart, next);
  return { ways: edges.map((way) => told(chart, way)), isAll: all !== null };
}

type Next = (node: string) => readonly ChartEdge[];
type Edges = readonly ChartEdge[];

/** Null where there are too many of them. */
function allWays(next: Next): readonly Edges[] | null {
  const ways: Edges[] = [];
  const begun: Edges[] = next('hook_fired').map((edge) => [edge]);
  while (begun.length > 0) {
    const way = begun.pop() ?? [];
    const on = next(way[way.length - 1]?.to ?? '');
    if (on.length === 0) ways.push(way);
    else begun.push(...on.map((edge) => [...way, edge]).reverse());
    if (ways.length > most) return null;
  }
  return ways;
}

/** For each arrow that no way has taken yet one that does, and that takes others where it can. */
function coveringWays({ edges }: Chart, next: Next): readonly Edges[] {
  const into = new Map<string, ChartEdge>();
  const reached = new Set(['hook_fired']);
  for (const id of reached)
    for (const edge of next(id)) {
      if (!reached.has(edge.to)) into.set(edge.to, edge);
      reached.add(edge.to);
    }
  const taken = new Set<ChartEdge>();
  const ways: Edges[] = [];
  for (const edge of edges) {
    if (taken.has(edge)) continue;
    const way = [edge];
    for (let back = into.get(edge.from); back !== undefined; back = into.get(back.from))
      way.unshift(back);
    for (let on = next(edge.to); on.length > 0; on = next(way[way.length - 1]?.to ?? ''))
      way.push(on.find((other) => !taken.has(other)) ?? (on[0] as ChartEdge));
    for (const one of way) taken.add(one);
    ways.push(way);
  }
  return ways;
}

function told({ nodes }: Chart, way: Edges): Way {
  const answers = way
    .filter(({ from, label }) => from !== 'hook_fired' && label !== null)
    .map((edge): [string, string] => [edge.from, answerOf(edge)]);
  const last = way[way.length - 1]?.to;
  const isDeferred = nodes.some(({ id, shape }) => id === last && shape === 'defer');
  return {
    path: ['hook_fired', ...way.map(({ to }) => to)],
    answers: Object.fromEntries(answers),
    end: isDeferred ? 'Defer' : 'Return',
  };
}
