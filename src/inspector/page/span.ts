/** Which part of a recording is looked at in the lanes, and where its entries stand in it. */
import { type Entry, hasTimes, type Recording } from '../recording.ts';

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

export function axisOf(recording: Recording): Axis {
  const { entries } = recording;
  if (!hasTimes(recording))
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

/** Something that stands at a place of the axis. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
/** In milliseconds: what people count times by; beyond a day, decimal again. */
const roundTimes = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((times) => times * second),
  ...[1, 2, 5, 10, 15, 30].map((times) => times * minute),
  ...[1, 2, 3, 6, 12].map((times) => times * hour),
];

/**
 * Round numbers on the axis, no more than so many of them: times since the beginning, or the
 * numbers of entries.
 */
export function ticks({ from, to }: Span, most: number, isTime: boolean): readonly Tick[] {
  const rough = (to - from) / Math.max(most, 1);
  const step = isTime ? timeStep(rough) : decimal(rough);
  const found: Tick[] = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++) {
    const at = n * step;
    found.push({ at, text: isTime ? timeText(at, step) : placeText(at) });
  }
  return found;
}

function timeStep(rough: number): number {
  if (rough <= 1) return decimal(rough);
  return roundTimes.find((time) => time >= rough) ?? day * decimal(rough / day);
}

/** The next of 1, 2, 5, 10, 20, … */
function decimal(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? rough;
}

const placeText = (at: number): string => (Number.isInteger(at) ? String(at + 1) : '');

/** As it is said, `1 h 30 min`, down to what the step is made of. */
function timeText(at: number, step: number): string {
  if (at < second && step < second) return `${short(at)} ms`;
  const units = [
    [day, 'd'],
    [hour, 'h'],
    [minute, 'min'],
  ] as const;
  let rest = at;
  const parts = units.flatMap(([length, unit]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  if (rest > 0) parts.push(`${short(rest / second)} s`);
  const [, smallest = 's'] = units.find(([length]) => step >= length) ?? [];
  return parts.length === 0 ? `0 ${smallest}` : parts.join(' ');
}

/** Without the digits that reckoning in halves has left. */
const short = (value: number): string => String(Number(value.toFixed(4)));
