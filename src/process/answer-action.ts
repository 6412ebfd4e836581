/** An action of an operator's, from the agent's word for it to its answer. */
import * as E from 'fp-ts/lib/Either.js';
import { type Attempt, attempt, type Failure, halt, take, type Words } from '../hook/index.ts';
import type { Charm } from '../juju/charm.ts';
import type { DispatchOptions, HookWorld } from '../juju/dispatch.ts';
import { type JujuError, render as renderAny } from '../juju/errors.ts';
import type { JujuModel } from '../juju/hook-tools/index.ts';
import { printable } from '../juju/hook-tools/printable.ts';
import { type ActionRefused, type Actions, act } from './action.ts';

/** The action's name; null where a hook is called for. */
export const actionIn = (event: string): string | null =>
  /^actions\/(.+)$/.exec(event)?.[1] ?? null;

/**
 * Runs an action and answers it. What it refuses is its failure, which the operator reads. Where it
 * failed half-way the process fails as well, so that Juju takes back what was ordered until then.
 */
export const answerAction = <W extends Words, Given extends object, Ports, Why extends Failure>(
  name: string,
  { action }: Pick<JujuModel, 'action'>,
  charm: Charm<W, Given, Ports, Why>,
  actions: Actions<W, Ports, Why>,
  given: Given & HookWorld,
  render: (why: Why | JujuError) => string = renderAny,
  options: DispatchOptions<W, Why> = {},
): Attempt<null, Why | JujuError> =>
  attempt(async () => {
    const parameters = await take(action.parameters);
    const outcome = await act(charm, actions, given, options)(name, parameters)();
    if (E.isRight(outcome)) {
      const texts = Object.entries(outcome.right).map(([key, value]) => [
        key,
        // JSON escapes what a terminal would obey, and is to stay whole.
        typeof value === 'string' ? printable(value) : JSON.stringify(value),
      ]);
      await take(action.succeed(Object.fromEntries(texts)));
      return null;
    }
    await take(action.fail(printable(said(outcome.left, render))));
    return isRefusal(outcome.left) ? null : halt(outcome.left);
  });

function said<Why extends Failure>(
  why: Why | JujuError | ActionRefused,
  render: (why: Why | JujuError) => string,
): string {
  return isRefusal(why) ? why.why : render(why);
}

const isRefusal = (why: Failure | ActionRefused): why is ActionRefused =>
  why._tag === 'ActionRefused';
