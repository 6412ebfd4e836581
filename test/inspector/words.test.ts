import { expect, it } from 'vitest';
import { sayEnd } from '../../src/inspector/page/say.ts';
import { since } from '../../src/inspector/words.ts';
import { anEntry } from './an-entry.ts';

it.each([
  [0, '0.0 s'],
  [59_900, '59.9 s'],
  [60_000, '1:00'],
  [3_599_999, '59:59'],
  [3_723_000, '1:02:03'],
  [299_970_000, '83:19:30'],
])('%i ms after the beginning is said as %s', (milliseconds, said) => {
  expect(since(milliseconds)).toBe(said);
});

it('a hook that something befell ends as it did, and that is said beside it', () => {
  const failed = anEntry('a', { end: 'Failed', befell: 'and is killed at step 2' });
  expect(sayEnd(failed)).toMatch(/^failed, and is killed at step 2/);
});
