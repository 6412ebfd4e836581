/** One Juju hook, from its environment to its exit code. */
import * as E from 'fp-ts/lib/Either.js';
import { once } from '../../hook/steps.ts';
import {
  type Environment,
  type JujuModel,
  juju,
  type Variables,
} from '../../juju/hook-tools/index.ts';
import {
  actionIn,
  answerAction,
  calledFor,
  hookBudget,
  hostOf,
  pruning,
  runHook,
  type Voices,
} from '../../juju/process/index.ts';
import { actions } from '../commands/actions.ts';
import { pgbouncerCharm } from '../commands/charm.ts';
import {
  type Attempt,
  type DispatchRun,
  dispatch,
  type HookError,
  type Juju,
  type JujuAttempt,
  type JujuEvent,
  render,
} from '../engine.ts';
import { cryptoEntropy } from '../entropy.ts';
import { jujuEndpoints, settingsKey } from '../keys.ts';
import type { PgbouncerOptions } from '../pooler/index.ts';
import { renderHostPort } from '../relation/host-port.ts';
import { backendRequest, relatedBackend } from './backend.ts';
import { type Known, type ParsedConfig, parseConfig, parseSettings } from './config.ts';
import { teaches } from './idle.ts';
import { install, remove } from './machine.ts';
import { lookedAt } from './onlooker.ts';
import { placeOf } from './place.ts';
import { type Place, poolerAt, unitPooler } from './pooler.ts';
import { settled } from './port.ts';

/**
 * Runs the hook that these variables name. The result is the exit code: 0 where Juju is to commit,
 * 1 where it is to roll back and run the same hook again.
 */
export const dispatchHook = (variables: Variables, voices: Voices): Promise<0 | 1> =>
  runHook(variables, voices, (environment) => hookOf(environment, variables, voices.error), {
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
    const model = juju(
      environment,
      variables,
      async () => E.right(null),
      jujuEndpoints,
      hookBudget(leastBudget).ofTools,
    );
    return install(environment, variables, model.config);
  }
  return environment.event === 'remove'
    ? remove(environment, variables, tell)
    : serve(environment, variables, tell);
};

/** What a hook has before its configuration is known, in milliseconds: the least that can be set. */
const leastBudget = 10_000;

/** When the backend is asked: when it comes, and by whoever leads from then on. */
const asking = /^(backend-database-relation-(created|joined)|leader-elected|upgrade-charm)$/;

