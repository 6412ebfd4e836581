import { type Action, isHook } from '../actions.ts';
import { commitStep } from '../hook-run.ts';
import type { Outcome, Stepped } from '../outcome.ts';
import type { SimulatedCharm } from '../simulated-charm.ts';
import { applied, step } from '../step.ts';
import { type Budget, choices, isPace, type Pace, type State, spent } from './bounds.ts';
import type { Memory } from './memory.ts';
import { prompt } from './prompt.ts';

/** One transition: what was chosen, what it led to, and the state after all that is not left to chance. */
export type Move = { readonly state: State } & (
  | { readonly action: Action; readonly stepped: Stepped }
  | { readonly action: Pace }
);

/** Every transition out of a canonical state. */
export async function successors(
  charm: SimulatedCharm,
  state: State,
  memory: Memory,
): Promise<readonly Move[]> {
  const moves: Move[] = [];
  const { world } = state;
  const arrive = async (
    action: Action,
    stepped: Stepped,
    budget: Budget,
    behind: State['behind'],
  ) => {
    const after = await prompt(charm, stepped.world, memory);
    moves.push({
      action,
      stepped: { ...stepped, world: after },
      state: stateOf(memory, after, budget, behind),
    });
  };
  for (const { action, budget, behind } of choices(charm, state, memory)) {
    if (isPace(action)) {
      moves.push({ action, state: stateOf(memory, world, budget, behind) });
      continue;
    }
    if (!isHook(action)) {
      await arrive(action, await step(charm, world, action), budget, behind);
      continue;
    }
    const { unit, hook } = action;
    const isLeader = world.applications[world.units[unit]?.application ?? '']?.leader === unit;
    const ends = (outcome: Outcome): Stepped => ({
      outcome,
      world: applied(charm, world, unit, hook, outcome),
    });
    const made = memory.outcome(world, unit, hook);
    const outcome = made instanceof Promise ? await made : made;
    await arrive(action, ends(outcome), budget, behind);
    const last = outcome.steps.length;
    for (let at = 1; at <= last; at++)
      for (const [how, bound] of misfortunesOf(charm)) {
        if ((budget.left[bound] ?? 0) === 0) continue;
        const name = outcome.steps[at - 1] ?? '';
        // A hook asks once whether it leads, and is believed until it commits.
        if (how === 'deposed' && (!isLeader || at < last)) continue;
        if (how === 'commit lost' && name !== commitStep) continue;
        if (!isWorthIt(charm, how, { name, isLast: at === last }, world, unit)) continue;
        const interruption = { at, how };
        const spoiled = memory.outcome(world, unit, hook, interruption);
        await arrive(
          { ...action, interruption },
          ends(spoiled instanceof Promise ? await spoiled : spoiled),
          spent(budget, bound),
          behind,
        );
      }
  }
  return moves;
}

/** A state of canonical parts. */
function stateOf(
  { interner }: Memory,
  world: State['world'],
  budget: Budget,
  behind: State['behind'],
): State {
  return { world, budget: interner.canonical(budget), behind: interner.canonical(behind) };
}

/** What may befall a hook, each with the bound that it counts against. */
const misfortunesOf = ({ faults }: SimulatedCharm): readonly (readonly [string, string])[] => [
  ['killed', 'crashes'],
  ...Object.entries(faults).flatMap(([how, { bound }]) =>
    bound === undefined ? [] : [[how, bound] as const],
  ),
  ['deposed', 'leaderChanges'],
  ['commit lost', 'lostCommits'],
];

function isWorthIt(
  { faults, outside }: SimulatedCharm,
  how: string,
  step: { readonly name: string; readonly isLast: boolean },
  { outside: { shared, units } }: State['world'],
  unit: string,
): boolean {
  const fault = faults[how];
  if (fault === undefined) return true;
  if (fault.at === undefined) return step.name !== commitStep;
  return fault.at(step, { shared, own: units[unit] ?? outside.unit.initial });
}
