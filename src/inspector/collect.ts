/** The way back: from a feed to the recording of what it told. */
import {
  type ActorMessage,
  chartId,
  type HookTail,
  type InspectionEvent,
  storyId,
} from './protocol.ts';
import type {
  Entry,
  Growing,
  HookEntry,
  NoteEntry,
  RecordedChart,
  RecordedEnd,
  RecordedStep,
  Recording,
} from './recording.ts';
import { emptyRecording } from './recording.ts';

/**
 * Gathers a feed. What belongs to no hook of ours, such as the actors of another program, is passed
 * over. The recording that it gives goes on to change with what is taken next.
 */
export class Collector {
  readonly #recording: Growing<Recording>;
  readonly #hooks = new Map<string, Growing<HookEntry>>();
  readonly #charts = new Map<string, Growing<RecordedChart>>();

  /** A recording that is given is gone on with, in place. */
  constructor(recording: Recording = emptyRecording('hookchart')) {
    this.#recording = recording as Growing<Recording>;
    for (const entry of this.#recording.entries) {
      if (entry._tag === 'Note') continue;
      this.#hooks.set(entry.id, entry);
      for (const [number, chart] of entry.charts.entries())
        this.#charts.set(chartId(entry.id, number), chart);
    }
  }

  get recording(): Recording {
    return this.#recording;
  }

  /** The entry that the message is about; null where it is none of ours. */
  take(message: InspectionEvent): Entry | null {
    const { sessionId, rootId } = message;
    if (sessionId === storyId) return this.#takeNote(message);
    if (message.type === '@xstate.actor') {
      if (sessionId === rootId) return this.#takeHook(message);
      return this.#takeChart(message);
    }
    const entry = this.#hooks.get(rootId);
    if (entry === undefined) return null;
    const chart = this.#charts.get(sessionId);
    if (chart !== undefined) takeNode(chart, message);
    else if (message.type === '@xstate.snapshot' && message.snapshot.output !== undefined)
      Object.assign(entry, message.snapshot.output as HookTail);
    return entry;
  }

  #takeNote(message: InspectionEvent): NoteEntry | null {
    if (message.type === '@xstate.actor') this.#recording.title = message.name;
    if (message.type !== '@xstate.event') return null;
    const { note, kind, text, ok } = message.event as unknown as NoteEntry & { note: string };
    const entry: NoteEntry = {
      _tag: 'Note',
      id: note,
      at: Number(message.createdAt),
      kind,
      text,
      ok,
    };
    this.#recording.entries.push(entry);
    return entry;
  }

  #takeHook(message: ActorMessage): HookEntry | null {
    const { unit, event } = (message.snapshot.context ?? {}) as Partial<HookEntry>;
    if (unit === undefined || event === undefined) return null;
    const id = message.sessionId;
    const entry: Growing<HookEntry> = {
      _tag: 'Hook',
      id,
      unit,
      event,
      at: Number(message.createdAt),
      milliseconds: 0,
      charts: [],
      reconciled: [],
      dropped: [],
      end: 'Running',
      failure: null,
      seen: { read: {}, written: {}, configuration: null, status: null },
    };
    this.#hooks.set(id, entry);
    this.#recording.entries.push(entry);
    return entry;
  }

  #takeChart(message: ActorMessage): HookEntry | null {
    const entry = this.#hooks.get(message.rootId);
    if (entry === undefined) return null;
    const { event } = message.snapshot.context as Pick<RecordedChart, 'event'>;
    const chart: Growing<RecordedChart> = {
      hook: message.name,
      event,
      steps: [],
      path: [message.snapshot.value],
      end: null,
    };
    this.#recording.definitions[chart.hook] ??= JSON.parse(message.definition);
    this.#charts.set(message.sessionId, chart);
    entry.charts.push(chart);
    return entry;
  }
}

function takeNode(chart: Growing<RecordedChart>, message: InspectionEvent): void {
  if (message.type === '@xstate.snapshot') {
    // A chart that goes on from a stored state begins on the node that asks.
    const { value } = message.snapshot;
    if (chart.path.at(-1) !== value) chart.path.push(value);
    if (message.snapshot.output !== undefined) chart.end = message.snapshot.output as RecordedEnd;
    return;
  }
  if (message.type !== '@xstate.event') return;
  const { type, node, request, answer, milliseconds } = message.event as unknown as RecordedStep & {
    readonly type: string;
  };
  if (type === 'ask') {
    // Whoever came in between a node and its request has not heard of the node.
    if (chart.path.at(-1) !== node) chart.path.push(node);
    chart.steps.push({ node, request, answer: null, milliseconds: 0 });
  } else if (answer !== undefined) {
    const step = chart.steps.at(-1);
    if (step !== undefined) Object.assign(step, { answer, milliseconds });
  }
}
