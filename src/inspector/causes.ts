/** Which write led to which hook: a databag, or a secret, that was written on one unit and told to another. */
import type { Databag } from '../juju/port.ts';
import { applicationOf } from './names.ts';
import type { Entry, HookEntry, Recording } from './recording.ts';

export interface Cause {
  /** The place of the run that wrote; null for one that nobody recorded, on the other side. */
  readonly from: number | null;
  /** The place of the hook that was told; null for one that nobody recorded, on the other side. */
  readonly to: number | null;
  /** What was written: a databag by its name, or a secret. */
  readonly what: string;
  /** The keys that were written; none where that is not known. */
  readonly keys: readonly string[];
}

interface Write {
  readonly from: number;
  readonly unit: string;
  readonly keys: readonly string[];
}

/**
 * Every unit hears of a version once, and of those that it was not told of yet the last one counts.
 * What an application on the other side wrote, where nobody recorded it, is known by who reads it.
 * Where no hook of that side was recorded, each write for it leads to it.
 */
export const causesOf = (recording: Recording): readonly Cause[] => new Trail().causesOf(recording);

/** Follows a recording that may go on: what does not change any more is looked at once. */
export class Trail {
  #known = new Known();
  #peers: string | undefined;
  #isAlone = true;
  #last: Entry | undefined;
  /** How many entries from the first one on are known. */
  #count = 0;

  causesOf({ entries, charm }: Recording): readonly Cause[] {
    const isAlone = !entries.some((entry) => entry._tag === 'Hook' && entry.side === 'other');
    // Where any of those that are known has gone, all that came after it has moved up.
    const isSame = this.#count === 0 || entries[this.#count - 1] === this.#last;
    if (!isSame || isAlone !== this.#isAlone || charm?.peers !== this.#peers) {
      this.#known = new Known();
      this.#count = 0;
    }
    [this.#isAlone, this.#peers] = [isAlone, charm?.peers];
    let entry = entries[this.#count];
    while (entry !== undefined && !isRunning(entry)) {
      this.#known.take(entry, this.#count, charm?.peers, isAlone);
      this.#last = entry;
      this.#count += 1;
      entry = entries[this.#count];
    }
    if (entry === undefined) return [...this.#known.causes];
    const guessed = this.#known.copy();
    for (const [at, later] of entries.slice(this.#count).entries())
      guessed.take(later, this.#count + at, charm?.peers, isAlone);
    return guessed.causes;
  }
}

const isRunning = (entry: Entry): boolean => entry._tag === 'Hook' && entry.end === 'Running';

/** What was written, and who has heard of it, from the first entry up to some other. */
class Known {
  readonly causes: Cause[] = [];
  #writes = new Map<string, Write>();
  #heard = new Set<string>();
  #remote = new Map<string, Databag>();

  /** The same, which goes on by itself. */
  copy(): Known {
    const copied = new Known();
    for (const cause of this.causes) copied.causes.push(cause);
    copied.#writes = new Map(this.#writes);
    copied.#heard = new Set(this.#heard);
    copied.#remote = new Map(this.#remote);
    return copied;
  }

  take(entry: Entry, to: number, peers: string | undefined, isAlone: boolean): void {
    if (entry._tag === 'Note') return;
    for (const what of toldOf(entry, peers)) {
      const write = this.#writes.get(what);
      const key = `${entry.unit} ${what} ${write?.from}`;
      if (write === undefined || write.unit === entry.unit || this.#heard.has(key)) continue;
      this.#heard.add(key);
      this.causes.push({ from: write.from, to, what, keys: write.keys });
    }
    this.causes.push(...unrecorded(entry, to, this.#writes, this.#remote));
    for (const [what, keys] of writesOf(entry)) {
      this.#writes.set(what, { from: to, unit: entry.unit, keys });
      if (isAlone && what.endsWith(': ours')) this.causes.push({ from: to, to: null, what, keys });
    }
  }
}

/** The databags and secrets of which a hook tells its unit. */
function toldOf({ unit, event, side }: HookEntry, peers: string | undefined): readonly string[] {
  const { hook, relation, remoteUnit, secretLabel } = event;
  if (secretLabel !== undefined) return [`secret ${secretLabel}`];
  const endpoint = /^(.+)-relation-changed$/.exec(hook)?.[1];
  if (endpoint === undefined) return [];
  const own = applicationOf(unit);
  const isPeers =
    peers === undefined
      ? relation === undefined || (remoteUnit !== undefined && applicationOf(remoteUnit) === own)
      : endpoint === peers;
  if (isPeers)
    return ['peers: application', ...(remoteUnit === undefined ? [] : [`peers: ${remoteUnit}`])];
  if (relation === undefined) return [];
  const other = remoteUnit === undefined ? [] : [`relation ${relation}: ${remoteUnit}`];
  if (side !== 'other') return [`relation ${relation}: application`, ...other];
  return [`relation ${relation}: ours`, ...other];
}

/** What a run wrote, by what it is called; ours in a relation is called so for those on its other side. */
function writesOf({ unit, seen, side }: HookEntry): readonly (readonly [string, string[]])[] {
  const own = applicationOf(unit);
  const ours = (name: string): string =>
    side !== 'other' && name.startsWith('relation ') && name.endsWith(`: ${own}`)
      ? `${name.slice(0, -own.length)}ours`
      : name;
  const bags = Object.entries(seen.written).map(
    ([name, values]) => [ours(name), Object.keys(values)] as const,
  );
  const secrets = (seen.did ?? []).flatMap(({ what }) =>
    what.startsWith('secret ') ? [[what, [] as string[]] as const] : [],
  );
  return [...bags, ...secrets];
}

/** What the other application has written, where what is read is not what was known. */
function unrecorded(
  entry: HookEntry,
  to: number,
  writes: ReadonlyMap<string, Write>,
  remote: Map<string, Databag>,
): readonly Cause[] {
  return Object.entries(entry.seen.read).flatMap(([what, values]): Cause[] => {
    if (!what.endsWith(': application') || !what.startsWith('relation ')) return [];
    if (writes.has(what)) return [];
    const keys = Object.keys(values);
    const key = `${entry.unit} ${what}`;
    const known = remote.get(key);
    if (keys.length === 0 || known === values || isSame(known, values)) return [];
    remote.set(key, values);
    return [{ from: null, to, what, keys }];
  });
}

const isSame = (one: Databag | undefined, other: Databag): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
