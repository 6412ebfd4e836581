/** What effects that last have in common: they call what a page was last drawn with. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

interface Held<T> {
  readonly current: T;
}

/** A value for effects that are set up once: always that of the last time that the page was drawn. */
export function useLatest<T>(value: T): Held<T> {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}

/**
 * Zooms where the wheel turns with the control key, as a pinch does; else the page scrolls. It is
 * told where, how wide the element is, and whether to come nearer.
 */
export function useZoomingWheel(
  held: Held<HTMLElement | null>,
  zoom: (isNearer: boolean, x: number, width: number) => void,
): void {
  const latest = useLatest(zoom);
  useEffect(() => {
    const element = held.current;
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current(event.deltaY <= 0, event.offsetX, element.clientWidth);
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, []);
}

/** Tells how wide an element is within its borders: at once, and again whenever that changes. */
export function useWidth(held: Held<HTMLElement | null>, tell: (width: number) => void): void {
  const latest = useLatest(tell);
  useLayoutEffect(() => {
    const element = held.current;
    if (element === null) return;
    let known = 0;
    const look = () => {
      // What is in it may bring a scroll bar and take it away: that is no other width.
      const { offsetWidth, clientWidth } = element;
      if (clientWidth > 0 && offsetWidth !== known) latest.current(clientWidth);
      known = offsetWidth;
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
}
