import './details.css';
import type { Entry, HookEntry, Recording } from '../recording.ts';
import { endOf } from '../recording.ts';
import type { Timeline } from '../timeline.ts';
import { dateOf, duration, hookName } from '../words.ts';
import { Called, CalledFirst, isCalls } from './called.tsx';
import { Changed, Unchanged } from './changed.tsx';
import { NodeDetails } from './node.tsx';
import { NoteDetails } from './note.tsx';
import { sayEnd } from './say.ts';
import { Steps } from './steps.tsx';
import type { Moment } from './view.ts';

export interface DetailsProps {
  readonly recording: Recording;
  readonly entry: Entry;
  readonly index: number;
  readonly timeline: Timeline;
  readonly moments: readonly Moment[];
  readonly step: number;
  /** What it violates, where it did. */
  readonly violated: readonly string[];
  /** The relation that a sentence names of what it did wrong; null where none does. */
  readonly wronged: number | null;
  readonly onJump: (step: number) => void;
  readonly onChoose: (index: number) => void;
}

/** All about one entry: how it ended and why, what it changed, what was said, what stayed. */
export function Details(props: DetailsProps) {
  const { recording, entry, index, timeline, moments, step, onJump, onChoose } = props;
  const { charm } = recording;
  const about = props.wronged ?? (entry._tag === 'Hook' ? (entry.event.relation ?? null) : null);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <aside class="details" aria-label="Details" tabIndex={0} data-scrolls>
      {entry._tag === 'Note' ? (
        <NoteDetails
          recording={recording}
          entry={entry}
          index={index}
          timeline={timeline}
          onChoose={onChoose}
        />
      ) : (
        <>
          <Head recording={recording} entry={entry} violated={props.violated} />
          <NodeDetails recording={recording} entry={entry} moment={moments[step]} />
          <CalledFirst entry={entry} />
          <Changed entry={entry} change={timeline.changeAt(index)} charm={charm} about={about} />
          <Called entry={entry} />
          {entry.side !== 'other' && !isCalls(entry) && (
            <Steps entry={entry} moments={moments} step={step} onJump={onJump} />
          )}
          <Unchanged entry={entry} change={timeline.changeAt(index)} charm={charm} about={about} />
        </>
      )}
    </aside>
  );
}

interface HeadProps {
  readonly recording: Recording;
  readonly entry: HookEntry;
  readonly violated: readonly string[];
}

function Head({ recording, entry, violated }: HeadProps) {
  const { status } = entry.seen;
  return (
    <>
      <h2>{hookName(entry)}</h2>
      <p class={`ended end ${violated.length > 0 ? 'failed' : endOf(entry)}`}>
        {sayEnd(entry)}
        {violated.length > 0 && `, and violates ${violated.join(', ')}`}
      </p>
      <dl class="head">
        <dt>Unit</dt>
        <dd>{entry.unit}</dd>
        <When recording={recording} entry={entry} />
        {entry.chosen !== undefined && (
          <>
            <dt>Why</dt>
            <dd>{entry.chosen ? 'it was chosen' : 'it came about by itself'}</dd>
          </>
        )}
        {status !== null && (
          <>
            <dt>Status</dt>
            <dd>
              {status.name} {status.message}
            </dd>
          </>
        )}
        {entry.dropped.length > 0 && (
          <>
            <dt>Dropped</dt>
            <dd>{entry.dropped.join(', ')}: met, or the relation is gone</dd>
          </>
        )}
      </dl>
    </>
  );
}

/** When a run began, as far as a clock ran that people go by, and how long it took. */
function When({ recording, entry }: Pick<HeadProps, 'recording' | 'entry'>) {
  const { at, milliseconds } = entry;
  const date = recording.clock === 'model' ? null : dateOf(at);
  const took = milliseconds > 0 ? duration(milliseconds) : '';
  return (
    <>
      {date !== null && (
        <>
          <dt>At</dt>
          <dd>
            <time dateTime={date}>{date.replace('T', ' ').replace('Z', ' UTC')}</time>
            {took !== '' && `, ${took}`}
          </dd>
        </>
      )}
      {date === null && took !== '' && (
        <>
          <dt>Took</dt>
          <dd>{took}</dd>
        </>
      )}
    </>
  );
}
