/** Where the words stand that say what a line or a mark of the lanes is. */

/** Something that is to be called by its name where it stands, in pixels from the left. */
export interface Named {
  readonly at: number;
  readonly text: string;
  /** Written before the others, which take what room is left. */
  readonly isFirst: boolean;
}

export interface Label {
  readonly named: Named;
  readonly left: number;
  readonly text: string;
}

export interface Room {
  readonly width: number;
  /** How wide a text is. */
  readonly measure: (text: string) => number;
  /** Where other things stand, which are not to be written upon. */
  readonly taken: readonly number[];
  /** So far beside the thing itself a text begins, or ends. */
  readonly beside: number;
}

/** A text that is shortened to less says nothing any more. */
const least = 36;

/**
 * Labels beside what they name, none upon another or on what stands there: to the right where there
 * is room, else to the left, shortened where that is enough, else none.
 */
export function labelsIn(all: readonly Named[], room: Room): readonly Label[] {
  const { width, measure, beside } = room;
  const walls = [0, width, ...room.taken];
  const placed: Label[] = [];
  const isFree = ({ left, text }: Omit<Label, 'named'>) =>
    placed.every(
      (other) => left > other.left + measure(other.text) || left + measure(text) < other.left,
    );
  const order = [...all].sort(
    (one, other) => Number(other.isFirst) - Number(one.isFirst) || one.at - other.at,
  );
  for (const named of order) {
    if (named.at < 0 || named.at > width) continue;
    const next = Math.min(...walls.filter((wall) => wall > named.at), width);
    const before = Math.max(...walls.filter((wall) => wall < named.at), 0);
    const right = fitted(named.text, next - named.at - 2 * beside, measure);
    const left = fitted(named.text, named.at - before - 2 * beside, measure);
    const isRight = right.length >= left.length;
    const sides = [
      { text: right, left: named.at + beside },
      { text: left, left: named.at - beside - measure(left) },
    ];
    const found = (isRight ? sides : sides.reverse()).find(
      (side) => side.text !== '' && isFree(side),
    );
    if (found !== undefined) placed.push({ named, ...found });
  }
  return placed;
}

/** As much of a text as there is room for; empty where that would say nothing. */
function fitted(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) return text;
  if (room < least) return '';
  let [from, to] = [0, text.length];
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    if (measure(`${text.slice(0, middle).trimEnd()}…`) <= room) from = middle;
    else to = middle - 1;
  }
  return `${text.slice(0, from).trimEnd()}…`;
}
