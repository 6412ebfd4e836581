/** The status of a charm that says nothing of it. */
import * as v from 'valibot';
import { ofKit } from '../contract/gave.ts';
import { type ChartRun, given, type Words } from '../hook/index.ts';
import { render } from './errors.ts';
import { relationHook } from './event.ts';
import type { Status } from './port.ts';
import type { Unit } from './unit.ts';

/**
 * What a hook's charts say of the unit; what was refused before it does not know.
 *
 * @category Handlers
 *
 * @example
 * ```ts
 * import { statusOf } from 'hookchart';
 *
 * console.log(statusOf({ charts: [] }));
 * // { name: 'active', message: '' }
 * ```
 */
export function statusOf<W extends Words>(ended: {
  readonly charts: readonly ChartRun<W>[];
}): Status {
  given('statusOf', 'what ended', ended, { charts: 'list' });
  const said = ended.charts.flatMap(({ hook, end }): Status[] => {
    if (end._tag === 'Refused') return [{ name: 'blocked', message: render(end.why) }];
    if (end._tag !== 'Deferred') return [];
    return [{ name: 'waiting', message: end.why === null ? `${hook} waits` : render(end.why) }];
  });
  return said.find(({ name }) => name === 'blocked') ?? said[0] ?? { name: 'active', message: '' };
}

/** The key in a unit's state under which refusals stand. */
const refusedKey = 'refused';

/** A refusal is of a chart, and where that is of a relation, of that one. */
const refusals = v.array(
  v.object({
    chart: v.string(),
    endpoint: v.nullable(v.string()),
    relation: v.nullable(v.number()),
    why: v.string(),
  }),
);

type Refusal = v.InferOutput<typeof refusals>[number];
type RefusalKey = Omit<Refusal, 'why'>;

/**
 * `statusOf`, where a refusal of an earlier hook counts as well: until the same chart of the same
 * relation ends otherwise, or the relation is gone.
 */
export async function standingStatus<W extends Words>(
  juju: Unit,
  ended: { readonly charts: readonly ChartRun<W>[] },
): Promise<Status> {
  const kept: Refusal[] = [];
  for (const refusal of refusalsIn((await juju.state())[refusedKey] ?? ''))
    if (!ended.charts.some((run) => isSame(keyOf(run), refusal)) && (await stands(juju, refusal)))
      kept.push(refusal);
  const anew = ended.charts.flatMap((run): Refusal[] =>
    run.end._tag === 'Refused' ? [{ ...keyOf(run), why: render(run.end.why) }] : [],
  );
  const all = [...kept, ...anew];
  juju.remember(ofKit({ [refusedKey]: all.length === 0 ? '' : JSON.stringify(all) }));
  const now = statusOf(ended);
  const [first] = kept;
  return first === undefined || now.name === 'blocked'
    ? now
    : { name: 'blocked', message: first.why };
}

function refusalsIn(text: string): readonly Refusal[] {
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), refusals), text);
  return read.success ? read.output : [];
}

function keyOf<W extends Words>({ hook, event }: ChartRun<W>): RefusalKey {
  const { hook: called, relation }: { readonly hook?: unknown; readonly relation?: unknown } =
    event;
  const endpoint = typeof called === 'string' ? (relationHook(called)?.endpoint ?? null) : null;
  return { chart: hook, endpoint, relation: typeof relation === 'number' ? relation : null };
}

const isSame = (one: RefusalKey, other: RefusalKey): boolean =>
  one.chart === other.chart && one.relation === other.relation;

async function stands(juju: Unit, { endpoint, relation }: RefusalKey): Promise<boolean> {
  if (endpoint === null || relation === null) return true;
  return (await juju.relations(endpoint)).has(relation);
}
