import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Layout, layout } from '../../chart/layout.ts';
import { chartOfDefinition } from '../../chart/of-machine.ts';
import { lineAt, outline, way } from '../../chart/picture.ts';
import type { RecordedChart, Recording } from '../recording.ts';
import { useWidth, useZoomingWheel } from './latest.ts';
import { Zoom } from './zoom.tsx';

export interface PictureProps {
  readonly chart: RecordedChart;
  readonly definition: Recording['definitions'][string] | undefined;
  readonly position: number;
  /** The node that did the damage, where it is on this chart. */
  readonly wrong: string | null;
  readonly onChoose: (node: string) => void;
}

/** Of a text of 13 pixels this leaves 12; smaller nobody can read it. */
const legible = 12 / 13;
const largest = 3;

/** One chart with its path lit: drag it, or scroll, to move it; buttons, + and −, or a pinch zoom. */
export function Picture({ chart, definition, position, wrong, onChoose }: PictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [widest, setWidest] = useState<number | null>(null);
  const placed = placedOf(definition, widest);
  const [scale, setScale] = useState(1);
  const lit = chart.path.slice(0, position + 1);
  const here = lit.at(-1);
  // One that is wider than its place even at its narrowest is seen to both sides first, and then read.
  const smallest = Math.min(legible, widest === null ? 1 : (widest * legible) / placed.width);
  const zoom = (times: number) =>
    setScale((now) => Math.min(Math.max(now * times, smallest), largest));
  const showWhole = () =>
    setScale((now) => wholeIn(frame.current, placed, smallest, largest) ?? now);
  useDrag(frame);
  useZoomingWheel(frame, (isNearer) => zoom(isNearer ? 1.1 : 0.9));
  useWidth(frame, (width) => setWidest(width / legible));
  // It opens whole where that leaves it legible, and no larger than it was drawn.
  useLayoutEffect(
    () => setScale((now) => wholeIn(frame.current, placed, smallest, 1) ?? now),
    [placed, widest],
  );
  useEffect(
    () => intoView(frame.current, placed, wrong ?? here, scale),
    [chart, here, wrong, scale, placed],
  );
  const isLost = here === 'failed' && !placed.nodes.some(({ id }) => id === here);
  return (
    <div class="framed">
      <section
        ref={frame}
        class="picture"
        aria-label="The chart"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
        tabIndex={0}
        data-scrolls
        onKeyDown={({ key }) => {
          if (key === '+') zoom(1.25);
          else if (key === '-') zoom(0.8);
          else if (key === '0') showWhole();
        }}
      >
        <Drawing
          placed={placed}
          chart={chart}
          lit={lit}
          scale={scale}
          wrong={wrong}
          onChoose={onChoose}
        />
      </section>
      <Zoom zoom={zoom} isSmallest={scale <= smallest} onFit={showWhole} what="chart" />
      {isLost && (
        <p class="failed">It failed here: {chart.end?.why ?? 'it ends beside its chart'}.</p>
      )}
    </div>
  );
}

/** The scale at which all of a chart is seen in its frame, as far as it stays legible. */
function wholeIn(
  frame: HTMLElement | null,
  placed: Layout,
  least: number,
  most: number,
): number | null {
  if (frame === null) return null;
  const whole = Math.min(frame.clientWidth / placed.width, frame.clientHeight / placed.height);
  return Math.min(Math.max(whole, least), most);
}

interface DrawingProps {
  readonly placed: Layout;
  readonly chart: RecordedChart;
  readonly lit: readonly string[];
  readonly scale: number;
  readonly wrong: string | null;
  readonly onChoose: (node: string) => void;
}

function Drawing({ placed, chart, lit, scale, wrong, onChoose }: DrawingProps) {
  const reached = new Set(lit);
  const here = lit.at(-1);
  const isTaken = (from: string, to: string) =>
    lit.some((node, index) => node === from && lit[index + 1] === to);
  return (
    <svg
      viewBox={`0 0 ${placed.width} ${placed.height}`}
      width={placed.width * scale}
      height={placed.height * scale}
      role="img"
      aria-label={`Chart of ${chart.hook}; reached: ${lit.join(', ')}`}
    >
      <defs>
        {['', 'lit'].map((kind) => (
          <marker
            key={kind}
            id={`arrow${kind}`}
            class={kind}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 Z" />
          </marker>
        ))}
      </defs>
      {placed.edges.map((edge, index) => {
        const kind = isTaken(edge.from, edge.to) ? 'lit' : '';
        return (
          <g key={index} class={`edge ${kind}`}>
            <path d={way(edge)} marker-end={`url(#arrow${kind})`} />
            {edge.labelAt !== null && (
              <text x={edge.labelAt.x} y={edge.labelAt.y}>
                {edge.label}
              </text>
            )}
          </g>
        );
      })}
      {placed.nodes.map((node) => {
        const kind = node.id === here ? 'lit here' : reached.has(node.id) ? 'lit' : '';
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list of steps does the same by keyboard.
          <g
            key={node.id}
            class={`node ${node.shape} ${kind} ${node.id === wrong ? 'wrong' : ''}`}
            data-node={node.id}
            transform={`translate(${node.x},${node.y})`}
            onClick={() => onChoose(node.id)}
          >
            <path d={outline(node)} />
            {node.lines.map((line, index) => (
              <text key={line} y={lineAt(node.lines.length, index)}>
                {line}
              </text>
            ))}
          </g>
        );
      })}
    </svg>
  );
}

/** A drag by the mouse moves the chart; a finger scrolls it by itself. */
function useDrag(frame: { readonly current: HTMLDivElement | null }) {
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const move = (event: PointerEvent) => {
      if (event.buttons !== 1 || event.pointerType !== 'mouse') return;
      element.scrollLeft -= event.movementX;
      element.scrollTop -= event.movementY;
    };
    element.addEventListener('pointermove', move);
    return () => element.removeEventListener('pointermove', move);
  }, []);
}

/** Scrolls as little as shows the node whole, with some of what is around it. */
function intoView(
  element: HTMLDivElement | null,
  { nodes }: Layout,
  wanted: string | undefined,
  scale: number,
) {
  const node = nodes.find(({ id }) => id === wanted);
  if (element === null || node === undefined) return;
  const [x, y] = [node.x * scale, node.y * scale];
  const around = (size: number) => (size / 2) * scale + 24;
  element.scrollTop = within(element.scrollTop, y, around(node.height), element.clientHeight);
  element.scrollLeft = within(element.scrollLeft, x, around(node.width), element.clientWidth);
}

const within = (scroll: number, at: number, around: number, size: number): number =>
  Math.min(Math.max(scroll, at + around - size), Math.max(at - around, 0));

const layouts = new WeakMap<object, Map<number | null, Layout>>();

/**
 * A chart is laid out once for each width that there is room for, however many runs went through it.
 * Until the room is known, as if there were enough.
 */
function placedOf(
  definition: Recording['definitions'][string] | undefined,
  widest: number | null,
): Layout {
  const placed = () => layout(chartOfDefinition(definition), widest ?? undefined);
  if (definition === undefined) return placed();
  const known = layouts.get(definition) ?? new Map<number | null, Layout>();
  layouts.set(definition, known);
  const found = known.get(widest) ?? placed();
  known.set(widest, found);
  return found;
}
