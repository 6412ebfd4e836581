import { given } from '../misuse/given.ts';
import { isHeader } from './parse.ts';

/** A chart's text and where it stands: `line` is that of its first line, from 1. */
export interface ChartText {
  readonly line: number;
  readonly source: string;
}

/**
 * The Mermaid flowcharts of a document: its fenced blocks, or those of a `.mmd` file, where one ends
 * at the next one's `flowchart TD`, as `hookchart chart` prints all of a charm.
 *
 * @example
 * ```ts
 * import { chartsIn } from 'hookchart/chart';
 *
 * const page = 'A lamp:\n\n```mermaid\nflowchart TD\n  a([Lamp Hook]) --> b([Return])\n```\n';
 * console.log(chartsIn('lamp.md', page).length);
 * // 1
 * ```
 */
export function chartsIn(fileName: string, text: string): readonly ChartText[] {
  given('chartsIn', 'the name of the file', fileName, 'text');
  given('chartsIn', 'its text', text, 'text');
  const lines = text.split(/\r\n|\r|\n/);
  if (!/\.(?:md|markdown)$/i.test(fileName)) return drawnIn(lines);
  const charts: ChartText[] = [];
  let open: { fence: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of lines.entries()) {
    const fence = /^ {0,3}(`{3,}|~{3,})\s*(\w*)/.exec(line);
    if (open !== null) {
      const isClosed = fence !== null && fence[2] === '' && fence[1]?.startsWith(open.fence);
      if (!isClosed) open.lines.push(line);
      else {
        charts.push({ line: open.line, source: open.lines.join('\n') });
        open = null;
      }
    } else if (fence?.[1] !== undefined && fence[2] === 'mermaid')
      open = { fence: fence[1], line: index + 2, lines: [] };
  }
  if (open !== null) charts.push({ line: open.line, source: open.lines.join('\n') });
  return charts;
}

/** One chart after the other; the comments right above one are its own. */
function drawnIn(lines: readonly string[]): readonly ChartText[] {
  const [, ...later] = lines.flatMap((line, at) => (isHeader(line) ? [at] : []));
  const starts = [0, ...later.map((header) => commentsAbove(lines, header))];
  return starts.map((start, index) => ({
    line: start + 1,
    source: lines.slice(start, starts[index + 1]).join('\n'),
  }));
}

function commentsAbove(lines: readonly string[], header: number): number {
  let at = header;
  while (lines[at - 1]?.trimStart().startsWith('%%')) at--;
  return at;
}
