/** Paints the lanes: runs as bars, what happens as marks, and arrows from a write to who was told. */
import type { Cause } from '../causes.ts';
import { type EntryEnd, endOf } from '../recording.ts';
import { axisHeight, type Brush, brushOf, inLanes, type Picture } from './brush.ts';
import { gravestLast } from './gravest-last.ts';
import { paintNames } from './paint-names.ts';
import { ticks } from './span.ts';

/** From the middle of a mark to each of its tips. */
const markSize = 6;

/** More arrows than this are a fog: only those of what is looked at are drawn then. */
const mostArrows = 200;

const colours: Readonly<Record<EntryEnd, string>> = {
  running: '--accent',
  returned: '--good',
  deferred: '--waiting',
  refused: '--refused',
  failed: '--bad',
};

/** What stays as it is whichever entry is looked at; painted once, for there may be very many. */
export function paintGround(element: HTMLCanvasElement, picture: Picture): HTMLCanvasElement {
  const ground = document.createElement('canvas');
  const brush = brushOf(ground, element, picture);
  if (brush === null) return ground;
  paintAxis(brush, picture);
  paintChapters(brush, picture);
  paintWrong(brush, picture);
  inLanes(brush, picture, () => {
    for (const number of gravestLast(picture)) paintEntry(brush, picture, number);
    const arrows = picture.causes.filter(isSeen(picture));
    if (arrows.length <= mostArrows)
      for (const cause of arrows) paintArrow(brush, picture, cause, false);
  });
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
  inLanes(brush, picture, () => {
    for (const cause of causes)
      if (cause.from === index || cause.to === index) paintArrow(brush, picture, cause, true);
  });
  paintCurrent(brush, picture);
}

function paintAxis(brush: Brush, picture: Picture) {
  const { context, width, height, colour, x, middle } = brush;
  const { lanes, axis, span } = picture;
  inLanes(brush, picture, () => {
    context.fillStyle = colour('--line');
    for (const lane of lanes.lanes.keys()) context.fillRect(0, middle(lane), width, 1);
  });
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

/** A line through all lanes where something went wrong, whichever of them are seen. */
function paintWrong({ context, width, height, colour, x }: Brush, picture: Picture) {
  const { entries, shown, axis, lanes } = picture;
  context.fillStyle = colour('--bad');
  for (const number of shown) {
    const entry = entries[number];
    if (entry?._tag !== 'Note' || entry.ok || lanes.laneOf(entry) < 0) continue;
    const left = x(axis.begin(entry, number));
    if (left >= 0 && left <= width) context.fillRect(left, 0, 2, height - axisHeight);
  }
}

function paintEntry(brush: Brush, { entries, lanes, axis, culprits }: Picture, number: number) {
  const { context, colour, x, middle } = brush;
  const entry = entries[number];
  if (entry === undefined) return;
  const lane = lanes.laneOf(entry);
  if (lane < 0) return;
  const [left, right] = [x(axis.begin(entry, number)), x(axis.end(entry, number))];
  if (right < 0 || left > brush.width) return;
  const y = middle(lane);
  if (entry._tag === 'Note') {
    context.fillStyle = colour(entry.ok ? (entry.kind === 'check' ? '--good' : '--text') : '--bad');
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
