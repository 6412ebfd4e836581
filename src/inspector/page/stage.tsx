import type { Recording } from '../recording.ts';
import { relationIn, spotOf } from '../trouble.ts';
import { Charts } from './charts.tsx';
import type { Actions } from './keys.ts';
import { type Feed, type Looking, spotIn } from './looking.ts';
import { sayMoment } from './say.ts';
import { SequenceView } from './sequence-view.tsx';
import { Transport } from './transport.tsx';

export interface StageProps {
  readonly recording: Recording;
  readonly version: number;
  readonly looking: Looking;
  readonly actions: Actions;
  readonly isPlaying: boolean;
  readonly feed: Feed;
  readonly onChoose: (index: number) => void;
  /** Back to the list of runs, where all stands below each other. */
  readonly onBack: () => void;
}

/** The chart of the run that is looked at, or the life of its relation. */
export function Stage({ recording, version, looking, onChoose, ...rest }: StageProps) {
  const { entry, moments, step, setRoute, index, jump, shown, isChartless, isSequence } = looking;
  return (
    <section class="stage" aria-label={isSequence ? 'Sequence' : 'Charts'}>
      <div class="tools">
        <button type="button" class="narrow" onClick={rest.onBack}>
          ‹ Runs
        </button>
        <Transport
          actions={rest.actions}
          isPlaying={rest.isPlaying}
          step={step}
          count={moments.length}
          onJump={jump}
        />
        {!isChartless && (
          <button
            type="button"
            aria-pressed={isSequence}
            onClick={() => setRoute({ view: isSequence ? '' : 'sequence' })}
          >
            Sequence
          </button>
        )}
      </div>
      <p class="now" role="status" aria-live={rest.isPlaying ? 'off' : 'polite'}>
        {entry === undefined ? waiting(rest.feed, shown) : sayMoment(entry, moments[step])}
      </p>
      {isSequence ? (
        <SequenceView
          recording={recording}
          version={version}
          relation={relationOf(looking)}
          index={index}
          culprits={looking.culprits}
          onRelation={(relation) => setRoute({ relation: String(relation) })}
          onChoose={onChoose}
        />
      ) : (
        <ChartOf recording={recording} looking={looking} onChoose={onChoose} />
      )}
    </section>
  );
}

/** The chart of a run; of a note about one that did damage, that one's. */
function ChartOf({
  recording,
  looking,
  onChoose,
}: Pick<StageProps, 'recording' | 'looking' | 'onChoose'>) {
  const { entry, moments, step, troubles, index, jump } = looking;
  const { definitions, entries } = recording;
  if (entry?._tag === 'Hook')
    return (
      <Charts
        entry={entry}
        definitions={definitions}
        moment={moments[step]}
        spot={spotIn(looking, recording)}
        onChoose={(moment) =>
          jump(moments.findIndex((other) => JSON.stringify(other) === JSON.stringify(moment)))
        }
      />
    );
  const trouble = troubles.find(({ at }) => at === index);
  // What happens has its effect in what runs after it; a check looks at what ran before.
  const isBefore = entry?._tag === 'Note' && entry.kind === 'action';
  const beside = isBefore ? runBeside(recording, index, 1) : null;
  const near = trouble?.culprit ?? beside ?? runBeside(recording, index, -1);
  const run = near === null ? undefined : entries[near];
  if (near === null || run?._tag !== 'Hook') return <p class="empty">No hook has run beside it.</p>;
  return (
    <>
      <p>
        {near > index ? 'The run after it:' : 'The run before it:'}{' '}
        <button type="button" class="link" onClick={() => onChoose(near)}>
          {sayMoment(run, undefined)}
        </button>
      </p>
      <Charts
        entry={run}
        definitions={definitions}
        moment={undefined}
        spot={looking.culprits.has(near) ? spotOf(run, definitions, trouble) : null}
        onChoose={() => onChoose(near)}
      />
    </>
  );
}

/** The nearest run on one side that went through a chart. */
function runBeside({ entries }: Recording, index: number, by: 1 | -1): number | null {
  for (let at = index + by; at >= 0 && at < entries.length; at += by) {
    const entry = entries[at];
    if (entry?._tag === 'Hook' && entry.charts.length > 0) return at;
  }
  return null;
}

/** The relation of the run that is looked at; where it has none, that of what went wrong. */
function relationOf({ route, entry, troubles, trouble }: Looking): number | null {
  if (route.relation !== '') return Number(route.relation);
  const wrong = relationIn(troubles[trouble]?.sentence ?? '');
  if (entry?._tag !== 'Hook') return wrong;
  return (
    entry.event.relation ??
    entry.charts.find(({ event }) => event.relation !== undefined)?.event.relation ??
    wrong
  );
}

const waiting = (feed: Feed, shown: readonly number[]) =>
  shown.length === 0 && feed === 'open'
    ? 'Nothing has come in yet.'
    : 'No entry is listed: widen the filters.';
