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
import { HookMisuse } from '../../src/index.ts';

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
    ['flowchart TD\n a[do (it)]', 2, 'Mermaid takes ( in do (it) for a sign of its own'],
    ['flowchart TD\n a["do" it]', 2, 'Mermaid takes " in "do" it for a sign of its own'],
    ['flowchart TD\n a([ "do it"])', 2, 'Mermaid takes no space before the quotation mark'],
    ['flowchart TD\n a["`do it`"]', 2, 'Markdown has no meaning here: leave the ` out'],
    ['flowchart TD\n a[""]', 2, 'a text is missing'],
    ['flowchart TD\n a[x] -->|it {is}| b[y]', 2, 'Mermaid takes { in it {is} for a sign'],
    ['flowchart TD\n a[x] -- it -- is --> b[y]', 2, 'Mermaid takes -- in it -- is for a sign'],
    ['flowchart TD\n a[x] -->|no|  b[y]', 2, 'or "-->|text| " with one space after it'],
    ['flowchart TD\n o[x]\n o--> b[y]', 3, 'Mermaid takes "o--" for an arrow: write a space'],
    ['flowchart TD\n click[x] --> b[y]', 2, '"click" is a word of Mermaid\'s own: give the node'],
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

/** What is printed; null where it is refused by name. */
function printedOrRefused(chart: Chart): string | null {
  try {
    return print(chart);
  } catch (error) {
    expect(error).toBeInstanceOf(HookMisuse);
    expect(String(error)).toMatch(/^HookMisuse: print: .+: (?:say|use|letters|draw)\b|no node of/s);
    return null;
  }
}

describe('print', () => {
  it('property: prints what is read back as the same chart, or says why it does not', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      // What means something to Mermaid, in any order.
      fc
        .array(
          fc.constantFrom(
            ...['"', '#', '#35;', '#quot;', '`', '|', '%%', '%%{', '}%%', '-->', '--', ';', ':'],
            ...['[', ']', '(', ')', '{', '}', '<', '>', '/', '\\', '\\n', '\n', '\r', '\u2028'],
            ...['a', ' ', 'end', 'style', 'direction', 'LR', 'TB', '\t', '\u00a0', '&', '@{', '\0'],
          ),
          { maxLength: 6 },
        )
        .map((parts) => parts.join('')),
    );
    const id = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b', 'is_leader') }, text);
    const shape = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('terminal', 'question', 'step', 'defer') },
      { weight: 1, arbitrary: text },
    );
    const nodes = fc.uniqueArray(fc.record({ id, shape, label: text }), {
      selector: (node) => node.id,
    });
    const chart = nodes.chain((drawn) =>
      fc.record({
        direction: fc.constantFrom('TD', 'LR', 'BT', 'RL', 'TB'),
        nodes: fc.constant(drawn),
        edges: fc.array(
          fc.record({
            from: fc.constantFrom('a', ...drawn.map((node) => node.id)),
            to: fc.constantFrom('a', ...drawn.map((node) => node.id)),
            label: fc.option(text),
          }),
          { maxLength: 3 },
        ),
      }),
    ) as fc.Arbitrary<Chart>;
    let printed = 0;
    fc.assert(
      fc.property(chart, (drawn) => {
        const source = printedOrRefused(drawn);
        if (source === null) return;
        printed += 1;
        const parsed = read(source);
        expect(parsed.direction).toBe(drawn.direction);
        expect(parsed.edges).toEqual(drawn.edges);
        expect(new Set(parsed.nodes)).toEqual(new Set(drawn.nodes));
        expect(chartsIn('all.mmd', `${source}${source}`)).toHaveLength(2);
      }),
      { numRuns: 2_000 },
    );
    expect(printed).toBeGreaterThan(100);
  });

  it.each([
    ['say "no"', 'a["say #quot;no#quot;"]'],
    ['`code`', 'a["#96;code#96;"]'],
    ['#35;', 'a["#35;35;"]'],
    ['%%{init}%%', 'a["#37;%{init}#37;%"]'],
    ['go in direction LR', 'a["go in #100;irection LR"]'],
    ['in style:#fff;', 'a["in style#58;#35;fff;"]'],
    [' spaced ', 'a[" spaced "]'],
    ['a@b', 'a["a@b"]'],
    ['~~~', 'a["~~~"]'],
    ['a <b> c', 'a["a #60;b> c"]'],
    ['a<br/>b', 'a["a<br/>b"]'],
    ['a\\nb', 'a[a\\nb]'],
  ])('writes what Mermaid would take for something else as an entity: %j', (label, drawn) => {
    const chart = {
      direction: 'TD',
      nodes: [{ id: 'a', shape: 'step', label }],
      edges: [],
    } as const;
    expect(print(chart)).toBe(`flowchart TD\n  ${drawn}\n`);
    expect(read(print(chart))).toEqual(chart);
  });

  it('leaves an entity that stands for no character as it is', () => {
    const [node] = read('flowchart TD\n a["#10; #9829; #9999999; #quot"]').nodes;
    expect(node?.label).toBe('#10; ♥ #9999999; #quot');
  });

  const one = { id: 'a', shape: 'step', label: 'A' };
  it.each<readonly [string, object, string]>([
    ['direction', { direction: 'up' }, 'no chart runs "up": say "TD" or'],
    ['id', { nodes: [{ ...one, id: 'a b' }] }, 'the node "a b" needs another id: letters'],
    ['id of Mermaid', { nodes: [{ ...one, id: 'style' }] }, 'the node "style" needs another id'],
    ['node twice', { nodes: [one, one] }, 'the node "a" is there twice'],
    ['shape', { nodes: [{ ...one, shape: 'box' }] }, 'say "terminal" or "question"'],
    ['node', { nodes: [null] }, 'it wants a node to be a record with id, shape, label'],
    [
      'line break',
      { nodes: [{ ...one, label: 'a\nb' }] },
      'cannot bear the label "a\\nb": use words',
    ],
    ['blank label', { nodes: [{ ...one, label: ' ' }] }, 'cannot bear the label " "'],
    ['edge to nowhere', { edges: [{ from: 'a', to: 'b', label: null }] }, '"b", which is no node'],
    [
      'edge with a line break',
      { edges: [{ from: 'a', to: 'a', label: '\r' }] },
      'from a to a cannot',
    ],
    [
      'edge without words',
      { edges: [{ from: 'a', to: 'a', label: '' }] },
      'the label "": use words',
    ],
    ['edge of a number', { edges: [{ from: 'a', to: 'a', label: 5 }] }, 'to be a text, and got a'],
    ['edge that is none', { edges: ['a --> b'] }, 'it wants an edge to be a record with from, to'],
  ])('refuses a chart by name for its %s', (_, parts, said) => {
    const thrown = () => print({ direction: 'TD', nodes: [one], edges: [], ...parts } as never);
    expect(thrown).toThrow(HookMisuse);
    expect(thrown).toThrow(said);
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
