/** Of very many lanes those that matter, and one for all others of a kind: who did it is to be seen without a scroll. */
import type { Lanes } from '../lanes.ts';
import type { Entry } from '../recording.ts';
import { relationIn, type Trouble } from '../trouble.ts';
import type { Filters } from './view.ts';

/** So many lanes are seen at once. */
const mostLanes = 10;
/** Fewer of a kind than this are not worth a fold. */
const fewest = 4;
/** So many of a kind are kept apart at most. */
const mostKept = 3;

/** The same lanes, of which some are told as one. */
export interface Folded extends Lanes {
  /** How many lanes each of the folds is told for, by its place. */
  readonly folds: ReadonlyMap<number, number>;
}

const kinds = ['application', 'unit'] as const;

/** Folds applications first, and units where that does not do; `sought` are kept apart, the first ones first. */
export function folded(lanes: Lanes, sought: readonly number[]): Folded {
  let all: readonly Row[] = lanes.lanes.map((lane, at) => ({ ...lane, of: [at] }));
  for (const kind of kinds) {
    if (all.length <= mostLanes) break;
    const own = all.filter((row) => row.kind === kind);
    const kept = sought.filter((at) => lanes.lanes[at]?.kind === kind).slice(0, mostKept);
    const isKept = ({ of }: Row) => of.some((at) => kept.includes(at));
    const rest = own.filter((row) => !isKept(row)).flatMap(({ of }) => of);
    if (rest.length < fewest) continue;
    const more = rest.length < own.length ? 'more ' : '';
    const fold = { kind, name: `${rest.length} ${more}${kind}s`, of: rest };
    const first = all.findIndex((row) => row.kind === kind);
    all = [
      ...all.slice(0, first),
      ...own.filter(isKept),
      fold,
      ...all.slice(first).filter((row) => row.kind !== kind),
    ];
  }
  const places = new Map(all.flatMap(({ of }, at) => of.map((lane) => [lane, at] as const)));
  const placeOf = (lane: number) => places.get(lane) ?? -1;
  return {
    lanes: all.map(({ kind, name }) => ({ kind, name })),
    laneOf: (entry) => placeOf(lanes.laneOf(entry)),
    otherSide: (relation) => placeOf(lanes.otherSide(relation)),
    folds: new Map(all.flatMap(({ of }, at) => (of.length > 1 ? [[at, of.length] as const] : []))),
  };
}

type Row = Lanes['lanes'][number] & { readonly of: readonly number[] };

/** The lanes of who did what is wrong, and to whom, what is looked at first; and of what is filtered by. */
export function soughtLanes(
  lanes: Lanes,
  entries: readonly Entry[],
  troubles: readonly Trouble[],
  { relation, unit }: Pick<Filters, 'relation' | 'unit'>,
): readonly number[] {
  const filtered = [
    ...(relation === '' ? [] : [lanes.otherSide(Number(relation))]),
    ...(unit === '' ? [] : [lanes.lanes.findIndex(({ name }) => name === unit)]),
  ];
  const wrong = troubles.flatMap(({ culprit, sentence }) => {
    const run = culprit === null ? undefined : entries[culprit];
    if (run?._tag !== 'Hook') return [];
    const charted = run.charts.find(({ event }) => event.relation !== undefined)?.event.relation;
    const about = relationIn(sentence) ?? run.event.relation ?? charted;
    return [lanes.laneOf(run), ...(about === undefined ? [] : [lanes.otherSide(about)])];
  });
  return [...new Set([...filtered, ...wrong])].filter((lane) => lane >= 0);
}
