import assert from 'node:assert/strict';
import * as E from 'fp-ts/lib/Either.js';
import type { Attempt, Failure } from '../../hook/index.ts';
import { render } from '../../juju/index.ts';
import { given } from '../given.ts';

/** One thing that an adapter must hold to. Hand it to the test runner of your choice. */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects, saying what was expected and what was found. */
  readonly run: () => Promise<void>;
}

/**
 * Cases that each get a subject of their own, in the order in which they are listed.
 *
 * @category Conformance
 *
 * @example
 * ```ts
 * import { cases } from 'hookchart/testing';
 *
 * const suite = cases(async () => new Map<string, string>(), {
 *   'keeps what it is given': async (store) => {
 *     store.set('key', 'value');
 *     if (store.get('key') !== 'value') throw new Error('it was lost');
 *   },
 * });
 * for (const { name, run } of suite) await run().then(() => console.log(name));
 * // keeps what it is given
 * ```
 */
export const cases = <Subject>(
  make: () => Promise<Subject>,
  all: Readonly<Record<string, (subject: Subject) => Promise<void>>>,
): readonly ConformanceCase[] => {
  given('cases', 'what makes a subject', make, 'function');
  given('cases', 'the cases', all, 'record');
  return Object.entries(all).map(([name, run]) => ({ name, run: async () => run(await make()) }));
};

/**
 * What an attempt yields; it is to succeed.
 *
 * @category Conformance
 *
 * @example
 * ```ts
 * import { attempt } from 'hookchart';
 * import { done } from 'hookchart/testing';
 *
 * console.log(await done(attempt(async () => 'written')));
 * // written
 * ```
 */
export async function done<Result>(attempt: Attempt<Result>): Promise<Result> {
  given('done', 'the attempt', attempt, 'function');
  const outcome = await attempt();
  if (E.isLeft(outcome)) assert.fail(`it was not done: ${render(outcome.left)}`);
  return outcome.right;
}

/**
 * The attempt ends with this error, and no other.
 *
 * @category Conformance
 *
 * @example
 * ```ts
 * import { attempt, halt } from 'hookchart';
 * import { refused } from 'hookchart/testing';
 *
 * const write = attempt(async () => halt({ _tag: 'DiskFull', class: 'unavailable' }));
 * await refused(write, 'DiskFull', 'unavailable');
 * ```
 */
export async function refused<Why extends Failure>(
  attempt: Attempt<unknown, Why>,
  tag: Why['_tag'],
  kind: Why['class'],
): Promise<void> {
  given('refused', 'the attempt', attempt, 'function');
  given('refused', 'the tag', tag, 'text');
  const outcome = await attempt();
  if (E.isRight(outcome)) assert.fail(`it was done; ${tag} was to keep it from that`);
  const { _tag, class: found } = outcome.left ?? {};
  assert.deepEqual({ _tag, class: found }, { _tag: tag, class: kind }, render(outcome.left));
}
