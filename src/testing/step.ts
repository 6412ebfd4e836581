import { instead } from '../hook/index.ts';
import {
  type Action,
  type Interruption,
  interruptions,
  isHook,
  isOperation,
  type OutsideAction,
  type RunHook,
} from './actions.ts';
import { checkParts, type Parts } from './check-parts.ts';
import { outsideOf } from './deploy.ts';
import { aCharm, anAction, aWorld, canHappen, given, heldState } from './given.ts';
import { runHook } from './hook-run.ts';
import { HookTools, type Kept, type Pending } from './hook-tools.ts';
import { withSettings } from './leader-settings.ts';
import { delivered, entered, flushed, withoutLeader, withUnit } from './lifecycle.ts';
import { toldOfWorkload } from './news.ts';
import { operated } from './operations.ts';
import type { Outcome, Stepped } from './outcome.ts';
import { hooksOf, updateStatus } from './resolver.ts';
import type { Happening, SimulatedCharm } from './simulated-charm.ts';
import { tellHook } from './tell.ts';
import { ToolError } from './tool-error.ts';
import { type View, viewOf } from './view.ts';
import {
  applicationNamed,
  type Heard,
  type Hook,
  Misuse,
  runsCharm,
  unitNamed,
  type World,
} from './world.ts';

/** Runs one hook; a method, so that a runner of any state is one of unknown state too. */
export interface Running<Shared, Own> {
  run(
    view: View<Shared, Own>,
    action: RunHook,
  ): Promise<Outcome<Shared, Own>> | Outcome<Shared, Own>;
}

/** What runs the hooks of the charm under test; `runHook`, or something that remembers what it ran. */
export type Runner<Shared = unknown, Own = unknown> = Running<Shared, Own>['run'];

/**
 * Runs hooks: of the charm under test its own, else what it says of who asks.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { dueHooks, runnerOf, step, worldOf } from 'hookchart/testing';
 *
 * const run = runnerOf(simulated);
 * const told: string[] = [];
 * const telling: typeof run = (view, action) => {
 *   told.push(view.hook.name);
 *   return run(view, action);
 * };
 * const world = worldOf(simulated, { units: 1, requirers: {} });
 * for (const action of dueHooks(world)) await step(simulated, world, action, telling);
 * console.log(told);
 * // [ 'pgb-peers-relation-created' ]
 * ```
 */
export const runnerOf =
  <Shared, Own>(charm: SimulatedCharm<object, Shared, Own>): Runner<Shared, Own> =>
  (view, action) => {
    given('runnerOf', 'the charm', charm, aCharm);
    given('runnerOf', 'the action', action, anAction);
    return runHook(charm, view, action.interruption);
  };

/**
 * Lets one thing happen. An action that cannot happen in this world, such as a hook that Juju would
 * not run or a relation that does not exist, is a `Misuse` that names the mistake; nothing was run.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { step, tell, worldOf } from 'hookchart/testing';
 *
 * const before = worldOf(simulated, { units: 1, requirers: { shop: { units: 1, request: {} } } });
 * const action = { _tag: 'Relate', application: 'shop' } as const;
 * const { world } = await step(simulated, before, action);
 * console.log(tell(simulated, action), Object.keys(world.relations));
 * // shop is related [ '0', '1' ]
 * ```
 */
export async function step<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  world: World<Shared, Own>,
  action: Action,
  runner: Runner<Shared, Own> = runnerOf(charm),
): Promise<Stepped<Shared, Own>> {
  given('step', 'the charm', charm, aCharm);
  given('step', 'the world', world, aWorld);
  given('step', 'the action', action, anAction);
  if (!isHook(action)) return { world: happened(charm, world, action), outcome: null };
  given('step', 'the action', action, { unit: 'text', hook: 'record' });
  given('step', 'the hook of the action', action.hook, { name: 'text' });
  if (action.interruption !== undefined) checkInterruption(charm, action.interruption);
  const { unit, hook } = action;
  mayRun(world, unit, hook);
  const { application } = unitNamed(world, unit);
  const isPlayed = applicationNamed(world, application).role === 'requirer';
  // A charm on the other side is part of the model, unless it is run: it does what its script says.
  if (isPlayed && !runsCharm(world, application)) {
    const made = requirerOutcome(charm, world, unit, hook);
    return { world: requirerApplied(world, unit, hook, made), outcome: null };
  }
  const outcome = await runner(viewOf(world, unit, hook), action);
  return { world: applied(charm, world, unit, hook, outcome), outcome };
}

