/** What public functions are given, held against what they can work on; the compiler says the same. */
import { unfit, type Wanted } from '../hook/index.ts';
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
/** The module of fast-check. */
export const anFc = { integer: 'function', asyncProperty: 'function' } as const;
