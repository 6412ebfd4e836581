import * as E from 'fp-ts/lib/Either.js';
import type { ChartEnd, Failure, Progress, Watch } from '../hook/index.ts';
import { given } from '../hook/index.ts';
import type { Databag, DispatchRun, JujuEvent, Shown, Visible } from '../juju/index.ts';
import { maskedDatabag, secretKeys, without } from '../shown/masking.ts';
import { renderAs } from '../shown/shown.ts';
import { definitionOf } from './definition.ts';
import {
  answered,
  asked,
  chartBegun,
  chartEnded,
  hookBegun,
  hookEnded,
  type InspectionEvent,
  noted,
  storyBegun,
} from './protocol.ts';
import type { NoteEntry, RecordedCharm, RecordedStep } from './recording.ts';
import {
  type RecordingAdapters,
  recordingAdapters,
  type Seeable,
  type TellingAdapters,
} from './recording-adapters.ts';

/** Where a feed goes: called once for each message, in order. MUST NOT throw. */
export type Send = (message: InspectionEvent) => void;

/** What is recorded of a run beside its charts. */
export type Recordable = Pick<DispatchRun, 'dropped'> & Partial<Pick<DispatchRun, 'charts'>>;

export interface RecorderOptions {
  readonly title?: string;
  /**
   * The charm whose hooks are recorded: it says what else is to be masked, and what is shown of its
   * ports. Without it only what any charm has in common is.
   */
  readonly charm?: Visible;
  /** `model`: no clock runs, and times are numbers of what came after what. */
  readonly clock?: 'model';
  /** Stands before the numbers that name the hooks; two recorders of one feed MUST differ in it. */
  readonly prefix?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What a hook is run with so that it is seen. */
export interface Observer<Given extends Seeable = Seeable>
  extends Pick<RecordingAdapters<Given>, 'adapters'> {
  /** For `dispatch`, as its option `watch`. */
  readonly watch: Watch;
}

/** What a note may say beside its sentence. */
export type NoteDetails = Pick<NoteEntry, 'detail' | 'of' | 'chosen' | 'violated'>;

/**
 * Tells what hooks do, while they do it, in the words of @statelyai/inspect; secrets are masked.
 *
 * @category Recording
 *
 * @example
 * ```ts
 * import { dispatch } from 'hookchart';
 * import { Collector, Recorder } from 'hookchart/inspect';
 * import { MemoryJuju } from 'hookchart/juju';
 * import {
 *   MemoryPgbouncer,
 *   MemoryPostgres,
 *   pgbouncerCharm,
 *   seededEntropy,
 * } from 'hookchart/pgbouncer';
 *
 * const postgres = new MemoryPostgres();
 * const juju = new MemoryJuju({
 *   application: 'pooler',
 *   units: ['pooler/0'],
 *   leader: 'pooler/0',
 *   endpoint: () => '10.0.0.5:6432',
 * });
 * juju.request(4, { database: 'shop' });
 * const charm = pgbouncerCharm();
 * const collector = new Collector();
 * const recorder = new Recorder((message) => collector.take(message), { charm });
 * const event = { hook: 'database-relation-changed', relation: 4 };
 * const ports = {
 *   juju: juju.hook('pooler/0'),
 *   backend: postgres.hook(),
 *   pooler: new MemoryPgbouncer(postgres).hook(),
 *   entropy: seededEntropy(1),
 *   clock: () => 0,
 * };
 * await recorder.hook('pooler/0', event, ports, ({ adapters, watch }) =>
 *   dispatch(charm, adapters, { watch })(event)(),
 * );
 * const [entry] = collector.recording.entries;
 * if (entry?._tag === 'Hook') console.log(entry.unit, entry.charts[0]?.path.length);
 * // pooler/0 9
 * ```
 */
export class Recorder {
  readonly #send: Send;
  readonly #now: () => number;
  readonly #prefix: string;
  readonly #shown: Shown | undefined;
  readonly #render: (failure: Failure) => string;
  #count = 0;

  constructor(send: Send, options: RecorderOptions = {}) {
    given('Recorder', 'its options', options, 'record');
    const { title = 'hookchart', prefix = '', now = Date.now, charm, clock } = options;
    given('Recorder', 'who is told', send, 'function');
    this.#send = send;
    this.#now = now;
    this.#prefix = prefix;
    this.#shown = charm?.shown;
    this.#render = renderAs(charm);
    const head = {
      ...(charm && { charm: describedCharm(charm) }),
      ...(clock && { clock }),
    };
    send(storyBegun(title, now(), head));
  }

