/** The sentences of the page; a screen reader speaks them, too. */
import { type Entry, endOf, type HookEntry, type RecordedStep } from '../recording.ts';
import { hookName, workName } from '../words.ts';
import type { Moment } from './view.ts';

/** What the edge that was taken says; empty where nothing was answered. */
export const answerOf = ({ answer }: RecordedStep): string => answer?.label ?? '';

/** Why a hook ended as it did; null where its charts say it themselves. */
export function whyOf({ failure, charts }: HookEntry): string | null {
  return failure ?? charts.find(({ end }) => end?.why != null)?.end?.why ?? null;
}

/** How a hook ended, in words. */
export function sayEnd(entry: HookEntry): string {
  const { charts, side, befell, seen, deferred = [] } = entry;
  const why = whyOf(entry);
  const reason = why === null ? '' : `, for ${why}`;
  const waits =
    deferred.length > 0 && why === null ? `: ${deferred.join(', ')} to be told again` : '';
  const end =
    befell === undefined ? `${endOf(entry)}${reason}${waits}` : `${endOf(entry)}, ${befell}`;
  if (side === 'other') return 'a hook on the other side; only what it wrote is known';
  const isIdle = charts.length === 0 && why === null && (seen.did ?? []).length === 0;
  return isIdle ? `${end}: there was nothing to do` : end;
}

export function sayMoment(entry: Entry, moment: Moment | undefined): string {
  if (entry._tag === 'Note') return entry.text;
  const head = `${entry.unit}, ${hookName(entry)}`;
  switch (moment?._tag) {
    case 'Node': {
      const chart = entry.charts[moment.chart];
      const node = chart?.path[moment.position];
      const step = chart?.steps.find((other) => other.node === node);
      const isLast = moment.position === (chart?.path.length ?? 0) - 1;
      const end = isLast && chart?.end ? `: ${chart.end._tag.toLowerCase()}` : '';
      const said =
        step === undefined ? end : `: ${step.request._tag}, ${answerOf(step) || 'no answer yet'}`;
      return `${head}, ${chart?.hook}, ${node}${said}`;
    }
    case 'Work': {
      const work = entry.reconciled[moment.index];
      return work === undefined ? head : `${head}, ${workName(work)}: ${work.error ?? 'done'}`;
    }
    default:
      return `${head}: ${sayEnd(entry)}`;
  }
}
