/** What went wrong in a recording, and who did it: what an operator wants to know first. */
import { applicationOf } from './names.ts';
import type { HookEntry, NoteEntry, Recording } from './recording.ts';
import { endOf } from './recording.ts';
import { hookName } from './words.ts';

export interface Trouble {
  /** The place in the recording of the entry that tells of it. */
  readonly at: number;
  /** What went wrong, in one sentence. */
  readonly sentence: string;
  readonly invariant: string | null;
  /** What should hold. */
  readonly claims: string | null;
  /** The place of the run that did it; null where nobody ran. */
  readonly culprit: number | null;
  /**
   * Why that one: it did it; or, of what came out when nothing was left to do, it was the last one
   * that was chosen, the one that put off what was never done, the last one that had to do with what
   * is wrong, or just the last one.
   */
  readonly blame: Blame;
}

export type Blame = 'did' | 'chosen' | 'deferred' | 'touched' | 'last';

/** Where in a run something was done: a node of one of its charts. */
export interface Spot {
  readonly chart: number;
  readonly position: number;
  readonly node: string;
}

/**
 * What is violated, and the checks that do not hold, oldest first. Where there is nothing of both,
 * the hooks that failed; in a history those are part of the plot.
 */
export function troublesOf({ entries }: Recording): readonly Trouble[] {
  const troubles: Trouble[] = [];
  const failed: Trouble[] = [];
  const indices = new Map<string, number>();
  let lastRun: number | null = null;
  let lastChosen: number | null = null;
  for (const [at, entry] of entries.entries()) {
    indices.set(entry.id, at);
    if (entry._tag === 'Note') {
      if (entry.kind === 'action' && entry.chosen === true) lastChosen = null;
      if (!entry.ok) troubles.push(noted(entry, at, indices, entries, lastRun, lastChosen));
    } else if (entry.side !== 'other') {
      lastRun = at;
      if (entry.chosen === true) lastChosen = at;
      if (endOf(entry) === 'failed') failed.push(failure(entry, at));
    }
  }
  return troubles.length > 0 ? troubles : failed;
}

function noted(
  { text, detail, violated, kind }: NoteEntry,
  at: number,
  indices: ReadonlyMap<string, number>,
  entries: Recording['entries'],
  lastRun: number | null,
  lastChosen: number | null,
): Trouble {
  const base = { at, invariant: null, claims: null, blame: 'did' } as const;
  if (violated === undefined)
    return {
      ...base,
      sentence:
        kind === 'check' ? `it does not hold that ${text}${detail ? `: ${detail}` : ''}` : text,
      // That a history goes no further is no run's doing.
      culprit: kind === 'chapter' ? null : lastRun,
    };
  const { invariant, claims, what: sentence, by } = violated;
  const told = { ...base, sentence, invariant, claims };
  if (by !== null) return { ...told, culprit: indices.get(by) ?? lastRun };
  if (lastChosen !== null) return { ...told, culprit: lastChosen, blame: 'chosen' };
  const deferred = lastToDefer(entries, at, sentence);
  if (deferred >= 0) return { ...told, culprit: deferred, blame: 'deferred' };
  const touched = lastToTouch(entries, at, sentence);
  return touched >= 0
    ? { ...told, culprit: touched, blame: 'touched' }
    : { ...told, culprit: lastRun, blame: 'last' };
}

/**
 * The relation that a sentence names: `relation 3`, `relation_id_3`, or a name such as `"web.1001"`;
 * null where it names none.
 */
export function relationIn(sentence: string): number | null {
  const [, number, last] = /\brelation(?:[ _-]|_id_)(\d+)|"\w[\w-]*\.(\d+)"/.exec(sentence) ?? [];
  const found = number ?? last;
  return found === undefined ? null : Number(found);
}

/** Whether a run was for a relation; of a charm without charts Juju's event says it. */
const isFor = ({ charts, event }: HookEntry, relation: number): boolean =>
  charts.some((chart) => chart.event.relation === relation) ||
  (charts.length === 0 && event.relation === relation);

/**
 * The place of the run before another that put off what a sentence is about, be it the event that it names
 * or one of its relation; -1 where there is none, or where the relation was answered since.
 */
