/** One relation's life as a sequence: who asked, who heard, what each did, what came back. */
import { given } from '../hook/index.ts';
import { type Cause, causesOf } from './causes.ts';
import { lanesOf } from './lanes.ts';
import { applicationOf } from './names.ts';
import { putOffIn } from './put-off.ts';
import { endOf, type HookEntry, hasCharts, type Recording, recordingParts } from './recording.ts';
import { troublesOf } from './trouble.ts';

export interface Sequence {
  readonly relation: number;
  /** Names of who takes part: applications on the other side first, then units. */
  readonly actors: readonly string[];
  readonly lines: readonly SequenceLine[];
}

export type SequenceLine =
  /** Something was told by one to another. */
  | {
      readonly _tag: 'Message';
      readonly from: string;
      readonly to: string;
      /** The hook that was told; null where that was not recorded. */
      readonly hook: string | null;
      /** What was written. */
      readonly keys: readonly string[];
      /** The place of the hook that was told, or that told. */
      readonly at: number;
    }
  /** What somebody did. */
  | { readonly _tag: 'Did'; readonly actor: string; readonly text: string; readonly at: number }
  | { readonly _tag: 'Wrong'; readonly text: string; readonly at: number };

/** The relations of which a recording tells, by their numbers. @category Showing */
export function relationsIn(recording: Recording): readonly number[] {
  given('relationsIn', 'the recording', recording, recordingParts);
  const { entries } = recording;
  const found = new Set<number>();
  for (const entry of entries) {
    if (entry._tag === 'Note') continue;
    // An event's own number may be that of the peers, whose databags are called otherwise.
    for (const { event } of entry.charts)
      if (event.relation !== undefined) found.add(event.relation);
    for (const relation of relationsOfBags(entry)) found.add(relation);
  }
  return [...found].sort((one, other) => one - other);
}

/**
 * What of a recording has to do with one relation, in the order in which it happened.
 *
 * @category Showing
 *
 * @example
 * ```ts
 * import { mermaidOf, recordReplay, sequenceOf } from 'hookchart/inspect';
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { defaultBounds } from 'hookchart/testing';
 *
 * const recording = await recordReplay(simulated, {
 *   bounds: { ...defaultBounds(simulated), units: 1, relations: 1 },
 *   served: 0,
 *   actions: [{ _tag: 'Relate', application: 'app1' }],
 * });
 * console.log(mermaidOf(sequenceOf(recording, 1)).split('\n')[3]);
 * //   participant a1 as pgbouncer/0
 * ```
 */
export function sequenceOf(recording: Recording, relation: number): Sequence {
  given('sequenceOf', 'the recording', recording, recordingParts);
  given('sequenceOf', 'the relation', relation, 'number');
  const { entries } = recording;
  const { lanes, laneOf, otherSide } = lanesOf(entries);
  const other = lanes[otherSide(relation)]?.name ?? `relation ${relation}`;
  const told = new Map<number, readonly Cause[]>();
  for (const cause of causesOf(recording))
    if (cause.to !== null) told.set(cause.to, [...(told.get(cause.to) ?? []), cause]);
  const involved = new Set<number>();
  const isDrawn = hasCharts(recording);
  const putOff = putOffIn(entries, relation);
  const troubles = troublesOf(recording);
  const lines: SequenceLine[] = [];
  for (const [at, entry] of entries.entries()) {
    for (const { sentence, invariant } of troubles.filter((trouble) => trouble.at === at))
      lines.push({
        _tag: 'Wrong',
        at,
        text: invariant === null ? sentence : `${invariant}: ${sentence}`,
      });
    if (entry._tag === 'Note') continue;
    const actor = lanes[laneOf(entry)]?.name ?? entry.unit;
    // Whoever hears of a peer that had to do with it has to do with it, too.
    const heard = (told.get(at) ?? []).filter(
      ({ what, keys, from }) =>
        isAbout(relation, what, keys) ||
        (what.startsWith('peers: ') && from !== null && involved.has(from)),
    );
    for (const { from, what, keys } of heard) {
      // What came back to the other side was drawn where it was written.
      if (entry.side === 'other') continue;
      const teller = from === null ? undefined : entries[from];
      lines.push({
        _tag: 'Message',
        from: teller === undefined ? other : (lanes[laneOf(teller)]?.name ?? other),
        to: actor,
        hook: entry.event.hook,
        keys: keys.length > 0 ? keys : [what],
        at,
      });
    }
    const isOwn = !isDrawn && (entry.event.relation === relation || putOff.has(at));
    if (!isOwn && !isInvolved(entry, relation, heard.length > 0)) continue;
    involved.add(at);
    const did = sayDone(entry, isDrawn, putOff.get(at));
    if (did !== '') lines.push({ _tag: 'Did', actor, text: did, at });
    const back = entry.seen.written[`relation ${relation}: ${applicationOf(entry.unit)}`];
    if (back !== undefined && entry.side !== 'other')
      lines.push({
        _tag: 'Message',
        from: actor,
        to: other,
        hook: null,
        keys: Object.entries(back).map(([key, value]) => (value === '' ? `no ${key}` : key)),
        at,
      });
  }
  const taking = new Set(
    lines.flatMap((line) => {
      if (line._tag === 'Message') return [line.from, line.to];
      return line._tag === 'Did' ? [line.actor] : [];
    }),
  );
  const actors = lanes.map(({ name }) => name).filter((name) => taking.has(name));
  return {
    relation,
    actors: taking.has(other) && !actors.includes(other) ? [other, ...actors] : actors,
    lines,
  };
}

