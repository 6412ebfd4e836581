import * as E from 'fp-ts/lib/Either.js';
import { type HookEvent, type HookName, hooks } from '../../machines/index.ts';
import type { World } from '../../src/pgbouncer/demo/world.ts';
import { render } from '../../src/pgbouncer/errors.ts';
import type { Driven } from '../../src/pgbouncer/run.ts';
import { type HookRun, interpret, type Options } from '../interpret.ts';

/** One chart of a unit, as a hook of its own. A hook that breaks is an error here. */
export async function runChart(
  world: World,
  unit: string,
  hook: HookName,
  event: HookEvent,
  options?: Options,
): Promise<HookRun> {
  const outcome = await interpret(world.adapters(unit), options)(hooks[hook])(event)();
  if (E.isLeft(outcome)) throw new Error(render(outcome.left));
  return outcome.right;
}

/** The hook in which nobody was told anything; all that it went through. */
export async function reconcile(world: World, unit: string): Promise<readonly Driven[]> {
  const { charts, reconciled } = await world.dispatch(unit, { hook: 'update-status' });
  return [...charts, ...reconciled];
}