function lastToDefer(entries: Recording['entries'], before: number, sentence: string): number {
  const relation = relationIn(sentence);
  const waiting = new Map<string, readonly string[]>();
  let found = -1;
  for (const [at, entry] of entries.slice(0, before).entries()) {
    if (entry._tag === 'Note' || entry.side === 'other') continue;
    const { unit, deferred = [], seen } = entry;
    if (`relation ${relation}: ${applicationOf(unit)}` in seen.written) found = -1;
    // What was put off before is put off again by whichever hook comes next: the first one is to blame.
    const known = waiting.get(unit) ?? [];
    const fresh = deferred.filter((event) => !known.includes(event));
    waiting.set(unit, deferred);
    const isAbout = relation !== null && fresh.length > 0 && isFor(entry, relation);
    const isNew = found < 0 || known.length === 0;
    if (isNew && (isAbout || fresh.some((event) => sentence.includes(event)))) found = at;
  }
  return found;
}

/**
 * The place of the last run before another that changed what a sentence names, or went through a
 * chart for its relation; -1 where there is none. One that was told that it does not lead had to do
 * with it only where no other one had.
 */
function lastToTouch(entries: Recording['entries'], before: number, sentence: string): number {
  const relation = relationIn(sentence);
  const words = new Set(sentence.split(/[\s,;:]+/));
  const files = new Map<string, string>();
  let found = -1;
  let following = -1;
  for (const [at, entry] of entries.slice(0, before).entries()) {
    if (entry._tag === 'Note' || entry.side === 'other') continue;
    const { unit } = entry;
    const { did = [], configuration } = entry.seen;
    const known = files.get(unit) ?? configuration?.before ?? '';
    const file = configuration?.after ?? known;
    files.set(unit, file);
    const isTouched =
      did.some(({ what }) => sentence.includes(what)) ||
      (relation === null ? file !== known && words.has(unit) : isFor(entry, relation));
    if (isTouched && isFollower(entry)) following = at;
    else if (isTouched) found = at;
  }
  return found >= 0 ? found : following;
}

/** Whether a charm without charts was told that its unit does not lead. */
const isFollower = ({ charts, seen: { did = [] } }: HookEntry): boolean =>
  charts.length === 0 &&
  did.some(({ what, how }) => /^is-leader\b/.test(what) && /^false$/i.test(how));

const failure = (entry: HookEntry, at: number): Trouble => ({
  at,
  sentence: `${hookName(entry)} failed: ${entry.failure ?? 'it does not say why'}`,
  invariant: null,
  claims: null,
  culprit: at,
  blame: 'did',
});

/**
 * The last thing that a run did before it ended: the node where it failed, else that of its last
 * command. Of one that went through charts for several relations, and of one that is blamed for what
 * it touched, in the chart for the relation that the sentence names. Null where it went through no
 * chart.
 */
export function spotOf(
  { charts, end }: HookEntry,
  definitions: Recording['definitions'],
  trouble?: Trouble,
): Spot | null {
  if (end === 'Failed') return lastNode(charts.length - 1, charts);
  const spots = charts.flatMap(({ hook, path, steps }, chart): Spot[] => {
    const done = steps.findLast(({ node }) => isStep(definitions[hook], node));
    return done === undefined
      ? []
      : [{ chart, position: path.indexOf(done.node), node: done.node }];
  });
  const last = spots.at(-1);
  if (last === undefined) return lastNode(0, charts);
  const relationOf = ({ chart }: Spot) => charts[chart]?.event.relation;
  if (trouble === undefined) return last;
  // What was done for all of them at the end may have spoiled it as well as what was done for one.
  if (trouble.blame !== 'touched' && relationOf(last) === undefined) return last;
  const relation = relationIn(trouble.sentence);
  return spots.findLast((spot) => relation !== null && relationOf(spot) === relation) ?? last;
}

function lastNode(chart: number, charts: HookEntry['charts']): Spot | null {
  const { path = [] } = charts[chart] ?? {};
  const node = path.at(-1);
  return node === undefined ? null : { chart, position: path.length - 1, node };
}

/** Whether a node orders something: one that is drawn as `[ ]`. */
function isStep(definition: Recording['definitions'][string] | undefined, node: string): boolean {
  const states = definition?.states as Readonly<Record<string, { meta?: { shape?: unknown } }>>;
  return states?.[node]?.meta?.shape === 'step';
}

/** The chart that says most of a run: where it was put off or failed, else where most was done. */
export function mainChart(
  { charts, own }: HookEntry,
  definitions: Recording['definitions'],
): number {
  const ended = charts.findIndex(({ end }) => end !== null && end._tag !== 'Returned');
  if (ended >= 0) return ended;
  const count = (chart: number) =>
    charts[chart]?.steps.filter(({ node }) => isStep(definitions[charts[chart]?.hook ?? ''], node))
      .length ?? 0;
  const candidates = charts.map((_, chart) => chart).slice(0, own || undefined);
  return candidates.reduce((best, chart) => (count(chart) > count(best) ? chart : best), 0);
}
