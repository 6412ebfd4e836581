import * as E from 'fp-ts/lib/Either.js';
import type { Attempt, Failure, Words } from '../hook/index.ts';
import type { DispatchRun } from '../juju/dispatch.ts';
import { render as renderAny } from '../juju/errors.ts';
import {
  type Environment,
  parseEnvironment,
  renderEnvironment,
  type Variables,
} from '../juju/hook-tools/index.ts';
import { failureOf } from './failure.ts';
import { type CharmSays, tellRun } from './tell.ts';

/** Where a hook's words go: the agent logs standard output at DEBUG, standard error at WARNING. */
export interface HookOutput {
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
}

/**
 * Runs the hook that these variables name, and tells what it did. The result is the exit code: 0
 * where Juju is to commit, 1 where it is to roll back and run the same hook again.
 */
export async function runHook<W extends Words, Why extends Failure>(
  variables: Variables,
  { out, error }: HookOutput,
  /** Null where there was nothing to do. */
  hook: (environment: Environment) => Attempt<DispatchRun<W, Why> | null, Why>,
  says: CharmSays<W, Why> = {},
): Promise<0 | 1> {
  const environment = parseEnvironment(variables);
  if (E.isLeft(environment)) {
    error(renderEnvironment(environment.left));
    return 1;
  }
  try {
    const outcome = await hook(environment.right)();
    if (E.isLeft(outcome)) {
      const { render = renderAny } = says;
      error(`${environment.right.event}: ${render(outcome.left)}`);
      return 1;
    }
    if (outcome.right !== null) for (const line of tellRun(outcome.right, says)) out(line);
    return 0;
  } catch (cause) {
    for (const line of failureOf(cause)) error(line);
    return 1;
  }
}
