import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import {
  Collector,
  emptyRecording,
  feedOf,
  parseRecording,
  recordedCharm,
} from '../../src/inspector/index.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { randomHistory } from '../../src/testing/index.ts';
import { anEntry } from './an-entry.ts';
import { listening, requested } from './listening.ts';

describe('a recording', () => {
  it('property: told as a feed and gathered again is the same', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { recorder, collector } = listening();
      recorder.note('chapter', `history ${seed}`);
      await randomHistory(recordedCharm(recorder, simulated), seed);
      recorder.note('check', 'it holds', false);
      const { recording } = collector;
      expect(recording.entries.length).toBeGreaterThan(50);
      const again = new Collector();
      for (const message of feedOf(recording)) again.take(message);
      expect(again.recording).toEqual(recording);
      const read = parseRecording(JSON.stringify(recording));
      expect(read).toEqual(E.right(recording));
      const first = recording.entries[0];
      expect(feedOf(recording)[0]).toMatchObject({ createdAt: String(first?.at) });
    }
  });

  it('of a charm without charts is told with what it has put off', () => {
    const recording = {
      ...emptyRecording('put off'),
      entries: [anEntry('a', { deferred: ['on_changed'], befell: 'and is killed', own: 0 })],
    };
    const again = new Collector();
    for (const message of feedOf(recording)) again.take(message);
    expect(again.recording).toEqual(recording);
  });

  it('that was begun is gone on with where it stands', async () => {
    const { messages, collector } = await requested();
    for (let told = 0; told <= messages.length; told++) {
      const first = new Collector();
      for (const message of messages.slice(0, told)) first.take(message);
      const second = new Collector(structuredClone(first.recording));
      for (const message of messages.slice(told)) second.take(message);
      expect(second.recording).toEqual(collector.recording);
      // Told to those who come late, what has only begun goes on to the same end.
      const third = new Collector();
      for (const message of feedOf(first.recording)) third.take(message);
      for (const message of messages.slice(told)) third.take(message);
      expect({ ...third.recording, title: '' }).toEqual({ ...collector.recording, title: '' });
    }
  });

  it('of version 0.1, whose answers had tags, is read with the labels of today', () => {
    const step = { node: 'is_leader', request: { _tag: 'Leader' }, milliseconds: 1 };
    const failure = { _tag: 'Any', class: 'broken' };
    const of = (answers: readonly object[]) => {
      const steps = answers.map((answer) => ({ ...step, answer }));
      const chart = { hook: 'h', event: {}, steps, path: [], end: null };
      const seen = { read: {}, written: {}, configuration: null, status: null };
      const tail = { reconciled: [], dropped: [], end: 'Running', failure: null, seen };
      const head = { _tag: 'Hook', id: '1', unit: 'p/0', event: { hook: 'h' }, at: 0 };
      const entries = [{ ...head, milliseconds: 0, charts: [chart], ...tail }];
      return JSON.stringify({ ...emptyRecording(''), entries });
    };
    const before = parseRecording(of([{ _tag: 'Yes' }, { _tag: 'Failed', failure }]));
    expect(E.isRight(before)).toBe(true);
    expect(before).toEqual(parseRecording(of([{ label: 'yes' }, { label: 'failed', failure }])));
  });

  it('that is none is refused with the place of what is wrong', () => {
    expect(parseRecording('{')).toEqual(E.left('it is not JSON'));
    expect(parseRecording('{"format":"hookchart-recording","version":2}')).toEqual(
      E.left('a recording of version 2; this hookchart reads version 1'),
    );
    expect(parseRecording('{"format":"hookchart-recording"}')).toEqual(
      E.left('version is missing'),
    );
    const broken = {
      format: 'hookchart-recording',
      version: 1,
      title: '',
      definitions: {},
      entries: [{ _tag: 'Note', id: 1 }],
    };
    expect(parseRecording(JSON.stringify(broken))).toEqual(
      E.left('entries.0.id is not as expected (string)'),
    );
  });
});
