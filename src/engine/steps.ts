/**
 * Direct style for `TaskEither`: within `steps`, `take` yields a right value and ends the whole at
 * the first left. A defect passes through untouched.
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

export const take = async <Result>(attempt: Attempt<Result>): Promise<Result> =>
  right(await attempt());

export function right<Result>(either: E.Either<HookError, Result>): Result {
  if (E.isLeft(either)) throw new Halt(either.left);
  return either.right;
}

export const steps =
  <Result>(body: () => Promise<Result>): Attempt<Result> =>
  async () => {
    try {
      return E.right(await body());
    } catch (error) {
      if (error instanceof Halt) return E.left(error.left);
      throw error;
    }
  };

/** An attempt that is made at most once; everyone gets the same outcome. */
export function once<Result>(attempt: Attempt<Result>): Attempt<Result> {
  let outcome: Promise<E.Either<HookError, Result>> | undefined;
  return () => {
    outcome ??= attempt();
    return outcome;
  };
}
