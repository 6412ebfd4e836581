import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from '../hook/index.ts';
import type { DispatchRun } from '../juju/index.ts';
import type { Interruption } from './actions.ts';
import { given, heldRan } from './given.ts';
import { HookTools, type Kept, type Pending } from './hook-tools.ts';
import type { Outcome } from './outcome.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { simulatedJuju } from './simulated-juju.ts';
import { tellHook } from './tell.ts';
import { thrownBy } from './thrown.ts';
import { ToolError } from './tool-error.ts';
import type { View } from './view.ts';
import { leaseSeconds, Misuse } from './world.ts';

class Killed extends Error {}

/** The step at the end of each hook that has anything to write. */
export const commitStep = 'commit';

/** Runs one hook of the charm under test on what it sees. */
export async function runHook<Shared, Own>(
  charm: SimulatedCharm<object, Shared, Own>,
  view: View<Shared, Own>,
  interruption: Interruption | null = null,
): Promise<Outcome<Shared, Own>> {
  const tools = new HookTools(view);
  let seconds = 0;
  const steps: string[] = [];
  const step = (name: string, taking = 0): string | null => {
    seconds += taking;
    steps.push(name);
    if (interruption?.at !== steps.length) return null;
    switch (interruption.how) {
      case 'killed':
        throw new Killed();
      case 'deposed':
        seconds += leaseSeconds;
        tools.depose();
        return null;
      case 'commit lost':
        return null;
      default:
        return interruption.how;
    }
  };
  const clock = () => seconds * 1000;
  const { shared, own } = view.outside;
  const opened = charm.outside.open(
    { shared, own: own ?? charm.outside.unit.initial },
    { unit: view.unit, step, clock },
  );
  given('outside.open', 'what it gives', opened, { ports: 'record', state: 'function' });
  const juju = simulatedJuju(tools, charm.config);
  const world = {
    ...opened.ports,
    juju: {
      ...juju,
      commit: (changes: Parameters<typeof juju.commit>[0]) => async () => {
        step(commitStep);
        return juju.commit(changes)();
      },
    },
    clock,
  };
  let pending: Pending | null = null;
  let kept: Kept | null = null;
  let run: DispatchRun | null = null;
  let failure: string | null = null;
  try {
    const outcome = heldRan(await charm.run(world, tools));
    if (E.isLeft(outcome)) failure = charm.render(outcome.left);
    else {
      run = outcome.right;
      kept = tools.kept();
      if (interruption?.how === 'commit lost')
        throw new ToolError('commit', 1, 'state changing too quickly; try again soon');
      pending = tools.flush();
    }
  } catch (error) {
    if (error instanceof Killed) failure = `killed before: ${steps.at(-1)}`;
    else if (error instanceof ToolError) failure = error.message;
    else throw thrownBy(`${view.unit} runs ${tellHook(view.hook)}, which`, error);
  }
  const after = opened.state(pending !== null);
  if (!isRecord(after) || !('shared' in after && 'own' in after))
    throw new Misuse('outside.open: the state that it gives wants to be { shared, own }');
  return {
    pending,
    kept: pending === null ? kept : null,
    failure,
    status: tools.status,
    ...(tools.settings === null ? {} : { settings: tools.settings }),
    isDeposed: view.leader && interruption?.how === 'deposed' && interruption.at <= steps.length,
    outside: after,
    seconds,
    steps,
    run,
  };
}
