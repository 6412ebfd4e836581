import { deferralKey } from '../../juju/deferral-key.ts';
import type { Action } from '../actions.ts';
import { delivered } from '../lifecycle.ts';
import type { Outcome } from '../outcome.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { applied, requirerApplied } from '../step.ts';
import { type Hook, unitNamed, type World } from '../world.ts';
import type { Memory } from './memory.ts';

/**
 * What is not left to chance in an exploration: applications on the other side run their hooks at
 * once. Where the charm allows it, so does the one under test those in which it does nothing, and a
 * changed that finds nothing to do. What such a hook could do later, update-status does, which is
 * explored wherever a unit has nothing else due.
 */
export async function prompt(charm: SimulatedCharm, world: World, memory: Memory): Promise<World> {
  const first = withoutTime(world, memory);
  const known = memory.prompted.get(first);
  if (known !== undefined) return known;
  let next = forgotten(charm, first, memory);
  for (;;) {
    const made = promptOnce(charm, next, memory);
    const one = made instanceof Promise ? await made : made;
    if (one === null) break;
    next = withoutHistory(charm, one.world, memory);
  }
  memory.prompted.set(first, next);
  return next;
}

/** The same as the actions that they are. */
export async function promptActions(
  charm: SimulatedCharm,
  world: World,
  memory: Memory,
): Promise<readonly Action[]> {
  const actions: Action[] = [];
  let next = withoutHistory(charm, world, memory);
  for (;;) {
    const one = await promptOnce(charm, next, memory);
    if (one === null) return actions;
    actions.push(one.action);
    next = withoutHistory(charm, one.world, memory);
  }
}

interface Prompted {
  readonly action: Action;
  readonly world: World;
}

function promptOnce(
  charm: SimulatedCharm,
  world: World,
  memory: Memory,
): Prompted | null | Promise<Prompted | null> {
  const { isSilent, promptsIdle = false } = charm.reductions;
  for (const [name, unit] of Object.entries(world.units)) {
    const due = memory.due(world, name);
    const [first] = due;
    if (first === undefined) continue;
    if (unit.application !== world.tested) {
      const next = requirerApplied(world, name, first, memory.requirer(world, name, first));
      // One that failed waits for what somebody else has to do first, or for its relation's end.
      if (unit.failed !== null && (next.units[name]?.failed ?? null) !== null) continue;
      return ran(name, first, next);
    }
    if (unit.failed !== null) continue;
    const silent = due.find((hook) => unit.state[deferralKey] === undefined && isSilent?.(hook));
    if (silent !== undefined) return ran(name, silent, delivered(world, name, silent));
    for (const hook of promptsIdle ? due : []) {
      if (!hook.name.endsWith('-relation-changed') && hook.secret === undefined) continue;
      const outcome = memory.outcome(world, name, hook);
      // A hook that was never run before is run, and all is looked at once more.
      if (outcome instanceof Promise) return outcome.then(() => promptOnce(charm, world, memory));
      if (isIdle(world, name, outcome))
        return ran(name, hook, applied(charm, world, name, hook, outcome));
    }
  }
  return null;
}

const ran = (unit: string, hook: Hook, world: World): Prompted => ({
  action: { _tag: 'RunHook', unit, hook },
  world,
});

/** True for a hook after which a canonical world is as it was, but that the unit has been told. */
function isIdle(world: World, name: string, { pending, outside }: Outcome): boolean {
  const { state } = unitNamed(world, name);
  return (
    pending !== null &&
    Object.keys(pending.bags).length === 0 &&
    pending.state === state &&
    outside.shared === world.outside.shared &&
    outside.own === world.outside.units[name]
  );
}

/** Time that has passed does not tell worlds apart, nor does what the charm knows to be read by nobody. */
const withoutHistory = (charm: SimulatedCharm, world: World, memory: Memory): World =>
  forgotten(charm, withoutTime(world, memory), memory);

const withoutTime = (world: World, { interner }: Memory): World =>
  interner.canonical({ ...world, seconds: 0 });

/** Most parts of a canonical world were looked at before. */
const forgotten = ({ reductions }: SimulatedCharm, world: World, { interner }: Memory): World =>
  interner.canonical(reductions.forget?.(world) ?? world);
