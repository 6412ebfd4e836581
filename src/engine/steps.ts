/**
 * Direct style for `TaskEither`. Inside the engine a step is an async function: `take` yields the
 * right value of a port's attempt and ends everything up to the next `attempt` at a left. A defect
 * passes through untouched.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { HookError } from './errors.ts';
import type { Attempt } from './ports.ts';

class Halt extends Error {
  readonly left: HookError;
  constructor(left: HookError) {
    super(left._tag);
    this.left = left;
  }
}

export const take = <Result>(attempt: Attempt<Result>): Promise<Result> => attempt().then(right);

export function right<Result>(either: E.Either<HookError, Result>): Result {
  if (E.isLeft(either)) throw new Halt(either.left);
  return either.right;
}

export function halt(error: HookError): never {
  throw new Halt(error);
}

/** Where steps become a `TaskEither` again. */
export const attempt =
  <Result>(steps: () => Promise<Result>): Attempt<Result> =>
  async () => {
    try {
      return E.right(await steps());
    } catch (error) {
      if (error instanceof Halt) return E.left(error.left);
      throw error;
    }
  };

/** Something that is asked for at most once; everyone gets the same outcome. */
export function once<Result>(ask: () => Promise<Result>): () => Promise<Result> {
  let outcome: Promise<Result> | undefined;
  return () => {
    outcome ??= ask();
    return outcome;
  };
}
