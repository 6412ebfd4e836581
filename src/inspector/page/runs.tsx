import './runs.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Entry, endOf, type HookEntry, hasTimes, type Recording } from '../recording.ts';
import { since } from '../words.ts';
import { least, useRows } from './rows.ts';
import { whyOf } from './say.ts';
import { Took } from './took.tsx';

export interface RunsProps {
  readonly recording: Recording;
  /** The places of those that are listed. */
  readonly shown: readonly number[];
  readonly index: number;
  /** What each of those runs violates that did the damage; none where it is not known by a name. */
  readonly culprits: ReadonlyMap<number, readonly string[]>;
  readonly onChoose: (index: number) => void;
}

/** Rows that are drawn above and below what is seen. */
const spare = 12;

/** The runs from the oldest to the newest; only what is seen is drawn. */
export function Runs({ recording, shown, index, culprits, onChoose }: RunsProps) {
  const { entries } = recording;
  const isTimed = hasTimes(recording);
  const list = useRef<HTMLDivElement>(null);
  const viewport = useViewport(list);
  const ids = useMemo(
    () => shown.map((number) => entries[number]?.id ?? ''),
    [shown, entries, entries.length],
  );
  const row = shown.indexOf(index);
  const rows = useRows(list, ids, row, viewport);
  const from = Math.max(rows.at(viewport.top) - spare, 0);
  const to = rows.at(viewport.top + viewport.height) + 1 + spare;
  const start = entries[0]?.at ?? 0;
  return (
    <div
      ref={list}
      class="list"
      role="listbox"
      aria-label="Runs, oldest first"
      tabIndex={0}
      aria-activedescendant={row < 0 ? undefined : `entry-${index}`}
    >
      <div style={{ height: `${rows.tops.at(-1)}px` }} role="presentation">
        {shown.slice(from, to).map((number, offset) => {
          const entry = entries[number];
          if (entry === undefined) return null;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the arrow keys choose, as the help says.
            <div
              key={entry.id}
              id={`entry-${number}`}
              data-row={from + offset}
              role="option"
              tabIndex={-1}
              aria-selected={number === index}
              aria-posinset={from + offset + 1}
              aria-setsize={shown.length}
              class={`row ${kindOf(entry)} ${culprits.has(number) ? 'culprit' : ''}`}
              style={{ top: `${rows.tops[from + offset]}px`, minHeight: `${least}px` }}
              title={entry._tag === 'Note' ? entry.text : (whyOf(entry) ?? undefined)}
              onClick={() => onChoose(number)}
            >
              {entry._tag === 'Note' ? (
                <span class="said">
                  {entry.ok ? marks[entry.kind] : '✗'} {entry.text}
                </span>
              ) : (
                <Run
                  entry={entry}
                  when={isTimed ? since(entry.at - start) : `no. ${number + 1}`}
                  violated={culprits.get(number)}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Which part of a list is seen. */
function useViewport(list: { readonly current: HTMLDivElement | null }) {
  const [viewport, setViewport] = useState({ top: 0, width: 0, height: 800 });
  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    const measure = () => {
      const { scrollTop: top, clientWidth: width, clientHeight: height } = element;
      setViewport({ top, width, height });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  return viewport;
}

const marks = { chapter: '', action: '◆', check: '✓', violation: '✗' } as const;

const kindOf = (entry: Entry): string => {
  const settled = entry.chosen === false ? 'settled' : '';
  return entry._tag === 'Note'
    ? `note ${entry.kind} ${settled} ${entry.ok ? '' : 'bad'}`
    : `${endOf(entry)} ${entry.side ?? ''} ${settled}`;
};

interface RunProps {
  readonly entry: HookEntry;
  readonly when: string;
  /** Null where it did no damage. */
  readonly violated: readonly string[] | undefined;
}

function Run({ entry, when, violated }: RunProps) {
  const { unit, event, milliseconds, side, befell } = entry;
  return (
    <>
      <span class="what">
        <span class="text">{event.hook}</span>
        {event.relation !== undefined && (
          <span class="relation">
            <span class="spoken"> of relation</span> {event.relation}
          </span>
        )}
        <span class="ends">
          {violated !== undefined && <span class="end failed">✗ {violated.join(', ')}</span>}
          <span class={`end ${endOf(entry)}`}>{side === 'other' ? '' : endOf(entry)}</span>
        </span>
      </span>
      <span class="where">
        <span class="text">
          {unit}
          {befell !== undefined && `, ${befell}`}
        </span>
        <span class="at">{when}</span>
        <Took milliseconds={milliseconds} />
      </span>
    </>
  );
}
