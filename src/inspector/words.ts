/** The words that both the page and the terminal use. */
import type { HookEntry, RecordedWork } from './recording.ts';

export const duration = (milliseconds: number): string => {
  if (milliseconds > 0 && milliseconds < 0.05) return '< 0.1 ms';
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
};

const [minute, hour] = [60_000, 3_600_000];

/** How long after the beginning: seconds, and from a minute on as a clock says it, `1:02:03`. */
export function since(milliseconds: number): string {
  if (milliseconds < minute) return `${(milliseconds / 1000).toFixed(1)} s`;
  const parts = [
    ...(milliseconds < hour ? [] : [Math.floor(milliseconds / hour)]),
    Math.floor((milliseconds % hour) / minute),
    Math.floor((milliseconds % minute) / 1000),
  ];
  return parts.map((part, at) => String(part).padStart(at === 0 ? 1 : 2, '0')).join(':');
}

const [first, last] = [Date.UTC(2000), 8.64e15];

/** A moment as a date; null where whoever recorded it counts from somewhere else. */
export const dateOf = (at: number): string | null =>
  at >= first && at <= last ? new Date(at).toISOString() : null;

const ofRelation = (relation: number | null | undefined): string =>
  relation == null ? '' : ` of relation ${relation}`;

/** The hook that Juju called, with its relation. */
export const hookName = ({ event }: HookEntry): string =>
  `${event.hook}${ofRelation(event.relation)}`;

/** What else was done, with its relation. */
export const workName = ({ name, relation }: RecordedWork): string =>
  `then ${name}${ofRelation(relation)}`;
