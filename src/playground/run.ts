import { advance, begin, type HookMachine, isEnd, nodesOf } from '../hook/index.ts';

/** A node that was asked something, with what it was answered. */
interface Answered {
  readonly node: string;
  readonly request: string;
  readonly answer: string;
}

/** How far a run has come. */
export interface Run {
  readonly path: readonly string[];
  readonly answered: readonly Answered[];
  /** What is asked now, and the labels that answer it; null at the end. */
  readonly asked: {
    readonly node: string;
    readonly request: string;
    readonly shape: 'question' | 'step';
    readonly label: string;
    readonly labels: readonly string[];
  } | null;
  /** How it ended; null where it has not. */
  readonly end: 'Return' | 'Defer' | 'Failed' | null;
}

/** As an answer: the world was not there. */
export const unavailable = 'failed';

/** A run of a machine by answers; those that fit no node any more are left out, and all after them. */
export function runOf(machine: HookMachine, answers: readonly string[]): Run {
  const nodes = new Map(nodesOf(machine).map((node) => [node.id, node]));
  let [state, request] = begin(machine, { relation: 0 });
  const path = ['hook_fired', state.node];
  const answered: Answered[] = [];
  for (const answer of answers) {
    const labels = labelsOf(nodes.get(state.node)?.edges);
    if (isEnd(request) || (answer !== unavailable && !labels.includes(answer))) break;
    answered.push({ node: state.node, request: request._tag, answer });
    const failure = { _tag: 'Unavailable', class: 'unavailable' } as const;
    [state, request] = advance(
      machine,
      state,
      answer === unavailable ? { label: unavailable, failure } : { label: answer },
    );
    path.push(state.node);
  }
  const { _tag } = request;
  if (_tag === 'Return' || _tag === 'Defer' || _tag === 'Failed')
    return { path, answered, asked: null, end: _tag };
  const node = nodes.get(state.node);
  const shape = node?.drawing?.shape === 'question' ? 'question' : 'step';
  const label = (node?.drawing?.label ?? state.node).replaceAll('\\n', ' ');
  const asked = { node: state.node, request: _tag, shape, label, labels: labelsOf(node?.edges) };
  return { path, answered, asked: { ...asked, shape }, end: null };
}

const labelsOf = (edges: readonly { readonly label: string }[] = []): readonly string[] =>
  edges.map(({ label }) => label);
