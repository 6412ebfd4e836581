/** What public functions are given, held against what they can work on; the compiler says the same. */
import { isRecord, kindOf, unfit, type Wanted } from '../hook/index.ts';
import type { Happening, Ran } from './simulated-charm.ts';
import { Misuse } from './world.ts';

/** Throws `Misuse` where an argument is nothing that a function can work on. */
export function given(to: string, name: string, value: unknown, shape: Wanted): void {
  const what = unfit(name, value, shape);
  if (what !== null) throw new Misuse(`${to}: ${what}`);
}

/** As `simulatedCharm` makes them. */
export const aCharm = {
  application: 'text',
  requests: 'list',
  outside: 'record',
  invariants: 'list',
  bounds: 'record',
  explored: 'function',
  run: 'function',
} as const;

/** As `worldOf` and `step` give them. */
export const aWorld = { applications: 'record', units: 'record', relations: 'record' } as const;
export const aTopology = { requirers: 'record' } as const;
export const anAction = { _tag: 'text' } as const;
/** What the `run` of a simulated charm gives; a failure of it is told by whoever reads it. */
export function heldRan(ran: Ran): Ran {
  const isSome = isRecord(ran) && (ran._tag === 'Left' || ran._tag === 'Right');
  if (isSome && (ran._tag === 'Left' || ran.right === null || isRecord(ran.right))) return ran;
  const got = isSome ? `a right with ${kindOf(ran.right)}` : kindOf(ran);
  throw new Misuse(
    `run of the charm gave ${got}: give { _tag: 'Right', right } with what dispatch gives or null, or a left`,
  );
}

/** Whether something outside can happen now, as its author says. */
export function canHappen<State>(name: string, happening: Happening<State>, state: State): boolean {
  const said: unknown = happening.when === undefined ? true : happening.when(state);
  if (typeof said === 'boolean') return said;
  throw new Misuse(`when of ${name} gave ${kindOf(said)}: give true or false at once`);
}

/** What is outside once it has happened. */
export function heldState<State>(name: string, state: State): State {
  const kind = kindOf(state);
  if (kind !== 'nothing' && kind !== 'a promise') return state;
  throw new Misuse(`becomes of ${name} gave ${kind}: give at once the state that follows`);
}

/** The module of fast-check. */
export const anFc = { integer: 'function', asyncProperty: 'function' } as const;
