import './sequence.css';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Recording } from '../recording.ts';
import { relationsIn, type Sequence, type SequenceLine, sequenceOf } from '../sequence.ts';
import { useWidth, useZoomingWheel } from './latest.ts';
import { Zoom } from './zoom.tsx';

export interface SequenceViewProps {
  readonly recording: Recording;
  readonly version: number;
  /** The relation that was asked for; null for the first one there is. */
  readonly relation: number | null;
  readonly index: number;
  /** The runs that did the damage. */
  readonly culprits: { readonly has: (index: number) => boolean };
  readonly onRelation: (relation: number) => void;
  readonly onChoose: (index: number) => void;
}

/** In pixels: columns are as wide as there is room for, and nothing can be read in narrower ones. */
const narrowest = 72;
const largest = 3;

/** One relation's life: who told whom what, and what each did; every line leads to its run. */
export function SequenceView(props: SequenceViewProps) {
  const { recording, version, index, onRelation, onChoose } = props;
  const relations = useMemo(() => relationsIn(recording), [recording, version]);
  const relation =
    relations.find((one) => one === props.relation) ?? relations[0] ?? props.relation;
  const sequence = useMemo(
    () => (relation == null ? null : sequenceOf(recording, relation)),
    [recording, version, relation],
  );
  const frame = useRef<HTMLElement>(null);
  const [width, setWidth] = useState<number | null>(null);
  const [zoomed, setZoomed] = useState(1);
  useWidth(frame, setWidth);
  const wanted = (sequence?.actors.length ?? 0) * narrowest;
  // All who take part are seen first, however many they are.
  const scale = zoomed * Math.min(width === null ? 1 : width / wanted, 1);
  const zoom = (times: number) =>
    setZoomed((now) => Math.min(Math.max(now * times, 1), Math.max(largest, largest / scale)));
  useZoomingWheel(frame, (isNearer) => zoom(isNearer ? 1.1 : 0.9));
  useEffect(() => intoView(frame.current, sequence, index), [sequence, index, width]);
  if (sequence === null || relation == null)
    return <p class="empty">No hook of this recording has to do with a relation.</p>;
  return (
    <>
      <div class="tools">
        <label>
          Life of relation
          <select
            value={relation}
            onChange={(event) => onRelation(Number(event.currentTarget.value))}
          >
            {relations.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Zoom zoom={zoom} isSmallest={zoomed <= 1} onFit={() => setZoomed(1)} what="sequence" />
      </div>
      <section
        ref={frame}
        class="sequence"
        aria-label="The sequence"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
        tabIndex={0}
        data-scrolls
        onKeyDown={({ key }) => {
          if (key === '+') zoom(1.25);
          else if (key === '-') zoom(0.8);
          else if (key === '0') setZoomed(1);
        }}
      >
        <Drawing
          sequence={sequence}
          index={index}
          culprits={props.culprits}
          scale={scale}
          zoomed={zoomed}
          onChoose={onChoose}
        />
      </section>
    </>
  );
}

/** Scrolls to the run that is looked at, else to what came before it. */
function intoView(frame: HTMLElement | null, sequence: Sequence | null, index: number): void {
  if (frame === null || sequence === null) return;
  const isThere = sequence.lines.some(({ at }) => at === index);
  const number = isThere
    ? sequence.lines.findIndex(({ at }) => at === index)
    : sequence.lines.findLastIndex(({ at }) => at < index);
  const line = frame.querySelectorAll<HTMLElement>('.line')[number];
  if (line === undefined) return;
  // Not by what the line says of its own place, which knows nothing of how large all is drawn.
  const { top: below, height } = line.getBoundingClientRect();
  const top = below - frame.getBoundingClientRect().top + frame.scrollTop;
  const head = headOf(frame);
  const isSeen =
    top >= frame.scrollTop + head && top + height <= frame.scrollTop + frame.clientHeight;
  if (!isSeen) frame.scrollTop = top - frame.clientHeight / 2;
}

/** How high the names of those who take part are, with what is left free below them. */
const headOf = (frame: HTMLElement | null): number => {
  const names = [...(frame?.querySelectorAll<HTMLElement>('.actor span') ?? [])];
  return Math.max(0, ...names.map((name) => name.getBoundingClientRect().height)) + 16;
};

interface DrawingProps extends Pick<SequenceViewProps, 'index' | 'culprits' | 'onChoose'> {
  readonly sequence: Sequence;
  readonly scale: number;
  /** How much larger than it is seen whole. */
  readonly zoomed: number;
}

function Drawing({ sequence, index, culprits, scale, zoomed, onChoose }: DrawingProps) {
  const { relation, actors, lines } = sequence;
  const column = 100 / Math.max(actors.length, 1);
  const life = useRef<HTMLOListElement>(null);
  const [head, setHead] = useState(46);
  // Names break where columns are narrow.
  useLayoutEffect(() => setHead(headOf(life.current) / scale), [sequence, scale]);
  return (
    <ol
      ref={life}
      class="life"
      style={{ zoom: scale, width: `${100 * zoomed}%`, paddingTop: `${head}px` }}
      aria-label={`The life of relation ${relation}`}
    >
      {actors.map((actor, at) => (
        <li key={actor} class="actor" style={{ left: `${at * column}%`, width: `${column}%` }}>
          <span>{actor}</span>
        </li>
      ))}
      {lines.map((line, number) => {
        const [left, right] = columnsOf(line, actors);
        return (
          <li
            key={number}
            class="line"
            style={{
              marginLeft: `${left * column}%`,
              width: `${(right - left) * column}%`,
            }}
          >
            <button
              type="button"
              class={`${kindOf(line, actors)} ${line.at === index ? 'here' : ''} ${culprits.has(line.at) ? 'culprit' : ''}`}
              onClick={() => onChoose(line.at)}
            >
              <span class="spoken">{spoken(line)}</span>
              <span>{textOf(line)}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** From where to where a line goes, in columns: a message from one middle to the other. */
function columnsOf(line: SequenceLine, actors: readonly string[]): readonly [number, number] {
  if (line._tag === 'Wrong') return [0, actors.length];
  if (line._tag === 'Did') {
    const at = actors.indexOf(line.actor);
    return [at, at + 1];
  }
  const ends = [actors.indexOf(line.from) + 0.5, actors.indexOf(line.to) + 0.5];
  return [Math.min(...ends), Math.max(...ends)];
}

function kindOf(line: SequenceLine, actors: readonly string[]): string {
  if (line._tag !== 'Message') return line._tag === 'Did' ? 'did' : 'violated';
  return actors.indexOf(line.from) < actors.indexOf(line.to) ? 'message right' : 'message back';
}

const textOf = (line: SequenceLine): string => {
  if (line._tag === 'Message') return line.keys.join(', ');
  return line._tag === 'Wrong' ? `✗ ${line.text}` : line.text;
};

const spoken = (line: SequenceLine): string => {
  if (line._tag === 'Message') return `${line.from} to ${line.to}: `;
  return line._tag === 'Did' ? `${line.actor}: ` : '';
};
