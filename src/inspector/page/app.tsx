import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Trail } from '../causes.ts';
import { lanesOf } from '../lanes.ts';
import type { Recording } from '../recording.ts';
import { Timeline } from '../timeline.ts';
import { relationIn } from '../trouble.ts';
import { Banner } from './banner.tsx';
import { Details } from './details.tsx';
import { FilterBar } from './filter-bar.tsx';
import { soughtLanes } from './folding.ts';
import { Help } from './help.tsx';
import { useKeys } from './keys.ts';
import { LaneView } from './lanes.tsx';
import { useLatest } from './latest.ts';
import { type Feed, type Looking, useLooking } from './looking.ts';
import { Runs } from './runs.tsx';
import { Stage } from './stage.tsx';
import { Theme } from './theme.tsx';
import { momentsOf } from './view.ts';

export interface AppProps {
  readonly recording: Recording;
  /** Another one each time that the recording has grown. */
  readonly version: number;
  readonly feed: Feed;
  /** Told which run was chosen; empty where none was. */
  readonly onChoose?: (run: string) => void;
}

const pace = 700;

/** The whole page: what is looked at is its state, and its link. */
export function App({ recording, version, feed, onChoose }: AppProps) {
  const { entries } = recording;
  const looking = useLooking(recording, version, feed);
  const { index, entry, moments, step, shown, choose, jump, moveRun } = looking;
  const chosen = looking.route.run;
  useLayoutEffect(() => onChoose?.(chosen), [chosen]);
  const [isHelping, setHelping] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const main = useRef<HTMLElement>(null);
  const timeline = useMemo(() => new Timeline(entries), [entries]);
  const lanes = useMemo(() => lanesOf(entries), [entries, version]);
  const { troubles, trouble, route } = looking;
  const sought = useMemo(
    () => soughtLanes(lanes, entries, [...troubles.slice(trouble), ...troubles], route),
    [lanes, troubles, trouble, route.relation, route.unit],
  );
  const trail = useMemo(() => new Trail(), [recording]);
  const causes = useMemo(() => trail.causesOf(recording), [recording, version]);
  const play = usePlay(looking, entries);
  /** Where all stands below each other, what was chosen comes into view. */
  const show = (run: number, to: Parameters<typeof choose>[1] = null) => {
    choose(run, to);
    if (isNarrow()) main.current?.querySelector('.stage')?.scrollIntoView();
  };
  const actions = {
    ...play.actions,
    first: () => jump(0),
    last: () => jump(moments.length - 1),
    nextRun: () => void moveRun(1),
    previousRun: () => void moveRun(-1),
    search: () => search.current?.focus(),
    help: () => setHelping((now) => !now),
  };
  useKeys(actions);
  useEffect(() => {
    document.title = `${recording.title} – hookchart`;
  }, [recording.title]);

  return (
    <>
      <Header
        recording={recording}
        looking={looking}
        feed={feed}
        searchRef={search}
        onHelp={actions.help}
      />
      <Banner
        recording={recording}
        troubles={looking.troubles}
        current={looking.trouble}
        onTrouble={(number) => {
          const trouble = looking.troubles[number];
          if (trouble === undefined) return;
          looking.chooseTrouble(number);
          show(trouble.culprit ?? trouble.at);
        }}
        onChoose={show}
      />
      <LaneView
        {...{ entries, lanes, sought, causes, index, version }}
        shown={looking.all}
        culprits={looking.culprits}
        axis={looking.axis}
        span={looking.span}
        onSpan={looking.setSpan}
        onChoose={show}
      />
      <main ref={main} class={looking.isSequence ? 'sequenced' : ''}>
        <section class="runs" aria-label="Runs">
          {looking.isHistory && <Scope looking={looking} />}
          <Runs
            recording={recording}
            shown={shown}
            index={index}
            culprits={looking.culprits}
            onChoose={show}
          />
        </section>
        <Stage
          {...{ recording, version, looking, actions, feed }}
          isPlaying={play.isPlaying}
          onChoose={show}
          onBack={() => main.current?.querySelector('.runs')?.scrollIntoView()}
        />
        {entry !== undefined && (
          <Details
            {...{ recording, entry, index, timeline, moments, step }}
            violated={looking.culprits.get(index) ?? []}
            wronged={
              looking.culprits.has(index) ? relationIn(troubles[trouble]?.sentence ?? '') : null
            }
            onJump={jump}
            onChoose={show}
          />
        )}
      </main>
      {isHelping && <Help onClose={() => setHelping(false)} />}
    </>
  );
}

