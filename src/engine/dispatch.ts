import { type HookEvent, type HookName, hooks } from '../../machines/index.ts';
import { type Deferral, encodeDeferrals, parseDeferrals } from '../domain/deferral.ts';
import { isMet } from '../domain/reconcile.ts';
import { defaultPolicy, parseRequest } from '../domain/request.ts';
import { drive } from './drive.ts';
import { commit, inSession, reasonOfLeader, reasonToWait } from './hook-session.ts';
import type { Options } from './interpret.ts';
import type { Adapters, Attempt } from './ports.ts';
import { type Occasion, reconcileSession } from './reconciliation.ts';
import type { ChartRun, DispatchRun, JujuEvent } from './run.ts';
import type { Session } from './session.ts';
import { halt, right, take } from './steps.ts';

/** When nobody was told anything, and when nobody will be: in stop a unit looks for the last time. */
const audited = new Set(['leader-elected', 'update-status', 'upgrade-charm', 'start', 'stop']);
/** A peer moved, or the unit's own PgBouncer has come up. */
const heard = /^.+-(peers-relation-(joined|changed|departed)|pebble-ready)$/;

/**
 * One Juju hook, whole: what was deferred comes first, in order, then this event's own chart, then
 * what else is left to do; and one commit. A deferral that was met in another way, or whose
 * relation is gone, is dropped; what ends deferred is kept in the unit's durable state, once.
 *
 * An event that nobody handles does nothing, unless something waits. The left is what broke:
 * nothing was committed, and Juju is to run the same hook again.
 */
export const dispatch = (
  adapters: Adapters,
  { policy = defaultPolicy }: Pick<Options, 'policy'> = {},
): ((event: JujuEvent) => Attempt<DispatchRun>) => {
  const parse = parseRequest(policy);
  return (event) =>
    inSession(adapters, parse, async (session) => {
      const started = adapters.clock();
      const state = await take(adapters.model.state);
      const waiting = right(parseDeferrals(state));
      const own = chartOf(event);
      const occasion = occasionOf(event);
      if (waiting.length === 0 && occasion === null)
        return { event, charts: [], dropped: [], reconciled: [], milliseconds: 0 };
      const charts: ChartRun[] = [];
      const dropped: Deferral[] = [];
      const deferred: Deferral[] = [];
      for (const deferral of own === null ? waiting : [...waiting, own]) {
        if (charts.some((run) => isSame(run, deferral))) continue;
        if (!(await isStillAsked(session, deferral))) {
          if (deferral !== own) dropped.push(deferral);
          continue;
        }
        const { failure, ...run } = await drive(session, hooks[deferral.hook], deferral.event);
        if (failure?.class === 'broken') halt(failure);
        charts.push(run);
        if (run.end._tag === 'Deferred') deferred.push(deferral);
      }
      const reconciled = await reconcileSession(session, {
        audits: occasion?.audits ?? false,
        ordered: charts.flatMap(({ commands }) => commands),
      });
      const ends = charts.flatMap(({ end }) => reasonToWait(end) ?? []);
      await commit(
        session,
        ends[0] ?? (await reasonOfLeader(session)),
        changedOnly(state, encodeDeferrals(deferred)),
      );
      return { event, charts, dropped, reconciled, milliseconds: adapters.clock() - started };
    });
};

/** Null for an event that nobody handles. */
function occasionOf(event: JujuEvent): Pick<Occasion, 'audits'> | null {
  if (audited.has(event.hook)) return { audits: true };
  return chartOf(event) !== null || heard.test(event.hook) ? { audits: false } : null;
}

/** The chart that an event asks for; that of `database-requested` stands behind every changed. */
function chartOf({ hook, relation, departingUnit }: JujuEvent): Deferral | null {
  if (relation === undefined) return null;
  const event: HookEvent = departingUnit === undefined ? { relation } : { relation, departingUnit };
  if (hook === 'database-relation-changed') return { hook: 'database-requested', event };
  return hook in hooks ? { hook: hook as HookName, event } : null;
}

/** Departed and broken are for those who were told; a request counts as long as it is not met. */
async function isStillAsked(session: Session, { hook, event }: Deferral): Promise<boolean> {
  const { relation } = event;
  if (hook === 'database-relation-broken') return true;
  if (!(await session.relations()).has(relation)) return false;
  if (hook === 'database-relation-departed') return true;
  const request = session.parse(relation, await session.remote(relation));
  return !isMet((await session.ledger()).records.get(relation), request);
}

const isSame = (run: ChartRun, { hook, event }: Deferral): boolean =>
  run.hook === hook &&
  run.event.relation === event.relation &&
  run.event.departingUnit === event.departingUnit;

/** Only what differs from what Juju holds. */
const changedOnly = (
  state: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
) =>
  Object.fromEntries(Object.entries(values).filter(([key, value]) => (state[key] ?? '') !== value));
