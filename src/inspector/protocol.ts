/**
 * The words that a feed is made of: those of @statelyai/inspect, so that whoever speaks them sees
 * the runs. A hook is an actor, each chart that it goes through is a child of it. Every node rests,
 * so every node is a snapshot.
 */
import type {
  HookEntry,
  NoteEntry,
  RecordedChart,
  RecordedStep,
  RecordedWork,
  Recording,
} from './recording.ts';

/** The version of the protocol that is spoken. */
export const protocolVersion = '0.7.2';

/** What every message has. */
export interface Envelope {
  readonly sessionId: string;
  readonly rootId: string;
  readonly id: null;
  readonly _version: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: string;
}

export interface Snapshot {
  readonly status: 'active' | 'done' | 'error';
  /** The node that it rests on. */
  readonly value: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly output?: unknown;
  readonly error?: unknown;
}

export interface Signal {
  readonly type: string;
  readonly [part: string]: unknown;
}

/** One message of the feed. */
export type InspectionEvent = ActorMessage | EventMessage | SnapshotMessage;

/** An actor is there: a hook, or a chart that it goes through. */
export interface ActorMessage extends Envelope {
  readonly type: '@xstate.actor';
  readonly name: string;
  /** The hook, where the actor is a chart. */
  readonly parentId: string | undefined;
  /** The machine's configuration as JSON. */
  readonly definition: string;
  readonly snapshot: Snapshot;
}

/** Something is said to an actor: a request by the chart itself, an answer by its hook. */
export interface EventMessage extends Envelope {
  readonly type: '@xstate.event';
  readonly sourceId: string | undefined;
  readonly event: Signal;
}

/** An actor has come to rest. */
export interface SnapshotMessage extends Envelope {
  readonly type: '@xstate.snapshot';
  readonly event: Signal;
  readonly snapshot: Snapshot;
}

/** A hook as a whole, as a machine: its charts, what is left to do, the commit. */
const hookDefinition = JSON.stringify({
  id: 'juju-hook',
  initial: 'charts',
  states: {
    charts: { on: { reconcile: 'reconciling', commit: 'committed', fail: 'failed' } },
    reconciling: { on: { reconcile: 'reconciling', commit: 'committed', fail: 'failed' } },
    committed: { type: 'final' },
    failed: { type: 'final' },
  },
});

const storyDefinition = JSON.stringify({
  id: 'story',
  initial: 'told',
  states: { told: { on: { note: 'told' } } },
});

export const storyId = 'story';

const envelope = (sessionId: string, rootId: string, at: number): Envelope => ({
  sessionId,
  rootId,
  id: null,
  _version: protocolVersion,
  createdAt: String(Math.round(at)),
});

/** What a hook is known by before it has done anything. */
export type HookHead = Pick<HookEntry, 'id' | 'unit' | 'event' | 'chosen' | 'befell' | 'side'>;

/** A hook's tail: all that is known of it when it is over, its charts aside. */
export type HookTail = Pick<
  HookEntry,
  'milliseconds' | 'reconciled' | 'dropped' | 'end' | 'failure' | 'seen' | 'own' | 'deferred'
>;

export const hookBegun = ({ id, ...head }: HookHead, at: number): InspectionEvent => ({
  ...envelope(id, id, at),
  type: '@xstate.actor',
  name: `${head.unit} ${head.event.hook}`,
  parentId: undefined,
  definition: hookDefinition,
  snapshot: { status: 'active', value: 'charts', context: { ...head } },
});

/** What a chart is known by before it has asked anything. */
export interface ChartHead extends Pick<RecordedChart, 'hook' | 'event'> {
  /** The node on which it begins. */
  readonly from: string;
  readonly definition: string;
}

/** The session of a hook's n-th chart, from 0. */
export const chartId = (hook: string, number: number): string => `${hook}.${number}`;

export function chartBegun(
  root: string,
  number: number,
  { hook, event, from, definition }: ChartHead,
  at: number,
): readonly InspectionEvent[] {
  const id = chartId(root, number);
  const signal = { type: 'start', event };
  return [
    {
      ...envelope(id, root, at),
      type: '@xstate.actor',
      name: hook,
      parentId: root,
      definition,
      snapshot: { status: 'active', value: from, context: { hook, event } },
    },
    { ...envelope(id, root, at), type: '@xstate.event', sourceId: root, event: signal },
  ];
}

/** A request, where the chart rests on the node that makes it. */
export function asked(
  root: string,
  number: number,
  { node, request }: Pick<RecordedStep, 'node' | 'request'>,
  at: number,
): readonly InspectionEvent[] {
  const id = chartId(root, number);
  const event = { type: 'ask', node, request };
  return [
    {
      ...envelope(id, root, at),
      type: '@xstate.snapshot',
      event: { type: 'reach' },
      snapshot: { status: 'active', value: node, context: { request } },
    },
    { ...envelope(id, root, at), type: '@xstate.event', sourceId: id, event },
  ];
}

/** The answer, named like the edge that it takes. */
export const answered = (
  root: string,
  number: number,
  { node, answer, milliseconds }: Pick<RecordedStep, 'node' | 'answer' | 'milliseconds'>,
  at: number,
): InspectionEvent => ({
  ...envelope(chartId(root, number), root, at),
  type: '@xstate.event',
  sourceId: root,
  event: { type: answer?.label ?? 'done', node, answer, milliseconds },
});

/** The node that a chart ends on. */
export const chartEnded = (
  root: string,
  number: number,
  node: string,
  end: NonNullable<RecordedChart['end']>,
  at: number,
): InspectionEvent => ({
  ...envelope(chartId(root, number), root, at),
  type: '@xstate.snapshot',
  event: { type: 'reach' },
  snapshot: {
    status: end._tag === 'Failed' ? 'error' : 'done',
    value: node,
    context: {},
    ...(end._tag === 'Failed' ? { error: end.why } : {}),
    output: end,
  },
});

/** The end of the whole, and before it what had no charts in recordings of version 0.1. */
export function hookEnded(id: string, tail: HookTail, at: number): readonly InspectionEvent[] {
  const isFailed = tail.end === 'Failed';
  const last = { type: isFailed ? 'fail' : 'commit' };
  return [
    ...tail.reconciled.map(
      (work: RecordedWork): InspectionEvent => ({
        ...envelope(id, id, at),
        type: '@xstate.event',
        sourceId: id,
        event: { type: 'reconcile', work },
      }),
    ),
    { ...envelope(id, id, at), type: '@xstate.event', sourceId: undefined, event: last },
    {
      ...envelope(id, id, at),
      type: '@xstate.snapshot',
      event: last,
      snapshot: {
        status: isFailed ? 'error' : 'done',
        value: isFailed ? 'failed' : 'committed',
        context: {},
        ...(isFailed ? { error: tail.failure } : {}),
        output: tail,
      },
    },
  ];
}

/** What is known of a recording before anything comes in. */
export type StoryHead = Pick<Recording, 'charm' | 'clock'>;

/** Announces the actor to which notes belong. */
export const storyBegun = (title: string, at: number, head: StoryHead = {}): InspectionEvent => ({
  ...envelope(storyId, storyId, at),
  type: '@xstate.actor',
  name: title,
  parentId: undefined,
  definition: storyDefinition,
  snapshot: { status: 'active', value: 'told', context: { title, ...head } },
});

export const noted = ({ _tag, id, at, ...words }: NoteEntry): InspectionEvent => ({
  ...envelope(storyId, storyId, at),
  type: '@xstate.event',
  sourceId: undefined,
  event: { type: 'note', note: id, ...words },
});
