import { given } from '../../hook/index.ts';
import type { Entropy } from '../ports.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Passwords that a seed decides, for tests: the same seed gives the same ones in the same order. */
export function seededEntropy(seed: number): Entropy {
  given('seededEntropy', 'the seed', seed, 'number');
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * alphabet.length);
  };
  return {
    password: () => {
      let secret = '';
      while (secret.length < 24) secret += alphabet[next()];
      return { secret };
    },
  };
}