const interruption: Parts = { at: 'count', how: 'text' };

/** One by a name that nobody knows would befall the hook, and do nothing. */
function checkInterruption({ faults }: Pick<SimulatedCharm, 'faults'>, given: Interruption): void {
  checkParts('step', 'the interruption of the action', given, interruption);
  const known = [...interruptions, ...Object.keys(faults)];
  if (!known.includes(given.how))
    throw new Misuse(`step: nothing is called "${given.how}": say ${instead(given.how, known)}`);
}

/** The world after anything but a hook. */
function happened<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  world: World<Shared, Own>,
  action: Exclude<Action, RunHook>,
): World<Shared, Own> {
  if (!isOperation(action)) return outsideHappened(charm, world, action);
  const next = operated(charm, world, action);
  const lost = action._tag === 'LosePod' ? action.unit : null;
  return { ...next, outside: outsideOf(charm, world.outside, next, lost) };
}

function outsideHappened<Shared, Own>(
  { outside: { shared, unit } }: SimulatedCharm<object, Shared, Own>,
  world: World<Shared, Own>,
  { _tag: name, unit: of }: OutsideAction,
): World<Shared, Own> {
  const { outside } = world;
  if (Object.hasOwn(shared.actions, name)) {
    const next = became(shared.actions[name], outside.shared, name);
    return { ...world, outside: { ...outside, shared: next } };
  }
  const happening = Object.hasOwn(unit.actions, name) ? unit.actions[name] : undefined;
  if (happening === undefined) {
    const known = [...Object.keys(shared.actions), ...Object.keys(unit.actions)];
    throw new Misuse(
      `nothing is called ${name}; ${known.length === 0 ? 'the charm brings no actions' : `the charm brings ${known.join(', ')}`}`,
    );
  }
  const owner = unitNamed(world, of ?? '');
  const before = outside.units[of ?? ''];
  if (of === undefined || before === undefined)
    throw new Misuse(`${name} happens to a unit of ${world.tested}, not to ${of}`);
  const units = { ...outside.units, [of]: became(happening, before, `${name} of ${of}`) };
  const { announces } = happening;
  const queue =
    announces === undefined || owner.queue.includes(announces)
      ? owner.queue
      : [...owner.queue, announces];
  const told = withUnit(world, of, { ...owner, queue });
  const called = unit.calls?.(before, units[of] ?? before) ?? [];
  return { ...toldOfWorkload(told, of, called), outside: { ...outside, units } };
}

function became<State>(happening: Happening<State> | undefined, state: State, name: string): State {
  if (happening === undefined) return state;
  if (!canHappen(name, happening, state)) throw new Misuse(`${name} cannot happen now`);
  return heldState(name, happening.becomes(state));
}

/** The world after a hook of the charm under test that came to this. */
export function applied<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  world: World<Shared, Own>,
  name: string,
  hook: Hook,
  outcome: Outcome<Shared, Own>,
): World<Shared, Own> {
  const { pending, status, settings, isDeposed, seconds } = outcome;
  const { shared, own } = outcome.outside;
  let next: World = { ...world, seconds: world.seconds + seconds };
  const unit = unitNamed(next, name);
  const { application } = unit;
  if (status !== null) next = withUnit(next, name, { ...unit, status });
  if (settings !== undefined) next = withSettings(next, name, settings);
  if (isDeposed) next = withoutLeader(next, application);
  next =
    pending === null
      ? failedAt(next, name, hook, outcome.kept ?? null)
      : delivered(flushed(next, name, pending), name, hook, next);
  const units = { ...world.outside.units, [name]: own };
  const before = world.outside.units[name];
  const called = before === undefined ? [] : (charm.outside.unit.calls?.(before, own) ?? []);
  next = toldOfWorkload(next, name, called);
  return { ...next, outside: outsideOf(charm, { shared, units }, next) };
}

