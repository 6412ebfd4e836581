import { type Command, Option } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import { hooks } from '../../machines/index.ts';
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
import type { HookMachine } from '../hook/index.ts';
import { definitionOf } from '../inspector/definition.ts';
import { charmIn, charmOption } from './charm-module.ts';
import { bad, good } from './colour.ts';
import { chartEndings, checkEnding, textOf } from './files.ts';
import { json, out } from './output.ts';
import { unknownWord, WrongUse } from './wrong-use.ts';

/** The machines of a charm, by the names of their hooks. */
type Machines = Readonly<Record<string, HookMachine>>;

/** The machine of a hook; wrong use where there is none of that name. */
export function machineOf(hook: string, machines: Machines): HookMachine {
  const machine = Object.hasOwn(machines, hook) ? machines[hook] : undefined;
  if (machine !== undefined) return machine;
  const names = Object.keys(machines);
  if (names.length === 0)
    throw new WrongUse(`there is no hook "${hook}", and the charm has no others`);
  throw unknownWord(`there is no hook "${hook}"`, hook, names);
}

/** How a chart can be printed; `xstate` is the configuration as Stately's editor imports it. */
const formats = ['mermaid', 'dot', 'svg', 'json', 'xstate'] as const;
type Format = (typeof formats)[number];

interface ChartOptions {
  readonly format?: Format;
  readonly check?: string[];
  readonly charm?: string;
  readonly json?: true;
}

/** The command `chart`. */
export function addChart(program: Command): void {
  program
    .command('chart')
    .description('print the chart of a machine, or compare charts in files with the machines')
    .argument('[hook]', 'the hook; all of them where none is named')
    .addOption(
      new Option('--format <format>', 'how to print the chart of one hook').choices(formats),
    )
    .option('--check <file...>', 'compare every chart in these Markdown or .mmd files')
    .option(...charmOption)
    .option('--json', 'print one JSON document')
    .action(async (hook: string | undefined, options: ChartOptions) => {
      const { format, check, charm } = options;
      if (format !== undefined && check !== undefined)
        throw new WrongUse('print a chart in a format, or check files, not both');
      if (hook !== undefined && check !== undefined)
        throw new WrongUse('name a hook, or files to check, not both');
      if (format !== undefined && hook === undefined)
        throw new WrongUse(`name the hook whose chart is to be printed as ${format}`);
      const machines = charm === undefined ? hooks : (await charmIn(charm)).machines;
      if (check !== undefined) return tellChecked(checkFiles(check, machines), options);
      const text =
        hook === undefined
          ? chartTexts(machines)
          : chartAs(format ?? 'mermaid', hook, machineOf(hook, machines));
      if (options.json) json({ chart: text });
      else out(text);
    });
}

/** One hook's chart in a format. */
function chartAs(format: Format, hook: string, machine: HookMachine): string {
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

/** The Mermaid of all hooks, with their names as comments. */
const chartTexts = (machines: Machines): string =>
  Object.entries(machines)
    .map(([name, machine]) => `%% ${name}\n${print(chartOf(machine))}`)
    .join('\n');

/** Tells of each chart whether it agrees; one that does not fails the command. */
function tellChecked(charts: readonly CheckedChart[], { json: isJson }: ChartOptions): void {
  const ok = charts.every(({ differences }) => differences.length === 0);
  if (isJson) json({ ok, charts });
  else
    for (const { file, line, hook, differences } of charts) {
      const title = `${file}:${line} ${hook ?? 'chart'}`;
      out(differences.length === 0 ? `${title}: ${good('agrees')}\n` : '');
      for (const difference of differences) out(`${title}: ${bad(difference)}\n`);
    }
  if (!ok) process.exitCode = 1;
}

interface CheckedChart {
  readonly file: string;
  readonly line: number;
  /** Null where the chart could not be told apart or read. */
  readonly hook: string | null;
  readonly differences: readonly string[];
}

/** Compares every chart in the files with the machine that it draws. */
function checkFiles(files: readonly string[], machines: Machines): readonly CheckedChart[] {
  if (Object.keys(machines).length === 0) throw new WrongUse('the charm has no machines');
  for (const file of files) checkEnding(file, chartEndings);
  const checked = files.flatMap((file) =>
    chartsIn(file, textOf(file)).map(({ line, source }) => check(file, line, source, machines)),
  );
  if (checked.length === 0) throw new WrongUse(`there is no chart in ${files.join(', ')}`);
  return checked;
}

function check(file: string, line: number, source: string, machines: Machines): CheckedChart {
  const parsed = parse(source);
  if (E.isLeft(parsed)) {
    const at = line + parsed.left.line - 1;
    return { file, line: at, hook: null, differences: [parsed.left.message] };
  }
  const hook = closest(parsed.right, machines);
  const drawn = drawnHook(parsed.right);
  const isAnother = drawn !== null && !Object.hasOwn(machines, drawn);
  if (isAnother && !isLike(parsed.right, machineOf(hook, machines))) {
    const what = `it draws the hook ${drawn}, which the charm has not; it has ${Object.keys(machines).join(', ')}`;
    return { file, line, hook: null, differences: [what] };
  }
  const differences = compare(parsed.right, machineOf(hook, machines)).map(describe);
  return { file, line, hook, differences };
}

/** The hook that a chart says it draws, as `NAME Hook` in one of its nodes; null where none says so. */
function drawnHook({ nodes }: Chart): string | null {
  const [found] = nodes.flatMap(({ label }) => /^([a-z][a-z0-9-]*) Hook$/.exec(label)?.[1] ?? []);
  return found ?? null;
}

/** Whether a chart has as many nodes of a machine as others, so that its name alone may be another. */
function isLike({ nodes }: Chart, machine: HookMachine): boolean {
  const known = new Set(chartOf(machine).nodes.map(({ id }) => id));
  return 2 * nodes.filter(({ id }) => known.has(id)).length >= nodes.length;
}

/** The hook that the first node names; where it names none, the one that differs least. */
function closest(chart: Chart, machines: Machines): string {
  const names = Object.keys(machines);
  const labels = new Set(chart.nodes.map(({ label }) => label));
  const named = names.find((name) => labels.has(`${name} Hook`) || labels.has(name));
  if (named !== undefined) return named;
  const distance = (name: string) => compare(chart, machineOf(name, machines)).length;
  return names.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}
