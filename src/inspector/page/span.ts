/** Which part of a recording is looked at in the lanes, and where its entries stand in it. */
import type { Entry, Recording } from '../recording.ts';

/** From one point of the axis to another: milliseconds since the epoch, or places where no clock ran. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where an entry stands on the axis, and how long it is there. */
export interface Axis {
  readonly isTime: boolean;
  readonly whole: Span;
  readonly begin: (entry: Entry, at: number) => number;
  readonly end: (entry: Entry, at: number) => number;
}

export function axisOf({ entries, clock }: Recording): Axis {
  if (clock === 'model')
    return {
      isTime: false,
      whole: { from: 0, to: Math.max(entries.length, 1) },
      begin: (_, at) => at,
      end: (_, at) => at + 0.75,
    };
  const first = entries[0]?.at ?? 0;
  let last = first + 1;
  for (const entry of entries) last = Math.max(last, ending(entry));
  return { isTime: true, whole: { from: first, to: last }, begin: ({ at }) => at, end: ending };
}

const ending = (entry: Entry): number =>
  entry.at + (entry._tag === 'Hook' ? entry.milliseconds : 0);

/** The same span around a point, so many times as long; no longer than the whole, no shorter than its millionth. */
export function zoomed({ from, to }: Span, around: number, times: number, whole: Span): Span {
  const length = Math.max((to - from) * times, (whole.to - whole.from) / 1e6);
  const part = (around - from) / (to - from);
  return within({ from: around - part * length, to: around + (1 - part) * length }, whole);
}

/** The same span, moved by a part of its length. */
export const moved = ({ from, to }: Span, part: number, whole: Span): Span =>
  within({ from: from + part * (to - from), to: to + part * (to - from) }, whole);

function within({ from, to }: Span, whole: Span): Span {
  const length = to - from;
  if (length >= whole.to - whole.from) return whole;
  const start = Math.min(Math.max(from, whole.from), whole.to - length);
  return { from: start, to: start + length };
}

export const isWhole = (span: Span, whole: Span): boolean =>
  span.from <= whole.from && span.to >= whole.to;

/** Round numbers on the axis, no more than so many of them. */
export function ticks({ from, to }: Span, most: number): readonly number[] {
  const rough = (to - from) / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? rough;
  const first = Math.ceil(from / step);
  const found: number[] = [];
  for (let n = first; n * step <= to; n++) found.push(n * step);
  return found;
}

/** What stands at a tick: time since the beginning, in the unit that fits the span. */
export function tickText(at: number, span: Span, isTime: boolean): string {
  if (!isTime) return Number.isInteger(at) ? String(at + 1) : '';
  const length = span.to - span.from;
  if (length < 20) return `${at.toFixed(1)} ms`;
  if (length < 2_000) return `${at.toFixed(0)} ms`;
  if (length < 120_000) return `${(at / 1000).toFixed(1)} s`;
  if (length < 7_200_000) return `${(at / 60_000).toFixed(1)} min`;
  return `${(at / 3_600_000).toFixed(1)} h`;
}
