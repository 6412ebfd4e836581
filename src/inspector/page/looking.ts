/** What is looked at in a recording, and every way to look at something else. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Entry, Recording } from '../recording.ts';
import { hasCharts } from '../recording.ts';
import { relationsIn } from '../sequence.ts';
import { type Spot, spotOf, type Trouble, troublesOf } from '../trouble.ts';
import { type Axis, axisOf, isWhole, type Span } from './span.ts';
import {
  type Choices,
  choicesOf,
  type Filters,
  isHistory,
  isPlot,
  linkTo,
  listed,
  type Moment,
  momentsOf,
  parseLink,
  type Route,
} from './view.ts';

export type Feed = 'none' | 'open' | 'closed';

export interface Looking {
  readonly route: Route;
  readonly choices: Choices;
  readonly axis: Axis;
  readonly span: Span;
  /** The places of the entries that are listed. */
  readonly shown: readonly number[];
  /** The same, and in a history what came about by itself. */
  readonly all: readonly number[];
  readonly isHistory: boolean;
  readonly troubles: readonly Trouble[];
  /** Which of the troubles is looked at. */
  readonly trouble: number;
  readonly chooseTrouble: (trouble: number) => void;
  /** What each run violates that did the damage. */
  readonly culprits: ReadonlyMap<number, readonly string[]>;
  readonly isFollowing: boolean;
  /** There is no chart to be seen, but the life of a relation. */
  readonly isChartless: boolean;
  /** The life of a relation is seen in the place of the chart. */
  readonly isSequence: boolean;
  readonly index: number;
  readonly entry: Entry | undefined;
  readonly moments: readonly Moment[];
  readonly step: number;
  readonly setRoute: (part: Partial<Route>) => void;
  readonly setSpan: (span: Span) => void;
  /** Looks at an entry: its end, unless a step or a spot is named. */
  readonly choose: (index: number, to?: number | Spot | null) => void;
  readonly jump: (step: number) => void;
  readonly filter: (part: Partial<Filters>) => void;
  /** Looks at the run before or after; false where there is none. */
  readonly moveRun: (by: number, to?: number | null) => boolean;
}

export function useLooking(recording: Recording, version: number, feed: Feed): Looking {
  const { entries } = recording;
  const [route, setWhole] = useState<Route>(() => parseLink(location.hash));
  const setRoute = (part: Partial<Route>) => setWhole((now) => ({ ...now, ...part }));
  // The entries grow in place: it is the version that tells.
  const choices = useMemo(() => choicesOf(entries), [entries, version]);
  const troubles = useMemo(() => troublesOf(recording), [recording, version]);
  const culprits = useMemo(() => culpritsOf(troubles), [troubles]);
  const axis = useMemo(() => axisOf(recording), [recording, version]);
  const [zoomed, setSpan] = useState<Span | null>(null);
  const span = zoomed === null || isWhole(zoomed, axis.whole) ? axis.whole : zoomed;
  const isStory = useMemo(() => isHistory(entries), [entries, version]);
  const isChartless = useMemo(
    () => !hasCharts(recording) && relationsIn(recording).length > 0,
    [recording, version],
  );
  const found = useMemo(
    () => listed(entries, route),
    [entries, version, route.unit, route.hook, route.relation, route.end, route.search],
  );
  const inSpan = useMemo(() => {
    if (span === axis.whole) return found;
    return found.filter((at) => {
      const entry = entries[at];
      return (
        entry !== undefined && axis.end(entry, at) >= span.from && axis.begin(entry, at) <= span.to
      );
    });
  }, [found, axis, span]);
  const shown = useMemo(() => {
    if (!isStory || route.scope === 'all') return inSpan;
    const isLed = (at: number) => {
      const entry = entries[at];
      return entry !== undefined && (isPlot(entry) || culprits.has(at));
    };
    return inSpan.filter(isLed);
  }, [inSpan, isStory, route.scope, culprits]);
  /** Whoever has chosen no run of a feed sees the newest, as it goes on. */
  const isFollowing = feed === 'open' && route.run === '';
  const opening = useOpening(entries, shown, troubles, isFollowing);
  const named = useMemo(
    () => (route.run === '' ? -1 : entries.findIndex(({ id }) => id === route.run)),
    [entries, route.run, version],
  );
  const index = named >= 0 ? named : opening;
  const entry = entries[index];
  // One run may have done more than one damage.
  const [wanted, setTrouble] = useState(0);
  const isOf = (one: Trouble | undefined) => one?.at === index || one?.culprit === index;
  const trouble = isOf(troubles[wanted]) ? wanted : Math.max(troubles.findIndex(isOf), 0);
  const moments = entry === undefined ? [] : momentsOf(entry);
  const last = Math.max(moments.length - 1, 0);
  const step = isFollowing || route.step === null ? last : Math.min(route.step, last);

  const choose = (run: number, to: number | Spot | null = null) => {
    const target = entries[run];
    if (target === undefined) return;
    setRoute({
      run: target.id,
      step: typeof to === 'object' ? stepOf(target, to) : Math.max(to, 0),
    });
  };
  const moveRun = (by: number, to: number | null = null) => {
    const at = shown.indexOf(index);
    const next = at < 0 ? nextTo(shown, index, by) : shown[at + by];
    if (next !== undefined) choose(next, to);
    return next !== undefined;
  };
  useLink(route, setWhole, isFollowing ? '' : (entry?.id ?? route.run));
  return {
    ...{ route, choices, axis, span, shown, troubles, culprits, isFollowing, index, entry },
    ...{ moments, step, setRoute, setSpan, choose, moveRun },
    ...{ isChartless, isSequence: isChartless || route.view === 'sequence' },
    isHistory: isStory,
    all: inSpan,
    trouble,
    chooseTrouble: setTrouble,
    jump: (to) => choose(index, Math.min(to, moments.length - 1)),
    filter: setRoute,
  };
}

