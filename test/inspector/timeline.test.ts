import { describe, expect, it } from 'vitest';
import type { Entry, HookEntry } from '../../src/inspector/index.ts';
import { compareBags, Timeline } from '../../src/inspector/timeline.ts';
import { anEntry } from './an-entry.ts';

const entry = (id: string, seen: Partial<HookEntry['seen']>, rest: Partial<HookEntry> = {}) => {
  const { seen: nothing, ...others } = anEntry(id, rest);
  return { ...others, seen: { ...nothing, ...seen } };
};

describe('a timeline', () => {
  it('knows before a hook what it has read, and after it what it has written', () => {
    const entries: Entry[] = [
      entry('1', { read: { bag: { a: '1' } }, written: { bag: { b: '2' } } }),
      { _tag: 'Note', id: '2', at: 0, kind: 'chapter', text: '', ok: true },
      entry('3', { written: { bag: { a: '' } } }),
    ];
    const timeline = new Timeline(entries);
    expect(timeline.changeAt(2)).toMatchObject({
      before: { bags: { bag: { a: '1', b: '2' } } },
      after: { bags: { bag: { b: '2' } } },
    });
    expect(timeline.changeAt(0)).toMatchObject({
      before: { bags: { bag: { a: '1' } } },
      after: { bags: { bag: { a: '1', b: '2' } } },
    });
    expect(timeline.changeAt(1).before).toBe(timeline.changeAt(1).after);
  });

  it('goes on where the oldest entries of a feed have gone', () => {
    const entries: Entry[] = ['1', '2', '3'].map((id) =>
      entry(id, { written: { bag: { [`by-${id}`]: id } } }),
    );
    const timeline = new Timeline(entries);
    timeline.changeAt(2);
    entries.splice(0, 1);
    expect(timeline.changeAt(0).after.bags).toEqual({ bag: { 'by-2': '2' } });
    expect(timeline.changeAt(1).after.bags).toEqual({ bag: { 'by-2': '2', 'by-3': '3' } });
  });

  it('takes what a hook reads for truer than what was known', () => {
    const timeline = new Timeline([
      entry('1', { read: { bag: { a: 'old' } } }),
      entry('2', { read: { bag: { a: 'new' } } }),
    ]);
    expect(timeline.changeAt(1).before.bags).toEqual({ bag: { a: 'new' } });
  });

  it('keeps each unit’s configuration, as its file says it or as it was put in force last', () => {
    const timeline = new Timeline([
      entry('1', { configuration: { before: 'x', after: 'y' } }),
      entry('2', { configuration: { before: null, after: 'z' } }, { unit: 'p/1' }),
      entry('3', { configuration: { before: null, after: 'w' } }),
    ]);
    expect(timeline.changeAt(0)).toMatchObject({
      before: { configurations: { 'p/0': 'x' } },
      after: { configurations: { 'p/0': 'y' } },
    });
    expect(timeline.changeAt(2)).toMatchObject({
      before: { configurations: { 'p/0': 'y', 'p/1': 'z' } },
      after: { configurations: { 'p/0': 'w', 'p/1': 'z' } },
    });
  });

  it('looks again at a hook that still ran when it was asked first', () => {
    const running = entry('1', {}, { end: 'Running' });
    const entries = [running, entry('2', {})];
    const timeline = new Timeline(entries);
    expect(timeline.changeAt(1).after.bags).toEqual({});
    Object.assign(running, entry('1', { written: { bag: { a: '1' } } }));
    expect(timeline.changeAt(1).after.bags).toEqual({ bag: { a: '1' } });
    entries.push(entry('3', { written: { bag: { b: '2' } } }));
    expect(timeline.changeAt(2).after.bags).toEqual({ bag: { a: '1', b: '2' } });
  });

  it('of nothing changes nothing', () => {
    expect(new Timeline([]).changeAt(-1)).toEqual({
      before: { bags: {}, configurations: {} },
      after: { bags: {}, configurations: {} },
    });
  });
});

describe('two databags', () => {
  it('are compared key by key, in order', () => {
    expect(compareBags({ c: '1', a: '1' }, { a: '2', b: '3' })).toEqual([
      { key: 'a', before: '1', after: '2' },
      { key: 'b', before: null, after: '3' },
      { key: 'c', before: '1', after: null },
    ]);
    expect(compareBags(undefined, undefined)).toEqual([]);
  });
});
