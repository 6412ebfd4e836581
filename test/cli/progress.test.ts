import { describe, expect, it } from 'vitest';
import { hasColour } from '../../src/cli/colour.ts';
import { foreseen } from '../../src/cli/foreseen.ts';
import { progressOn } from '../../src/cli/progress.ts';
import { Searching } from '../../src/cli/searching.ts';
import { nearest } from '../../src/hook/nearest.ts';

describe('colour', () => {
  it.each([
    ['a terminal', true, {}, true],
    ['a file', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR in a file', false, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR before FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['a terminal that has none', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTTY, environment, expected) => {
    expect(hasColour({ isTTY }, environment)).toBe(expected);
  });
});

describe('progress', () => {
  const told = (isTTY: boolean) => {
    let [now, text] = [0, ''];
    const stream = { isTTY, columns: 60, write: (more: string) => (text += more) };
    const progress = progressOn(stream, () => now);
    return {
      progress,
      at: (time: number) => {
        now = time;
      },
      text: () => text,
    };
  };

  it('is a line every few seconds where no terminal is, with share and estimate', () => {
    const { progress, at, text } = told(false);
    at(4_999);
    progress.tell(0.1, 'too early');
    at(5_000);
    progress.tell(0.25, '25 hooks');
    at(6_000);
    progress.tell(0.3, 'too early again');
    at(400_000);
    progress.tell(0.5, '50 hooks');
    progress.end();
    expect(text()).toBe(
      '25 %, 5.0 s, about 15 s left: 25 hooks\n50 %, 400.0 s, about 7 min left: 50 hooks\n',
    );
  });

  it('says nothing of the whole where nobody knows it, and is never quite over', () => {
    const { progress, at, text } = told(false);
    at(5_000);
    progress.tell(null, '7 states');
    at(10_000);
    progress.tell(1.5, 'more than was foreseen');
    expect(text()).toBe('5.0 s: 7 states\n99 %, 10.0 s, about 0 s left: more than was foreseen\n');
  });

  it('is one line on a terminal, no wider than that, and gone in the end', () => {
    const { progress, at, text } = told(true);
    progress.tell(0, 'nothing');
    at(2_000);
    progress.tell(0.5, 'x'.repeat(200));
    progress.end();
    const clear = '\r\u001b[K';
    expect(text().endsWith(clear)).toBe(true);
    const lines = text()
      .split(clear)
      .map((line) => line.replaceAll(/.\[\d+m/g, ''));
    expect(lines.every((line) => line.length < 60)).toBe(true);
    expect(lines[2]).toMatch(/^█{10}░{10} 50 %, 2\.0 s, about 2 s left: x+$/);
    expect(text()).not.toContain('\n');
  });
});

describe('what is foreseen of a search', () => {
  /** New states at each level, of a search that was made. */
  const levels = [1, 4, 15, 31, 42, 66, 120, 141, 173, 197, 155, 130, 119, 120, 74, 30, 0];
  const whole = levels.reduce((sum, count) => sum + count, 0);

  it('comes close from the middle on, and is exact in the end', () => {
    for (let level = 9; level < levels.length; level++) {
      const ratio = (foreseen(levels.slice(0, level + 1)) ?? 0) / whole;
      expect(ratio, `level ${level}`).toBeGreaterThan(0.8);
      expect(ratio, `level ${level}`).toBeLessThan(1.25);
    }
    expect(foreseen(levels)).toBe(whole);
  });

  it('is nothing while little is known, or it grows ever faster', () => {
    expect(foreseen(levels.slice(0, 4))).toBeNull();
    expect(foreseen([1, 2, 5, 14, 45, 160])).toBeNull();
  });

  it('is of all searches together, once each has begun', () => {
    const searching = new Searching(2);
    const counts = { states: 0, namedStates: 0, transitions: 0, hooks: 0, restStates: 0 };
    const take = (served: number, waiting: number) =>
      searching.take({ ...counts, served, waiting, depth: 1 });
    for (const waiting of levels.slice(1, 11)) take(0, waiting);
    expect(searching.share).toBeNull();
    for (const waiting of levels.slice(1)) take(1, waiting);
    expect(searching.share).toBeGreaterThan(0.7);
    expect(searching.share).toBeLessThan(0.95);
    for (const waiting of levels.slice(11)) take(0, waiting);
    expect(searching.share).toBe(1);
    expect(searching.latest).toHaveLength(2);
  });
});

describe('the nearest word', () => {
  const words = ['mermaid', 'dot', 'svg', 'json', 'xstate'];
  it.each([
    ['dott', 'dot'],
    ['SVG', 'svg'],
    ['mermiad', 'mermaid'],
    ['png', null],
    ['', null],
  ])('of %j is %j', (word, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });
});
