import { expect, it } from 'vitest';
import { since } from '../../src/inspector/words.ts';

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
