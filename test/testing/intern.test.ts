import { describe, expect, it } from 'vitest';
import { Interner } from '../../src/testing/explore/intern.ts';

describe('equal values', () => {
  it('are one object with one number, whatever the order of their keys', () => {
    const interner = new Interner();
    const one = interner.canonical({ a: [1, { b: 'x' }], c: null });
    const other = interner.canonical({ c: null, a: [1, { b: 'x' }] });
    expect(one).toBe(other);
    expect(interner.numberOf(one)).toBe(interner.numberOf(other));
  });

  it.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: 1 }, { b: 1 }],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: null }, {}],
    [{ a: true }, { a: false }],
  ])('%j and %j are two', (one, other) => {
    const interner = new Interner();
    expect(interner.canonical<object>(one)).not.toBe(interner.canonical<object>(other));
  });
});