/** Which runs did the damage, and what each of them violates. */
function culpritsOf(troubles: readonly Trouble[]): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  for (const { culprit, invariant } of troubles) {
    if (culprit === null) continue;
    const before = found.get(culprit) ?? [];
    const isNew = invariant !== null && !before.includes(invariant);
    found.set(culprit, isNew ? [...before, invariant] : before);
  }
  return found;
}

/** Where a recording opens: at what went wrong, else at one end of the list. */
function useOpening(
  entries: readonly Entry[],
  shown: readonly number[],
  troubles: readonly Trouble[],
  isFollowing: boolean,
): number {
  const isHook = (index: number) => entries[index]?._tag === 'Hook';
  if (isFollowing) return shown.at(-1) ?? -1;
  const [trouble] = troubles;
  const wrong = trouble === undefined ? undefined : (trouble.culprit ?? trouble.at);
  if (wrong !== undefined && shown.includes(wrong)) return wrong;
  return shown.find(isHook) ?? shown[0] ?? -1;
}

/** The step of a run at which it is at a spot; its end where none is named. */
function stepOf(entry: Entry, spot: Spot | null): number | null {
  if (spot === null) return null;
  const found = momentsOf(entry).findIndex(
    (moment) =>
      moment._tag === 'Node' && moment.chart === spot.chart && moment.position === spot.position,
  );
  return found < 0 ? null : found;
}

/** The listed entry that comes next to one that is not. */
const nextTo = (shown: readonly number[], index: number, by: number): number | undefined =>
  by > 0 ? shown.find((one) => one > index) : shown.findLast((one) => one < index);

/** Keeps the address of the page a link to what is looked at. */
function useLink(route: Route, setRoute: (route: Route) => void, run: string): void {
  useEffect(() => {
    // Browsers refuse to change it more often than that.
    const timer = setTimeout(() => history.replaceState(null, '', linkTo({ ...route, run })), 300);
    return () => clearTimeout(timer);
  }, [route, run]);
  useEffect(() => {
    const go = () => setRoute(parseLink(location.hash));
    addEventListener('hashchange', go);
    return () => removeEventListener('hashchange', go);
  }, []);
}

/** The spot of the damage in a run; null where it did none, or went through no chart. */
export function spotIn(
  { entry, index, culprits, troubles, trouble }: Looking,
  { definitions }: Recording,
): Spot | null {
  return entry?._tag === 'Hook' && culprits.has(index)
    ? spotOf(entry, definitions, troubles[trouble])
    : null;
}
