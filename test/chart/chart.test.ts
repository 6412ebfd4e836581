import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { databaseRelationDeparted, databaseRequested, hooks } from '../../machines/index.ts';
import {
  type Chart,
  chartOf,
  chartsIn,
  compare,
  describe as describeDifference,
  parse,
  print,
} from '../../src/chart/index.ts';

const read = (source: string): Chart => {
  const parsed = parse(source);
  if (E.isLeft(parsed)) throw new Error(`line ${parsed.left.line}: ${parsed.left.message}`);
  return parsed.right;
};

describe('parse', () => {
  it.each(Object.values(hooks))('reads what print writes of a machine: $id', (machine) => {
    const chart = chartOf(machine);
    const parsed = read(print(chart));
    expect(parsed.edges).toEqual(chart.edges);
    expect(new Set(parsed.nodes)).toEqual(new Set(chart.nodes));
  });

  it('reads chains, ampersands, piped labels, quotes, comments and presentation', () => {
    const source = [
      '%% a comment',
      'graph LR;',
      '  a(["a (start)"]) --> b{ready?} -->|"no, #quot;never#quot;"| c>defer];',
      '  b -- yes ---> d[do it] & e[do that]',
      '  classDef red fill:#f00',
      '  style a fill:#fff',
    ].join('\r\n');
    expect(read(source)).toEqual({
      direction: 'LR',
      nodes: [
        { id: 'a', shape: 'terminal', label: 'a (start)' },
        { id: 'b', shape: 'question', label: 'ready?' },
        { id: 'c', shape: 'defer', label: 'defer' },
        { id: 'd', shape: 'step', label: 'do it' },
        { id: 'e', shape: 'step', label: 'do that' },
      ],
      edges: [
        { from: 'a', to: 'b', label: null },
        { from: 'b', to: 'c', label: 'no, "never"' },
        { from: 'b', to: 'd', label: 'yes' },
        { from: 'b', to: 'e', label: 'yes' },
      ],
    });
  });

  it.each([
    ['', 1, 'no flowchart here: the text is empty'],
    ['sequenceDiagram', 1, 'expected "flowchart TD", found "sequenceDiagram"'],
    ['flowchart TD\n a --> b[x]', 2, 'node a is used, but no line gives its shape'],
    ['flowchart TD\n\n a[x] -.-> b[y]', 3, 'expected an arrow, "-->" or "-- text -->"'],
    ['flowchart TD\n a((x))', 2, 'this shape has no meaning here: use ([ ]), { }, [ ] or > ]'],
    ['flowchart TD\n a[[x]]', 2, 'this shape has no meaning here'],
    ['flowchart TD\n a[x', 2, '"[" is not closed by "]"'],
    ['flowchart TD\n a[x]\n a[y]', 3, 'node a is drawn twice, and differently'],
    ['flowchart TD\n subgraph one', 2, '"subgraph" is a word of Mermaid’s own'.replace('’', "'")],
    ['flowchart TD\n a[x] --> ', 2, 'expected the id of a node'],
    ['flowchart TD\n a[x] -->\n is-up{y}', 2, 'expected the id of a node'],
    ['flowchart TD\n a[x]\n is-up{y}', 3, 'the id of a node has letters, digits and _ alone'],
    ['flowchart TD\n a.b[x]', 2, 'the id of a node has letters, digits and _ alone'],
    ['flowchart TD\n über[x]', 2, 'letters, digits and _, no digit first'],
    ['flowchart TD\n 1st[x]', 2, 'letters, digits and _, no digit first'],
  ])('names the line of what it cannot read: %j', (source, line, message) => {
    const parsed = parse(source);
    expect(parsed).toMatchObject({ _tag: 'Left', left: { line } });
    expect(E.isLeft(parsed) && parsed.left.message).toContain(message);
  });

  it('property: never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        parse(text);
        parse(`flowchart TD\n${text}`);
      }),
    );
  });

  it('property: reads back every chart that it prints', () => {
    const label = fc
      .string({ minLength: 1, unit: 'grapheme-ascii' })
      .map((text) => text.replace(/[\r\n]/g, ' ').trim())
      .filter((text) => text !== '');
    const shape = fc.constantFrom('terminal', 'question', 'step', 'defer');
    const ids = ['a', 'b', 'is_leader', 'rtn2'];
    const chart = fc.record({
      direction: fc.constantFrom('TD', 'LR'),
      nodes: fc.tuple(...ids.map((id) => fc.record({ id: fc.constant(id), shape, label }))),
      edges: fc.array(
        fc.record({
          from: fc.constantFrom(...ids),
          to: fc.constantFrom(...ids),
          label: fc.option(label),
        }),
      ),
    }) as fc.Arbitrary<Chart>;
    fc.assert(
      fc.property(chart, (drawn) => {
        const parsed = read(print(drawn));
        expect(parsed.direction).toBe(drawn.direction);
        expect(parsed.edges).toEqual(drawn.edges);
        expect(new Set(parsed.nodes)).toEqual(new Set(drawn.nodes));
      }),
    );
  });
});

describe('compare', () => {
  const chart = chartOf(databaseRelationDeparted);

  it('finds nothing where chart and machine agree', () => {
    expect(compare(chart, databaseRelationDeparted)).toEqual([]);
  });

  it('names each node and edge that differs', () => {
    const changed: Chart = {
      ...chart,
      nodes: [
        ...chart.nodes
          .filter(({ id }) => id !== 'add_flag')
          .map((node) =>
            node.id === 'is_departing' ? { ...node, shape: 'step' as const, label: 'other' } : node,
          ),
        { id: 'extra', shape: 'step', label: 'more' },
      ],
      edges: [
        ...chart.edges.filter(({ from }) => from !== 'add_flag'),
        { from: 'is_departing', to: 'rtn', label: 'no' },
      ],
    };
    expect(compare(changed, databaseRelationDeparted).map(describeDifference)).toEqual([
      'node extra is missing from the machine',
      'node is_departing: the shape is "step" in the chart and "question" in the machine',
      'node is_departing: the label is "other" in the chart and "Is this unit departing from the relation during this hook?" in the machine',
      'node add_flag is missing from the chart',
      'edge is_departing -- no --> rtn is missing from the machine',
      'edge add_flag --> rtn is missing from the chart',
    ]);
  });

  it('tells one machine from another', () => {
    expect(compare(chart, databaseRequested).length).toBeGreaterThan(5);
  });
});

describe('chartsIn', () => {
  it('finds the fenced Mermaid blocks of a page, with their lines', () => {
    const page = 'a\n\n```mermaid\nflowchart TD\n```\n```ts\nx\n```\n~~~~mermaid\nb\n```\n~~~~\n';
    expect(chartsIn('page.md', page)).toEqual([
      { line: 4, source: 'flowchart TD' },
      { line: 10, source: 'b\n```' },
    ]);
  });

  it('takes a .mmd file whole', () => {
    expect(chartsIn('x.mmd', 'flowchart TD')).toEqual([{ line: 1, source: 'flowchart TD' }]);
    expect(chartsIn('x.mmd', 'a -- b')).toEqual([{ line: 1, source: 'a -- b' }]);
  });

  it('parts a .mmd file where the next chart begins, its comments with it', () => {
    const text = '%% one\nflowchart TD\n a([A])\n%% ends\n\n%% two\r\n  graph LR;\n b([B])\n';
    expect(chartsIn('x.mmd', text)).toEqual([
      { line: 1, source: '%% one\nflowchart TD\n a([A])\n%% ends\n' },
      { line: 6, source: '%% two\n  graph LR;\n b([B])\n' },
    ]);
  });
});
