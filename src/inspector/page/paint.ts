/** Paints the lanes: runs as bars, what happens as marks, and arrows from a write to who was told. */
import type { Cause } from '../causes.ts';
import type { Lanes } from '../lanes.ts';
import { type Entry, type EntryEnd, endOf, type NoteEntry } from '../recording.ts';
import { gravestLast } from './gravest-last.ts';
import { labelsIn, type Named, type Room } from './labels.ts';
import { type Axis, type Span, ticks } from './span.ts';

export const [laneHeight, axisHeight, margin] = [20, 20, 6];
/** From the middle of a mark to each of its tips. */
const markSize = 6;
/** Of the row above the lanes, in which lines are called by their names. */
const labelHeight = 16;

export interface Picture {
  readonly entries: readonly Entry[];
  readonly shown: readonly number[];
  readonly lanes: Lanes;
  readonly causes: readonly Cause[];
  readonly culprits: { readonly has: (index: number) => boolean };
  readonly index: number;
  readonly axis: Axis;
  readonly span: Span;
  /** What is being selected, in pixels from the left; null where nothing is. */
  readonly selecting: readonly [number, number] | null;
}

/** More arrows than this are a fog: only those of what is looked at are drawn then. */
const mostArrows = 200;

/** A line through all lanes: where a chapter begins, and what went wrong. */
const isLine = (entry: Entry): entry is NoteEntry =>
  entry._tag === 'Note' && (entry.kind === 'chapter' || !entry.ok);

/** How far from the top the lanes begin. */
export const topOf = (entries: readonly Entry[]): number =>
  margin + (entries.some(isLine) ? labelHeight : 0);

const colours: Readonly<Record<EntryEnd, string>> = {
  running: '--accent',
  returned: '--good',
  deferred: '--waiting',
  refused: '--refused',
  failed: '--bad',
};

export const scaleOf = (width: number, { from, to }: Span) => ({
  x: (at: number) => margin + ((at - from) / (to - from)) * (width - 2 * margin),
  at: (x: number) => from + ((x - margin) / (width - 2 * margin)) * (to - from),
});

/** What stays as it is whichever entry is looked at; painted once, for there may be very many. */
export function paintGround(element: HTMLCanvasElement, picture: Picture): HTMLCanvasElement {
  const ground = document.createElement('canvas');
  const brush = brushOf(ground, element, picture);
  if (brush === null) return ground;
  paintAxis(brush, picture);
  paintChapters(brush, picture);
  for (const number of gravestLast(picture)) paintEntry(brush, picture, number);
  const arrows = picture.causes.filter(isSeen(picture));
  if (arrows.length <= mostArrows)
    for (const cause of arrows) paintArrow(brush, picture, cause, false);
  paintNames(brush, picture);
  return ground;
}

/** The whole picture: the ground, and on it what is looked at, with its arrows. */
export function paint(
  element: HTMLCanvasElement,
  picture: Picture,
  ground: HTMLCanvasElement,
): void {
  const brush = brushOf(element, element, picture);
  if (brush === null) return;
  brush.context.drawImage(ground, 0, 0, brush.width, brush.height);
  const { causes, index } = picture;
  for (const cause of causes)
    if (cause.from === index || cause.to === index) paintArrow(brush, picture, cause, true);
  paintCurrent(brush, picture);
}

/** Clears a canvas, and makes it as large as the one that is seen, in its font. */
function brushOf(
  canvas: HTMLCanvasElement,
  seen: HTMLCanvasElement,
  { span, entries }: Picture,
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
  const middle = (lane: number) => top + (lane + 0.5) * laneHeight;
  return { context, width, height, colour, x: scaleOf(width, span).x, middle };
}

interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colour: (name: string) => string;
  readonly x: (at: number) => number;
  /** Where the middle of a lane is, from the top. */
  readonly middle: (lane: number) => number;
}

function paintAxis(
  { context, width, height, colour, x, middle }: Brush,
  { lanes, axis, span }: Picture,
) {
  context.fillStyle = colour('--line');
  for (const lane of lanes.lanes.keys()) context.fillRect(0, middle(lane), width, 1);
  const start = axis.whole.from;
  const shifted = { from: span.from - start, to: span.to - start };
  for (const tick of ticks(shifted, Math.max(Math.floor(width / 90), 1), axis.isTime)) {
    const at = x(tick.at + start);
    context.fillStyle = colour('--line');
    context.fillRect(at, 0, 1, height - axisHeight + 4);
    context.fillStyle = colour('--quiet');
    context.textAlign = at < 30 ? 'left' : at > width - 30 ? 'right' : 'center';
    context.fillText(tick.text, at, height - 6);
  }
}

/** Where a chapter begins. */
function paintChapters({ context, height, colour, x }: Brush, { entries, axis }: Picture) {
  for (const [at, entry] of entries.entries()) {
    if (entry._tag === 'Hook' || entry.kind !== 'chapter') continue;
    context.fillStyle = colour(entry.ok ? '--accent' : '--bad');
    context.fillRect(x(axis.begin(entry, at)), 0, entry.ok ? 1 : 2, height - axisHeight);
  }
}

