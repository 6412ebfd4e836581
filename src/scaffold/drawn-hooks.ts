import * as E from 'fp-ts/lib/Either.js';
import { chartsIn } from '../chart/documents.ts';
import { type PlacedChart, placed } from '../chart/parse.ts';
import { isName } from './names.ts';
import { problemsOf } from './rules.ts';

/** What keeps a drawing from being a program: where, what it is, and what would do. */
export interface DrawingProblem {
  /** In the file, from 1. */
  readonly line: number;
  readonly what: string;
}

/** One hook as it is drawn. */
export interface DrawnHook extends PlacedChart {
  /** The hook's name, which its first node says. */
  readonly hook: string;
  /** The line of the file on which the chart begins. */
  readonly line: number;
  readonly source: string;
}

/** The hooks that a Mermaid file or the blocks of a Markdown page draw; the left has all problems. */
export function drawnHooks(
  fileName: string,
  text: string,
): E.Either<readonly DrawingProblem[], readonly DrawnHook[]> {
  const problems: DrawingProblem[] = [];
  const hooks = new Map<string, DrawnHook>();
  const charts = chartsIn(fileName, text);
  if (charts.length === 0)
    problems.push({ line: 1, what: 'there is no ```mermaid block here: draw a hook in one' });
  for (const { line, source } of charts) {
    const inFile = (at: number) => line + at - 1;
    const read = placed(source);
    if (E.isLeft(read)) {
      problems.push({ line: inFile(read.left.line), what: read.left.message });
      continue;
    }
    const { nodeLines } = read.right;
    for (const { line: at, what } of problemsOf(read.right))
      problems.push({ line: inFile(at), what });
    const first = read.right.chart.nodes.find(({ id }) => id === 'hook_fired');
    // Without a first node there is no name either, and that has been said.
    if (first === undefined) continue;
    const hook = first.label.replace(/ Hook$/, '');
    const before = hooks.get(hook);
    const at = inFile(nodeLines.get(first.id) ?? 1);
    if (!isName(hook))
      problems.push({
        line: at,
        what: `the first node says ${JSON.stringify(first.label)}, which names no hook: write hook_fired([NAME Hook]), with a NAME like database-relation-changed`,
      });
    else if (before !== undefined)
      problems.push({
        line: at,
        what: `the hook ${hook} is drawn twice, here and on line ${before.line}: draw each hook once, or name this one otherwise`,
      });
    else hooks.set(hook, { ...read.right, hook, line, source });
  }
  return problems.length > 0 ? E.left(problems) : E.right([...hooks.values()]);
}
