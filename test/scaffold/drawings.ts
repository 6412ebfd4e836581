/** Random drawings: well-formed ones, and charts of any kind. */
import fc from 'fast-check';
import { brackets } from '../../src/chart/chart.ts';
import { type Chart, type ChartEdge, type ChartNode, print } from '../../src/chart/index.ts';
import { quoted } from '../../src/chart/quoted.ts';
import { isDrawable, isLabel } from '../../src/hook/nodes.ts';

/** Whatever may mean something in TypeScript, in comments, in Mermaid or to whoever puts texts together. */
const nasty = [
  ...['"', "'", '`', '\\n', '\\', '*/', '/*', '//', '</script>', '\u2028', '%s', '$path'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is to be one.
  '${x}',
  ...['ü', '日本', '👩‍🚀', '#', '|', ';', ' ', '--', '-->', '[', ')', 'yes', 'a'],
];

/** A text as a node has it: one line, without space around it. */
export const text = fc
  .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'grapheme', maxLength: 3 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) =>
    parts
      .join('')
      .replace(/[\r\n]/g, ' ')
      .trim(),
  )
  .filter(isLabel);

/** What may stand on an arrow and is none of the kit's own words. */
const answer = fc
  .oneof(fc.constantFrom('yes', 'no', 'constructor', 'toString', '1', '2', 'then'), text)
  .filter((label) => isDrawable(label) && !['done', 'start', 'failed'].includes(label));

const ids = fc.shuffledSubarray(
  [
    'is_ready',
    'b1',
    'constructor',
    'delete',
    'toString',
    'return',
    '_x',
    'then',
    'Zz_9',
    'defer_2',
  ],
  { minLength: 1, maxLength: 6 },
);

/** Where an arrow leads: a share of the nodes that come after. */
const target = fc.double({ min: 0, max: 0.999, noNaN: true });

interface Part {
  readonly shape: 'question' | 'step';
  readonly label: string;
  readonly answers: readonly string[];
  readonly targets: readonly number[];
  /** Whether a step's last answer is an arrow without text. */
  readonly isDone: boolean;
}

const part: fc.Arbitrary<Part> = fc.record({
  shape: fc.constantFrom('question', 'step'),
  label: text,
  answers: fc.uniqueArray(answer, { minLength: 3, maxLength: 3 }),
  targets: fc.array(target, { minLength: 3, maxLength: 3 }),
  isDone: fc.boolean(),
});

/** Charts that are programs: from each node on to later ones, and nothing that is not reached. */
export const wellFormed = (hook: string): fc.Arbitrary<Chart> =>
  fc
    .record({
      ids,
      parts: fc.array(part, { minLength: 6, maxLength: 6 }),
      counts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }),
      ends: fc.tuple(fc.oneof(fc.constant('Return'), text), fc.oneof(fc.constant('defer'), text)),
    })
    .map(({ ids, parts, counts, ends: [returned, deferred] }) => {
      const nodes: ChartNode[] = [{ id: 'hook_fired', shape: 'terminal', label: `${hook} Hook` }];
      const edges: ChartEdge[] = [{ from: 'hook_fired', to: ids[0] ?? '', label: null }];
      const all = [...ids, 'rtn', 'defer'];
      for (const [index, id] of ids.entries()) {
        const { shape, label, answers, targets, isDone } = parts[index] as Part;
        nodes.push({ id, shape, label });
        const count = Math.max(shape === 'question' ? 2 : 1, counts[index] ?? 1);
        for (let at = 0; at < count; at++) {
          const later = all.slice(index + 1);
          const to = later[Math.floor((targets[at] ?? 0) * later.length)] ?? 'rtn';
          const isUnsaid = shape === 'step' && isDone && at === count - 1;
          edges.push({ from: id, to, label: isUnsaid ? null : (answers[at] ?? '') });
        }
      }
      nodes.push({ id: 'rtn', shape: 'terminal', label: returned });
      nodes.push({ id: 'defer', shape: 'defer', label: deferred });
      const reached = new Set(['hook_fired']);
      for (const id of reached) for (const { from, to } of edges) if (from === id) reached.add(to);
      return {
        direction: 'TD',
        nodes: nodes.filter(({ id }) => reached.has(id)),
        edges: edges.filter(({ from }) => reached.has(from)),
      };
    });

/** One thing that is done to a chart at a place; most of them leave one that no hook could be. */
const damage = fc.record({
  at: fc.nat({ max: 99 }),
  other: fc.nat({ max: 99 }),
  what: fc.constantFrom('drop', 'relabel', 'redirect', 'repeat', 'reshape', 'rename'),
  label: fc.option(fc.constantFrom('yes', 'done', 'failed', 'start', 'a*', '`b`', '__proto__')),
  shape: fc.constantFrom('terminal', 'question', 'step', 'defer'),
  id: fc.constantFrom('failed', 'class', '_1', '__proto__', 'isReady', 'Is_ready', 'begin'),
});

/** Charts that were well-formed, and may not be any more. */
export const damaged: fc.Arbitrary<Chart> = fc
  .tuple(wellFormed('dusk'), fc.array(damage, { maxLength: 3 }))
  .map(([chart, damages]) =>
    damages.reduce(({ direction, nodes, edges }, { at, other, what, label, shape, id }) => {
      const edge = edges[at % edges.length];
      const node = nodes[at % nodes.length];
      const to = nodes[other % nodes.length]?.id ?? '';
      const changed = (change: Partial<ChartEdge>) =>
        edges.map((one) => (one === edge ? { ...one, ...change } : one));
      const named = (name: string) => (name === node?.id ? id : name);
      if (edge === undefined || node === undefined) return { direction, nodes, edges };
      switch (what) {
        case 'drop':
          return { direction, nodes, edges: edges.filter((one) => one !== edge) };
        case 'relabel':
          return { direction, nodes, edges: changed({ label }) };
        case 'redirect':
          return { direction, nodes, edges: changed({ to }) };
        case 'repeat':
          return { direction, nodes, edges: [...edges, { ...edge, to }] };
        case 'reshape':
          return {
            ...{ direction, edges },
            nodes: nodes.map((one) => (one === node ? { ...one, shape } : one)),
          };
        case 'rename':
          return {
            direction,
            nodes: nodes.map((one) => ({ ...one, id: named(one.id) })),
            edges: edges.map((one) => ({ ...one, from: named(one.from), to: named(one.to) })),
          };
      }
      return { direction, nodes, edges };
    }, chart),
  );

/** A chart as somebody may have written it, who asks nobody whether it is one. */
export const handDrawn = ({ direction, nodes, edges }: Chart): string =>
  [
    `flowchart ${direction}`,
    ...nodes.map(({ id, shape, label }) => {
      const [open, close] = brackets[shape];
      return `  ${id}${open}"${quoted(label)}"${close}`;
    }),
    ...edges.map(({ from, to, label }) =>
      label === null ? `  ${from} --> ${to}` : `  ${from} -->|"${quoted(label)}"| ${to}`,
    ),
    '',
  ].join('\n');

/** A page with a chart in each block. */
export const pageOf = (charts: readonly Chart[]): string =>
  charts.map((chart) => `\`\`\`mermaid\n${print(chart)}\`\`\`\n`).join('\nSome words.\n\n');