function paintEntry(brush: Brush, { entries, lanes, axis, culprits }: Picture, number: number) {
  const { context, height, colour, x, middle } = brush;
  const entry = entries[number];
  if (entry === undefined) return;
  const lane = lanes.laneOf(entry);
  if (lane < 0) return;
  const [left, right] = [x(axis.begin(entry, number)), x(axis.end(entry, number))];
  if (right < 0 || left > brush.width) return;
  const y = middle(lane);
  if (entry._tag === 'Note') {
    context.fillStyle = colour(entry.ok ? (entry.kind === 'check' ? '--good' : '--text') : '--bad');
    if (!entry.ok) context.fillRect(left, 0, 2, height - axisHeight);
    // The last one ends with the lanes, and is not to be cut.
    mark(context, Math.min(left + 3, brush.width - markSize), y);
    return;
  }
  const isCulprit = culprits.has(number);
  context.globalAlpha = entry.chosen === false && !isCulprit ? 0.55 : 1;
  context.fillStyle = colour(
    isCulprit ? '--bad' : entry.side === 'other' ? '--quiet' : colours[endOf(entry)],
  );
  context.fillRect(left, y - (isCulprit ? 8 : 5), Math.max(right - left, 3), isCulprit ? 16 : 10);
  context.globalAlpha = 1;
}

function mark(context: CanvasRenderingContext2D, x: number, y: number) {
  context.beginPath();
  for (const [dx, dy] of [
    [0, -markSize],
    [markSize, 0],
    [0, markSize],
    [-markSize, 0],
  ] as const)
    context.lineTo(x + dx, y + dy);
  context.fill();
}

/** More names than this are not to be read: none is written then. */
const mostNames = 200;

/** Calls lines by their names above the lanes, and what happens beside its mark. */
function paintNames(brush: Brush, { entries, shown, lanes, axis }: Picture) {
  const { x, middle } = brush;
  const lines = entries.flatMap((entry, at) => (isLine(entry) ? [{ entry, at }] : []));
  const marks = shown.flatMap((at) => {
    const entry = entries[at];
    return entry?._tag === 'Note' && !isLine(entry) ? [{ entry, at }] : [];
  });
  const named = ({ entry, at }: (typeof lines)[number]): Named => ({
    at: x(axis.begin(entry, at)),
    text: entry.violated?.invariant ?? entry.text,
    isFirst: !entry.ok,
  });
  if (lines.length <= mostNames) {
    const all = lines.map(named);
    writeNames(brush, all, { taken: all.map(({ at }) => at), beside: 4 }, margin + labelHeight / 2);
  }
  if (marks.length === 0 || marks.length > mostNames) return;
  for (const lane of lanes.lanes.keys()) {
    const here = marks.filter(({ entry }) => lanes.laneOf(entry) === lane);
    if (here.length === 0) continue;
    const taken = shown.flatMap((at) => {
      const entry = entries[at];
      if (entry === undefined || lanes.laneOf(entry) !== lane) return [];
      return [x(axis.begin(entry, at)), x(axis.end(entry, at))];
    });
    writeNames(brush, here.map(named), { taken, beside: 12 }, middle(lane));
  }
}

function writeNames(
  { context, width, colour }: Brush,
  all: readonly Named[],
  room: Pick<Room, 'taken' | 'beside'>,
  y: number,
) {
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.lineWidth = 3;
  context.strokeStyle = colour('--back');
  const measure = (text: string) => context.measureText(text).width;
  for (const { named, left, text } of labelsIn(all, { ...room, width, measure })) {
    context.strokeText(text, left, y);
    context.fillStyle = colour(named.isFirst ? '--bad' : '--text');
    context.fillText(text, left, y);
  }
  context.textBaseline = 'alphabetic';
}

const isSeen =
  ({ entries, axis, span }: Picture) =>
  ({ from, to }: Cause): boolean => {
    const at = to ?? from ?? -1;
    const entry = entries[at];
    return (
      entry !== undefined && axis.end(entry, at) >= span.from && axis.begin(entry, at) <= span.to
    );
  };

/** From the end of the run that wrote to the beginning of the one that was told. */
function paintArrow(
  { context, colour, x, middle }: Brush,
  { entries, lanes, axis }: Picture,
  { from: writer, to: told, what }: Cause,
  isOwn: boolean,
) {
  const source = writer === null ? undefined : entries[writer];
  const target = told === null ? undefined : entries[told];
  const other = lanes.otherSide(Number(/^relation (\d+)/.exec(what)?.[1]));
  const from = source === undefined ? other : lanes.laneOf(source);
  const to = target === undefined ? other : lanes.laneOf(target);
  const wrote = source && x(axis.end(source, writer ?? 0));
  const heard = target && x(axis.begin(target, told ?? 0));
  // Who was not recorded has written some time before, or was told some time after.
  const start = wrote ?? (heard ?? 0) - 14;
  const end = heard ?? start + 14;
  if (from < 0 || to < 0) return;
  context.globalAlpha = isOwn ? 1 : 0.45;
  context.strokeStyle = colour(isOwn ? '--accent' : '--quiet');
  context.lineWidth = isOwn ? 2 : 1;
  arrow(context, start, middle(from), end, middle(to));
  context.globalAlpha = 1;
}

function arrow(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number) {
  const [tip, direction] = [toY + (toY > y ? -6 : 6), toY > y ? -1 : 1];
  context.beginPath();
  context.moveTo(x, y);
  context.bezierCurveTo(x + 8, y, toX, (y + tip) / 2, toX, tip);
  context.moveTo(toX - 3, tip + 5 * direction);
  context.lineTo(toX, tip);
  context.lineTo(toX + 3, tip + 5 * direction);
  context.stroke();
}

function paintCurrent({ context, height, colour, x }: Brush, picture: Picture) {
  const { entries, index, axis, selecting } = picture;
  const current = entries[index];
  if (current !== undefined) {
    context.fillStyle = colour('--text');
    context.fillRect(x(axis.begin(current, index)) - 1, 0, 2, height - axisHeight);
  }
  if (selecting === null) return;
  context.globalAlpha = 0.2;
  context.fillStyle = colour('--accent');
  const [from, to] = selecting;
  context.fillRect(Math.min(from, to), 0, Math.abs(to - from), height - axisHeight);
  context.globalAlpha = 1;
}
