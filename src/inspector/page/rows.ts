/** Where the rows of a long list stand, of which only those that are seen are drawn. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

/** In pixels: so high is a row at least, and so high it is taken for until it was drawn. */
export const least = 44;

interface Viewport {
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where each row begins, and where the last one ends. */
export interface Rows {
  readonly tops: readonly number[];
  /** The row that is at a height of the list. */
  readonly at: (top: number) => number;
}

/** Heights of the rows that are higher than the least, in a list of some width. */
interface Higher {
  readonly width: number;
  readonly heights: ReadonlyMap<string, number>;
}

/**
 * Rows as high as what stands in them, and the list scrolled to the one of `row` whenever another
 * is chosen. Rows are told by `data-row`, which is their place in the list.
 */
export function useRows(
  list: { readonly current: HTMLElement | null },
  ids: readonly string[],
  row: number,
  viewport: Viewport,
): Rows {
  const [higher, setHigher] = useState<Higher>({ width: 0, heights: new Map() });
  const tops = useMemo(() => {
    const ends = [0];
    for (const [at, id] of ids.entries())
      ends.push((ends[at] ?? 0) + (higher.heights.get(id) ?? least));
    return ends;
  }, [ids, higher]);
  const sought = useRef('');
  const isSought = useRef(false);
  // Where others went or came, it stays where it is, and so does the list.
  const chosen = `${ids[row]} ${viewport.height}`;
  if (sought.current !== chosen) isSought.current = true;
  sought.current = chosen;
  const kept = useRef<{ readonly id: string | undefined; readonly below: number } | null>(null);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    // What stands above was higher than it was taken for: what is seen stays where it is.
    const at = kept.current === null ? -1 : ids.indexOf(kept.current.id ?? '');
    if (kept.current !== null && at >= 0) element.scrollTop = (tops[at] ?? 0) + kept.current.below;
    kept.current = null;
    const measured = measure(element, ids, higher, viewport.width);
    if (measured !== null) {
      const first = rowAt(tops, element.scrollTop);
      kept.current = { id: ids[first], below: element.scrollTop - (tops[first] ?? 0) };
      setHigher(measured);
    }
    if (!isSought.current) return;
    intoView(element, tops[row], tops[row + 1]);
    const isDrawn = element.querySelector(`[data-row="${row}"]`) !== null;
    if (row < 0 || (isDrawn && measured === null)) isSought.current = false;
    else kept.current = null;
  });
  return { tops, at: (top) => rowAt(tops, top) };
}

/** What the rows that are drawn have shown; null where nothing is new. */
function measure(
  element: HTMLElement,
  ids: readonly string[],
  { width, heights }: Higher,
  wide: number,
): Higher | null {
  const known = width === wide ? heights : new Map<string, number>();
  const found = new Map(known);
  for (const row of element.querySelectorAll<HTMLElement>('[data-row]')) {
    const id = ids[Number(row.dataset.row)];
    const height = Math.ceil(row.getBoundingClientRect().height);
    if (id === undefined || height === 0) continue;
    if (height > least) found.set(id, height);
    else found.delete(id);
  }
  const isSame =
    width === wide &&
    found.size === known.size &&
    [...found].every(([id, height]) => known.get(id) === height);
  return isSame ? null : { width: wide, heights: found };
}

function intoView(element: HTMLElement, top: number | undefined, end: number | undefined): void {
  if (top === undefined || end === undefined) return;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (end > element.scrollTop + element.clientHeight)
    element.scrollTop = end - element.clientHeight;
}

/** By halves: the list may be very long. */
function rowAt(tops: readonly number[], top: number): number {
  let [from, to] = [0, Math.max(tops.length - 2, 0)];
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    if ((tops[middle] ?? 0) <= top) from = middle;
    else to = middle - 1;
  }
  return from;
}
