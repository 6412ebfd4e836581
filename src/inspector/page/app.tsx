import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Entry, Recording } from '../recording.ts';
import { Timeline } from '../timeline.ts';
import { Charts } from './charts.tsx';
import { Details } from './details.tsx';
import { FilterBar } from './filter-bar.tsx';
import { Help } from './help.tsx';
import { useKeys } from './keys.ts';
import { Runs } from './runs.tsx';
import { sayMoment } from './say.ts';
import { Strip } from './strip.tsx';
import { Theme } from './theme.tsx';
import { Transport } from './transport.tsx';
import {
  choicesOf,
  type Filters,
  linkTo,
  listed,
  momentsOf,
  type Place,
  parseLink,
} from './view.ts';

export interface AppProps {
  readonly recording: Recording;
  /** Another one each time that the recording has grown. */
  readonly version: number;
  readonly feed: 'none' | 'open' | 'closed';
}

const pace = 700;

/** The whole page: what is looked at is its state, and its link. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the state of the whole page, and what is shown of it.
export function App({ recording, version, feed }: AppProps) {
  const { entries } = recording;
  const [place, setPlace] = useState<Place>(() => parseLink(location.hash));
  const [isPlaying, setPlaying] = useState(false);
  const [isHelping, setHelping] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  // The entries grow in place: it is the version that tells.
  const shown = useMemo(
    () => listed(entries, place),
    [entries, version, place.unit, place.hook, place.relation, place.end, place.search],
  );
  const choices = useMemo(() => choicesOf(entries), [entries, version]);
  const timeline = useMemo(() => new Timeline(entries), [entries]);
  /** Whoever has chosen no run of a feed sees the newest, as it goes on. */
  const isFollowing = feed === 'open' && place.run === '';
  const index = useIndex(entries, shown, isFollowing ? 'newest' : 'oldest', place.run, version);
  const entry = entries[index];
  const moments = entry === undefined ? [] : momentsOf(entry);
  const last = Math.max(moments.length - 1, 0);
  const step = isFollowing ? last : Math.min(place.step, last);

  const move = (run: number, to: number) =>
    setPlace((now) => ({ ...now, run: entries[run]?.id ?? '', step: Math.max(to, 0) }));
  const jump = (to: number) => move(index, Math.min(to, moments.length - 1));
  const moveRun = (by: number, to = 0) => {
    const at = shown.indexOf(index);
    const next = shown[at < 0 ? 0 : at + by];
    if (next !== undefined) move(next, to);
    return next !== undefined;
  };
  const forward = () => {
    if (step >= moments.length - 1) return moveRun(1);
    jump(step + 1);
    return true;
  };
  const back = () => {
    if (step > 0) return jump(step - 1);
    const before = entries[shown[shown.indexOf(index) - 1] ?? -1];
    if (before !== undefined) moveRun(-1, momentsOf(before).length - 1);
  };
  const follow = () => setPlace((now) => ({ ...now, run: '' }));
  const filter = (part: Partial<Filters>) => setPlace((now) => ({ ...now, ...part }));

  const run = isFollowing ? '' : (entry?.id ?? place.run);
  useLink(place, linkTo({ ...place, run, step }), setPlace);
  useEffect(() => {
    document.title = `${recording.title} – hookchart`;
  }, [recording.title]);
  usePlaying(isPlaying, forward, () => setPlaying(false));
  const actions = {
    play: () => setPlaying((now) => !now),
    forward: () => void forward(),
    back,
    first: () => jump(0),
    last: () => jump(moments.length - 1),
    nextRun: () => void moveRun(1),
    previousRun: () => void moveRun(-1),
    search: () => search.current?.focus(),
    help: () => setHelping((now) => !now),
  };
  useKeys(actions);

  return (
    <>
      <header>
        <h1>{recording.title}</h1>
        <FilterBar choices={choices} filters={place} onChange={filter} searchRef={search} />
        <p class="count" role="status">
          {shown.length} of {entries.length} entries
          {feed === 'open' && <span class="live"> · live</span>}
          {feed === 'closed' && <span> · the feed has ended</span>}
        </p>
        {feed === 'open' && (
          <button type="button" aria-pressed={isFollowing} onClick={follow}>
            Follow
          </button>
        )}
        <Theme />
        <button type="button" onClick={actions.help}>
          Keys
        </button>
      </header>
      <Strip
        entries={entries}
        shown={shown}
        units={choices.units}
        index={index}
        version={version}
        onChoose={(run) => move(run, 0)}
      />
      <main>
        <Runs
          entries={entries}
          shown={shown}
          units={choices.units}
          index={index}
          onChoose={(run) => move(run, 0)}
        />
        <section class="stage" aria-label="Charts">
          <Transport
            actions={actions}
            isPlaying={isPlaying}
            step={step}
            count={moments.length}
            onJump={jump}
          />
          <p class="now" role="status" aria-live={isPlaying ? 'off' : 'polite'}>
            {entry === undefined ? waiting(feed, shown) : sayMoment(entry, moments[step])}
          </p>
          {entry?._tag === 'Hook' && (
            <Charts
              entry={entry}
              definitions={recording.definitions}
              moment={moments[step]}
              onChoose={(moment) =>
                jump(moments.findIndex((other) => JSON.stringify(other) === JSON.stringify(moment)))
              }
            />
          )}
        </section>
        {entry !== undefined && (
          <Details
            entry={entry}
            change={timeline.changeAt(index)}
            moments={moments}
            step={step}
            onJump={jump}
          />
        )}
      </main>
      {isHelping && <Help onClose={() => setHelping(false)} />}
    </>
  );
}

/** Keeps what is looked at in the page's link, and goes where a link leads. */
function useLink(place: Place, link: string, go: (place: Place) => void) {
  useEffect(() => {
    // Browsers refuse to change it more often than that.
    const timer = setTimeout(() => history.replaceState(null, '', link), 300);
    return () => clearTimeout(timer);
  }, [place, link]);
  useEffect(() => {
    const follow = () => go(parseLink(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
}

/** Goes on by itself until there is nothing more. */
function usePlaying(isPlaying: boolean, forward: () => boolean, stop: () => void) {
  const latest = useRef(forward);
  latest.current = forward;
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => {
      if (!latest.current()) stop();
    }, pace);
    return () => clearInterval(timer);
  }, [isPlaying]);
}

const waiting = (feed: AppProps['feed'], shown: readonly number[]) =>
  shown.length === 0 && feed === 'open'
    ? 'Nothing has come in yet.'
    : 'No entry is listed: widen the filters.';

/** The entry that is looked at: the one that the link names, else a hook at one end of the list. */
function useIndex(
  entries: readonly Entry[],
  shown: readonly number[],
  otherwise: 'oldest' | 'newest',
  run: string,
  version: number,
): number {
  const named = useMemo(
    () => (run === '' ? -1 : entries.findIndex(({ id }) => id === run)),
    [entries, run, version],
  );
  if (named >= 0) return named;
  const isHook = (index: number) => entries[index]?._tag === 'Hook';
  const found = otherwise === 'oldest' ? shown.find(isHook) : shown.findLast(isHook);
  return found ?? shown[0] ?? -1;
}
