import type { Action } from '../actions.ts';
import type { Outcome } from '../hook-run.ts';
import { applied, type Stepped, step } from '../step.ts';
import { type Budget, choices, type Pace, type State } from './bounds.ts';
import type { Memory } from './memory.ts';
import { prompt } from './prompt.ts';

/** One transition: what was chosen, what it led to, and the state after all that is not left to chance. */
export type Move = { readonly state: State } & (
  | { readonly action: Action; readonly stepped: Stepped }
  | { readonly action: Pace }
);

const misfortunes = [
  ['killed', 'crashes'],
  ['outage', 'outages'],
  ['deposed', 'leaderChanges'],
  ['half', 'halfLoads'],
  ['commit lost', 'lostCommits'],
] as const;

/** Every transition out of a canonical state. */
export async function successors(state: State, memory: Memory): Promise<readonly Move[]> {
  const moves: Move[] = [];
  const { world } = state;
  const arrive = async (
    action: Action,
    stepped: Stepped,
    budget: Budget,
    behind: State['behind'],
  ) => {
    const after = await prompt(stepped.world, memory);
    moves.push({
      action,
      stepped: { ...stepped, world: after },
      state: memory.interner.canonical({ world: after, budget, behind }),
    });
  };
  for (const { action, budget, behind } of choices(state, memory)) {
    if (action._tag === 'Lag' || action._tag === 'CatchUp') {
      const next = memory.interner.canonical({ world, budget, behind });
      moves.push({ action, state: next });
      continue;
    }
    if (action._tag !== 'RunHook') {
      await arrive(action as Action, await step(world, action as Action), budget, behind);
      continue;
    }
    const { unit, hook } = action;
    const isLeader = world.applications[world.units[unit]?.application ?? '']?.leader === unit;
    const ends = (outcome: Outcome): Stepped => ({
      outcome,
      world: applied(world, unit, hook, outcome),
    });
    const made = memory.outcome(world, unit, hook);
    const outcome = made instanceof Promise ? await made : made;
    await arrive(action, ends(outcome), budget, behind);
    const last = outcome.steps.length;
    for (let at = 1; at <= last; at++)
      for (const [how, bound] of misfortunes) {
        if (budget[bound] === 0) continue;
        // A hook asks once whether it leads, and is believed until it commits.
        if (how === 'deposed' && (!isLeader || at < last)) continue;
        // What goes down at the commit went down after the hook.
        if (how === 'outage' && (!world.postgres.isUp || at === last)) continue;
        if (how === 'half' && outcome.steps[at - 1] !== 'reload') continue;
        if (how === 'commit lost' && outcome.steps[at - 1] !== 'commit') continue;
        const interruption = { at, how };
        const spoiled = memory.outcome(world, unit, hook, interruption);
        const spent = { ...budget, [bound]: budget[bound] - 1 };
        await arrive(
          { ...action, interruption },
          ends(spoiled instanceof Promise ? await spoiled : spoiled),
          spent,
          behind,
        );
      }
  }
  return moves;
}
