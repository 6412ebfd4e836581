/**
 * One Juju hook, from its environment to its exit code: what is known (`facts.ts`), what is done
 * before the charts (`before-charts.ts`), what is made (`adapters.ts`), and then what is run.
 */
import * as E from 'fp-ts/lib/Either.js';
import { attempt, take } from '../../hook/index.ts';
import { dispatch } from '../../juju/dispatch.ts';
import type { Environment, Variables } from '../../juju/hook-tools/index.ts';
import type { JujuEvent } from '../../juju/port.ts';
import {
  actionIn,
  answerAction,
  calledFor,
  type HookOutput,
  runHook,
  serviceOf,
  toldTo,
} from '../../process/index.ts';
import { actions } from '../commands/actions.ts';
import { type PgbouncerCharm, pgbouncerCharm } from '../commands/charm.ts';
import { render } from '../errors.ts';
import type { Attempt } from '../ports.ts';
import type { Ledger } from '../relation/ledger.ts';
import type { DispatchRun, Watch } from '../run.ts';
import { adaptersOf } from './adapters.ts';
import { beforeCharts, type Listeners } from './before-charts.ts';
import { type Begun, beginning, type Facts, factsOf, modelOf } from './facts.ts';
import { teaches } from './idle.ts';
import { backendEcho, refuseLater, writtenLater } from './later.ts';
import { install, remove } from './machine.ts';
import { counting } from './metrics.ts';
import { observed } from './observed.ts';

/**
 * Runs the hook that these variables name. The result is the exit code: 0 where Juju is to commit,
 * 1 where it is to roll back and run the same hook again.
 */
export const dispatchHook = (variables: Variables, output: HookOutput): Promise<0 | 1> =>
  runHook(variables, output, (environment) => hookOf(environment, variables, output.error), {
    render,
    about: ({ relation, damage }) =>
      `${relation === undefined ? '' : ` of relation ${relation}`}${damage === undefined ? '' : `, for ${damage}`}`,
    // A PgBouncer that is in step with the ledger is none.
    isWorthALine: ({ hook, end }) => hook !== 'ledger-moved' || end._tag !== 'Returned',
  });

function hookOf(
  environment: Environment,
  variables: Variables,
  tell: (line: string) => void,
): Attempt<DispatchRun | null> {
  const begun = beginning(environment, variables, tell);
  switch (environment.event) {
    case 'install':
      return install(environment, variables, modelOf(begun).config);
    case 'remove':
      return remove(environment, variables, tell);
    default:
      return serve(begun);
  }
}

const serve = (begun: Begun): Attempt<DispatchRun> =>
  attempt(async () => {
    const { environment } = begun;
    const { event } = environment;
    const called = calledFor(environment);
    const { why: later, model } = await take(writtenLater(modelOf(begun), called));
    if (later !== null) {
      await take(refuseLater(model, event, later));
      return { ...nothingOf(called), notes: [later] };
    }
    const facts = await take(factsOf(begun, model));
    const listeners = await take(beforeCharts(facts));
    const action = actionIn(event);
    if (action !== null) {
      await take(answered(action, facts, listeners));
      return nothingOf(called);
    }
    if (event === backendEcho && !(await take(model.requiredHasMoved))) return nothingOf(called);
    const run = await take(throughCharts(called, facts, listeners));
    // Where something waited, the commit has kept what was learned.
    if (teaches(event) && hasDoneNothing(run)) await take(model.remember);
    return run;
  });

/** What a hook did that had nothing to do. */
const nothingOf = (event: JujuEvent): DispatchRun => ({
  ...{ event, charts: [], dropped: [], reconciled: [], notes: [], milliseconds: 0 },
});

const hasDoneNothing = ({ charts, reconciled }: DispatchRun): boolean =>
  charts.length === 0 && reconciled.length === 0;

/** An action of an operator's. */
const answered =
  (action: string, facts: Facts, { collector, metrics }: Listeners): Attempt<null> =>
  () =>
    toldTo(collector, telling(facts), (watch) => {
      const charm = charmOf(facts, metrics.obstacle, () => {});
      const adapters = adaptersOf(facts, undefined);
      return answerAction(action, facts.model, charm, actions, adapters, render, { watch })();
    });

/** The hook's charts, and whatever else is left to do; counted, traced and looked at by who wants to. */
const throughCharts =
  (called: JujuEvent, facts: Facts, { collector, metrics }: Listeners): Attempt<DispatchRun> =>
  () =>
    counting(
      (recorded) =>
        toldTo(collector, telling(facts), (traces) =>
          observed(
            facts,
            called,
            (watch) => adaptersOf(facts, watch),
            ({ adapters, watch }) => {
              const charm = charmOf(facts, metrics.obstacle, recorded);
              return dispatch(charm, adapters, { watch: both(watch, traces) })(called)();
            },
          ),
        ),
      metrics.count,
    );

const telling = ({ environment, tell, budget }: Facts) => ({
  ...{ environment, began: 0, remaining: budget.ofTools, tell, render },
});

const charmOf = (
  { environment, model, config }: Facts,
  ofMetrics: string | null,
  recorded: (records: Ledger['records']) => void,
): PgbouncerCharm =>
  pgbouncerCharm({
    policy: { ...config.policy, isReachedFromOutside: environment.machine !== null },
    tls: config.tls,
    service: config.endpoint === 'service' ? serviceOf(environment) : null,
    recorded,
    obstacles: () => obstacles(model, config.objections, ofMetrics),
  });

/** What keeps the charm from serving anyone, until an operator sees to it. */
async function obstacles(
  model: Facts['model'],
  objections: readonly string[],
  ofMetrics: string | null,
): Promise<readonly string[]> {
  const backend = await model.required();
  const all = ofMetrics === null ? objections : [...objections, ofMetrics];
  return E.isRight(backend) && backend.right === null
    ? [...all, 'backend-database is related to nothing: relate it to a PostgreSQL']
    : all;
}

/** One watch for all that look. */
const both = (one: Watch | undefined, other: Watch | undefined): Watch | undefined =>
  one === undefined || other === undefined
    ? (one ?? other)
    : (progress) => {
        one(progress);
        other(progress);
      };