const serve =
  (
    environment: Environment,
    variables: Variables,
    tell: (line: string) => void,
  ): Attempt<DispatchRun> =>
  async () => {
    const { event, machine, application } = environment;
    const budget = hookBudget(leastBudget);
    const model = juju(environment, variables, () => where(), jujuEndpoints, budget.ofTools);
    const parsed = configOf(model);
    const known = await parsed();
    if (E.isLeft(known)) return known;
    budget.set(known.right.config.budget);
    const address: JujuModel['address'] =
      machine === null ? async () => E.right({ bind: '*', ingress: '' }) : model.address;
    const placed = async (options: ParsedConfig['run']): Promise<E.Either<HookError, Place>> => {
      const found = await address();
      if (E.isLeft(found)) return found;
      return E.right(placeOf(environment, variables, options, found.right, budget.ofServers));
    };
    const config = await settled(known.right, placed);
    const where: JujuAttempt<string | null> = async () => {
      const found = await address();
      if (E.isLeft(found)) return found.left._tag === 'EndpointUnknown' ? E.right(null) : found;
      const host = hostOf(environment, found.right);
      return E.right(renderHostPort({ host, port: config.options.listenPort }));
    };
    const pruned = await pruning(environment, model)?.();
    if (pruned !== undefined && E.isLeft(pruned)) return pruned;
    if (asking.test(event)) {
      const leads = await model.leader();
      if (E.isLeft(leads)) return leads;
      const wanted = backendRequest(application, config.backendRoles, model.secrets !== null);
      const asked = leads.right ? await model.request(wanted)() : E.right(undefined);
      if (E.isLeft(asked)) return asked;
    }
    let watchFile: PgbouncerOptions['watch'];
    const { pooler, isUnusable, isApplied } = unitPooler(event === 'stop', async () => {
      const found = await placed(config.run);
      if (E.isLeft(found)) return found;
      const watch: PgbouncerOptions['watch'] = (file) => watchFile?.(file);
      return poolerAt(found.right, config.options, cryptoEntropy, budget.ofServers, watch);
    });
    const adapters = {
      juju: withSettings(
        model,
        () => (isApplied() ? config.values : { ...config.values, ...portOf(known.right.before) }),
        isUnusable,
      ),
      backend: relatedBackend(model.required, model.secrets, {
        owner: model.owner,
        preferred: /\bsuperuser\b/i.test(config.backendRoles) ? 'own' : 'given',
        remaining: budget.ofServers,
      }),
      pooler,
      entropy: cryptoEntropy,
      clock: () => performance.now(),
      deadline: budget.deadline(),
    };
    const policy = { ...config.policy, isReachedFromOutside: machine !== null };
    const called = calledFor(environment);
    const action = actionIn(event);
    if (action !== null) {
      const options = { policy, obstacles: () => obstacles(model, config) };
      const charm = pgbouncerCharm(options);
      const answered = await answerAction(action, model, charm, actions, adapters, render)();
      return E.isLeft(answered) ? answered : E.right(nothingOf(called));
    }
    if (event === 'backend-database-relation-changed') {
      const moved = await model.requiredHasMoved();
      if (E.isLeft(moved)) return moved;
      if (!moved.right) return E.right(nothingOf(called));
    }
    const run = await lookedAt(variables, model.unit, called, adapters, tell, (onlooker) => {
      watchFile = onlooker.configured;
      const { watch } = onlooker;
      return dispatch(onlooker.adapters, {
        policy,
        obstacles: () => obstacles(model, config),
        ...(watch === undefined ? {} : { watch }),
      })(called)();
    });
    // Where something waited, the commit has kept what was learned.
    if (E.isRight(run) && teaches(event) && hasDoneNothing(run.right)) {
      const kept = await model.remember();
      if (E.isLeft(kept)) return kept;
    }
    return run;
  };

const hasDoneNothing = ({ charts, reconciled }: DispatchRun): boolean =>
  charts.length === 0 && reconciled.length === 0;

/** What a hook did that had nothing to do. */
const nothingOf = (event: JujuEvent): DispatchRun => ({
  ...{ event, charts: [], dropped: [], reconciled: [], notes: [], milliseconds: 0 },
});

/** The options in force, worked out once: those of the operator, or those before one was spoiled. */
const configOf = (model: JujuModel): Attempt<Known> =>
  once(async (): Promise<E.Either<HookError, Known>> => {
    const config = await model.config();
    if (E.isLeft(config)) return config;
    const state = await model.state();
    if (E.isLeft(state)) return state;
    const before = parseSettings(state.right[settingsKey]);
    return E.right({ config: parseConfig(config.right, before), before });
  });

/** The port of before is in force until PgBouncer has taken another one. */
const portOf = ({ listen_port: port }: Known['before']): Known['before'] =>
  port === undefined ? {} : { listen_port: port };

/** A model that keeps the options in force for the day on which one of them is spoiled. */
const withSettings = (
  model: JujuModel,
  /** Those in force at the end of the hook. */
  values: () => Known['before'],
  /** Whether PgBouncer cannot run with them: then those of before are. */
  isUnusable: () => boolean,
): Juju => ({
  ...model,
  commit: (changes) => async () => {
    const before = await model.state();
    if (E.isLeft(before)) return before;
    const text = JSON.stringify(values());
    const isKept = isUnusable() || before.right[settingsKey] === text;
    const state = isKept ? changes.state : { ...changes.state, [settingsKey]: text };
    return model.commit({ ...changes, state })();
  },
});

/** What keeps the charm from serving anyone, until an operator sees to it. */
async function obstacles(
  model: JujuModel,
  { objections }: ParsedConfig,
): Promise<readonly string[]> {
  const backend = await model.required();
  return E.isRight(backend) && backend.right === null
    ? [...objections, 'backend-database is related to nothing: relate it to a PostgreSQL']
    : objections;
}
