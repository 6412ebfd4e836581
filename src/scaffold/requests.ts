import * as E from 'fp-ts/lib/Either.js';
import type { ChartNode } from '../chart/chart.ts';
import type { DrawingProblem, DrawnHook } from './drawn-hooks.ts';
import { prefixOf, tagOf } from './names.ts';

/** A question or a command that the charts of a project need. */
export interface DrawnRequest {
  readonly tag: string;
  readonly kind: 'question' | 'command';
  /** As the chart has it, `\n` included. */
  readonly label: string;
  /** What its node may be answered, in the order of the arrows. */
  readonly answers: readonly string[];
}

/** All requests of a project, and which one each node makes. */
export interface DrawnRequests {
  readonly requests: readonly DrawnRequest[];
  readonly tagAt: (hook: string, node: string) => string;
}

/** The label that an arrow of a step has in a machine: one without text is `done`. */
export const answerOf = ({ label }: { readonly label: string | null }): string => label ?? 'done';

interface RequestNode extends Pick<ChartNode, 'id' | 'shape' | 'label'> {
  readonly drawn: DrawnHook;
  readonly tag: string;
}

/** What no request may be called, for ends are. */
const ends: ReadonlySet<string> = new Set(['Return', 'Defer', 'Failed']);

/**
 * The requests of all charts. Nodes of different hooks that are called and drawn alike make the same
 * one; where they are called alike and mean something else, the hook's name tells them apart.
 */
export function requestsOf(
  hooks: readonly DrawnHook[],
): E.Either<readonly DrawingProblem[], DrawnRequests> {
  const all = hooks.flatMap((drawn) =>
    drawn.chart.nodes.flatMap(({ id, shape, label }): RequestNode[] => {
      if (shape === 'terminal' || shape === 'defer') return [];
      return [{ drawn, id, shape, label, tag: tagOf(id) ?? id }];
    }),
  );
  const isShared = (node: RequestNode) =>
    ends.has(node.tag) || all.some((other) => other.tag === node.tag && !isAlike(other, node));
  const named = all.map((node) =>
    isShared(node) ? { ...node, tag: `${prefixOf(node.drawn.hook)}${node.tag}` } : node,
  );
  const requests = new Map<string, DrawnRequest & { readonly node: RequestNode }>();
  const tags = new Map<string, string>();
  const problems: DrawingProblem[] = [];
  for (const node of named) {
    const { drawn, id, shape, label, tag } = node;
    tags.set(`${drawn.hook} ${id}`, tag);
    const before = requests.get(tag);
    if (before !== undefined && !isAlike(before.node, node)) {
      problems.push({
        line: drawn.line + (drawn.nodeLines.get(id) ?? 1) - 1,
        what: `${id} and ${inOther(before.node, drawn)} would both ask for ${tag}: give one of them another id`,
      });
      continue;
    }
    const own = drawn.chart.edges.filter(({ from }) => from === id).map(answerOf);
    const answers = [...new Set([...(before?.answers ?? []), ...own])];
    const kind = shape === 'question' ? 'question' : 'command';
    requests.set(tag, { tag, kind, label, answers, node: before?.node ?? node });
  }
  if (problems.length > 0) return E.left(problems);
  return E.right({
    requests: [...requests.values()].map(({ node: _, ...request }) => request),
    tagAt: (hook, node) => tags.get(`${hook} ${node}`) ?? node,
  });
}

const inOther = ({ id, drawn }: RequestNode, here: DrawnHook): string =>
  drawn === here ? id : `${id} of ${drawn.hook}`;

const isAlike = (one: RequestNode, other: RequestNode): boolean =>
  one.id === other.id && one.shape === other.shape && one.label === other.label;
