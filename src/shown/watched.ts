import * as E from 'fp-ts/lib/Either.js';
import type { Attempt, Failure } from '../hook/index.ts';

/** The same attempt, of whose result somebody is told before whoever takes it. */
export const watched =
  <Result, Why extends Failure>(
    call: Attempt<Result, Why>,
    look: (result: Result) => void,
  ): Attempt<Result, Why> =>
  async () => {
    const outcome = await call();
    if (E.isRight(outcome)) look(outcome.right);
    return outcome;
  };
