/** The way back: from a feed to the recording of what it told. */

import * as v from 'valibot';
import { given } from '../hook/index.ts';
import { type ActorMessage, chartId, type InspectionEvent, storyId } from './protocol.ts';
import {
  type Entry,
  emptyRecording,
  type Growing,
  type HookEntry,
  type NoteEntry,
  type RecordedChart,
  type RecordedStep,
  type Recording,
  recordingParts,
} from './recording.ts';
import {
  about,
  answered,
  asked,
  definition,
  end,
  hookHead,
  hookTail,
  noteSaid,
  storyHead,
} from './shape.ts';

interface Hook {
  readonly entry: Growing<HookEntry>;
  /** Its charts by their sessions. */
  readonly charts: Map<string, Growing<RecordedChart>>;
}

/** Machines are a few, and small: more of them than this, in characters, is nonsense. */
const mostDefinitions = 8 * 1024 * 1024;
const longestTitle = 200;

/**
 * Gathers a feed. What belongs to no hook of ours, such as the actors of another program, is passed
 * over, and so is whatever is not as a recording has it. The recording that it gives goes on to
 * change with what is taken next.
 *
 * @category Recording
 */
export class Collector {
  readonly #recording: Growing<Recording>;
  readonly #hooks = new Map<string, Hook>();
  #definitions = 0;

  /** A recording that is given is gone on with, in place. */
  constructor(recording: Recording = emptyRecording('hookchart')) {
    given('Collector', 'the recording', recording, recordingParts);
    this.#recording = recording as Growing<Recording>;
    for (const entry of this.#recording.entries) {
      if (entry._tag === 'Note') continue;
      const charts = entry.charts.map(
        (chart, number) => [chartId(entry.id, number), chart] as const,
      );
      this.#hooks.set(entry.id, { entry, charts: new Map(charts) });
    }
  }

  get recording(): Recording {
    return this.#recording;
  }

  /** The entry that the message is about; null where it is none of ours. Whatever it is, nothing throws. */
  take(message: InspectionEvent): Entry | null {
    if (typeof message !== 'object' || message === null) return null;
    const { sessionId, rootId } = message;
    if (sessionId === storyId) return this.#takeNote(message);
    if (message.type === '@xstate.actor')
      return sessionId === rootId ? this.#takeHook(message) : this.#takeChart(message);
    const hook = this.#hooks.get(rootId);
    if (hook === undefined) return null;
    const chart = hook.charts.get(sessionId);
    if (chart !== undefined) takeNode(chart, message);
    else if (message.type === '@xstate.snapshot') {
      const tail = v.safeParse(hookTail, message.snapshot?.output);
      if (tail.success) Object.assign(hook.entry, tail.output);
    }
    return hook.entry;
  }

  /** Lets go of entries; what still comes of them is passed over. */
  forget(gone: ReadonlySet<Entry>): void {
    const { entries } = this.#recording;
    const left = entries.filter((entry) => !gone.has(entry));
    // In place: whoever has the recording sees it go on.
    entries.splice(0, entries.length, ...left);
    for (const entry of gone)
      if (this.#hooks.get(entry.id)?.entry === entry) this.#hooks.delete(entry.id);
  }

  #takeNote(message: InspectionEvent): NoteEntry | null {
    if (message.type === '@xstate.actor' && typeof message.name === 'string') {
      this.#recording.title = message.name.slice(0, longestTitle);
      const head = v.safeParse(storyHead, message.snapshot?.context);
      if (head.success) Object.assign(this.#recording, head.output);
    }
    if (message.type !== '@xstate.event') return null;
    const said = v.safeParse(noteSaid, message.event);
    if (!said.success) return null;
    const { note: id, ...words } = said.output;
    const entry: NoteEntry = { _tag: 'Note', id, at: timeOf(message), ...words };
    this.#recording.entries.push(entry);
    return entry;
  }

  #takeHook(message: ActorMessage): HookEntry | null {
    const { sessionId: id, snapshot } = message;
    const head = v.safeParse(hookHead, snapshot?.context);
    if (!head.success || typeof id !== 'string') return null;
    const entry: Growing<HookEntry> = {
      _tag: 'Hook',
      id,
      ...head.output,
      at: timeOf(message),
      milliseconds: 0,
      charts: [],
      reconciled: [],
      dropped: [],
      end: 'Running',
      failure: null,
      seen: { read: {}, written: {}, configuration: null, status: null },
    };
    this.#hooks.set(id, { entry, charts: new Map() });
    this.#recording.entries.push(entry);
    return entry;
  }

  #takeChart({ rootId, sessionId, name: hook, ...message }: ActorMessage): HookEntry | null {
    const root = this.#hooks.get(rootId);
    const { value, context } = message.snapshot ?? {};
    const event = v.safeParse(about, context?.event);
    if (root === undefined || !event.success) return null;
    if (typeof hook !== 'string' || typeof value !== 'string') return null;
    // Definitions are kept by these names, and what every object has is none of them.
    if (hook in Object.prototype) return null;
    const chart: Growing<RecordedChart> = {
      hook,
      event: event.output,
      steps: [],
      path: [value],
      end: null,
    };
    this.#define(hook, message.definition);
    root.charts.set(sessionId, chart);
    root.entry.charts.push(chart);
    return root.entry;
  }

  #define(hook: string, text: string): void {
    const { definitions } = this.#recording;
    if (definitions[hook] !== undefined) return;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), definition), text);
    if (!parsed.success || this.#definitions + text.length > mostDefinitions) return;
    this.#definitions += text.length;
    definitions[hook] = parsed.output;
  }
}

function timeOf({ createdAt }: InspectionEvent): number {
  const at = Number(createdAt);
  return Number.isFinite(at) ? at : 0;
}

function takeNode(chart: Growing<RecordedChart>, message: InspectionEvent): void {
  if (message.type === '@xstate.snapshot') {
    // A chart that goes on from a stored state begins on the node that asks.
    const { value, output } = message.snapshot ?? {};
    if (typeof value === 'string' && chart.path.at(-1) !== value) chart.path.push(value);
    const ended = v.safeParse(end, output);
    if (ended.success) chart.end = ended.output;
    return;
  }
  if (message.type !== '@xstate.event') return;
  if (message.event?.type === 'ask') {
    const said = v.safeParse(asked, message.event);
    if (!said.success) return;
    // Whoever came in between a node and its request has not heard of the node.
    if (chart.path.at(-1) !== said.output.node) chart.path.push(said.output.node);
    const step: RecordedStep = { ...said.output, answer: null, milliseconds: 0 };
    chart.steps.push(step);
  } else {
    const said = v.safeParse(answered, message.event);
    const step = chart.steps.at(-1);
    if (said.success && step !== undefined) Object.assign(step, said.output);
  }
}
