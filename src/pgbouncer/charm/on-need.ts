import * as E from 'fp-ts/lib/Either.js';
import type { HookError } from '../errors.ts';
import type { Attempt } from '../ports.ts';

/** Something that takes time to find, and that many hooks do not need. */
export interface OnNeed<Found> {
  /** Finds it; who asks again is given the same. */
  readonly here: Attempt<Found>;
  /** Lets it go, if it was found. */
  readonly release: () => Promise<void>;
}

export function onNeed<Found extends { readonly release: () => Promise<void> }>(
  find: Attempt<Found>,
): OnNeed<Found> {
  let found: Promise<E.Either<HookError, Found>> | null = null;
  return {
    here: () => {
      found ??= find();
      return found;
    },
    release: async () => {
      const outcome = await found;
      if (outcome !== null && E.isRight(outcome)) await outcome.right.release();
    },
  };
}
