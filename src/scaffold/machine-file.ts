import type { ChartNode } from '../chart/chart.ts';
import type { DrawnHook } from './drawn-hooks.ts';
import { key, quoted } from './literals.ts';
import { variableOf } from './names.ts';
import { answerOf } from './requests.ts';

/** `src/machines/<hook>.ts`: one entry for each node that is drawn, which says where its arrows lead. */
export function machineFile(
  { hook, chart }: DrawnHook,
  tagAt: (hook: string, node: string) => string,
): string {
  const fired = chart.nodes.find(({ id }) => id === 'hook_fired');
  const start = chart.edges.find(({ from }) => from === 'hook_fired')?.to;
  // A hook begins at the first of its entries.
  const nodes = [
    ...chart.nodes.filter(({ id }) => id === start),
    ...chart.nodes.filter(({ id }) => id !== start && id !== 'hook_fired'),
  ].map((node): Entry => {
    const edges = chart.edges
      .filter(({ from }) => from === node.id)
      .map((edge) => ({ label: answerOf(edge), to: edge.to }));
    return entryOf(node, edges, tagAt(hook, node.id));
  });
  const parts = [...new Set(['chart', ...nodes.flatMap(({ parts }) => parts)])].sort();
  const entries = nodes.map(({ id, text }) => `${id}: ${text},`);
  const label = fired?.label ?? '';
  const body =
    label === `${hook} Hook`
      ? `${quoted(hook)}, {\n${indented(2, entries)}}`
      : `\n  ${quoted(hook)},\n  {\n${indented(4, entries)}  },\n  ${quoted(label)},\n`;
  return `import { ${parts.join(', ')} } from '../words.ts';

/** The hook that \`charts/${hook}.mmd\` draws. */
export const ${variableOf(hook)} = chart(${body});
`;
}

interface Entry {
  readonly id: string;
  readonly text: string;
  /** The parts of which it is made. */
  readonly parts: readonly string[];
}

interface LabelledEdge {
  readonly label: string;
  readonly to: string;
}

function entryOf(
  { id, shape, label }: ChartNode,
  edges: readonly LabelledEdge[],
  tag: string,
): Entry {
  const [said, request] = [quoted(label), quoted(tag)];
  switch (shape) {
    case 'terminal':
      return label === 'Return'
        ? { id, text: 'returns', parts: ['returns'] }
        : { id, text: `{ ...returns, meta: terminal(${said}) }`, parts: ['returns', 'terminal'] };
    case 'defer':
      return label === 'defer'
        ? { id, text: 'defers', parts: ['defers'] }
        : {
            id,
            text: `{ ...defers, meta: { shape: 'defer', label: ${said} } }`,
            parts: ['defers'],
          };
    case 'question':
      return { id, text: called(id, 'ask', [said, request, edgesOf(edges)]), parts: ['ask'] };
    case 'step': {
      const [only, ...others] = edges;
      const isPlain = only?.label === 'done' && others.length === 0;
      const next = isPlain ? quoted(only.to) : edgesOf(edges);
      return { id, text: called(id, 'order', [said, request, next]), parts: ['order'] };
    }
  }
}

const edgesOf = (edges: readonly LabelledEdge[]): string =>
  record(edges.map(({ label, to }) => `${key(label)}: ${quoted(to)}`));

const record = (entries: readonly string[]): string =>
  inOneLine(`{ ${entries.join(', ')} }`) ?? `{\n${indented(2, entries.map(ended))}}`;

/** A call, in as many lines as it takes behind the name of its node. */
function called(id: string, part: string, given: readonly string[]): string {
  const line = `${part}(${given.join(', ')})`;
  const isShort = inOneLine(`${id}: ${line}`) !== null;
  return isShort ? line : `${part}(\n${indented(2, given.map(ended))})`;
}

const ended = (text: string): string => `${text},`;

/** Null for what is too long to be read, or has lines already. */
const inOneLine = (line: string): string | null =>
  line.length <= 92 && !line.includes('\n') ? line : null;

const indented = (by: number, texts: readonly string[]): string =>
  texts
    .flatMap((text) => text.split('\n'))
    .map((line) => `${' '.repeat(by)}${line}\n`)
    .join('');
