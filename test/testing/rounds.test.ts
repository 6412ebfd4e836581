import { describe, expect, it } from 'vitest';
import { shortStory } from '../../src/testing/index.ts';

const withOneRound = (lines: readonly string[]) => shortStory(lines, true);

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

describe('a story of hooks that fail', () => {
  const failing = (unit: string) => `    ${unit} runs config-changed — fails: exit code 3`;
  const told = (lines: readonly string[]) => shortStory(lines, false);

  it('has each of them once in a row, and how many came again', () => {
    const first = ['x is related', failing('a/0'), failing('a/1')];
    const again = ['a/0', 'a/0', 'a/1', 'a/0'].map(failing);
    expect(told([...first, ...again])).toEqual([
      ...first,
      '    and so on, 4 hooks more that fail alike',
    ]);
  });

  it('has them again where something came between that may have mended them', () => {
    const lines = [failing('a/0'), '    a/0 runs start', failing('a/0'), 'b is related'];
    expect(told([...lines, failing('a/0')])).toEqual([...lines, failing('a/0')]);
  });

  it('keeps what was chosen', () => {
    const chosen = [failing('a/0').trim(), failing('a/0').trim()];
    expect(told(chosen)).toEqual(chosen);
  });
});
