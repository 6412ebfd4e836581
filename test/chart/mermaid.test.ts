/**
 * Charts are read here as Mermaid reads them, wherever its drawings are shown. Its parser is not here;
 * what it has made of these texts is on record, by `test/tools/mermaid-reads.ts`.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hooks } from '../../machines/index.ts';
import { chartOf, parse, print } from '../../src/chart/index.ts';
import type { Reading } from './reading.ts';
import { shippedCharts } from './shipped.ts';

const [first = '{}', ...lines] = readFileSync('test/chart/mermaid-reads.jsonl', 'utf8')
  .trimEnd()
  .split('\n');
const { version } = JSON.parse(first) as { version: string };
const reads = lines.map((line) => JSON.parse(line) as Reading);
const byId = (one: { readonly id: string }, other: { readonly id: string }) =>
  one.id < other.id ? -1 : 1;
const inOrder = <Drawn extends NonNullable<Reading['chart']>>(chart: Drawn) => ({
  ...chart,
  direction: chart.direction === 'TB' ? 'TD' : chart.direction,
  nodes: [...chart.nodes].sort(byId),
});

describe(`what Mermaid ${version} has read`, () => {
  it('is every chart that is shown, and many that are not', () => {
    const known = new Set(reads.map(({ source }) => source));
    const unread = shippedCharts.filter((source) => !known.has(source));
    expect(unread, 'have Mermaid read them anew, as CONTRIBUTING says').toEqual([]);
    expect(shippedCharts.length).toBeGreaterThan(Object.keys(hooks).length);
    expect(reads.filter(({ chart }) => chart === null).length).toBeGreaterThan(20);
    expect(reads.filter(({ chart }) => chart !== null).length).toBeGreaterThan(250);
  });

  it('is a chart for every text that is shown', () => {
    const refused = reads.filter(({ source, chart }) => chart === null && isShown(source));
    expect(refused).toEqual([]);
  });

  it.each(reads)('is read here in the same way, or refused: $source', ({ source, chart }) => {
    const parsed = parse(source);
    if (parsed._tag === 'Left') return expect(isShown(source), parsed.left.message).toBe(false);
    expect(chart === null ? null : inOrder(chart)).toEqual(inOrder(parsed.right));
  });

  it('is what is printed here, to the letter', () => {
    const printed = reads.filter(({ source, chart }) => {
      const parsed = parse(source);
      return chart !== null && parsed._tag === 'Right' && print(parsed.right) === source;
    });
    expect(printed.length).toBeGreaterThan(50 + Object.keys(hooks).length / 2);
    for (const machine of Object.values(hooks))
      expect(printed.map(({ source }) => source)).toContain(print(chartOf(machine)));
  });
});

const isShown = (source: string): boolean => shippedCharts.includes(source);
