import { Collector } from './collect.ts';
import type { InspectionEvent } from './protocol.ts';
import type { Entry, Recording } from './recording.ts';

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

/**
 * Gathers what is fed, and no more of it than a limit: the oldest runs go first, as a whole. What
 * was there before counts as the text that it is.
 */
export class Keeper {
  readonly #collector: Collector;
  readonly #most: number;
  readonly #weights: Map<Entry, number>;
  #weight = 0;

  constructor(recording: Recording, most: number) {
    this.#collector = new Collector(recording);
    this.#most = most;
    this.#weights = new Map(
      recording.entries.map((entry) => [entry, JSON.stringify(entry).length]),
    );
    for (const weight of this.#weights.values()) this.#weight += weight;
  }

  get recording(): Recording {
    return this.#collector.recording;
  }

  /** Takes a message; the result is how many entries had to go. */
  take({ message, weight }: Weighed): number {
    const entry = this.#collector.take(message);
    if (entry === null) return 0;
    this.#weights.set(entry, (this.#weights.get(entry) ?? 0) + weight);
    this.#weight += weight;
    if (this.#weight <= this.#most) return 0;
    // A little more than it must be, so that it is not done for every message.
    const wanted = this.#most * 0.9;
    const { entries } = this.recording;
    let count = 0;
    while (count < entries.length && this.#weight > wanted) {
      const oldest = entries[count] as Entry;
      this.#weight -= this.#weights.get(oldest) ?? 0;
      this.#weights.delete(oldest);
      count += 1;
    }
    this.#collector.forget(count);
    return count;
  }
}
