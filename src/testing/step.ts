import type { Action } from './actions.ts';
import { type Charm, type Outcome, pgbouncerCharm, runHook } from './hook-run.ts';
import { HookTools, type Kept, type Pending } from './hook-tools.ts';
import { delivered, flushed, withoutLeader, withUnit } from './lifecycle.ts';
import { operated } from './operations.ts';
import { requirerHook } from './requirer.ts';
import { hooksOf, updateStatus } from './resolver.ts';
import { ToolError } from './tool-error.ts';
import { type View, viewOf } from './view.ts';
import {
  applicationNamed,
  type Hook,
  Misuse,
  type RequirerEvent,
  unitNamed,
  type World,
} from './world.ts';

/** What an action led to, and, where it was a hook of the provider, what that hook did. */
export interface Stepped {
  readonly world: World;
  readonly outcome: Outcome | null;
}

/** What runs the provider's hooks; `runHook` of a charm, or something that remembers what it ran. */
export type Runner = (
  view: View,
  action: Action & { _tag: 'RunHook' },
) => Promise<Outcome> | Outcome;

export const runnerOf =
  (charm: Charm = pgbouncerCharm): Runner =>
  (view, { interruption }) =>
    runHook(charm, view, interruption);

/**
 * Lets one thing happen. An action that cannot happen in this world, such as a hook that Juju would
 * not run or a relation that does not exist, is a `Misuse` that names the mistake; nothing was run.
 */
export async function step(
  world: World,
  action: Action,
  runner: Runner = runnerOf(),
): Promise<Stepped> {
  if (action._tag !== 'RunHook') return { world: operated(world, action), outcome: null };
  const { unit, hook } = action;
  const { role } = applicationNamed(world, unitNamed(world, unit).application);
  if (role === 'requirer') return { world: requirerStep(world, action), outcome: null };
  mayRun(world, unit, hook);
  const outcome = await runner(viewOf(world, unit, hook), action);
  return { world: applied(world, unit, hook, outcome), outcome };
}

/** The world after a hook of the provider that came to this. */
export function applied(world: World, name: string, hook: Hook, outcome: Outcome): World {
  const { pending, postgres, pooler, status, isDeposed, passwordsMade, seconds } = outcome;
  let next: World = {
    ...world,
    seconds: world.seconds + seconds,
    postgres,
    poolers: pooler === null ? world.poolers : { ...world.poolers, [name]: pooler },
    made: { ...world.made, passwords: passwordsMade },
  };
  const unit = unitNamed(next, name);
  const { application } = unit;
  if (status !== null) next = withUnit(next, name, { ...unit, status });
  if (isDeposed) next = withoutLeader(next, application);
  return pending === null
    ? failedAt(next, name, hook, outcome.kept ?? null)
    : delivered(flushed(next, name, pending), name, hook);
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
  return withUnit(next, name, { ...unitNamed(next, name), failed: hook });
}

/** What a hook of a requirer came to. */
export interface RequirerOutcome {
  readonly events: readonly RequirerEvent[];
  /** Null where it failed, as on a secret that it cannot read: it is run again. */
  readonly pending: Pending | null;
}

/** A requirer's charm is part of the model: it runs as its library was seen to. */
function requirerStep(world: World, { unit, hook }: Action & { _tag: 'RunHook' }): World {
  mayRun(world, unit, hook);
  return requirerApplied(world, unit, hook, requirerOutcome(world, unit, hook));
}

export function requirerOutcome(world: World, unit: string, hook: Hook): RequirerOutcome {
  const tools = new HookTools(viewOf(world, unit, hook));
  const { application } = unitNamed(world, unit);
  try {
    const events = requirerHook(tools, hook, applicationNamed(world, application));
    return { events, pending: tools.flush() };
  } catch (error) {
    if (error instanceof ToolError) return { events: [], pending: null };
    throw error;
  }
}

/** The world after a hook of a requirer that came to this. */
export function requirerApplied(
  world: World,
  name: string,
  hook: Hook,
  { events, pending }: RequirerOutcome,
): World {
  if (pending === null) {
    // Who is late in a relation that ends may miss what is gone: its operator resolves that.
    const isEnding = world.relations[hook.relation ?? -1]?.life !== 'alive';
    if (isEnding) return delivered(world, name, hook);
    return withUnit(world, name, { ...unitNamed(world, name), failed: hook });
  }
  const next = flushed(world, name, pending);
  const unit = unitNamed(next, name);
  const heard = events.length === 0 ? unit.heard : [...unit.heard, ...events];
  return delivered(withUnit(next, name, { ...unit, heard }), name, hook);
}

export const isSame = (one: Hook, other: Hook): boolean =>
  one.name === other.name &&
  one.relation === other.relation &&
  one.remoteUnit === other.remoteUnit &&
  one.departingUnit === other.departingUnit &&
  one.secret === other.secret &&
  one.revision === other.revision;

function mayRun(world: World, unit: string, hook: Hook): void {
  const next = hooksOf(world, unit);
  if (next.some((possible) => isSame(possible, hook))) return;
  const isIdle = hook.name === updateStatus.name && unitNamed(world, unit).failed === null;
  if (isIdle && unitNamed(world, unit).queue.length === 0) return;
  const names = next.map((possible) => JSON.stringify(possible));
  throw new Misuse(
    `Juju would not run ${JSON.stringify(hook)} on ${unit} now; ${names.length === 0 ? 'update-status is all it would run' : `next is ${names.join(' or ')}`}`,
  );
}
