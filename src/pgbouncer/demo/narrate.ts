import { render } from '../errors.ts';
import { maskedDatabag } from '../relation/masking.ts';
import type { Databag } from '../relation/request.ts';
import type { DispatchRun, Driven } from '../run.ts';

type Tell = (text: string) => void;

/** A chart in a few lines: which way it went, what it ordered, how it ended. */
export function narrateRun(tell: Tell, unit: string, run: Driven): void {
  const { relation } = run.event;
  tell(`\n${unit}  ${run.hook}${relation === undefined ? '' : `, relation ${relation}`}\n`);
  tell(`  ${run.path.join(' → ')}\n`);
  for (const { request, milliseconds, node } of run.steps)
    tell(`    ${node.padEnd(24)}${request._tag.padEnd(24)}${milliseconds.toFixed(1)} ms\n`);
  const { end } = run;
  const why = 'why' in end && end.why !== null ? `: ${render(end.why)}` : '';
  tell(`  ${end._tag.toLowerCase()}${why}\n`);
}

/** A Juju hook in a few lines: its charts, then those of what else was left to do. */
export function narrateDispatch(tell: Tell, unit: string, run: DispatchRun): void {
  for (const chart of [...run.charts, ...run.reconciled]) narrateRun(tell, unit, chart);
}

/** The relation's databags side by side, as the reference draws them. */
export function databagTable(relation: number, remote: Databag, own: Databag): string {
  const shown = maskedDatabag(own);
  const keys = [...new Set([...Object.keys(shown), ...Object.keys(remote)])];
  const rows = [
    [`relation (id: ${relation})`, 'application', 'pgbouncer-k8s'],
    ...keys.map((key) => [key, remote[key] ?? '', shown[key] ?? '']),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' │ ')}`.trimEnd();
  const [head = [], ...body] = rows;
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('─┼─')}─┼─${'─'.repeat(13)}`;
  return [line(head), rule, ...body.map(line)].join('\n');
}