/** The sequence as Mermaid draws it. @category Showing */
export function mermaidOf(sequence: Sequence): string {
  given('mermaidOf', 'the sequence', sequence, {
    relation: 'number',
    actors: 'list',
    lines: 'list',
  });
  const { relation, actors, lines } = sequence;
  const name = (actor: string) => `a${actors.indexOf(actor)}`;
  const over = [...new Set([actors[0], actors.at(-1)])].flatMap((actor) =>
    actor === undefined ? [] : [name(actor)],
  );
  const drawn = lines.map((line) => {
    if (line._tag === 'Message')
      return `  ${name(line.from)}->>${name(line.to)}: ${plain(sayTold(line))}`;
    return line._tag === 'Did'
      ? `  Note over ${name(line.actor)}: ${plain(line.text)}`
      : `  Note over ${over}: ✗ ${plain(line.text)}`;
  });
  return [
    'sequenceDiagram',
    `  title relation ${relation}`,
    ...actors.map((actor) => `  participant ${name(actor)} as ${plain(actor)}`),
    ...drawn,
    '',
  ].join('\n');
}

/** What Mermaid would take for its own. */
const plain = (text: string): string => text.replace(/[;#\n]/g, ' ');

const sayTold = ({ hook, keys }: SequenceLine & { readonly _tag: 'Message' }): string =>
  hook === null ? keys.join(', ') : `${hook} (${keys.join(', ')})`;

/**
 * Charts and their ends, and how the hook ended where that is something else; of a charm without charts the
 * hook itself, and what was put off before and `waits` no more.
 */
function sayDone(entry: HookEntry, isDrawn: boolean, gone: readonly string[] = []): string {
  const { charts, side, event, befell } = entry;
  if (side === 'other') return event.hook;
  const own = charts.slice(0, entry.own ?? charts.length);
  const end = endOf(entry);
  const said = isDrawn
    ? own.map(({ hook, end }) => `${hook}: ${end?._tag.toLowerCase() ?? 'lost'}`)
    : [`${event.hook}: ${end}`];
  return [
    ...said,
    ...(end === 'failed' ? [entry.failure ?? 'failed'] : []),
    ...gone.map((what) => `${what} waits no more`),
    ...(befell === undefined ? [] : [befell]),
  ].join(', ');
}

function* ownRelations(entry: HookEntry): Generator<number> {
  for (const { relation } of [entry.event, ...entry.charts.map((chart) => chart.event)])
    if (relation !== undefined) yield relation;
  yield* relationsOfBags(entry);
}

function* relationsOfBags({ seen: { read, written } }: HookEntry): Generator<number> {
  for (const name of [...Object.keys(written), ...Object.keys(read)]) {
    const relation = /^relation (\d+):/.exec(name)?.[1];
    if (relation !== undefined) yield Number(relation);
  }
}

/** Whether a write has to do with the relation: its own databags, and what is on record of it. */
function isAbout(relation: number, what: string, keys: readonly string[]): boolean {
  if (what.startsWith(`relation ${relation}:`)) return true;
  return keys.some((key) => new RegExp(`\\b${relation}$`).test(key));
}

function isInvolved(entry: HookEntry, relation: number, isTold: boolean): boolean {
  if (isTold) return true;
  const hasDone = entry.charts.length > 0 || Object.keys(entry.seen.written).length > 0;
  return hasDone && [...ownRelations(entry)].includes(relation);
}
