import { heldTogether } from '../contract/check-dispatch.ts';
import { heldAction, heldPorts, heldResults } from '../contract/surroundings.ts';
import {
  type Attempt,
  attempt,
  type Failure,
  halt,
  given as held,
  type Issue,
  oneOf,
  placed,
  right,
  type Schema,
  validated,
  type Words,
} from '../hook/index.ts';
import type { Charm } from '../juju/charm.ts';
import {
  type DispatchOptions,
  type DispatchRun,
  dispatch,
  type HookWorld,
} from '../juju/dispatch.ts';
import type { JujuError } from '../juju/errors.ts';
import type { JujuEvent } from '../juju/port.ts';
import { openUnit, type Unit } from '../juju/unit.ts';

/** An action that is not carried out, and why. */
export interface ActionRefused {
  readonly _tag: 'ActionRefused';
  readonly class: 'refused';
  readonly why: string;
}

/**
 * For the operator, who reads it as the action's failure.
 *
 * @category Actions
 *
 * @example
 * ```ts
 * import { attempt } from 'hookchart';
 * import { refuseAction } from 'hookchart/juju';
 *
 * const refused = await attempt(async () => refuseAction('the bell is broken'))();
 * console.log(refused._tag === 'Left' && refused.left);
 * // { _tag: 'ActionRefused', class: 'refused', why: 'the bell is broken' }
 * ```
 */
export function refuseAction(why: string): never {
  held('refuseAction', 'why', why, 'text');
  return halt({ _tag: 'ActionRefused', class: 'refused', why } satisfies ActionRefused);
}

/** What an action came to, by names of lower-case letters, digits and `-`; each value as JSON has it. */
export type ActionResults = Readonly<Record<string, unknown>>;

/** What an action has at hand beside its parameters. */
export interface ActionWorld<W extends Words, Ports, Why extends Failure> {
  /** What handlers are given; what they would write is not committed. */
  readonly ports: Ports & { readonly juju: Unit };
  /** Runs a hook, whole, as Juju would call for it; it commits. */
  readonly hook: (event: JujuEvent) => Promise<DispatchRun<W, Why>>;
}

/** What an operator may ask one unit for, by `juju run UNIT NAME`; `actions.yaml` lists it. */
export interface Action<
  W extends Words = Words,
  Ports = object,
  Why extends Failure = Failure,
  Parameters = unknown,
> {
  /** Reads the parameters, defaults included: Standard Schema. */
  readonly parameters: Schema<Parameters>;
  /** Only the leader can; any other unit refuses. */
  readonly isForLeader?: boolean;
  /** It says why it cannot by `refuseAction`, or fails as handlers do. */
  readonly run: (
    world: ActionWorld<W, Ports, Why>,
    parameters: Parameters,
  ) => Promise<ActionResults>;
}

/** The actions of a charm by their names. */
export type Actions<W extends Words, Ports, Why extends Failure> = Readonly<
  // biome-ignore lint/suspicious/noExplicitAny: each action has parameters of its own, which its schema reads.
  Record<string, Action<W, Ports, Why, any>>
>;

/** The actions of a charm by its type: `const actions: ActionsOf<typeof charm> = { … }`. */
export type ActionsOf<C> =
  C extends Charm<
    infer W extends Words,
    infer _ extends object,
    infer Ports,
    infer Why extends Failure
  >
    ? Actions<W, Ports, Why>
    : never;

/**
 * Runs an action of a charm on this unit. The left is `ActionRefused` where there is no such action,
 * a parameter is not as it has to be, or only the leader can; or whatever kept the action from its end.
 *
 * @category Actions
 *
 * @example
 * ```ts
 * import { defineCharm, vocabulary } from 'hookchart';
 * import { type ActionsOf, act, MemoryJuju } from 'hookchart/juju';
 * import * as v from 'valibot';
 *
 * const { chart, returns } = vocabulary({ learned: {} });
 * const charm = defineCharm({
 *   name: 'bell',
 *   machines: { start: chart('start', { rtn: returns }) },
 *   events: { start: 'start' },
 *   learned: v.object({}),
 *   perform: {},
 * });
 * const actions: ActionsOf<typeof charm> = {
 *   ring: {
 *     parameters: v.object({ times: v.number() }),
 *     run: async ({ ports }, { times }) => ({ rung: `${times} by ${ports.juju.name}` }),
 *   },
 * };
 * const juju = new MemoryJuju({ application: 'bell', units: ['bell/0'], leader: 'bell/0', endpoint: () => null });
 * const done = await act(charm, actions, { juju: juju.hook('bell/0') })('ring', { times: 3 })();
 * console.log(done._tag === 'Right' && done.right);
 * // { rung: '3 by bell/0' }
 * ```
 */
export const act = <W extends Words, Given extends object, Ports, Why extends Failure>(
  charm: Charm<W, Given, Ports, Why>,
  actions: Actions<W, Ports, Why>,
  given: Given & HookWorld,
  options: DispatchOptions<W, Why> = {},
) => {
  heldTogether('act', charm, given);
  held('act', 'the actions', actions, 'record');
  return (
    name: string,
    parameters: unknown,
  ): Attempt<ActionResults, Why | JujuError | ActionRefused> =>
    attempt(async () => {
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (action === undefined)
        return refuseAction(`the charm has no such action: say ${oneOf(Object.keys(actions))}`);
      heldAction(charm.name, name, action);
      const read = validated(charm.name, name, action.parameters, parameters);
      if (read.issues !== undefined) return refuseAction(unfit(read.issues));
      const { juju, clock = () => 0, deadline = Number.POSITIVE_INFINITY } = given;
      const unit = openUnit(juju, () => clock() >= deadline);
      if (action.isForLeader === true && !(await unit.leader()))
        return refuseAction('only the leader can, which `juju status` marks with a star');
      try {
        const called = { hook: `actions/${name}` };
        const ports = heldPorts(charm.name, charm.open({ ...given, juju: unit }, called));
        await charm.ready?.(ports);
        const hook = async (event: JujuEvent) =>
          right(await dispatch(charm, given, options)(event)());
        const world = { ports: Object.assign({ juju: unit }, ports), hook };
        return heldResults(charm.name, name, await action.run(world, read.value));
      } finally {
        await charm.close?.(given);
      }
    });
};

function unfit(issues: readonly Issue[]): string {
  const at = placed(issues);
  const why = issues[0]?.message ?? 'its schema says no more';
  return `${at === '' ? 'the parameters are' : `parameter ${at} is`} not as expected (${why})`;
}
