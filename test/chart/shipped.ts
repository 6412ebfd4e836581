/** The charts that this repository shows: of every machine as it is printed, and on its pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hooks } from '../../machines/index.ts';
import { chartOf, chartsIn, print } from '../../src/chart/index.ts';

const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md') && !file.startsWith('api'))
  .map((file) => join('docs', file));

export const shippedCharts: readonly string[] = [
  ...new Set([
    ...Object.values(hooks).map((machine) => print(chartOf(machine))),
    ...['README.md', ...pages]
      .flatMap((page) => chartsIn(page, readFileSync(page, 'utf8')).map(({ source }) => source))
      .filter((source) => source.startsWith('flowchart')),
  ]),
];
