import { describe, expect, it } from 'vitest';
import { withOneRound } from '../../src/foreign/rounds.ts';

describe('a story without end', () => {
  it('is told up to where it goes round, with one round', () => {
    const round = (at: number) => [
      '    a/0 runs update-status',
      `    a/0 runs secret-changed of secret:c1, revision ${at}`,
    ];
    const lines = ['b is related', '    a/0 runs b-relation-created'];
    for (let at = 1; at <= 50; at++) lines.push(...round(at));
    expect(withOneRound(lines)).toEqual([
      ...lines.slice(0, 4),
      '    and so on, 98 hooks more and without end',
    ]);
    // It ends in the middle of one.
    expect(withOneRound(lines.slice(0, -1))).toEqual([
      ...lines.slice(0, 4),
      '    and so on, 97 hooks more and without end',
    ]);
  });

  it('is told in part where nothing in it comes again', () => {
    const lines = Array.from({ length: 60 }, (_, at) => `    a/0 runs ${'x'.repeat(at)}`);
    expect(withOneRound(lines)).toEqual([
      ...lines.slice(0, 40),
      '    and so on, 20 hooks more and without end',
    ]);
    expect(withOneRound(lines.slice(0, 30))).toEqual(lines.slice(0, 30));
  });
});
