/** What operators may ask a unit for: `juju run pgbouncer/0 show-relations`. */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import type { PgbouncerWords } from '../../../machines/index.ts';
import { instead } from '../../hook/index.ts';
import { type ActionResults, type Actions, refuseAction } from '../../process/action.ts';
import { type HookError, render } from '../errors.ts';
import type { PoolerDifference } from '../ports.ts';
import type { LedgerRecord } from '../relation/ledger.ts';
import { type Refusal, renderRefusal } from '../relation/refusal.ts';
import type { DatabaseRequest } from '../relation/request.ts';
import type { Driven } from '../run.ts';
import { removeLeftovers, rotatePassword } from './actions-of-leader.ts';
import { leftNow } from './left-to-do.ts';
import type { ServingLeft } from './serving.ts';
import type { Session } from './session.ts';
import { attempt } from './steps.ts';

/** Parameters of these names and no other: one that is misspelt would be an action without it. */
const only = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, ({ expected, input, message }) => {
    if (expected !== 'never') return message;
    const names = Object.keys(entries);
    return names.length === 0
      ? 'the action takes no parameters'
      : `there is none of this name: say ${instead(String(input), names)}`;
  });

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Relations that one answer tells of; the next action goes on after the last of them. */
const most = 100;

export const actions: Actions<PgbouncerWords, Session, HookError> = {
  'show-relations': {
    parameters: only({ relation: v.optional(count), after: v.optional(count) }),
    run: ({ ports }, wanted: { readonly relation?: number; readonly after?: number }) =>
      shown(ports, wanted),
  },
  plan: {
    parameters: only({}),
    run: async ({ ports }) => {
      const all = await leftNow(ports);
      const left = all.slice(0, most).map(({ work: { hook, event }, why }) => {
        const { relation, refusal, user, damage } = event;
        const said = refusal === undefined ? (damage ?? why) : renderRefusal(refusal);
        return {
          chart: hook,
          ...(relation === undefined ? {} : { relation }),
          ...(said === undefined ? {} : { why: said }),
          ...(user === undefined ? {} : { user }),
        };
      });
      const backend = await backendOf(ports);
      const isNothing = all.length === 0 && (await ports.backendLacks()).length === 0;
      return {
        left,
        'left-in-all': all.length,
        pgbouncer: toldOf(all.flatMap(({ pooler = [] }) => pooler)),
        backend,
        says: isNothing
          ? 'nothing would be done, as far as can be said without an audit of PostgreSQL'
          : 'the next hook would do this',
      };
    },
  },
  'rotate-password': {
    parameters: only({ relation: count, force: v.optional(v.boolean()) }),
    isForLeader: true,
    run: rotatePassword,
  },
  'remove-leftovers': { parameters: only({}), isForLeader: true, run: removeLeftovers },
  resync: {
    parameters: only({}),
    run: async ({ ports, hook }) => {
      const before = await attempt(() => ports.serving.left())();
      const { charts, reconciled, notes } = await hook({ hook: 'upgrade-charm' });
      const all = [...charts, ...reconciled];
      const done = all.map(told);
      return {
        done: done.slice(0, most),
        'done-in-all': done.length,
        ...repaired(before, all),
        notes,
      };
    },
  },
};

const toldOf = (differences: readonly PoolerDifference[]) =>
  differences.length === 0 ? 'nothing' : differences;

/** What PgBouncer differed in before, and whether the charts that put it in force came to their end. */
function repaired(
  before: E.Either<HookError, ServingLeft | null>,
  charts: readonly Driven[],
): ActionResults {
  if (E.isLeft(before)) return { 'not-looked-at': render(before.left) };
  if (before.right === null) return {};
  const isInForce = charts.some(
    ({ hook, end }) => putsInForce.has(hook) && end._tag === 'Returned',
  );
  return { [isInForce ? 'repaired' : 'not-repaired']: toldOf(before.right.pooler) };
}

const putsInForce: ReadonlySet<string> = new Set(['update-status', 'ledger-moved']);

/** One relation, as its records, its request and its answer have it; nothing secret is in it. */
interface Shown {
  readonly relation: number;
  readonly state: LedgerRecord['state'] | 'none';
  readonly [key: string]: unknown;
}

async function shown(
  session: Session,
  { relation: only, after = -1 }: { readonly relation?: number; readonly after?: number },
): Promise<ActionResults> {
  const { records } = session.ledger();
  const listed = await session.relations();
  const all = [...new Set([...listed, ...records.keys()])].sort((one, other) => one - other);
  if (only !== undefined && !all.includes(only))
    return refuseAction(
      `there is no relation ${only}: ${all.length === 0 ? 'nothing is related' : `say ${all.slice(0, 10).join(', ')}${all.length > 10 ? ' …' : ''}`}`,
    );
  const chosen =
    only === undefined ? all.filter((relation) => relation > after).slice(0, most) : [only];
  const requests = await session.requests(chosen.filter((relation) => listed.has(relation)));
  const [backend, isReady] = [await backendOf(session), await session.backendReady()];
  const relations = chosen.map((relation): Shown => {
    const unread = session.unreadable.get(relation);
    const request = requests.get(relation);
    return {
      relation,
      ...recorded(records.get(relation)),
      related: listed.has(relation),
      ...(unread === undefined ? {} : { why: render(unread) }),
      ...(request === undefined ? {} : wantedBy(request)),
      ...(records.has(relation) || isReady ? {} : { waits: `for PostgreSQL: ${backend}` }),
    };
  });
  const last = chosen.at(-1);
  const isAll = only !== undefined || last === all.at(-1);
  return {
    relations,
    'relations-in-all': all.length,
    ...(isAll || last === undefined ? {} : { 'go-on-with': `after=${last}` }),
    backend,
  };
}

function recorded(record: LedgerRecord | undefined): Pick<Shown, 'state'> & ActionResults {
  if (record === undefined) return { state: 'none' };
  if (record.state === 'refused') return { state: 'refused', why: record.error };
  const { state, user, database, place, attributes, roles, published, error } = record;
  return {
    ...{ state, user, database, roles: [...attributes, ...roles], published },
    ...(place === null || place === database ? {} : { place }),
    ...(error === null ? {} : { why: error }),
  };
}

function wantedBy(request: E.Either<Refusal, DatabaseRequest>): ActionResults {
  if (E.isRight(request)) {
    const { database, attributes, roles } = request.right;
    return { wanted: { database, roles: [...attributes, ...roles] } };
  }
  return request.left._tag === 'RequestWithdrawn'
    ? { wanted: null }
    : { wanted: null, refused: renderRefusal(request.left) };
}

async function backendOf(session: Session): Promise<string> {
  if (await session.backendReady()) {
    const lacks = await session.backendLacks();
    return lacks.length === 0 ? 'ready' : `ready; the next hook makes ${lacks.join(', ')}`;
  }
  const why = await session.backendTrouble();
  return why === null ? 'not ready' : render(why);
}

function told({ hook, event: { relation }, end }: Driven): ActionResults {
  const why = 'why' in end && end.why !== null ? { why: render(end.why) } : {};
  return {
    chart: hook,
    ...(relation === undefined ? {} : { relation }),
    end: end._tag.toLowerCase(),
    ...why,
  };
}
