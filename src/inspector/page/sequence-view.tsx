import './sequence.css';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Recording } from '../recording.ts';
import { relationsIn, type Sequence, type SequenceLine, sequenceOf } from '../sequence.ts';

export interface SequenceViewProps {
  readonly recording: Recording;
  readonly version: number;
  /** The relation that was asked for; null for the first one there is. */
  readonly relation: number | null;
  readonly index: number;
  readonly onRelation: (relation: number) => void;
  readonly onChoose: (index: number) => void;
}

/** In pixels; the columns are as wide as there is room for. */
const [narrowest, head] = [120, 46];

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
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => intoView(frame.current, sequence, index), [sequence, index]);
  if (sequence === null || relation == null)
    return <p class="empty">No hook of this recording has to do with a relation.</p>;
  return (
    <>
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
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard. */}
      <div ref={frame} class="sequence" tabIndex={0} data-scrolls>
        <Drawing sequence={sequence} index={index} onChoose={onChoose} />
      </div>
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
  const { offsetTop: top, offsetHeight: height } = line;
  const isSeen =
    top >= frame.scrollTop + head && top + height <= frame.scrollTop + frame.clientHeight;
  if (!isSeen) frame.scrollTop = top - frame.clientHeight / 2;
}

interface DrawingProps {
  readonly sequence: Sequence;
  readonly index: number;
  readonly onChoose: (index: number) => void;
}

function Drawing({ sequence: { relation, actors, lines }, index, onChoose }: DrawingProps) {
  const column = 100 / Math.max(actors.length, 1);
  return (
    <ol
      class="life"
      style={{ minWidth: `${actors.length * narrowest}px`, paddingTop: `${head}px` }}
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
              class={`${kindOf(line, actors)} ${line.at === index ? 'here' : ''}`}
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
