import assert from 'node:assert/strict';
import { type ConformanceCase, cases } from '../../../testing/index.ts';
import type { Entropy } from '../../ports.ts';

/** What every source of passwords holds to. */
export const entropyConformance = (make: () => Promise<Entropy>): readonly ConformanceCase[] =>
  cases(make, {
    'gives letters and digits, at least 128 bits of them': async (entropy) => {
      for (let turn = 0; turn < 100; turn++) {
        const { secret } = entropy.password();
        // 22 of 62 characters hold 130 bits.
        assert.match(secret, /^[A-Za-z0-9]{22,}$/);
      }
    },
    'gives each password once': async (entropy) => {
      const many = Array.from({ length: 1000 }, () => entropy.password().secret);
      assert.equal(new Set(many).size, many.length);
    },
  });
