/** What went wrong in a recording, and who did it: what an operator wants to know first. */
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
  /** That no hook is to blame by itself: it came out when nothing was left to do. */
  readonly isAtRest: boolean;
}

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
  const places = new Map<string, number>();
  let lastRun: number | null = null;
  let lastChosen: number | null = null;
  for (const [at, entry] of entries.entries()) {
    places.set(entry.id, at);
    if (entry._tag === 'Note') {
      if (entry.kind === 'action' && entry.chosen === true) lastChosen = null;
      if (!entry.ok) troubles.push(noted(entry, at, places, lastRun, lastChosen));
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
  places: ReadonlyMap<string, number>,
  lastRun: number | null,
  lastChosen: number | null,
): Trouble {
  const base = { at, invariant: null, claims: null, isAtRest: false };
  if (violated === undefined)
    return {
      ...base,
      sentence:
        kind === 'check' ? `it does not hold that ${text}${detail ? `: ${detail}` : ''}` : text,
      culprit: lastRun,
    };
  const { invariant, claims, what, by } = violated;
  const isAtRest = by === null;
  const culprit = by === null ? (lastChosen ?? lastRun) : (places.get(by) ?? lastRun);
  return { ...base, sentence: what, invariant, claims, culprit, isAtRest };
}

const failure = (entry: HookEntry, at: number): Trouble => ({
  at,
  sentence: `${hookName(entry)} failed: ${entry.failure ?? 'it does not say why'}`,
  invariant: null,
  claims: null,
  culprit: at,
  isAtRest: false,
});

/**
 * The last thing that a run did before it ended: the node where it failed, else that of its last
 * command. Null where it went through no chart.
 */
export function spotOf(
  { charts, end }: HookEntry,
  definitions: Recording['definitions'],
): Spot | null {
  if (end === 'Failed') return lastNode(charts.length - 1, charts);
  for (let chart = charts.length - 1; chart >= 0; chart--) {
    const { hook = '', path = [], steps = [] } = charts[chart] ?? {};
    const done = steps.findLast(({ node }) => isStep(definitions[hook], node));
    if (done !== undefined) return { chart, position: path.indexOf(done.node), node: done.node };
  }
  return lastNode(0, charts);
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
