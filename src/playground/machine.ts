import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type { ChartNode } from '../chart/chart.ts';
import { type HookConfig, type HookMachine, vocabulary, type Words } from '../hook/index.ts';
import { type DrawingProblem, type DrawnHook, drawnHooks } from '../scaffold/drawn-hooks.ts';
import { machineFile } from '../scaffold/machine-file.ts';
import { answerOf, requestsOf } from '../scaffold/requests.ts';

/** What a drawing is: the machine that runs, and the file in which an author would have it. */
export interface DrawnMachine {
  readonly hook: string;
  readonly machine: HookMachine;
  readonly file: string;
}

const { hook, asks, terminal, returns, defers, fails, onFailure, nothingLearned } =
  vocabulary<Words>({ learned: {} });

/** The machine of a Mermaid flowchart; the left says what the drawing lacks, and on which lines. */
export function machineIn(source: string): E.Either<readonly DrawingProblem[], DrawnMachine> {
  return pipe(
    E.Do,
    E.bind('drawn', () => drawnHooks('chart.mmd', source)),
    E.bind('requests', ({ drawn }) => requestsOf(drawn)),
    E.chain(({ drawn: [only], requests: { tagAt } }) =>
      only === undefined
        ? E.left([{ line: 1, what: 'there is no chart here' }])
        : E.right({
            hook: only.hook,
            machine: machineOf(only, tagAt),
            file: machineFile(only, tagAt),
          }),
    ),
  );
}

/** One state for each node, one transition for each arrow: what `machineFile` writes, made at once. */
function machineOf(
  { hook: id, chart }: DrawnHook,
  tagAt: (hook: string, node: string) => string,
): HookMachine {
  const states = chart.nodes.map((node) => {
    const edges = chart.edges.filter(({ from }) => from === node.id);
    const on = Object.fromEntries(edges.map((edge) => [answerOf(edge), edge.to]));
    return [node.id, stateOf(node, on, tagAt(id, node.id))] as const;
  });
  const config = {
    id,
    context: nothingLearned,
    initial: 'hook_fired',
    on: onFailure,
    states: { ...Object.fromEntries(states), failed: fails },
  };
  return hook.createMachine(config as HookConfig<Words>);
}

function stateOf(
  { id, shape, label }: ChartNode,
  on: Readonly<Record<string, string>>,
  _tag: string,
): object {
  const meta = { shape, label };
  if (id === 'hook_fired') {
    const [target] = Object.values(on);
    return { meta: terminal(label), on: { start: { target, actions: 'learn' } } };
  }
  if (shape === 'terminal') return { ...returns, meta };
  if (shape === 'defer') return { ...defers, meta };
  return { meta, entry: asks(() => ({ _tag })), on };
}
