/** What of a recording is looked at: which run, which step of it, and which runs are listed. */
import type { Entry, HookEntry } from '../recording.ts';
import { endOf } from '../recording.ts';

/** A point within a hook at which one can stop and look. */
export type Moment =
  | { readonly _tag: 'Node'; readonly chart: number; readonly position: number }
  | { readonly _tag: 'Work'; readonly index: number }
  | { readonly _tag: 'End' };

/** The moments of an entry, in order; the last one is its end. */
export function momentsOf(entry: Entry): readonly Moment[] {
  if (entry._tag === 'Note') return [{ _tag: 'End' }];
  return [
    ...entry.charts.flatMap(({ path }, chart) =>
      path.map((_, position): Moment => ({ _tag: 'Node', chart, position })),
    ),
    ...entry.reconciled.map((_, index): Moment => ({ _tag: 'Work', index })),
    { _tag: 'End' },
  ];
}

/** Which runs are listed; an empty text lets all through. */
export interface Filters {
  readonly unit: string;
  readonly hook: string;
  readonly relation: string;
  readonly end: string;
  readonly search: string;
}

export const noFilters: Filters = { unit: '', hook: '', relation: '', end: '', search: '' };

/** What is looked at, as a link can say it. */
export interface Route extends Filters {
  /** The id of an entry; empty for where the recording opens. */
  readonly run: string;
  /** Null for the end, with the whole path behind it. */
  readonly step: number | null;
  /** `all`: in a history, what came about by itself, too. */
  readonly scope: string;
  /** `sequence`: one relation's life in the place of the chart. */
  readonly view: string;
}

export const start: Route = { run: '', step: null, scope: '', view: '', ...noFilters };

const parts = ['unit', 'hook', 'relation', 'end', 'search', 'scope', 'view'] as const;

/** The route that a link says; what it does not say is as at the start. */
export function parseLink(hash: string): Route {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const text = said.get('step') ?? '';
  const filters = Object.fromEntries(parts.map((part) => [part, said.get(part) ?? '']));
  return {
    ...start,
    ...filters,
    run: said.get('run') ?? '',
    step: /^\d{1,9}$/.test(text) ? Number(text) : null,
  };
}

/** The link that says a route. */
export function linkTo(route: Route): string {
  const said = new URLSearchParams({ run: route.run });
  if (route.step !== null) said.set('step', String(route.step));
  for (const part of parts) if (route[part] !== '') said.set(part, route[part]);
  return `#${said}`;
}

/** The places in the recording of the entries that the filters let through. */
export function listed(entries: readonly Entry[], filters: Filters): readonly number[] {
  const { unit, hook, relation, end } = filters;
  const search = filters.search.trim().toLowerCase();
  const isHooksOnly = unit !== '' || hook !== '' || relation !== '' || end !== '';
  const found: number[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry._tag === 'Note' ? isHooksOnly : !isWanted(entry, filters)) continue;
    if (search === '' || textOf(entry).includes(search)) found.push(index);
  }
  return found;
}

/** Whether a recording is a history, of which some things were chosen and others settled by themselves. */
export const isHistory = (entries: readonly Entry[]): boolean =>
  entries.some((entry) => 'chosen' in entry && entry.chosen === true);

/** Whether an entry of a history led to what it tells: it was chosen, or went wrong. */
export const isPlot = (entry: Entry): boolean =>
  entry.chosen === true || (entry._tag === 'Note' && (!entry.ok || entry.kind === 'check'));

const isWanted = (entry: HookEntry, { unit, hook, relation, end }: Filters): boolean =>
  (unit === '' || entry.unit === unit) &&
  (hook === '' || hooksOf(entry).includes(hook)) &&
  (relation === '' || relationsOf(entry).includes(relation)) &&
  (end === '' || endOf(entry) === end);

/** The hook that Juju called, and the charts that it went through. */
const hooksOf = ({ event, charts }: HookEntry): readonly string[] => [
  event.hook,
  ...charts.map(({ hook }) => hook),
];

const relationsOf = ({ event, charts, reconciled }: HookEntry): readonly string[] =>
  [
    event.relation,
    ...charts.map((chart) => chart.event.relation),
    ...reconciled.map(({ relation }) => relation),
  ].flatMap((relation) => (relation == null ? [] : [String(relation)]));

const texts = new WeakMap<Entry, string>();

/** All that stands in an entry, for a search; one that still runs is read anew each time. */
function textOf(entry: Entry): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const text = JSON.stringify(entry).toLowerCase();
  if (entry._tag === 'Note' || entry.end !== 'Running') texts.set(entry, text);
  return text;
}

/** What there is to choose from. */
export interface Choices {
  readonly units: readonly string[];
  readonly hooks: readonly string[];
  readonly relations: readonly string[];
  readonly ends: readonly string[];
}

export function choicesOf(entries: readonly Entry[]): Choices {
  const runs = entries.filter((entry) => entry._tag === 'Hook');
  const sorted = (all: readonly string[]) =>
    [...new Set(all)].sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  return {
    units: sorted(runs.map(({ unit }) => unit)),
    hooks: sorted(runs.flatMap(hooksOf)),
    relations: sorted(runs.flatMap(relationsOf)),
    ends: sorted(runs.map(endOf)),
  };
}
