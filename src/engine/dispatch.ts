import * as E from 'fp-ts/lib/Either.js';
import { hooks } from '../../machines/index.ts';
import { type Deferral, encodeDeferrals, parseDeferrals } from '../domain/deferral.ts';
import { chartNameOf, isOwnSecret } from '../domain/events.ts';
import { isMet } from '../domain/reconcile.ts';
import { defaultPolicy } from '../domain/request.ts';
import { drive } from './drive.ts';
import {
  commit,
  inSession,
  mattersOfOperator,
  reasonOfLeader,
  reasonOfWork,
  reasonToWait,
} from './hook-session.ts';
import type { Options } from './interpret.ts';
import type { Adapters, Attempt } from './ports.ts';
import { reconcileSession } from './reconciliation.ts';
import { isEnding, leftBehind } from './removal.ts';
import { rulesOf } from './rules.ts';
import type { ChartRun, DispatchRun, JujuEvent } from './run.ts';
import type { Session } from './session.ts';
import { attempt, halt, right, take } from './steps.ts';
import { isUnmoved } from './unmoved.ts';

export interface DispatchOptions extends Pick<Options, 'policy' | 'watch'> {
  /** Asked at the end: what an operator must see to, of which neither machine nor ledger knows. */
  readonly obstacles?: () => Promise<readonly string[]>;
}

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
  { policy = defaultPolicy, watch, obstacles }: DispatchOptions = {},
): ((event: JujuEvent) => Attempt<DispatchRun>) => {
  const rules = rulesOf(policy);
  return (event) =>
    inSession(adapters, rules, async (session) => {
      const started = adapters.clock();
      session.isCalledToGo = isHintOfEnd(event, adapters.model.unit);
      const own = deferralOf(event);
      const isRequest = own?.hook === 'database-requested';
      const relation = isRequest ? own.event.relation : undefined;
      if (own !== null) await session.glance(relation);
      const waiting = right(parseDeferrals(await session.state()));
      const isIdle = waiting.length === 0 && (own === null || (await isUnmoved(session, event)));
      const nothing = { event, charts: [], dropped: [], reconciled: [], notes: [] };
      const passed = () => ({ ...nothing, milliseconds: adapters.clock() - started });
      if (isIdle) return passed();
      if (own !== null) await session.foresee(relation);
      // Without its ledger a unit knows nothing of what is to be done, and has only to go.
      if (await take(adapters.model.hasLeft)) return passed();
      const charts: ChartRun[] = [];
      const dropped: Deferral[] = [];
      const deferred: Deferral[] = [];
      for (const deferral of own === null ? waiting : [...waiting, own]) {
        if (charts.some((run) => isSame(run, deferral))) continue;
        if (!(await isStillAsked(session, deferral))) {
          if (deferral !== own) dropped.push(deferral);
          continue;
        }
        const { failure, ...run } = await drive(session, hooks[deferral.hook], deferral.event, {
          watch,
        });
        if (failure?.class === 'broken') halt(failure);
        charts.push(run);
        if (run.end._tag === 'Deferred') deferred.push(deferral);
      }
      const reconciled = await reconcileSession(
        session,
        charts.flatMap(({ commands }) => commands),
      );
      const ends = charts.flatMap(({ end }) => reasonToWait(end) ?? []);
      session.remember(encodeDeferrals(deferred));
      const leaders = ends.length === 0 ? await reasonOfLeader(session) : null;
      // No chart has said it: it is to be in the log as well.
      if (leaders !== null) session.notes.push(leaders);
      const waitingFor = ends[0] ?? reasonOfWork(reconciled) ?? leaders;
      const left = await leftBehind(session, event.hook);
      if (left !== null) session.notes.push(left);
      await commit(session, waitingFor, [
        ...(left === null ? [] : [left]),
        ...((await obstacles?.()) ?? []),
        ...mattersOfOperator(
          charts.map(({ end }) => end),
          reconciled,
        ),
      ]);
      const { notes } = session;
      const milliseconds = adapters.clock() - started;
      return { event, charts, dropped, reconciled, notes, milliseconds };
    });
};

/** The chart that an event goes through, as a hook that could be deferred. */
function deferralOf({ hook, relation, departingUnit, secretLabel }: JujuEvent): Deferral | null {
  const name = chartNameOf(hook);
  if (name === null || isOwnSecret(secretLabel)) return null;
  if (!name.startsWith('database-')) return { hook: name, event: {} };
  if (relation === undefined) return null;
  return {
    hook: name,
    event: departingUnit === undefined ? { relation } : { relation, departingUnit },
  };
}

/** Departed and broken are for those who were told; a request counts as long as it is not met. */
async function isStillAsked(session: Session, { hook, event }: Deferral): Promise<boolean> {
  const { relation } = event;
  if (hook === 'database-requested' && (await isEnding(session))) return false;
  if (hook === 'database-relation-broken' || relation === undefined) return true;
  if (!(await session.relations()).has(relation)) return false;
  if (hook === 'database-relation-departed') return true;
  // What cannot be read asks for nothing yet; the reconciliation looks again, and says so.
  const remote = await attempt(() => session.remote(relation))();
  if (E.isLeft(remote)) return false;
  const request = session.parse(relation, remote.right);
  return !isMet((await session.ledger()).records.get(relation), request);
}

/** Hooks that a unit may be called for because it goes. */
const isHintOfEnd = ({ hook, departingUnit }: JujuEvent, unit: string): boolean =>
  departingUnit === unit || hook === 'stop' || hook.endsWith('-relation-broken');

const isSame = (run: ChartRun, { hook, event }: Deferral): boolean =>
  run.hook === hook &&
  run.event.relation === event.relation &&
  run.event.departingUnit === event.departingUnit;
