import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { type HookMachine, type HookName, hooks } from '../../machines/index.ts';
import {
  type Chart,
  chartOf,
  chartsIn,
  compare,
  describe,
  dot,
  layout,
  parse,
  print,
  svg,
} from '../chart/index.ts';
import { definitionOf } from '../inspector/definition.ts';
import { WrongUse } from './wrong-use.ts';

/** The machine of a hook; wrong use where there is none of that name. */
export function machineOf(hook: string): HookMachine {
  if (Object.hasOwn(hooks, hook)) return hooks[hook as HookName];
  throw new WrongUse(`there is no hook "${hook}"; there are ${Object.keys(hooks).join(', ')}`);
}

/** How a chart can be printed; `xstate` is the configuration as Stately's editor imports it. */
export const formats = ['mermaid', 'dot', 'svg', 'json', 'xstate'] as const;
export type Format = (typeof formats)[number];

/** One hook's chart in a format. */
export function chartAs(format: Format, hook: string): string {
  const machine = machineOf(hook);
  const chart = chartOf(machine);
  switch (format) {
    case 'mermaid':
      return print(chart);
    case 'dot':
      return dot(chart, hook);
    case 'svg':
      return svg(layout(chart), hook);
    case 'json':
      return `${JSON.stringify(chart, null, 2)}\n`;
    case 'xstate':
      return `${JSON.stringify(JSON.parse(definitionOf(machine)), null, 2)}\n`;
  }
}

/** The Mermaid of one hook, or of all with their names as comments. */
export function chartText(hook: string | undefined): string {
  if (hook !== undefined) return chartAs('mermaid', hook);
  return Object.entries(hooks)
    .map(([name, machine]) => `%% ${name}\n${print(chartOf(machine))}`)
    .join('\n');
}

export interface CheckedChart {
  readonly file: string;
  readonly line: number;
  /** Null where the chart could not be told apart or read. */
  readonly hook: string | null;
  readonly differences: readonly string[];
}

/** Compares every chart in the files with the machine that it draws. */
export function checkFiles(files: readonly string[]): readonly CheckedChart[] {
  const checked = files.flatMap((file) =>
    chartsIn(file, contentOf(file)).map(({ line, source }) => check(file, line, source)),
  );
  if (checked.length === 0) throw new WrongUse(`there is no chart in ${files.join(', ')}`);
  return checked;
}

function check(file: string, line: number, source: string): CheckedChart {
  const parsed = parse(source);
  if (E.isLeft(parsed)) {
    const at = line + parsed.left.line - 1;
    return { file, line: at, hook: null, differences: [parsed.left.message] };
  }
  const hook = closest(parsed.right);
  const differences = compare(parsed.right, hooks[hook]).map(describe);
  return { file, line, hook, differences };
}

/** The hook that the first node names; where it names none, the one that differs least. */
function closest(chart: Chart): HookName {
  const names = Object.keys(hooks) as HookName[];
  const labels = new Set(chart.nodes.map(({ label }) => label));
  const named = names.find((name) => labels.has(`${name} Hook`));
  if (named !== undefined) return named;
  const distance = (name: HookName) => compare(chart, hooks[name]).length;
  return names.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WrongUse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`);
  }
}
