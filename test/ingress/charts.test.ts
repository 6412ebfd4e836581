import { readFileSync } from 'node:fs';
import { chartsIn, compare, parse } from 'hookchart/chart';
import { expect, it } from 'vitest';
import { charm } from '../../docs/ingress/charm/charm.ts';

it('draws each of its machines, and none otherwise', () => {
  const page = readFileSync('docs/ingress/index.md', 'utf8');
  const charts = chartsIn('docs/ingress/index.md', page).map(({ source }) => {
    const chart = parse(source);
    if (chart._tag === 'Left') throw new Error(chart.left.message);
    return chart.right;
  });
  const machines = Object.values(charm.machines);
  expect(machines.length).toBeGreaterThanOrEqual(3);
  expect(charts.length).toBe(machines.length);
  for (const [at, machine] of machines.entries()) {
    const chart = charts[at];
    if (chart === undefined) throw new Error(`no chart of ${machine.id}`);
    expect(compare(chart, machine)).toEqual([]);
  }
});
