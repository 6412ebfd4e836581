import { describe, expect, it } from 'vitest';
import { hasColour } from '../../src/cli/colour.ts';
import { foreseen, settled } from '../../src/cli/foreseen.ts';
import { progressOn } from '../../src/cli/progress.ts';
import { Searching } from '../../src/cli/searching.ts';
import { nearest } from '../../src/misuse/nearest.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { type Counts, defaultBounds, explore } from '../../src/testing/index.ts';

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
  const told = (isTTY: boolean, columns = 60) => {
    let [now, text] = [0, ''];
    const stream = { isTTY, columns, write: (more: string) => (text += more) };
    const progress = progressOn(stream, () => now);
    return {
      progress,
      at: (time: number) => {
        now = time;
      },
      text: () => text,
    };
  };

  it.each([true, false])('says at once what begins (on a terminal: %j)', (isTTY) => {
    const { progress, text } = told(isTTY);
    progress.begin('looking…');
    expect(text()).toContain('looking…');
  });

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

  it('says what the share is hardly more than, until it is known', () => {
    const { progress, at, text } = told(false);
    const shares = [0.99, 0.6, 0.301, 0.001];
    for (const [number, atMost] of shares.entries()) {
      at((number + 1) * 10_000);
      progress.tell(null, 'states', atMost);
    }
    at(50_000);
    progress.tell(0.2, 'states', 0.9);
    at(60_000);
    progress.tell(null, 'states', 0.1);
    expect(text().split('\n')).toEqual([
      '10.0 s: states',
      'less than 60 %, 20.0 s, more than 14 s left: states',
      'less than 31 %, 30.0 s, more than 67 s left: states',
      'less than 1 %, 40.0 s, more than 66 min left: states',
      '20 %, 50.0 s, about 3 min left: states',
      '20 %, 60.0 s, about 4 min left: states',
      '',
    ]);
  });

  it('never takes back what it told, and has a least where next to nothing is done', () => {
    const { progress, at, text } = told(false);
    const shares = [0, 0.004, 0.18, 0.1, null, 0.2];
    for (const [number, share] of shares.entries()) {
      at((number + 1) * 200_000);
      progress.tell(share, 'states');
    }
    expect(text().split('\n')).toEqual([
      'less than 1 %, 200.0 s, more than 5 h left: states',
      'less than 1 %, 400.0 s, more than 11 h left: states',
      '18 %, 600.0 s, about 46 min left: states',
      '18 %, 800.0 s, about 61 min left: states',
      '18 %, 1000.0 s, about 76 min left: states',
      '20 %, 1200.0 s, about 80 min left: states',
      '',
    ]);
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

  it('cuts nothing for a terminal that does not know its width', () => {
    const { progress, text } = told(true, 0);
    progress.tell(null, '79 hooks');
    expect(text().replaceAll(/.\[\d*[mK]/g, '')).toBe('\r0.0 s: 79 hooks');
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

  it('is believed once four levels in turn have foretold about the same', () => {
    expect(settled(levels.slice(0, 8))).toBeNull();
    const known = levels.map((_, at) => settled(levels.slice(0, at + 1))).filter(isKnown);
    expect(known.length).toBeGreaterThan(6);
    for (const ratio of known.map((states) => states / whole)) {
      expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeLessThan(1.25);
    }
    expect(settled(levels)).toBe(whole);
  });

  it('is of all searches together, once each foretells its end', () => {
    const searching = new Searching(2);
    const [first, second] = [wordsOf(0, levels), wordsOf(1, levels)];
    for (const word of first.slice(0, 10)) searching.take(word);
    expect(searching.share).toBeNull();
    for (const word of second) searching.take(word);
    expect(searching.share).toBeGreaterThan(0.7);
    expect(searching.share).toBeLessThan(0.95);
    for (const word of first.slice(10)) searching.take(word);
    expect(searching.share).toBe(1);
    expect(searching.latest).toHaveLength(2);
  });

  it('goes on within a level', () => {
    const searching = new Searching(1);
    const words = wordsOf(0, levels).slice(0, 12);
    for (const word of words) searching.take(word);
    const { states = 0, waiting = 0 } = words.at(-1) ?? {};
    const before = searching.share ?? expect.fail('nothing is foreseen');
    // Half of what waited was looked at, and something new came about.
    const last = words.at(-1) ?? expect.fail('no word');
    const half = Math.floor(waiting / 2);
    searching.take({ ...last, states: states + 60, waiting: waiting - half + 60 });
    expect(searching.share).toBeCloseTo(
      before * ((states - waiting + half) / (states - waiting)),
      5,
    );
  });
});

describe('what is told of a whole verification', () => {
  /** New states at each level of PgBouncer's three searches within the default bounds. */
  const searches = [
    [
      1, 5, 25, 116, 305, 476, 809, 1491, 2278, 2981, 3794, 4965, 5972, 6908, 7455, 7897, 8758,
      9231, 8192, 7290, 6194, 4719, 3021, 1846, 910, 375, 66, 11, 0,
    ],
    [
      1, 6, 29, 85, 160, 253, 482, 909, 1414, 2035, 2806, 3945, 5410, 7039, 8538, 9782, 11453,
      12656, 12652, 12253, 11404, 10824, 9391, 6580, 3917, 1882, 518, 229, 86, 20, 6, 0,
    ],
    [
      1, 6, 15, 28, 58, 94, 126, 186, 301, 424, 516, 641, 839, 1036, 1247, 1502, 1821, 2200, 2326,
      2141, 2010, 2104, 2213, 2055, 1898, 1535, 987, 471, 152, 24, 3, 0,
    ],
  ];

  it('grows to the end, and never says more than was done', () => {
    const whole = searches.flat().reduce((sum, count) => sum + count, 0);
    const searching = new Searching(searches.length);
    const looked = () => searching.latest.reduce((sum, one) => sum + one.states - one.waiting, 0);
    const told: { readonly percent: number; readonly done: number }[] = [];
    const write = (line: string) => {
      const [, percent] = /^(?:less than )?(\d+) %/.exec(line) ?? [];
      if (percent !== undefined)
        told.push({ percent: Number(percent), done: (looked() / whole) * 100 });
    };
    const mosts: number[] = [];
    let now = 0;
    const progress = progressOn({ write }, () => now);
    // Side by side, each as fast as the others: the one that has looked at least goes on.
    const words = searches.map((levels, served) => wordsOf(served, levels));
    const order = words.flat().sort((one, other) => lookedAt(one) - lookedAt(other));
    for (const word of order) {
      now += 10_000;
      searching.take(word);
      progress.tell(searching.share, 'states');
      if (searching.share !== null) continue;
      expect(searching.atMost).toBeGreaterThan(looked() / whole);
      mosts.push(searching.atMost);
    }
    // Long before it is known what the share is, it is known that it is not half.
    expect(mosts.findIndex((share) => share < 0.5)).toBeLessThan(order.length / 4);
    const percents = told.map(({ percent }) => percent);
    expect(percents.length).toBeGreaterThan(25);
    expect(percents).toEqual([...percents].sort((one, other) => one - other));
    for (const { percent, done } of told) expect(percent).toBeLessThan(done + 3);
    expect(told[0]?.done).toBeLessThan(50);
    expect(percents.at(-1)).toBe(99);
  });

  it('is said within a level as well, every few states', async () => {
    const few = { units: 2, relations: 1, crashes: 1, leaderChanges: 1, outages: 0 };
    const words: Counts[] = [];
    const watch = (counts: Counts) => void words.push(counts);
    const { counts } = await explore(simulated, { ...defaultBounds(simulated), ...few }, 0, {
      watch,
    });
    const steps = words.map((word, at) => lookedAt(word) - lookedAt(words[at - 1] ?? none));
    expect(Math.max(...steps)).toBe(32);
    expect(words.some((word, at) => word.depth === words[at - 1]?.depth)).toBe(true);
    expect(words.at(-1)).toEqual(counts);
    const searching = new Searching(1);
    for (const word of words) searching.take(word);
    expect(searching.share).toBe(1);
  });
});

const isKnown = (states: number | null): states is number => states !== null;

const none: Counts = {
  ...{ served: 0, states: 0, namedStates: 0, transitions: 0, hooks: 0 },
  ...{ restStates: 0, depth: 0, waiting: 0 },
};

const lookedAt = ({ states, waiting }: Counts) => states - waiting;

/** What a search says after each of its levels. */
function wordsOf(served: number, levels: readonly number[]): readonly Counts[] {
  let states = 1;
  return levels.slice(1).map((waiting, at) => {
    states += waiting;
    return { ...none, served, states, waiting, depth: at + 1 };
  });
}

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