/** The world after a hook that is to be run again, with the secrets that stay of it. */
export function failedAt(world: World, name: string, hook: Hook, kept: Kept | null): World {
  const next =
    kept === null
      ? world
      : {
          ...world,
          secrets: { ...world.secrets, ...kept.secrets },
          made: { ...world.made, secrets: Math.max(world.made.secrets, kept.secretsMade) },
        };
  // An action that failed is over; nobody runs it again.
  if (hook.action !== undefined) return next;
  return failed(next, name, hook);
}

/** A unit with a hook that is run again; its agent had entered what it was told of before it ran that hook. */
function failed(world: World, name: string, hook: Hook): World {
  const next = withUnit(world, name, { ...unitNamed(world, name), failed: hook });
  return hook.name.endsWith('-relation-created') ? entered(next, name) : next;
}

/** What a hook of an application on the other side came to. */
export interface RequirerOutcome {
  readonly heard: readonly Heard[];
  /** Null where it failed, as on a secret that it cannot read: it is run again. */
  readonly pending: Pending | null;
}

export function requirerOutcome(
  { requirer }: SimulatedCharm,
  world: World,
  unit: string,
  hook: Hook,
): RequirerOutcome {
  const tools = new HookTools(viewOf(world, unit, hook));
  const { application } = unitNamed(world, unit);
  try {
    const heard = requirer.hook(tools, hook, applicationNamed(world, application));
    return { heard, pending: tools.flush() };
  } catch (error) {
    if (error instanceof ToolError) return { heard: [], pending: null };
    throw error;
  }
}

/** The world after a hook on the other side that came to this. */
export function requirerApplied<Shared, Own>(
  world: World<Shared, Own>,
  name: string,
  hook: Hook,
  { heard, pending }: RequirerOutcome,
): World<Shared, Own> {
  const { outside } = world;
  if (pending === null) {
    // Who is late in a relation that ends may miss what is gone: its operator resolves that.
    const isEnding = world.relations[hook.relation ?? -1]?.life !== 'alive';
    if (isEnding) return { ...delivered(world, name, hook), outside };
    return { ...failed(world, name, hook), outside };
  }
  const next = flushed(world, name, pending);
  const unit = unitNamed(next, name);
  const all = heard.length === 0 ? unit.heard : [...unit.heard, ...heard];
  return { ...delivered(withUnit(next, name, { ...unit, heard: all }), name, hook), outside };
}

export const isSame = (one: Hook, other: Hook): boolean =>
  one.name === other.name &&
  one.relation === other.relation &&
  one.remoteUnit === other.remoteUnit &&
  one.departingUnit === other.departingUnit &&
  one.secret === other.secret &&
  one.revision === other.revision &&
  one.check === other.check &&
  one.storage === other.storage &&
  one.notice?.id === other.notice?.id;

function mayRun(world: World, unit: string, hook: Hook): void {
  const { queue } = unitNamed(world, unit);
  if (hook.action !== undefined) {
    if (!queue.includes('install') && !queue.includes('remove')) return;
    throw new Misuse(`${unit} is not there for actions: its next hook is ${queue[0]}`);
  }
  const next = hooksOf(world, unit);
  if (next.some((possible) => isSame(possible, hook))) return;
  const isIdle = hook.name === updateStatus.name && unitNamed(world, unit).failed === null;
  if (isIdle && queue.length === 0) return;
  const names = next.map(tellHook);
  throw new Misuse(
    `Juju would not run ${tellHook(hook)} on ${unit} now; ${names.length === 0 ? 'update-status is all it would run' : `next is ${names.join(' or ')}`}`,
  );
}
