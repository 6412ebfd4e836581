/** One Juju hook, from its environment to its exit code. */
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { attempt, right, take } from '../../hook/index.ts';
import { dispatch } from '../../juju/dispatch.ts';
import {
  type Environment,
  type JujuModel,
  juju,
  type Variables,
} from '../../juju/hook-tools/index.ts';
import type { JujuAttempt, JujuEvent } from '../../juju/port.ts';
import {
  actionIn,
  answerAction,
  calledFor,
  collectorOf,
  type HookOutput,
  hookBudget,
  hostOf,
  namesOf,
  pruning,
  runHook,
  serviceOf,
  toldTo,
} from '../../process/index.ts';
import { actions } from '../commands/actions.ts';
import { pgbouncerCharm } from '../commands/charm.ts';
import { cryptoEntropy } from '../entropy.ts';
import { render } from '../errors.ts';
import { jujuEndpoints, settingsKey } from '../keys.ts';
import type { PgbouncerOptions } from '../pooler/index.ts';
import type { Attempt, Pooler } from '../ports.ts';
import { renderHostPort } from '../relation/host-port.ts';
import { type Ledger, readPrintedLedger } from '../relation/ledger.ts';
import type { DispatchRun, Watch } from '../run.ts';
import { backendRequest, relatedBackend } from './backend.ts';
import { type Known, type ParsedConfig, parseConfig, parseSettings, whereItIs } from './config.ts';
import { unitIdentity } from './identity.ts';
import { teaches } from './idle.ts';
import { keeping, portOf } from './kept.ts';
import { backendEcho, refuseLater, writtenLater } from './later.ts';
import { logsOf } from './logging.ts';
import { install, remove } from './machine.ts';
import { counting, metricsOf } from './metrics.ts';
import { observed } from './observed.ts';
import { isOfDashboard } from './operating-hooks.ts';
import { placeOf } from './place.ts';
import { keyPlaceOf, type Place, poolerAt, unitPooler } from './pooler.ts';
import { settled } from './port.ts';
import { countOf } from './processes.ts';

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

const hookOf = (
  environment: Environment,
  variables: Variables,
  tell: (line: string) => void,
): Attempt<DispatchRun | null> => {
  if (environment.event === 'install') {
    const { ofTools } = hookBudget(leastBudget);
    const model = modelOf(environment, variables, TE.right(null), ofTools);
    return install(environment, variables, model.config);
  }
  return environment.event === 'remove'
    ? remove(environment, variables, tell)
    : serve(environment, variables, tell);
};

const modelOf = (
  environment: Environment,
  variables: Variables,
  where: JujuAttempt<string | null>,
  remaining: () => number,
): JujuModel => juju(environment, variables, where, jujuEndpoints, remaining, readPrintedLedger);

/** What a hook has before its configuration is known, in milliseconds: the least that can be set. */
const leastBudget = 10_000;

/** When the backend is asked: when it comes, and by whoever leads from then on. */
const asking = /^(backend-database-relation-(created|joined)|leader-elected|upgrade-charm)$/;

/** When another unit may have to give what the leader gives, or another version of it. */
const anew = /^(leader-elected|upgrade-charm)$/;

const serve = (
  environment: Environment,
  variables: Variables,
  tell: (line: string) => void,
): Attempt<DispatchRun> =>
  attempt(async () => {
    const { event, machine, application } = environment;
    const budget = hookBudget(leastBudget);
    const called = calledFor(environment);
    const { why: later, model } = await take(
      writtenLater(
        modelOf(environment, variables, () => where(), budget.ofTools),
        event,
      ),
    );
    if (later !== null) {
      await take(refuseLater(model, event, later));
      return { ...nothingOf(called), notes: [later] };
    }
    const known = await take(configOf(model));
    budget.set(known.config.budget);
    const address: JujuModel['address'] =
      machine === null ? TE.right({ bind: '*', ingress: '' }) : model.address;
    const placed = (options: ParsedConfig['run']): Attempt<Place> =>
      attempt(async () =>
        placeOf(environment, variables, options, await take(address), budget.ofServers, {
          count: countOf(known.config),
          number: 0,
        }),
      );
    const wanted = await settled(known, (options) => placed(options)());
    const config = whereItIs(wanted, environment);
    const where = reachedAt(environment, address, config.options.listenPort);
    await take(pruning(environment, model) ?? TE.right(undefined));
    const collector = await take(collectorOf(environment, variables, model, jujuEndpoints.tracing));
    if (asking.test(event)) await askBackend(model, application, config);
    if (isOfDashboard(event) || anew.test(event)) {
      const { tellDashboard } = await import('./dashboard.ts');
      await take(tellDashboard(environment, model));
    }
    await take(logsOf(environment, variables, model, { tell, remaining: budget.ofServers }));
    const metrics = await take(
      metricsOf(environment, variables, model, {
        ...{ config, address, tell, place: placed(config.run), remaining: budget.ofServers },
      }),
    );
    const seen: { file?: PgbouncerOptions['watch'] } = {};
    const adapters = adaptersOf(
      environment,
      model,
      { config, before: known.before },
      {
        place: placed(config.run),
        isGoing: event === 'stop',
        watch: (file) => seen.file?.(file),
        budget,
      },
    );
    const policy = { ...config.policy, isReachedFromOutside: machine !== null };
    let recorded: Ledger['records'] | null = null;
    const charm = pgbouncerCharm({
      policy,
      tls: config.tls,
      service: config.endpoint === 'service' ? serviceOf(environment) : null,
      obstacles: () => obstacles(model, config, metrics.obstacle),
      recorded: (records) => {
        recorded = records;
      },
    });
    const telling = { environment, began: 0, remaining: budget.ofTools, tell, render };
    const action = actionIn(event);
    if (action !== null) {
      const answered = toldTo(collector, telling, (watch) =>
        answerAction(action, model, charm, actions, adapters, render, { watch })(),
      );
      await take(() => answered);
      return nothingOf(called);
    }
    if (event === backendEcho && !(await take(model.requiredHasMoved))) return nothingOf(called);
    const looked = () =>
      toldTo(collector, telling, (traces) =>
        observed(variables, model.unit, called, adapters, tell, (observer) => {
          seen.file = observer.configured;
          const watch = both(observer.watch, traces);
          return dispatch(charm, observer.adapters, { watch })(called)();
        }),
      );
    const run = right(await counting(looked, (ended) => metrics.count(ended, recorded)));
    // Where something waited, the commit has kept what was learned.
    if (teaches(event) && hasDoneNothing(run)) await take(model.remember);
    return run;
  });

