import { vocabulary } from '../src/hook/index.ts';
import type { Command, Context, PgbouncerWords } from './vocabulary.ts';

export const {
  hook,
  nothingLearned,
  asks,
  terminal,
  question,
  step,
  returns,
  defers,
  fails,
  onFailure,
} = vocabulary<PgbouncerWords>({ learned: { granted: null, audit: null } });

/** The relation that the hook is about; -1 before `start`, when no request can be carried out. */
export const relationOf = (context: Context): number => context?.event?.relation ?? -1;

/** A step of a chart that asks nothing. */
interface Ordered {
  readonly node: string;
  readonly label: string;
  readonly command: (context: Context) => Command;
}

/** A chart that asks nothing: one step after the other. */
export function inOrder(id: string, ...steps: readonly Ordered[]) {
  const after = (index: number): string => steps[index]?.node ?? 'rtn';
  const nodes = steps.map(({ node, label, command }, index) => {
    const on = { done: { target: after(index + 1), actions: 'learn' } } as const;
    return [node, { meta: step(label), entry: asks(command), on }] as const;
  });
  return hook.createMachine({
    id,
    context: nothingLearned,
    initial: 'hook_fired',
    on: onFailure,
    states: {
      hook_fired: {
        meta: terminal(id),
        on: { start: { target: after(0), actions: 'learn' } },
      },
      ...Object.fromEntries(nodes),
      rtn: returns,
      failed: fails,
    },
  });
}
