import type { Entry, HookEntry, NoteEntry, Recording } from '../recording.ts';
import { endOf } from '../recording.ts';
import { compareBags, type Timeline } from '../timeline.ts';
import { hookName } from '../words.ts';

export interface NoteProps {
  readonly recording: Recording;
  readonly entry: NoteEntry;
  readonly index: number;
  readonly timeline: Timeline;
  readonly onChoose: (index: number) => void;
}

const headings = {
  chapter: 'Chapter',
  action: 'What happened',
  check: 'Check',
  violation: 'Violation',
} as const;

/** What a check compared with what, what happened and to whom, and what came before and after it. */
export function NoteDetails({ recording, entry, index, timeline, onChoose }: NoteProps) {
  const { kind, text, ok, detail, violated, of } = entry;
  const { entries } = recording;
  const isLookingBack = !ok || kind === 'check' || kind === 'violation';
  const [from, to] = isLookingBack
    ? [runsBeside(entries, index, -1), index]
    : [index + 1, runsBeside(entries, index, 1) + 1];
  const runs = runsIn(entries, from, to);
  const changed = bagsChanged(timeline, from - 1, to - 1);
  return (
    <>
      <h2>{kind === 'chapter' && !ok ? 'It goes no further' : headings[kind]}</h2>
      {kind !== 'check' && <p class={ok ? '' : 'failed'}>{violated?.what ?? text}</p>}
      <dl class="head">
        {violated !== undefined && (
          <>
            <dt>Violates</dt>
            <dd>{violated.invariant}</dd>
            <dt>Should hold</dt>
            <dd>{violated.claims}</dd>
            <dt>Found</dt>
            <dd>{violated.what}</dd>
          </>
        )}
        {kind === 'check' && (
          <>
            <dt>Should hold</dt>
            <dd>{text}</dd>
            <dt>Found</dt>
            <dd>{detail ?? (ok ? 'it holds' : 'it does not hold')}</dd>
          </>
        )}
        {kind === 'chapter' && detail !== undefined && (
          <>
            <dt>Because</dt>
            <dd>{detail}</dd>
          </>
        )}
        {(kind === 'check' || kind === 'violation') && (
          <>
            <dt>Holds</dt>
            <dd>{ok ? 'yes' : 'no'}</dd>
          </>
        )}
        {of !== undefined && (
          <>
            <dt>To whom</dt>
            <dd>{of}</dd>
          </>
        )}
        {entry.chosen !== undefined && (
          <>
            <dt>Why</dt>
            <dd>{entry.chosen ? 'it was chosen' : 'it came about by itself'}</dd>
          </>
        )}
      </dl>
      <RunList
        title={isLookingBack ? 'The runs before it' : 'The runs after it'}
        runs={runs}
        onChoose={onChoose}
      />
      <h3>Databags that changed {isLookingBack ? 'before it' : 'after it'}</h3>
      {changed.length === 0 ? (
        <p>None, as far as it was seen.</p>
      ) : (
        <ul>
          {changed.map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      )}
    </>
  );
}

interface RunListProps {
  readonly title: string;
  readonly runs: readonly (readonly [index: number, entry: HookEntry])[];
  readonly onChoose: (index: number) => void;
}

function RunList({ title, runs, onChoose }: RunListProps) {
  return (
    <>
      <h3>{title}</h3>
      {runs.length === 0 ? (
        <p>None.</p>
      ) : (
        <ol class="around">
          {runs.map(([index, entry]) => (
            <li key={index}>
              <button type="button" class="link" onClick={() => onChoose(index)}>
                {entry.unit}, {hookName(entry)}
              </button>{' '}
              <span class={`end ${endOf(entry)}`}>{endOf(entry)}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

/** The farthest run on one side of a note, up to the next note beyond it. */
function runsBeside(entries: readonly Entry[], index: number, by: 1 | -1): number {
  let found = index;
  for (let at = index + by; at >= 0 && at < entries.length; at += by)
    if (entries[at]?._tag === 'Hook') found = at;
    else if (found !== index) break;
  return found;
}

const runsIn = (entries: readonly Entry[], from: number, to: number) =>
  entries
    .slice(from, to)
    .flatMap((entry, offset) => (entry._tag === 'Hook' ? [[from + offset, entry] as const] : []));

function bagsChanged(timeline: Timeline, from: number, to: number): readonly string[] {
  const before = timeline.changeAt(from).after.bags;
  const after = timeline.changeAt(to).after.bags;
  return Object.keys(after)
    .filter((name) => before[name] !== after[name])
    .filter((name) =>
      compareBags(before[name], after[name]).some((row) => row.before !== row.after),
    )
    .sort()
    .reverse();
}
