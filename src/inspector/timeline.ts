/** What was known at each point of a recording: each hook adds what it has read and written. */
import { merged } from '../juju/databag.ts';
import type { Databag } from '../juju/port.ts';
import type { Entry, HookEntry } from './recording.ts';

/** What is known of a deployment; a databag that nobody has read or written yet is missing. */
export interface Knowledge {
  readonly bags: Readonly<Record<string, Databag>>;
  /** The charm's file of configuration, by unit. */
  readonly configurations: Readonly<Record<string, string>>;
}

/** The world before a hook and after it, as far as it is known. */
export interface Change {
  readonly before: Knowledge;
  readonly after: Knowledge;
}

const nothingKnown: Knowledge = { bags: {}, configurations: {} };
const nothingChanged: Change = { before: nothingKnown, after: nothingKnown };

/** Follows a recording that may go on: entries are looked at once, in their order. */
export class Timeline {
  readonly #entries: readonly Entry[];
  readonly #changes: Change[] = [];
  /** The entry of each change: of a live feed the oldest go, and all others move up. */
  readonly #of: (Entry | undefined)[] = [];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** The change that the entry at this place has made. What comes after one that runs is not kept. */
  changeAt(index: number): Change {
    const known = Math.min(index, this.#changes.length - 1);
    if (this.#of[known] !== this.#entries[known]) this.#of.length = this.#changes.length = 0;
    let change = this.#changes[Math.min(index, this.#changes.length - 1)] ?? nothingChanged;
    let isSettled = true;
    for (let next = this.#changes.length; next <= index; next++) {
      const entry = this.#entries[next];
      const { after } = change;
      change = entry?._tag === 'Hook' ? changeOf(after, entry) : { before: after, after };
      isSettled &&= entry?._tag !== 'Hook' || entry.end !== 'Running';
      if (!isSettled) continue;
      this.#changes.push(change);
      this.#of.push(entry);
    }
    return change;
  }
}

function changeOf(knowledge: Knowledge, { unit, seen }: HookEntry): Change {
  const { read, written, configuration } = seen;
  const before: Knowledge = {
    bags: { ...knowledge.bags, ...read },
    configurations:
      configuration === null || configuration.before === null
        ? knowledge.configurations
        : { ...knowledge.configurations, [unit]: configuration.before },
  };
  const bags = { ...before.bags };
  for (const [name, values] of Object.entries(written))
    bags[name] = merged(bags[name] ?? {}, values);
  return {
    before,
    after: {
      bags,
      configurations:
        configuration === null
          ? before.configurations
          : { ...before.configurations, [unit]: configuration.after },
    },
  };
}

/** One line of a comparison; a value is null on the side where there is none. */
export interface ComparedKey {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Both sides of two databags, key by key. */
export const compareBags = (
  before: Databag | undefined,
  after: Databag | undefined,
): readonly ComparedKey[] =>
  [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
    .sort()
    .map((key) => ({ key, before: before?.[key] ?? null, after: after?.[key] ?? null }));
