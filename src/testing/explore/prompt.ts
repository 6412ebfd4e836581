import type { Action } from '../actions.ts';
import type { Outcome } from '../hook-run.ts';
import { delivered } from '../lifecycle.ts';
import { applied, requirerApplied } from '../step.ts';
import { type Hook, provider, unitNamed, type World } from '../world.ts';
import type { Memory } from './memory.ts';

/**
 * What is not left to chance in an exploration, since its order makes no difference: requirers run
 * their hooks at once; so does the provider those that no charm handles, and a changed that finds
 * nothing to do. What such a hook could do later, update-status does, which is explored wherever a
 * unit has nothing else due.
 */
export async function prompt(world: World, memory: Memory): Promise<World> {
  const first = withoutHistory(world, memory);
  const known = memory.prompted.get(first);
  if (known !== undefined) return known;
  let next = first;
  for (;;) {
    const made = promptOnce(next, memory);
    const one = made instanceof Promise ? await made : made;
    if (one === null) break;
    next = withoutHistory(one.world, memory);
  }
  memory.prompted.set(first, next);
  return next;
}

/** The same as the actions that they are. */
export async function promptActions(world: World, memory: Memory): Promise<readonly Action[]> {
  const actions: Action[] = [];
  let next = withoutHistory(world, memory);
  for (;;) {
    const one = await promptOnce(next, memory);
    if (one === null) return actions;
    actions.push(one.action);
    next = withoutHistory(one.world, memory);
  }
}

interface Prompted {
  readonly action: Action;
  readonly world: World;
}

function promptOnce(world: World, memory: Memory): Prompted | null | Promise<Prompted | null> {
  for (const [name, unit] of Object.entries(world.units)) {
    const due = memory.due(world, name);
    const [first] = due;
    if (first === undefined) continue;
    if (unit.application !== provider) {
      const next = requirerApplied(world, name, first, memory.requirer(world, name, first));
      // One that failed waits for what somebody else has to do first, or for its relation's end.
      if (unit.failed !== null && (next.units[name]?.failed ?? null) !== null) continue;
      return ran(name, first, next);
    }
    if (unit.failed !== null) continue;
    const silent = due.find((hook) => unit.state.deferred === undefined && isSilent(hook));
    if (silent !== undefined) return ran(name, silent, delivered(world, name, silent));
    for (const hook of due) {
      if (!hook.name.endsWith('-relation-changed') && hook.secret === undefined) continue;
      const outcome = memory.outcome(world, name, hook);
      // A hook that was never run before is run, and all is looked at once more.
      if (outcome instanceof Promise) return outcome.then(() => promptOnce(world, memory));
      if (isIdle(world, name, outcome)) return ran(name, hook, applied(world, name, hook, outcome));
    }
  }
  return null;
}

const ran = (unit: string, hook: Hook, world: World): Prompted => ({
  action: { _tag: 'RunHook', unit, hook },
  world,
});

const silentHook = /-relation-(created|joined)$/;

const isSilent = ({ name }: Hook): boolean => silentHook.test(name);

/** True for a hook after which a canonical world is as it was, but that the unit has been told. */
function isIdle(world: World, name: string, { pending, ...outcome }: Outcome): boolean {
  const { state } = unitNamed(world, name);
  return (
    pending !== null &&
    Object.keys(pending.bags).length === 0 &&
    pending.state === state &&
    outcome.postgres === world.postgres &&
    outcome.pooler === world.poolers[name]
  );
}

/**
 * What nobody reads does not tell worlds apart: time that has passed, a status (it is looked at when
 * all is at rest), endpoints that a requirer heard of, and passwords that nothing holds any more.
 */
function withoutHistory(world: World, memory: Memory): World {
  let { units } = world;
  for (const [name, unit] of Object.entries(units)) {
    const isShort = unit.heard.every(({ event }) => event === 'database_created');
    if (isShort && unit.status === null) continue;
    const heard = isShort
      ? unit.heard
      : unit.heard.filter(({ event }) => event === 'database_created');
    units = { ...units, [name]: { ...unit, heard, status: null } };
  }
  const next = memory.interner.canonical({ ...world, units, seconds: 0 });
  const passwords = memory.passwordsIn(next);
  return passwords === next.made.passwords
    ? next
    : memory.interner.canonical({ ...next, made: { ...next.made, passwords } });
}
