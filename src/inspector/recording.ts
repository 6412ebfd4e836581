/**
 * What was seen of a deployment, as plain JSON: its hooks and what happened between them, oldest
 * first. It is meant for eyes: secrets were masked before anything came in here.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';

const text = v.string();
const number = v.number();
const databag = v.record(text, text);
const bags = v.record(text, databag);
const relation = v.exactOptional(number);

const chartEnd = v.object({
  _tag: v.picklist(['Returned', 'Deferred', 'Refused', 'Failed']),
  /** Why it ended so; null where the chart itself says it. */
  why: v.nullable(text),
});

const step = v.object({
  node: text,
  request: v.looseObject({ _tag: text }),
  /** Null while it is waited for, and for good where the process was lost. */
  answer: v.nullable(v.looseObject({ _tag: text })),
  milliseconds: number,
});

const chart = v.object({
  hook: text,
  event: v.object({ relation, departingUnit: v.exactOptional(text) }),
  steps: v.array(step),
  /** The nodes in the order in which they were reached. */
  path: v.array(text),
  /** Null while it goes on, and for good where the process was lost. */
  end: v.nullable(chartEnd),
});

const work = v.object({
  name: text,
  relation: v.nullable(number),
  /** Null where it was done. */
  error: v.nullable(text),
  milliseconds: number,
});

const seen = v.object({
  /** The databags that the hook has read, by name. */
  read: bags,
  /** What it has committed; an empty value has deleted its key. */
  written: bags,
  /** What stood in PgBouncer's file, and what stands there now; null where it was left alone. */
  configuration: v.nullable(v.object({ before: v.nullable(text), after: text })),
  status: v.nullable(v.object({ name: text, message: text })),
});

const hookEntry = v.object({
  _tag: v.literal('Hook'),
  id: text,
  unit: text,
  event: v.object({ hook: text, relation, departingUnit: v.exactOptional(text) }),
  /** Milliseconds since the epoch. */
  at: number,
  milliseconds: number,
  charts: v.array(chart),
  /** What else was left to do, after the charts. */
  reconciled: v.array(work),
  /** Deferred hooks that were met in another way, or whose relation is gone. */
  dropped: v.array(text),
  /** How the hook ended as a whole; `Running` until it has. */
  end: v.picklist(['Running', 'Committed', 'Failed']),
  /** Why it failed; null where it did not. */
  failure: v.nullable(text),
  seen,
});

const noteEntry = v.object({
  _tag: v.literal('Note'),
  id: text,
  at: number,
  kind: v.picklist(['chapter', 'action', 'check', 'violation']),
  text,
  /** Of a check: whether it holds. */
  ok: v.boolean(),
});

const recording = v.object({
  format: v.literal('hookchart-recording'),
  version: v.literal(1),
  title: text,
  /** The configuration of each machine, by its hook: what its chart is drawn from. */
  definitions: v.record(text, v.looseObject({ id: text })),
  entries: v.array(v.variant('_tag', [hookEntry, noteEntry])),
});

export type Recording = v.InferOutput<typeof recording>;
/** One hook of one unit. */
export type HookEntry = v.InferOutput<typeof hookEntry>;
/** What happened beside the hooks, or what somebody says about it. */
export type NoteEntry = v.InferOutput<typeof noteEntry>;
export type Entry = HookEntry | NoteEntry;
export type RecordedChart = HookEntry['charts'][number];
export type RecordedStep = RecordedChart['steps'][number];
export type RecordedWork = HookEntry['reconciled'][number];
export type Seen = HookEntry['seen'];

/** A recording to which nothing has come in yet. */
export const emptyRecording = (title: string): Recording => ({
  format: 'hookchart-recording',
  version: 1,
  title,
  definitions: {},
  entries: [],
});

/** Reads a recording back from its JSON; the left says what is wrong with it, and where. */
export function parseRecording(json: string): E.Either<string, Recording> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return E.left('it is not JSON');
  }
  const parsed = v.safeParse(recording, value);
  if (parsed.success) return E.right(parsed.output);
  const issue = parsed.issues[0];
  return E.left(`${v.getDotPath(issue) ?? 'it'} is not as expected (${issue.expected})`);
}

/** One word for how a hook ended: its charts' ends count where it was committed. */
export type EntryEnd = 'running' | 'returned' | 'deferred' | 'refused' | 'failed';

export function endOf({ end, charts }: HookEntry): EntryEnd {
  if (end === 'Running') return 'running';
  if (end === 'Failed') return 'failed';
  const tags = new Set(charts.map((chart) => chart.end?._tag));
  if (tags.has('Refused')) return 'refused';
  return tags.has('Deferred') ? 'deferred' : 'returned';
}