const isNarrow = () => matchMedia('(max-width: 70rem)').matches;

/** Steps, by hand and by themselves, from run to run. */
function usePlay(looking: Looking, entries: Recording['entries']) {
  const { moments, step, jump, moveRun, shown, index } = looking;
  const [isPlaying, setPlaying] = useState(false);
  const forward = () => {
    if (step >= moments.length - 1) return moveRun(1, 0);
    jump(step + 1);
    return true;
  };
  const back = () => {
    if (step > 0) return jump(step - 1);
    const before = entries[shown[shown.indexOf(index) - 1] ?? -1];
    if (before !== undefined) moveRun(-1, momentsOf(before).length - 1);
  };
  const latest = useLatest(forward);
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => {
      if (!latest.current()) setPlaying(false);
    }, pace);
    return () => clearInterval(timer);
  }, [isPlaying]);
  const play = () => {
    // A run stands at its end until somebody steps through it: it is played from its beginning.
    if (!isPlaying && step >= moments.length - 1) jump(0);
    setPlaying(!isPlaying);
  };
  return { isPlaying, actions: { play, forward: () => void forward(), back } };
}

interface HeaderProps {
  readonly recording: Recording;
  readonly looking: Looking;
  readonly feed: Feed;
  readonly searchRef: Parameters<typeof FilterBar>[0]['searchRef'];
  readonly onHelp: () => void;
}

function Header({ recording, looking, feed, searchRef, onHelp }: HeaderProps) {
  const { shown, choices, route, filter, isFollowing, setRoute } = looking;
  const [isFiltering, setFiltering] = useState(false);
  return (
    <header>
      <h1>{recording.title}</h1>
      <button
        type="button"
        class="narrow"
        aria-expanded={isFiltering}
        onClick={() => setFiltering(!isFiltering)}
      >
        Filters
      </button>
      <FilterBar
        choices={choices}
        filters={route}
        isOpen={isFiltering}
        onChange={filter}
        searchRef={searchRef}
      />
      <p class="count" role="status">
        {shown.length} of {recording.entries.length} entries
        {feed === 'open' && <span class="live"> · live</span>}
        {feed === 'closed' && <span> · the feed has ended</span>}
      </p>
      {feed === 'open' && (
        <button type="button" aria-pressed={isFollowing} onClick={() => setRoute({ run: '' })}>
          Follow
        </button>
      )}
      <Theme />
      <button type="button" onClick={onHelp}>
        Keys
      </button>
    </header>
  );
}

/** What led to what a history tells, or all of it. */
function Scope({ looking: { route, shown, all, setRoute } }: { readonly looking: Looking }) {
  const isAll = route.scope === 'all';
  return (
    <fieldset class="scope">
      <legend class="spoken">Which part of the history</legend>
      <button type="button" aria-pressed={!isAll} onClick={() => setRoute({ scope: '' })}>
        What led here{isAll ? '' : ` (${shown.length})`}
      </button>
      <button
        type="button"
        aria-pressed={isAll}
        title="All, with what settled by itself"
        aria-label={`All, with what settled by itself (${all.length})`}
        onClick={() => setRoute({ scope: 'all' })}
      >
        All ({all.length})
      </button>
    </fieldset>
  );
}
