/** What the lanes are painted of, and the brush for it. */
import type { Cause } from '../causes.ts';
import type { Lanes } from '../lanes.ts';
import type { Entry, NoteEntry } from '../recording.ts';
import type { Axis, Span } from './span.ts';

export const [laneHeight, axisHeight, margin] = [20, 20, 6];
/** Of the row above the lanes, in which lines are called by their names. */
export const labelHeight = 16;

export interface Picture {
  readonly entries: readonly Entry[];
  readonly shown: readonly number[];
  readonly lanes: Lanes;
  readonly causes: readonly Cause[];
  readonly culprits: { readonly has: (index: number) => boolean };
  readonly index: number;
  readonly axis: Axis;
  readonly span: Span;
  /** By how many pixels the lanes are scrolled; the axis and the names of lines stay where they are. */
  readonly scroll: number;
  /** What is being selected, in pixels from the left; null where nothing is. */
  readonly selecting: readonly [number, number] | null;
}

/** A line through all lanes: where a chapter begins, and what went wrong. */
export const isLine = (entry: Entry): entry is NoteEntry =>
  entry._tag === 'Note' && (entry.kind === 'chapter' || !entry.ok);

/** How high all lanes are, with what stands above and below them. */
export const heightOf = ({ entries, lanes }: Pick<Picture, 'entries' | 'lanes'>): number =>
  topOf(entries) + lanes.lanes.length * laneHeight + margin + axisHeight;

/** How far from the top the lanes begin. */
export const topOf = (entries: readonly Entry[]): number =>
  margin + (entries.some(isLine) ? labelHeight : 0);

export const scaleOf = (width: number, { from, to }: Span) => ({
  x: (at: number) => margin + ((at - from) / (to - from)) * (width - 2 * margin),
  at: (x: number) => from + ((x - margin) / (width - 2 * margin)) * (to - from),
});

/** Clears a canvas, and makes it as large as the one that is seen, in its font. */
export function brushOf(
  canvas: HTMLCanvasElement,
  seen: HTMLCanvasElement,
  { span, entries, scroll }: Picture,
): Brush | null {
  const { clientWidth: width, clientHeight: height } = seen;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.scale(devicePixelRatio, devicePixelRatio);
  const style = getComputedStyle(seen);
  context.font = `12px ${style.fontFamily}`;
  const known = new Map<string, string>();
  const colour = (name: string): string => {
    const found = known.get(name) ?? style.getPropertyValue(name);
    known.set(name, found);
    return found;
  };
  const top = topOf(entries);
  const middle = (lane: number) => top + (lane + 0.5) * laneHeight - scroll;
  return { context, width, height, colour, x: scaleOf(width, span).x, middle };
}

export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colour: (name: string) => string;
  readonly x: (at: number) => number;
  /** Where the middle of a lane is, from the top. */
  readonly middle: (lane: number) => number;
}

/** Paints nothing beside the lanes, where they are scrolled below what stays. */
export function inLanes(
  { context, width, height }: Brush,
  picture: Picture,
  act: () => void,
): void {
  if (heightOf(picture) <= height) {
    act();
    return;
  }
  const top = topOf(picture.entries);
  context.save();
  context.beginPath();
  context.rect(0, top, width, height - axisHeight - top);
  context.clip();
  act();
  context.restore();
}
