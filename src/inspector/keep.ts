import { Collector } from './collect.ts';
import { type InspectionEvent, storyId } from './protocol.ts';
import { type Entry, endOf, type Recording } from './recording.ts';

/** How deep a message may be: ours have a dozen, and what is as deep as it is long cannot be told. */
const deepest = 100;
/** What a value takes in memory beside its text, in bytes. */
const valueWeight = 40;

/** A message of the protocol, and about how many bytes it takes. */
export interface Weighed {
  readonly message: InspectionEvent;
  readonly weight: number;
}

/** What is no message of the protocol is null. */
export function parseMessage(text: string): Weighed | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const values = valuesIn(value);
  if (values === null || !isMessage(value)) return null;
  return { message: value, weight: text.length + values * valueWeight };
}

function isMessage(value: unknown): value is InspectionEvent {
  const { _version, sessionId, type, event, snapshot } = (value ?? {}) as Record<string, unknown>;
  const told = type === '@xstate.event' ? event : snapshot;
  return (
    typeof _version === 'string' &&
    typeof sessionId === 'string' &&
    typeof type === 'string' &&
    /^@xstate\.(actor|event|snapshot)$/.test(type) &&
    typeof told === 'object' &&
    told !== null
  );
}

/** How many there are in a value, it included; null where it is too deep. */
function valuesIn(value: unknown): number | null {
  let count = 1;
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return null;
    const next: unknown[] = [];
    for (const one of level)
      if (typeof one === 'object' && one !== null)
        for (const part of Object.values(one)) next.push(part);
    count += next.length;
    level = next;
  }
  return count;
}

/** What of a feed is kept. */
export interface Limits {
  /** Bytes, as they are weighed. */
  readonly bytes: number;
  /** Entries; all that fit where there is no number. */
  readonly entries?: number;
  /** Words, one of which the unit or the hook of a run is to contain; all runs where there are none. */
  readonly only?: readonly string[];
}

/** Runs that were passed over and are still told of, at most: theirs are a few at a time. */
const mostPassedOver = 10_000;

/**
 * Gathers what is fed, and no more of it than its limits: the oldest runs go first, as a whole, and
 * what went wrong goes last. What was there before counts as the text that it is.
 */
export class Keeper {
  readonly #collector: Collector;
  readonly #limits: Limits;
  readonly #weights: Map<Entry, number>;
  readonly #passedOver = new Set<string>();
  #weight = 0;

  constructor(recording: Recording, limits: Limits) {
    this.#collector = new Collector(recording);
    this.#limits = limits;
    this.#weights = new Map(
      recording.entries.map((entry) => [entry, JSON.stringify(entry).length]),
    );
    for (const weight of this.#weights.values()) this.#weight += weight;
  }

  get recording(): Recording {
    return this.#collector.recording;
  }

  /** Takes a message; the result is what had to go, or null where it is of a run that is not kept. */
  take({ message, weight }: Weighed): ReadonlySet<Entry> | null {
    if (!this.#isWanted(message)) return null;
    const entry = this.#collector.take(message);
    if (entry === null) return new Set();
    this.#weights.set(entry, (this.#weights.get(entry) ?? 0) + weight);
    this.#weight += weight;
    const gone = this.#goes();
    if (gone.size > 0) this.#collector.forget(gone);
    return gone;
  }

  /** A run is wanted by its first message; what comes of it later goes the same way. */
  #isWanted(message: InspectionEvent): boolean {
    const { only = [] } = this.#limits;
    const { rootId, sessionId } = message;
    if (only.length === 0 || typeof rootId !== 'string' || sessionId === storyId) return true;
    if (message.type !== '@xstate.actor' || sessionId !== rootId)
      return !this.#passedOver.has(rootId);
    const name = String(message.name);
    const isWanted = only.some((word) => name.includes(word));
    if (isWanted) this.#passedOver.delete(rootId);
    else this.#passedOver.add(rootId);
    const [oldest] = this.#passedOver;
    if (this.#passedOver.size > mostPassedOver && oldest !== undefined)
      this.#passedOver.delete(oldest);
    return isWanted;
  }

  #goes(): ReadonlySet<Entry> {
    const gone = new Set<Entry>();
    const { bytes, entries: most = Number.POSITIVE_INFINITY } = this.#limits;
    const { entries } = this.recording;
    if (this.#weight <= bytes && entries.length <= most) return gone;
    // A little more than it must be, so that it is not done for every message.
    const wanted = this.#weight <= bytes ? bytes : bytes * 0.9;
    const left = entries.length <= most ? entries.length : Math.min(most, Math.ceil(most * 0.95));
    for (const isKind of orderOfGoing)
      for (const entry of entries) {
        if (this.#weight <= wanted && entries.length - gone.size <= left) return gone;
        if (!isKind(entry)) continue;
        gone.add(entry);
        this.#weight -= this.#weights.get(entry) ?? 0;
        this.#weights.delete(entry);
      }
    return gone;
  }
}

const isWrong = (entry: Entry): boolean =>
  entry._tag === 'Note' ? !entry.ok : endOf(entry) === 'failed';
const isRunning = (entry: Entry): boolean => entry._tag === 'Hook' && entry.end === 'Running';

/** What is over and went well goes first, then what is still told of, then what went wrong. */
const orderOfGoing: readonly ((entry: Entry) => boolean)[] = [
  (entry) => !isWrong(entry) && !isRunning(entry),
  isRunning,
  isWrong,
];
