/**
 * Direct style for `TaskEither`. A step is an async function: `take` yields the right value of an
 * attempt and ends everything up to the next `attempt` at a left. A defect passes through untouched.
 */
import * as E from 'fp-ts/lib/Either.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import { given, isRecord } from '../misuse/given.ts';
import { HookMisuse } from '../misuse/hook-misuse.ts';
import { type Failure, isFailure } from './words.ts';

/** What a port is asked for: it comes later, or a failure says why it does not. */
export type Attempt<Result, Why extends Failure = Failure> = TE.TaskEither<Why, Result>;

/** The same in every copy of this package: a charm may bring another one than who drives it. */
const mark: unique symbol = Symbol.for('hookchart.halt');

class Halt extends Error {
  readonly [mark] = true;
  readonly left: Failure;
  constructor(left: Failure) {
    super(left._tag);
    this.left = left;
  }
}

const isHalt = (error: unknown): error is Halt => error instanceof Error && mark in error;

/**
 * The result of an attempt; where it fails, so does the handler that takes it.
 *
 * @category Handlers
 *
 * @example
 * ```ts
 * import { attempt, halt, take } from 'hookchart';
 *
 * const port = attempt(async () => 5432);
 * const address = attempt(async () => {
 *   const found = await take(port);
 *   if (found < 1024) halt({ _tag: 'PortTaken', class: 'refused' });
 *   return `127.0.0.1:${found}`;
 * });
 * console.log(await address());
 * // { _tag: 'Right', right: '127.0.0.1:5432' }
 * ```
 */
export const take = <Result>(attempt: Attempt<Result>): Promise<Result> => {
  if (typeof attempt !== 'function')
    throw unfit('take is to be given an attempt, which is a function, and not its promise');
  return Promise.resolve(attempt()).then(right);
};

const unfit = (what: string): HookMisuse => new HookMisuse('ArgumentUnfit', 'take', null, what);

export function right<Result>(either: E.Either<Failure, Result>): Result {
  if (!isRecord(either) || (either._tag !== 'Left' && either._tag !== 'Right'))
    throw unfit('its attempt yields no Either: neither { _tag: "Right", right } nor a left');
  return E.isLeft(either) ? halt(either.left) : either.right;
}

/**
 * Ends a handler with a failure, which the chart is told as `failed`. Beside its tag and its class it
 * may carry whatever says what was wrong: `render` shows its `why` or its `message`.
 *
 * @category Handlers
 *
 * @example
 * ```ts
 * import { attempt, halt } from 'hookchart';
 *
 * const ready = attempt(async () => {
 *   halt({ _tag: 'ServerUnavailable', class: 'unavailable', why: 'it does not run' });
 * });
 * const outcome = await ready();
 * if (outcome._tag === 'Left') console.log(outcome.left._tag);
 * // ServerUnavailable
 * ```
 */
export function halt<Why extends Failure>(failure: Why): never {
  if (isFailure(failure)) throw new Halt(failure);
  const what = 'a failure has a _tag, and as its class "unavailable", "refused" or "broken"';
  throw new HookMisuse('ArgumentUnfit', 'halt', null, what);
}

/**
 * Where steps become a `TaskEither` again; what they may fail with is for the caller to know.
 *
 * @category Handlers
 *
 * @example
 * ```ts
 * import { attempt, halt } from 'hookchart';
 *
 * const reach = (isUp: boolean) =>
 *   attempt(async () => {
 *     if (!isUp) halt({ _tag: 'HostDown', class: 'unavailable' });
 *     return 'reached';
 *   });
 * console.log((await reach(true)())._tag, (await reach(false)())._tag);
 * // Right Left
 * ```
 */
export const attempt = <Result, Why extends Failure = Failure>(
  steps: () => Promise<Result>,
): Attempt<Result, Why> => {
  if (typeof steps !== 'function') given('attempt', 'its argument', steps, 'function');
  return async () => {
    try {
      return E.right(await steps());
    } catch (error) {
      return E.left(haltedBy(error) as Why);
    }
  };
};

/** The failure that something was halted with; a defect is thrown on. */
export function haltedBy(error: unknown): Failure {
  if (isHalt(error)) return error.left;
  throw error;
}

/** Something that is asked for at most once; everyone gets the same outcome. */
export function once<Result extends NonNullable<unknown>>(ask: () => Result): () => Result {
  let outcome: Result | undefined;
  return () => {
    outcome ??= ask();
    return outcome;
  };
}
