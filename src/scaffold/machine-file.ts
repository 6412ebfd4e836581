import type { Chart, ChartNode } from '../chart/chart.ts';
import type { DrawnHook } from './drawn-hooks.ts';
import { key, quoted } from './literals.ts';
import { variableOf } from './names.ts';
import { answerOf } from './requests.ts';

/** `src/machines/<hook>.ts`: one state for each node, one transition for each arrow. */
export function machineFile(
  { hook, chart }: DrawnHook,
  tagAt: (hook: string, node: string) => string,
): string {
  const first = chart.nodes.filter(({ id }) => id === 'hook_fired');
  const others = chart.nodes.filter(({ id }) => id !== 'hook_fired');
  const states = [...first, ...others].map((node) => {
    const edges = chart.edges
      .filter(({ from }) => from === node.id)
      .map((edge) => ({ label: answerOf(edge), to: edge.to }));
    return `    ${node.id}: ${stateOf(node, edges, tagAt(hook, node.id))},\n`;
  });
  const body = states.join('');
  const imports = partsOf(chart);
  return `import {\n${imports.map((part) => `  ${part},\n`).join('')}} from '../words.ts';

/** The hook that \`charts/${hook}.mmd\` draws. */
export const ${variableOf(hook)} = hook.createMachine({
  id: ${quoted(hook)},
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
${body}    failed: fails,
  },
});
`;
}

/** What a machine is made of; of the parts for nodes only those that it has. */
function partsOf({ nodes }: Chart): readonly string[] {
  const has = (...shapes: readonly ChartNode['shape'][]) =>
    nodes.some(({ id, shape }) => id !== 'hook_fired' && shapes.includes(shape));
  return [
    ...(has('question', 'step') ? ['asks'] : []),
    ...(has('defer') ? ['defers'] : []),
    ...['fails', 'hook', 'nothingLearned', 'onFailure'],
    ...(has('question') ? ['question'] : []),
    ...(has('terminal') ? ['returns'] : []),
    ...(has('step') ? ['step'] : []),
    'terminal',
  ];
}

interface Answer {
  readonly label: string;
  readonly to: string;
}

function stateOf({ id, shape, label }: ChartNode, edges: readonly Answer[], tag: string): string {
  const meta = `meta: ${shape}(${quoted(label)})`;
  if (id === 'hook_fired')
    return `{
      ${meta},
      on: { start: { target: ${quoted(edges[0]?.to ?? '')}, actions: 'learn' } },
    }`;
  if (shape === 'defer')
    return label === 'defer'
      ? 'defers'
      : `{ ...defers, meta: { shape: 'defer', label: ${quoted(label)} } }`;
  if (shape === 'terminal') return label === 'Return' ? 'returns' : `{ ...returns, ${meta} }`;
  const asked = `entry: asks(() => ({ _tag: ${quoted(tag)} }))`;
  return `{
      ${meta},
      ${asked},
      on: ${edgesOf(shape, edges)},
    }`;
}

/** A step may teach something; what a question finds out it seldom does. */
function edgesOf(shape: ChartNode['shape'], edges: readonly Answer[]): string {
  const texts = edges.map(({ label, to }) =>
    shape === 'step'
      ? `${key(label)}: { target: ${quoted(to)}, actions: 'learn' }`
      : `${key(label)}: ${quoted(to)}`,
  );
  const line = `{ ${texts.join(', ')} }`;
  if (line.length <= 88) return line;
  return `{\n${texts.map((text) => `        ${text},\n`).join('')}      }`;
}
