/** The words that both the page and the terminal use. */
import type { HookEntry, RecordedWork } from './recording.ts';

export const duration = (milliseconds: number): string =>
  milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;

const ofRelation = (relation: number | null | undefined): string =>
  relation == null ? '' : ` of relation ${relation}`;

/** The hook that Juju called, with its relation. */
export const hookName = ({ event }: HookEntry): string =>
  `${event.hook}${ofRelation(event.relation)}`;

/** What else was done, with its relation. */
export const workName = ({ name, relation }: RecordedWork): string =>
  `then ${name}${ofRelation(relation)}`;
