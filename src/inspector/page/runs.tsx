import './runs.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Entry, endOf } from '../recording.ts';
import { duration } from '../words.ts';
import { whyOf } from './say.ts';

export interface RunsProps {
  readonly entries: readonly Entry[];
  /** The places of those that are listed. */
  readonly shown: readonly number[];
  readonly units: readonly string[];
  readonly index: number;
  readonly onChoose: (index: number) => void;
}

const rowHeight = 30;
const lane = 14;
/** Rows that are drawn above and below what is seen. */
const spare = 12;

/** The runs from the oldest to the newest, each in the lane of its unit; only what is seen is drawn. */
export function Runs({ entries, shown, units, index, onChoose }: RunsProps) {
  const list = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const place = shown.indexOf(index);
  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  useEffect(() => {
    const element = list.current;
    if (element === null || place < 0) return;
    const top = place * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight - element.clientHeight;
  }, [place]);
  const from = Math.max(Math.floor(view.top / rowHeight) - spare, 0);
  const to = Math.ceil((view.top + view.height) / rowHeight) + spare;
  const start = entries[0]?.at ?? 0;
  return (
    <section class="runs" aria-label="Runs">
      <div class="lanes" aria-hidden="true" style={{ paddingLeft: `${lane / 2}px` }}>
        {units.map((unit) => (
          <span key={unit} style={{ width: `${lane}px` }} title={unit}>
            {unit.split('/').at(-1)}
          </span>
        ))}
      </div>
      <div
        ref={list}
        class="list"
        role="listbox"
        aria-label="Runs, oldest first"
        tabIndex={0}
        aria-activedescendant={place < 0 ? undefined : `entry-${index}`}
      >
        <div style={{ height: `${shown.length * rowHeight}px` }} role="presentation">
          {shown.slice(from, to).map((number, offset) => {
            const entry = entries[number];
            if (entry === undefined) return null;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the arrow keys choose, as the help says.
              <div
                key={entry.id}
                id={`entry-${number}`}
                role="option"
                tabIndex={-1}
                aria-selected={number === index}
                aria-posinset={from + offset + 1}
                aria-setsize={shown.length}
                class={`row ${entry._tag === 'Note' ? `note ${entry.kind}` : endOf(entry)}`}
                style={{ top: `${(from + offset) * rowHeight}px` }}
                title={entry._tag === 'Note' ? entry.text : (whyOf(entry) ?? undefined)}
                onClick={() => onChoose(number)}
              >
                <Lanes units={units} entry={entry} />
                <Row entry={entry} start={start} />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function Lanes({ units, entry }: { readonly units: readonly string[]; readonly entry: Entry }) {
  const width = units.length * lane + lane / 2;
  const own = entry._tag === 'Hook' ? units.indexOf(entry.unit) : -1;
  return (
    <svg width={width} height={rowHeight} class="lane" aria-hidden="true">
      {units.map((unit, number) => (
        <line
          key={unit}
          x1={(number + 0.75) * lane}
          x2={(number + 0.75) * lane}
          y1={0}
          y2={rowHeight}
        />
      ))}
      {own >= 0 && <circle cx={(own + 0.75) * lane} cy={rowHeight / 2} r={4.5} />}
    </svg>
  );
}

const marks = { chapter: '', action: '·', check: '✓', violation: '✗' } as const;

function Row({ entry, start }: { readonly entry: Entry; readonly start: number }) {
  if (entry._tag === 'Note')
    return (
      <span class="text">
        {entry.ok ? marks[entry.kind] : '✗'} {entry.text}
      </span>
    );
  return (
    <>
      <span class="at">{((entry.at - start) / 1000).toFixed(1)} s</span>
      <span class="text">
        <span class="spoken">{entry.unit} </span>
        {entry.event.hook}
        {entry.event.relation !== undefined && (
          <span class="relation">
            <span class="spoken"> of relation</span> {entry.event.relation}
          </span>
        )}
      </span>
      <span class="took">{duration(entry.milliseconds)}</span>
      <span class={`end ${endOf(entry)}`}>{endOf(entry)}</span>
    </>
  );
}
