import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, HookEntry } from '../../src/inspector/index.ts';
import { ticks } from '../../src/inspector/page/span.ts';
import {
  choicesOf,
  linkTo,
  listed,
  momentsOf,
  noFilters,
  parseLink,
  start,
} from '../../src/inspector/page/view.ts';
import { anEntry } from './an-entry.ts';

const chart = (hook: string, relation?: number): HookEntry['charts'][number] => ({
  hook,
  event: relation === undefined ? {} : { relation },
  path: ['hook_fired', 'rtn'],
  steps: [],
  end: { _tag: 'Returned', why: null },
});

const entries: readonly Entry[] = [
  { _tag: 'Note', id: '0', at: 0, kind: 'chapter', text: 'It begins', ok: true },
  anEntry('1', {
    event: { hook: 'database-relation-changed', relation: 4 },
    charts: [chart('database-requested', 4)],
  }),
  anEntry('2', { unit: 'p/10', end: 'Failed', failure: 'PostgreSQL failed' }),
  anEntry('3', {
    unit: 'p/2',
    reconciled: [{ name: 'Provision', relation: 12, error: null, milliseconds: 0 }],
  }),
];

describe('the entries that are listed', () => {
  it.each([
    [{}, [0, 1, 2, 3]],
    [{ unit: 'p/2' }, [3]],
    [{ hook: 'database-requested' }, [1]],
    [{ hook: 'database-relation-changed' }, [1]],
    [{ relation: '12' }, [3]],
    [{ relation: '4' }, [1]],
    [{ relation: '1' }, []],
    [{ end: 'failed' }, [2]],
    [{ end: 'returned', unit: 'p/0' }, [1]],
    [{ search: ' POSTGRESQL ' }, [2]],
    [{ search: 'begins' }, [0]],
    [{ search: 'hook_fired', unit: 'p/2' }, []],
  ])('%j: %j', (filters, expected) => {
    expect(listed(entries, { ...noFilters, ...filters })).toEqual(expected);
  });

  it('can be chosen by what is in them, numbers in their order', () => {
    expect(choicesOf(entries)).toEqual({
      units: ['p/0', 'p/2', 'p/10'],
      hooks: ['database-relation-changed', 'database-requested', 'update-status'],
      relations: ['4', '12'],
      ends: ['failed', 'returned'],
    });
  });
});

describe('the moments of an entry', () => {
  it('are its nodes, chart by chart, then what else was done, then its end', () => {
    const entry = anEntry('1', {
      charts: [chart('a'), chart('b')],
      reconciled: [{ name: 'Configure', relation: null, error: null, milliseconds: 0 }],
    });
    expect(momentsOf(entry)).toEqual([
      { _tag: 'Node', chart: 0, position: 0 },
      { _tag: 'Node', chart: 0, position: 1 },
      { _tag: 'Node', chart: 1, position: 0 },
      { _tag: 'Node', chart: 1, position: 1 },
      { _tag: 'Work', index: 0 },
      { _tag: 'End' },
    ]);
  });
});

describe('the moment of a note', () => {
  it('is one', () => {
    expect(entries[0] && momentsOf(entries[0])).toEqual([{ _tag: 'End' }]);
  });
});

describe('a hook that still runs', () => {
  it('is searched anew each time', () => {
    const running = anEntry('1', { end: 'Running' });
    const search = (text: string) => listed([running], { ...noFilters, search: text });
    expect(search('was it')).toEqual([]);
    Object.assign(running, { failure: 'was it' });
    expect(search('was it')).toEqual([0]);
  });
});

describe('a link', () => {
  it('property: leads to the place that it was made of', () => {
    const place = fc.record({
      run: fc.string(),
      step: fc.option(fc.nat({ max: 999_999_999 })),
      scope: fc.string(),
      view: fc.string(),
      unit: fc.string(),
      hook: fc.string(),
      relation: fc.string(),
      end: fc.string(),
      search: fc.string({ unit: 'grapheme' }),
    });
    fc.assert(
      fc.property(place, (one) => {
        expect(parseLink(linkTo(one))).toEqual(one);
      }),
    );
  });

  it.each(['', '#', '#step=-1', '#step=x&other=1', '#step=1.5'])(
    '%j leads to the start',
    (hash) => {
      expect(parseLink(hash)).toEqual(start);
    },
  );
});

describe('the axis of the lanes', () => {
  const hour = 3_600_000;
  it.each([
    ['half a millisecond', 0.5, '0 ms 0.1 ms 0.2 ms 0.3 ms 0.4 ms 0.5 ms'],
    ['a second and a half', 1_500, '0 ms 500 ms 1 s 1.5 s'],
    ['two minutes', 120_000, '0 s 30 s 1 min 1 min 30 s 2 min'],
    ['a quarter of an hour', hour / 4, '0 min 5 min 10 min 15 min'],
    ['seven hours', 7 * hour, '0 h 2 h 4 h 6 h'],
    ['four days', 100 * hour, '0 d 1 d 2 d 3 d 4 d'],
    ['fifty days', 1_200 * hour, '0 d 10 d 20 d 30 d 40 d 50 d'],
  ])('has round times of %s', (_, to, expected) => {
    const texts = ticks({ from: 0, to }, 6, true).map(({ text }) => text);
    expect(texts.join(' ')).toBe(expected);
  });

  it('says in full where it stands when it is looked at from near', () => {
    const from = 27 * hour + 61_500;
    const texts = ticks({ from, to: from + 1_000 }, 2, true).map(({ text }) => text);
    expect(texts).toEqual(['1 d 3 h 1 min 1.5 s', '1 d 3 h 1 min 2 s', '1 d 3 h 1 min 2.5 s']);
  });

  it('counts entries from 1 where no clock ran', () => {
    expect(ticks({ from: 0, to: 23 }, 5, false)).toEqual([
      ...[0, 5, 10, 15, 20].map((at) => ({ at, text: String(at + 1) })),
    ]);
  });

  it('has no more than was asked for, and all within', () => {
    const length = fc.double({ min: 1e-3, max: 1e12, noNaN: true });
    const most = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(length, most, fc.boolean(), (to, count, isTime) => {
        const found = ticks({ from: 0, to }, count, isTime);
        expect(found.length).toBeLessThanOrEqual(count + 1);
        for (const { at } of found) expect(at).toBeLessThanOrEqual(to);
      }),
    );
  });
});
