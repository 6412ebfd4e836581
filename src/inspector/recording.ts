/**
 * What was seen of a deployment, as plain JSON: its hooks and what happened between them, oldest
 * first. It is meant for eyes: secrets were masked before anything came in here.
 */

import type { Databag, JujuEvent } from '../juju/port.ts';
import type { ShownRecords } from '../shown/shown.ts';

export interface Recording {
  readonly format: 'hookchart-recording';
  readonly version: 1;
  readonly title: string;
  /** What its charm says of itself; missing where it says nothing. */
  readonly charm?: RecordedCharm;
  /** `model`: no clock ran, and what is later has a greater number. */
  readonly clock?: 'model';
  /** The configuration of each machine, by its hook: what its chart is drawn from. */
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly entries: readonly Entry[];
}

/** A charm, as far as those who look at its runs have to know it. */
export interface RecordedCharm {
  readonly name: string;
  /** The endpoint of its peers' relation. */
  readonly peers?: string;
  readonly records?: ShownRecords;
  /** What its file of configuration is called. */
  readonly file?: string;
  /** By the name of a question, what it compares with what. */
  readonly compares?: Readonly<Record<string, string>>;
}

/** A machine's configuration, without what is code. */
export interface Definition {
  readonly id: string;
  readonly [part: string]: unknown;
}

export type Entry = HookEntry | NoteEntry;

/** One hook of one unit. */
export interface HookEntry {
  readonly _tag: 'Hook';
  /** Unlike any other's in the recording. */
  readonly id: string;
  readonly unit: string;
  readonly event: JujuEvent;
  /** When it began: milliseconds since the epoch. */
  readonly at: number;
  readonly milliseconds: number;
  readonly charts: readonly RecordedChart[];
  /** Only in recordings of version 0.1: what was left to do had no charts there. */
  readonly reconciled: readonly RecordedWork[];
  /** Deferred hooks that were met in another way, or whose relation is gone. */
  readonly dropped: readonly string[];
  /** How the hook ended as a whole; `Running` until it has. */
  readonly end: 'Running' | 'Committed' | 'Failed';
  /** Why it failed; null where it did not. */
  readonly failure: string | null;
  readonly seen: Seen;
  /** How many of the charts are those that Juju called for; the others are what was left to do. */
  readonly own?: number;
  /** In a history: whether it was chosen; false for what came about by itself. */
  readonly chosen?: boolean;
  /** What befell it on the way, in a model: `and is killed at step 3`. */
  readonly befell?: string;
  /** Of a charm without charts: the events that it has put off and that wait, by its own names for them. */
  readonly deferred?: readonly string[];
  /** It is of an application on the other side, of which only what it wrote is known. */
  readonly side?: 'other';
}

/** What happened beside the hooks, or what somebody says about it. */
export interface NoteEntry {
  readonly _tag: 'Note';
  readonly id: string;
  readonly at: number;
  readonly kind: 'chapter' | 'action' | 'check' | 'violation';
  readonly text: string;
  /** False for a check that does not hold, and for a violation. */
  readonly ok: boolean;
  /** What was found, for a check: `1 row written`. */
  readonly detail?: string;
  /** The application or the unit to which it happened; missing where it is outside of both. */
  readonly of?: string;
  /** In a history: whether it was chosen; false for what came about by itself. */
  readonly chosen?: boolean;
  /** What is violated, and by which entry; null where it came out when all was at rest. */
  readonly violated?: Violated;
}

export interface Violated {
  readonly invariant: string;
  /** What the invariant claims, as a sentence. */
  readonly claims: string;
  readonly what: string;
  /** The entry after which it did not hold any more. */
  readonly by: string | null;
}

/** One chart that a hook went through. */
export interface RecordedChart {
  readonly hook: string;
  readonly event: {
    readonly relation?: number;
    readonly departingUnit?: string;
    readonly user?: string;
    readonly damage?: string;
  };
  readonly steps: readonly RecordedStep[];
  /** The nodes in the order in which they were reached. */
  readonly path: readonly string[];
  /** Null while it goes on, and for good where the process was lost. */
  readonly end: RecordedEnd | null;
}

export interface RecordedEnd {
  readonly _tag: 'Returned' | 'Deferred' | 'Refused' | 'Failed';
  /** Why it ended so; null where the chart itself says it. */
  readonly why: string | null;
}

/** A request and its answer, at one node. */
export interface RecordedStep {
  readonly node: string;
  readonly request: Said;
  /** Null while it is waited for, and for good where the process was lost. */
  readonly answer: RecordedAnswer | null;
  readonly milliseconds: number;
}

/** A request as data; the tag says which. */
export interface Said {
  readonly _tag: string;
  readonly [part: string]: unknown;
}

/** An answer as data; the label is that of the edge which was taken. */
export interface RecordedAnswer {
  readonly label: string;
  readonly [part: string]: unknown;
}

export interface RecordedWork {
  /** What was done: `Provision`, `Configure`, … */
  readonly name: string;
  readonly relation: number | null;
  /** Null where it was done. */
  readonly error: string | null;
  readonly milliseconds: number;
}

/** What a hook has seen of the world, and what it has changed. */
export interface Seen {
  /** The databags that it has read, by name. */
  readonly read: Readonly<Record<string, Databag>>;
  /** What it has committed; an empty value has deleted its key. */
  readonly written: Readonly<Record<string, Databag>>;
  /** What stood in the charm's file of configuration, and what stands there now; null where it was left alone. */
  readonly configuration: { readonly before: string | null; readonly after: string } | null;
  /** The unit's status as it was set; null where none was. */
  readonly status: { readonly name: string; readonly message: string } | null;
  /** What else has changed: roles, secrets. */
  readonly did?: readonly { readonly what: string; readonly how: string }[];
}

/** The same, while it is written. */
export type Growing<Value> = Value extends object
  ? { -readonly [Key in keyof Value]: Growing<Value[Key]> }
  : Value;

/** What an argument that is to be a recording cannot do without. */
export const recordingParts = { definitions: 'record', entries: 'list' } as const;

/** A recording to which nothing has come in yet. @category Recording */
export const emptyRecording = (title: string): Recording => ({
  format: 'hookchart-recording',
  version: 1,
  title,
  definitions: {},
  entries: [],
});

/** Whether the charm of a recording is made of charts; one in another language has none. */
export const hasCharts = ({ definitions }: Pick<Recording, 'definitions'>): boolean =>
  Object.keys(definitions).length > 0;

/** Whether a clock ran: else what is later has a greater number, and nothing takes any time. */
export const hasTimes = ({ entries, clock }: Pick<Recording, 'entries' | 'clock'>): boolean =>
  clock !== 'model' &&
  entries.some(
    (entry) => entry.at !== entries[0]?.at || (entry._tag === 'Hook' && entry.milliseconds > 0),
  );

/** One word for how a hook ended: its charts' ends, and what it has put off, count where it was committed. */
export type EntryEnd = 'running' | 'returned' | 'deferred' | 'refused' | 'failed';

export function endOf({ end, charts, deferred = [] }: HookEntry): EntryEnd {
  if (end === 'Running') return 'running';
  if (end === 'Failed') return 'failed';
  const tags = new Set(charts.map((chart) => chart.end?._tag));
  if (tags.has('Refused')) return 'refused';
  // What failed at the end of a hook that was committed is left to the next one.
  return deferred.length > 0 || tags.has('Deferred') || tags.has('Failed')
    ? 'deferred'
    : 'returned';
}
