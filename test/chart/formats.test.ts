import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { hooks } from '../../machines/index.ts';
import { type Chart, chartOf, compare, dot, layout, svg } from '../../src/chart/index.ts';
import { definitionOf } from '../../src/inspector/index.ts';

const chart: Chart = {
  direction: 'TD',
  nodes: [
    { id: 'a', shape: 'terminal', label: 'Begin' },
    { id: 'b', shape: 'question', label: 'Is "it"\\nready?' },
    { id: 'c', shape: 'step', label: 'Do <it>' },
    { id: 'd', shape: 'defer', label: 'defer' },
  ],
  edges: [
    { from: 'a', to: 'b', label: null },
    { from: 'b', to: 'c', label: 'yes' },
    { from: 'b', to: 'd', label: 'no' },
  ],
};

const machines = Object.entries(hooks);

describe('Graphviz', () => {
  it('gets shapes, labels and edges, with its own quoting', () => {
    expect(dot(chart, 'a "chart"')).toBe(`digraph "a \\"chart\\"" {
  rankdir=TB;
  "a" [shape=box, style=rounded, label="Begin"];
  "b" [shape=diamond, label="Is \\"it\\"\\nready?"];
  "c" [shape=box, label="Do <it>"];
  "d" [shape=cds, label="defer"];
  "a" -> "b";
  "b" -> "c" [label="yes"];
  "b" -> "d" [label="no"];
}
`);
  });
});

describe('a layout', () => {
  it('is narrower where there is less room, and has the same texts', () => {
    const chart = chartOf(
      machines.find(([name]) => name === 'certificates-relation-changed')?.[1] ??
        expect.fail('none'),
    );
    const [roomy, narrow, narrowest] = [layout(chart), layout(chart, 560), layout(chart, 1)];
    expect(roomy.width).toBeGreaterThan(600);
    expect(narrow.width).toBeLessThanOrEqual(560);
    expect(narrowest.width).toBeLessThan(narrow.width);
    expect(layout(chart, roomy.width)).toEqual(roomy);
    const said = ({ nodes }: typeof roomy) => nodes.map(({ lines }) => lines.join(' '));
    expect(said(narrowest)).toEqual(said(roomy));
  });

  it.each(machines)(
    'of %s puts no node upon another, and each edge on the rims of its ends',
    (_, machine) => {
      const { nodes, edges, width, height } = layout(chartOf(machine));
      for (const [index, one] of nodes.entries()) {
        expect(one.x - one.width / 2).toBeGreaterThanOrEqual(0);
        expect(one.x + one.width / 2).toBeLessThanOrEqual(width);
        expect(one.y + one.height / 2).toBeLessThanOrEqual(height);
        for (const other of nodes.slice(index + 1)) {
          const isApart =
            Math.abs(one.x - other.x) >= (one.width + other.width) / 2 ||
            Math.abs(one.y - other.y) >= (one.height + other.height) / 2;
          expect(isApart, `${one.id} and ${other.id}`).toBe(true);
        }
      }
      for (const { from, to, points, label, labelAt } of edges) {
        for (const [id, point] of [
          [from, points[0]],
          [to, points.at(-1)],
        ] as const) {
          const node = nodes.find((candidate) => candidate.id === id);
          if (node === undefined || point === undefined) throw new Error(id);
          const [across, down] = [Math.abs(point.x - node.x), Math.abs(point.y - node.y)];
          const rim =
            node.shape === 'question'
              ? across / (node.width / 2) + down / (node.height / 2)
              : Math.max(across / (node.width / 2), down / (node.height / 2));
          expect(rim, `${from} to ${to} at ${id}`).toBeCloseTo(1, 1);
        }
        expect(labelAt === null).toBe(label === null);
      }
    },
  );
});

describe('a picture', () => {
  // `npm run test:unit -- -u` draws it anew: look at it before you commit it.
  it('is drawn as it was', async () => {
    const long = {
      id: 'e',
      shape: 'step',
      label: 'A step whose label takes more than one line',
    } as const;
    const edges = [
      ...chart.edges,
      { from: 'c', to: 'e', label: null },
      { from: 'a', to: 'e', label: null },
    ];
    const drawn = { ...chart, nodes: [...chart.nodes, long], edges };
    await expect(svg(layout(drawn), 'a chart')).toMatchFileSnapshot('a-chart.svg');
    const sideways = layout({ ...drawn, direction: 'LR' });
    expect(sideways.width).toBeGreaterThan(sideways.height);
  });

  it('says all words of the chart, and none of them as markup', () => {
    const picture = svg(layout(chart), 'a & b');
    for (const words of [
      '<title>a &amp; b</title>',
      '>Is &quot;it&quot;<',
      '>ready?<',
      '>Do &lt;it&gt;<',
      '>yes<',
    ])
      expect(picture).toContain(words);
    expect(picture.match(/<path /g)?.length).toBe(1 + chart.nodes.length + chart.edges.length);
  });
});

describe('the configuration for Stately’s editor', () => {
  it.each(machines)('of %s is a machine of the same chart', (name, machine) => {
    const read = createMachine(JSON.parse(definitionOf(machine)));
    expect(compare(chartOf(read), machine)).toEqual([]);
    expect(read.states.hook_fired?.description).toContain(name);
  });
});
