import './lanes.css';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { axisHeight, heightOf, laneHeight, type Picture, scaleOf, topOf } from './brush.ts';
import { type Folded, folded } from './folding.ts';
import { useLatest, useZoomingWheel } from './latest.ts';
import { Legend } from './legend.tsx';
import { paint, paintGround } from './paint.ts';
import { type Span, zoomed } from './span.ts';
import { SpanTools } from './span-tools.tsx';

export interface LanesProps extends Omit<Picture, 'selecting' | 'scroll'> {
  readonly version: number;
  /** The lanes that are told apart however many there are. */
  readonly sought: readonly number[];
  readonly onSpan: (span: Span) => void;
  readonly onChoose: (index: number) => void;
}

/** So many pixels of a drag select a span; less is a click. */
const dragged = 6;

/** Who did what when. The list beside it says the same to those who do not see it. */
export function LaneView({ version, sought, onSpan, onChoose, ...given }: LanesProps) {
  const { axis, span } = given;
  const canvas = useRef<HTMLCanvasElement>(null);
  const plot = useRef<HTMLElement>(null);
  const [selecting, setSelecting] = useState<readonly [number, number] | null>(null);
  const [scroll, setScroll] = useState(0);
  const [isUnfolded, setUnfolded] = useState(false);
  const fold = useMemo(() => folded(given.lanes, sought), [given.lanes, sought]);
  const lanes = isUnfolded ? given.lanes : fold;
  const picture = { ...given, lanes, scroll };
  const top = topOf(picture.entries);
  const height = heightOf(picture);
  useIntoView(plot, picture, isUnfolded);
  usePainting(canvas, { ...picture, selecting }, version);
  const whole = axis.whole;
  useZoomingWheel(canvas, (isNearer, x, width) =>
    onSpan(zoomed(span, scaleOf(width, span).at(x), isNearer ? 0.8 : 1.25, whole)),
  );
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
      <section
        ref={plot}
        class="plot"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
        tabIndex={0}
        aria-label="Lanes in time"
        data-scrolls
        onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
      >
        <Names
          lanes={lanes.lanes}
          top={top}
          height={height}
          folds={isUnfolded ? null : fold.folds}
          onUnfold={() => setUnfolded(true)}
        />
        <canvas
          ref={canvas}
          style={{ height: `min(${height}px, var(--most))` }}
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
      <SpanTools span={span} whole={whole} onSpan={onSpan}>
        {fold.folds.size > 0 && (
          <button
            type="button"
            aria-pressed={!isUnfolded}
            onClick={() => setUnfolded(!isUnfolded)}
            aria-label="Fold lanes"
            title="Of many lanes those that matter, and one for all others"
          >
            Fold
          </button>
        )}
      </SpanTools>
      <Legend {...picture} />
    </section>
  );
}

interface NamesProps {
  readonly lanes: Picture['lanes']['lanes'];
  readonly top: number;
  readonly height: number;
  /** Which of them stand for several; null where none does. */
  readonly folds: Folded['folds'] | null;
  readonly onUnfold: () => void;
}

function Names({ lanes, top, height, folds, onUnfold }: NamesProps) {
  return (
    <ol class="names" style={{ paddingTop: `${top}px`, height: `${height}px` }} aria-label="Lanes">
      {lanes.map(({ kind, name }, at) => (
        <li key={name} class={kind} style={{ height: `${laneHeight}px` }}>
          {folds?.has(at) === true ? (
            <button type="button" class="link" onClick={onUnfold}>
              {name}
            </button>
          ) : (
            name
          )}
        </li>
      ))}
    </ol>
  );
}

/** Where not all lanes are seen, that of what is looked at is. */
function useIntoView(
  plot: { readonly current: HTMLElement | null },
  { entries, lanes, index }: Pick<Picture, 'entries' | 'lanes' | 'index'>,
  isUnfolded: boolean,
) {
  useLayoutEffect(() => {
    const entry = entries[index];
    const element = plot.current;
    if (element === null || entry === undefined) return;
    const lane = lanes.laneOf(entry);
    if (lane < 0) return;
    const seen = element.clientHeight - topOf(entries) - axisHeight;
    const begins = lane * laneHeight;
    if (begins < element.scrollTop) element.scrollTop = begins;
    else if (begins + laneHeight > element.scrollTop + seen)
      element.scrollTop = begins + laneHeight - seen;
  }, [index, isUnfolded]);
}

/** Paints anew what has changed: all of it, or what is looked at alone. */
function usePainting(
  canvas: { readonly current: HTMLCanvasElement | null },
  picture: Picture,
  version: number,
) {
  const { entries, shown, lanes, causes, index, span, selecting, culprits, scroll } = picture;
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
  useEffect(drawAll, [entries, shown, lanes, causes, span, culprits, version, scroll]);
  useEffect(draw, [index, selecting]);
}

/** The entry of a lane that is nearest to a point of the axis. */
function nearest(
  { entries, shown, lanes, axis, scroll }: Omit<Picture, 'selecting'>,
  at: number,
  y: number,
): number {
  const lane = Math.floor((y - topOf(entries) + scroll) / laneHeight);
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
