/** Writes into the lanes what lines and marks are called. */
import { type Brush, inLanes, isLine, labelHeight, margin, type Picture } from './brush.ts';
import { labelsIn, type Named, type Room } from './labels.ts';

/** More names than this are not to be read: none is written then. */
const mostNames = 200;

/** Calls lines by their names above the lanes, and what happens beside its mark. */
export function paintNames(brush: Brush, picture: Picture) {
  const { entries, shown, lanes, axis } = picture;
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
  inLanes(brush, picture, () => {
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
  });
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
