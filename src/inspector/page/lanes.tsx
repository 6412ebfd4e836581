import './lanes.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLatest, useZoomingWheel } from './latest.ts';
import { Legend } from './legend.tsx';
import {
  axisHeight,
  laneHeight,
  margin,
  type Picture,
  paint,
  paintGround,
  scaleOf,
  topOf,
} from './paint.ts';
import { isWhole, moved, type Span, zoomed } from './span.ts';

export interface LanesProps extends Omit<Picture, 'selecting'> {
  readonly version: number;
  readonly onSpan: (span: Span) => void;
  readonly onChoose: (index: number) => void;
}

/** So many pixels of a drag select a span; less is a click. */
const dragged = 6;

/** Who did what when. The list beside it says the same to those who do not see it. */
export function LaneView({ version, onSpan, onChoose, ...picture }: LanesProps) {
  const { lanes, axis, span } = picture;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [selecting, setSelecting] = useState<readonly [number, number] | null>(null);
  const top = topOf(picture.entries);
  const height = top + lanes.lanes.length * laneHeight + margin + axisHeight;
  usePainting(canvas, { ...picture, selecting }, version);
  const whole = axis.whole;
  useZoomingWheel(canvas, (isNearer, x, width) =>
    onSpan(zoomed(span, scaleOf(width, span).at(x), isNearer ? 0.8 : 1.25, whole)),
  );
  const middle = (span.from + span.to) / 2;
  const zoom = (times: number) => onSpan(zoomed(span, middle, times, whole));
  const isAll = isWhole(span, whole);
  const release = (event: PointerEvent) => {
    if (selecting === null) return;
    setSelecting(null);
    const element = event.currentTarget as HTMLCanvasElement;
    const { at } = scaleOf(element.clientWidth, span);
    const [from, to] = [Math.min(...selecting), Math.max(...selecting)];
    if (to - from >= dragged) {
      onSpan({ from: Math.max(at(from), whole.from), to: Math.min(at(to), whole.to) });
      return;
    }
    const found = nearest(picture, at(event.offsetX), event.offsetY);
    if (found >= 0) onChoose(found);
  };
  return (
    <section class="lanes" aria-label="Who did what when">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard. */}
      <section class="plot" tabIndex={0} aria-label="Lanes in time" data-scrolls>
        <ol class="names" style={{ paddingTop: `${top}px` }} aria-label="Lanes">
          {lanes.lanes.map(({ kind, name }) => (
            <li key={name} class={kind} style={{ height: `${laneHeight}px` }}>
              {name}
            </li>
          ))}
        </ol>
        <canvas
          ref={canvas}
          style={{ height: `${height}px` }}
          role="img"
          aria-label="The runs in their lanes, with arrows from a write to who was told; the list of runs says the same"
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setSelecting([event.offsetX, event.offsetX]);
          }}
          onPointerMove={(event) => {
            const { offsetX } = event;
            setSelecting((now) => now && [now[0], offsetX]);
          }}
          onPointerUp={release}
          onPointerCancel={() => setSelecting(null)}
          onDblClick={() => onSpan(whole)}
        />
      </section>
      <fieldset class="zoom">
        <legend class="spoken">Which part of the time</legend>
        <button type="button" onClick={() => zoom(0.5)} aria-label="Zoom in" title="Zoom in">
          +
        </button>
        <button
          type="button"
          onClick={() => zoom(2)}
          disabled={isAll}
          aria-label="Zoom out"
          title="Zoom out"
        >
          −
        </button>
        <button
          type="button"
          onClick={() => onSpan(moved(span, -0.5, whole))}
          disabled={isAll}
          aria-label="Earlier"
          title="Earlier"
        >
          ‹
        </button>
        <button
          type="button"
          onClick={() => onSpan(moved(span, 0.5, whole))}
          disabled={isAll}
          aria-label="Later"
          title="Later"
        >
          ›
        </button>
        <button type="button" onClick={() => onSpan(whole)} disabled={isAll}>
          All
        </button>
      </fieldset>
      <Legend {...picture} />
    </section>
  );
}

/** Paints anew what has changed: all of it, or what is looked at alone. */
function usePainting(
  canvas: { readonly current: HTMLCanvasElement | null },
  picture: Picture,
  version: number,
) {
  const { entries, shown, lanes, causes, index, span, selecting, culprits } = picture;
  const latest = useLatest(picture);
  const ground = useRef<HTMLCanvasElement | null>(null);
  const draw = () => {
    const element = canvas.current;
    if (element === null) return;
    ground.current ??= paintGround(element, latest.current);
    paint(element, latest.current, ground.current);
  };
  const drawAll = () => {
    ground.current = null;
    draw();
  };
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new ResizeObserver(drawAll);
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', drawAll);
    const themed = new MutationObserver(drawAll);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      observer.disconnect();
      themed.disconnect();
      scheme.removeEventListener('change', drawAll);
    };
  }, []);
  useEffect(drawAll, [entries, shown, lanes, causes, span, culprits, version]);
  useEffect(draw, [index, selecting]);
}

/** The entry of a lane that is nearest to a point of the axis. */
function nearest(
  { entries, shown, lanes, axis }: Omit<Picture, 'selecting'>,
  at: number,
  y: number,
): number {
  const lane = Math.floor((y - topOf(entries)) / laneHeight);
  const distance = (number: number) => {
    const entry = entries[number];
    if (entry === undefined || lanes.laneOf(entry) !== lane) return Number.POSITIVE_INFINITY;
    const [from, to] = [axis.begin(entry, number), axis.end(entry, number)];
    return at < from ? from - at : Math.max(at - to, 0);
  };
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (const number of shown) {
    const far = distance(number);
    if (far < least) [best, least] = [number, far];
  }
  return best;
}