/** What the charm's handlers reach the world by, in one hook. */
function adaptersOf(
  environment: Environment,
  model: JujuModel,
  { config, before }: Known,
  at: {
    readonly place: Attempt<Place>;
    readonly isGoing: boolean;
    readonly watch: NonNullable<PgbouncerOptions['watch']>;
    readonly budget: ReturnType<typeof hookBudget>;
  },
) {
  const { place, isGoing, watch, budget } = at;
  const found = (isLooking: boolean): Attempt<Pooler> =>
    attempt(async () => {
      const use = { remaining: budget.ofServers, watch, isLooking };
      return poolerAt(await take(place), config.options, cryptoEntropy, use);
    });
  const { pooler, isUnusable, isApplied } = unitPooler(isGoing, found(false), found(true));
  return {
    juju: keeping(model, config, {
      values: () => (isApplied() ? config.values : { ...config.values, ...portOf(before) }),
      isUnusable,
    }),
    backend: relatedBackend(model.required, model.secrets, {
      owner: model.owner,
      preferred: /\bsuperuser\b/i.test(config.backendRoles) ? 'own' : 'given',
      remaining: budget.ofServers,
    }),
    pooler,
    entropy: cryptoEntropy,
    identity: unitIdentity(
      attempt(async () => keyPlaceOf(await take(place))),
      attempt(async () => namesOf(environment, await take(model.address))),
    ),
    clock: () => performance.now(),
    deadline: budget.deadline(),
  };
}

/** Where clients reach this unit; null while Juju does not say. */
const reachedAt = (
  environment: Environment,
  address: JujuModel['address'],
  port: number,
): JujuAttempt<string | null> =>
  pipe(
    address,
    TE.map((found): string | null => renderHostPort({ host: hostOf(environment, found), port })),
    TE.orElse((error) => (error._tag === 'EndpointUnknown' ? TE.right(null) : TE.left(error))),
  );

/** Only the leader may ask; another one asks when it comes to lead. */
async function askBackend(
  model: JujuModel,
  application: string,
  { backendRoles }: ParsedConfig,
): Promise<void> {
  if (!(await take(model.leader))) return;
  await take(model.request(backendRequest(application, backendRoles, model.secrets !== null)));
}

/** One watch for all that look. */
const both = (one: Watch | undefined, other: Watch | undefined): Watch | undefined =>
  one === undefined || other === undefined
    ? (one ?? other)
    : (progress) => {
        one(progress);
        other(progress);
      };

const hasDoneNothing = ({ charts, reconciled }: DispatchRun): boolean =>
  charts.length === 0 && reconciled.length === 0;

/** What a hook did that had nothing to do. */
const nothingOf = (event: JujuEvent): DispatchRun => ({
  ...{ event, charts: [], dropped: [], reconciled: [], notes: [], milliseconds: 0 },
});

/** The options in force: those of the operator, or those before one was spoiled. */
const configOf = (model: JujuModel): Attempt<Known> =>
  attempt(async () => {
    const config = await take(model.config);
    const before = parseSettings((await take(model.state))[settingsKey]);
    return { config: parseConfig(config, before), before };
  });

/** What keeps the charm from serving anyone, until an operator sees to it. */
async function obstacles(
  model: JujuModel,
  { objections }: ParsedConfig,
  ofMetrics: string | null,
): Promise<readonly string[]> {
  const backend = await model.required();
  const all = ofMetrics === null ? objections : [...objections, ofMetrics];
  return E.isRight(backend) && backend.right === null
    ? [...all, 'backend-database is related to nothing: relate it to a PostgreSQL']
    : all;
}
