/** One hook of any charm, from its environment to its exit code. */
import * as E from 'fp-ts/lib/Either.js';
import {
  attempt,
  type Failure,
  given as held,
  once,
  right,
  take,
  type Watch,
  type Words,
} from '../hook/index.ts';
import type { Charm } from '../juju/charm.ts';
import { deferralKey } from '../juju/deferral-key.ts';
import { type DispatchRun, dispatch } from '../juju/dispatch.ts';
import type { JujuError } from '../juju/errors.ts';
import {
  type Environment,
  type JujuModel,
  juju,
  type Variables,
} from '../juju/hook-tools/index.ts';
import type { Juju } from '../juju/port.ts';
import { renderAs } from '../shown/shown.ts';
import type { Actions } from './action.ts';
import { actionIn, answerAction } from './answer-action.ts';
import { calledFor, hostOf, pruning } from './called.ts';
import {
  assertCharmModule,
  type CharmModule,
  type Closing,
  type Whereabouts,
} from './charm-module.ts';
import { hookBudget } from './hook-budget.ts';
import { type HookOutput, runHook } from './run-hook.ts';
import type { CharmSays } from './tell.ts';
import { collectorOf, type Telling, toldTo } from './tracing.ts';

export interface DispatchCharmOptions<W extends Words, Why extends Failure>
  extends CharmSays<W, Why | JujuError> {
  /** How long the hook may take, in milliseconds; what is not done by then a later one does. */
  readonly budget?: number;
}

/**
 * Runs the hook that these variables name through a charm, over Juju's hook tools, and tells which
 * way it went. A hook that nobody handles is over at once, unless a deferred one waits: then no
 * port is made. The result is the exit code: 0 where Juju is to commit, 1 where it is to roll back
 * and run the same hook again.
 *
 * @category Charms
 */
export function dispatchCharm<W extends Words, Given extends object, Ports, Why extends Failure>(
  module: CharmModule<W, Given, Ports, Why>,
  variables: Variables,
  output: HookOutput,
  options: DispatchCharmOptions<W, Why> = {},
): Promise<0 | 1> {
  const loaded: unknown = module;
  assertCharmModule(loaded, 'dispatchCharm');
  const { budget = 60_000, render = renderAs(module.charm), ...others } = options;
  held('dispatchCharm', 'the variables', variables, 'record');
  held('dispatchCharm', 'the output', output, { out: 'function', error: 'function' });
  const began = performance.now();
  const time = hookBudget(budget, began);
  return runHook(
    variables,
    output,
    (environment) => {
      const telling = { began, tell: output.error, render };
      const at = { environment, variables, time, port: module.port, telling };
      return module.ports === undefined
        ? hookOf(module.charm, () => ({}), module.actions, at)
        : hookOf(module.charm, module.ports, module.actions, at);
    },
    { ...others, render },
  );
}

interface At<Why extends Failure> {
  readonly environment: Environment;
  readonly variables: Variables;
  readonly time: ReturnType<typeof hookBudget>;
  readonly port: CharmModule['port'] | undefined;
  readonly telling: Pick<Telling<Why | JujuError>, 'began' | 'tell' | 'render'>;
}

const hookOf = <W extends Words, Given extends object, Ports, Why extends Failure>(
  charm: Charm<W, Given, Ports, Why>,
  ports: (at: Whereabouts) => (Given & Closing) | Promise<Given & Closing>,
  actions: Actions<W, Ports, Why> | undefined,
  { environment, variables, time, port, telling }: At<Why>,
) =>
  attempt<DispatchRun<W, Why> | null, Why | JujuError>(async () => {
    const { endpoints = {} } = charm;
    const around = { ...telling, environment, remaining: time.ofTools };
    const endpoint = () => whereServed(environment, at, port)();
    const model = juju(environment, variables, endpoint, endpoints, time.ofTools);
    const at = whereabouts(environment, variables, model, time.ofServers);
    const pruned = pruning(environment, model);
    if (pruned !== null) await take(pruned);
    const collector = await take(collectorOf(environment, variables, model, endpoints.tracing));
    const called = calledFor(environment);
    const action = actionIn(environment.event);
    const isNothing =
      action === null && charm.chartOf(called) === null && !(await take(model.state))[deferralKey];
    let isCommitted = false;
    const commit: Juju['commit'] = (changes) => {
      isCommitted = true;
      return model.commit(changes);
    };
    let run: DispatchRun<W, Why> | null = null;
    if (!isNothing) {
      const clock = () => performance.now();
      const world = { juju: { ...model, commit }, clock, deadline: time.deadline() };
      const hook = (watch: Watch<W, Why> | undefined) =>
        attempt<DispatchRun<W, Why> | null, Why | JujuError>(async () => {
          const made = await ports(at);
          held('dispatchCharm', 'what its ports give', made, 'record');
          const given = { ...made, ...world };
          const options = { watch };
          try {
            if (action === null) return await take(dispatch(charm, given, options)(called));
            const { render } = telling;
            return await take(
              answerAction(action, model, charm, actions ?? {}, given, render, options),
            );
          } finally {
            await given.close?.();
          }
        })();
      run = right(await toldTo(collector, around, hook));
    }
    // What the agent has said anew about the unit counts in the next hook, whoever handles this one.
    if (!isCommitted) await take(model.remember);
    return run;
  });

const whereabouts = (
  environment: Environment,
  variables: Variables,
  model: JujuModel,
  remaining: () => number,
): Whereabouts => ({
  environment,
  variables,
  remaining,
  config: once(() => take(model.config)),
  address: once(async () => {
    const found = await model.address();
    return E.isLeft(found) && found.left._tag === 'EndpointUnknown'
      ? null
      : take(async () => found);
  }),
});

const whereServed = (environment: Environment, at: Whereabouts, port: At<Failure>['port']) =>
  attempt<string | null, JujuError>(async () => {
    const isNamed = environment.machine === null;
    const address = isNamed ? { ingress: '' } : await at.address();
    if (address === null) return null;
    const host = hostOf(environment, address);
    const served = typeof port === 'function' ? await port(at) : port;
    if (served === undefined) return host;
    held('dispatchCharm', 'what its port gives', served, 'number');
    return host.includes(':') ? `[${host}]:${served}` : `${host}:${served}`;
  });