  /**
   * Runs one hook of a unit and tells of it. What the hook comes to is handed through untouched; a
   * rejection, which is a process that was lost or a defect, is told as a failure and goes on.
   * Adapters that tell of the charm's file are given as a function of whom they tell.
   */
  async hook<Given extends Seeable, Run extends Recordable | null, Why extends Failure>(
    unit: string,
    event: JujuEvent,
    adapters: Given | TellingAdapters<Given>,
    run: (observer: Observer<Given>) => Promise<E.Either<Why, Run>>,
  ): Promise<E.Either<Why, Run>> {
    const id = this.#nextId();
    const seeing = recordingAdapters(
      typeof adapters === 'function' ? (adapters as TellingAdapters<Given>) : () => adapters,
      this.#shown,
    );
    const send: Send = (message) => {
      const shown = without(seeing.secrets, message, ownWords);
      // A chart is called as it is; elsewhere a name may be anybody's.
      const isActor = message.type === '@xstate.actor' && shown.type === '@xstate.actor';
      this.#send(isActor ? { ...shown, name: message.name } : shown);
    };
    const clock = seeing.adapters.clock ?? (() => 0);
    const started = clock();
    send(hookBegun({ id, unit, event }, this.#now()));
    const end = (failure: string | null, recorded: Recordable | null) => {
      const tail = {
        milliseconds: rounded(clock() - started),
        reconciled: [],
        dropped: (recorded?.dropped ?? []).map(({ hook }) => hook),
        end: failure === null ? ('Committed' as const) : ('Failed' as const),
        failure,
        seen: seeing.seen,
        ...(recorded?.charts && { own: recorded.charts.length }),
      };
      for (const message of hookEnded(id, tail, this.#now())) send(message);
    };
    const watch = this.#watch(id, send);
    try {
      const outcome = await run({ adapters: seeing.adapters, watch });
      if (E.isLeft(outcome)) end(this.#render(outcome.left), null);
      else end(null, outcome.right);
      return outcome;
    } catch (error) {
      end(error instanceof Error && error.message !== '' ? error.message : 'it was killed', null);
      throw error;
    }
  }

  /**
   * Tells of a hook on the other side of a relation, of which nothing is known but what it has
   * written: what `bagName` calls the databags, and what they came to hold.
   */
  other(unit: string, event: JujuEvent, written: Readonly<Record<string, Databag>>): void {
    const id = this.#nextId();
    const isSecret = secretKeys(this.#shown?.secretKeys);
    const masked = Object.entries(written).map(([name, bag]) => [
      name,
      maskedDatabag(bag, isSecret),
    ]);
    const seen = {
      read: {},
      written: Object.fromEntries(masked),
      configuration: null,
      status: null,
    };
    const at = this.#now();
    this.#send(hookBegun({ id, unit, event, side: 'other' }, at));
    const tail = { milliseconds: 0, reconciled: [], dropped: [], failure: null, seen };
    for (const message of hookEnded(id, { ...tail, end: 'Committed' }, at)) this.#send(message);
  }

  /** Tells what happens beside the hooks. `ok` is false only for a check that does not hold. */
  note(kind: NoteEntry['kind'], text: string, ok = true, more: NoteDetails = {}): void {
    const note = { _tag: 'Note', id: this.#nextId(), at: this.#now(), kind, text, ok } as const;
    this.#send(noted({ ...note, ...more }));
  }

  #nextId(): string {
    this.#count += 1;
    return `${this.#prefix}${this.#count}`;
  }

  #watch(id: string, send: Send): Watch {
    let number = -1;
    let node = '';
    return (progress: Progress) => {
      const at = this.#now();
      switch (progress._tag) {
        case 'Begun':
          number += 1;
          for (const message of chartBegun(id, number, headOf(progress), at)) send(message);
          return;
        case 'Asked':
          for (const message of asked(id, number, progress as Asked, at)) send(message);
          return;
        case 'Answered':
          node = progress.to;
          send(answered(id, number, rounding(progress as RecordedStep), at));
          return;
        case 'Ended':
          send(chartEnded(id, number, node, this.#endOf(progress.end), at));
      }
    };
  }

  #endOf(end: ChartEnd) {
    const why = 'why' in end && end.why !== null ? this.#render(end.why) : null;
    return { _tag: end._tag, why };
  }
}

/** To the microsecond: what a clock says beyond that is noise, and as long as a sentence. */
const rounded = (milliseconds: number): number => Math.round(milliseconds * 1_000) / 1_000;
const rounding = (step: RecordedStep): RecordedStep => ({
  ...step,
  milliseconds: rounded(step.milliseconds),
});

const describedCharm = ({ name, endpoints, shown }: Visible): RecordedCharm => ({
  name,
  ...(endpoints?.peers !== undefined && { peers: endpoints.peers }),
  ...(shown?.records && { records: shown.records }),
  ...(shown?.file !== undefined && { file: shown.file }),
  ...(shown?.compares && { compares: sentences(shown.compares) }),
});

const sentences = (said: NonNullable<Shown['compares']>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(said).flatMap(([name, sentence]) =>
      sentence === undefined ? [] : [[name, sentence]],
    ),
  );

/** Where the words of the feed itself stand, and nothing that came from outside. */
const ownWords = new Set([
  ...['type', '_version', 'sessionId', 'rootId', 'parentId', 'sourceId', 'createdAt'],
  ...['definition', '_tag', 'node', 'value', 'end', 'hook', 'unit', 'status', 'state'],
]);

const headOf = ({ machine, event, from }: Progress & { _tag: 'Begun' }) => ({
  hook: machine.id,
  event,
  from,
  definition: definitionOf(machine),
});

type Asked = Pick<RecordedStep, 'node' | 'request'>;
