import { expect, it } from 'vitest';
import { causesOf, Trail } from '../../src/inspector/causes.ts';
import { Collector, type Entry, Recorder, recordedCharm } from '../../src/inspector/index.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { randomHistory } from '../../src/testing/index.ts';
import { anEntry } from './an-entry.ts';

it('knows at every point of a feed, and where the oldest go, what the whole of it says', async () => {
  const collector = new Collector();
  const { recording } = collector;
  const trail = new Trail();
  let [compared, told] = [0, 0];
  const recorder = new Recorder((message) => {
    collector.take(message);
    told += 1;
    // Hooks that run are looked at, too: every message would take long.
    if (told % 7 !== 0) return;
    if (told % 140 === 0) collector.forget(new Set(recording.entries.slice(0, 5)));
    const causes = trail.causesOf(recording);
    expect(causes).toEqual(causesOf(recording));
    compared += causes.length;
  });
  await randomHistory(recordedCharm(recorder, simulated), 1, { steps: 40 });
  expect(compared).toBeGreaterThan(200);
});

it('takes for good nothing that comes after a hook which runs still', () => {
  const bag = (key: string) => ({
    ...anEntry('').seen,
    written: { 'peers: application': { [key]: '1' } },
  });
  const hears = { hook: 'peers-relation-changed', relation: 0, remoteUnit: 'p/1' };
  const runs = anEntry('b', { event: hears, end: 'Running' });
  const entries = [anEntry('a', { unit: 'p/1', seen: bag('first') }), runs];
  const recording = { ...new Collector().recording, entries };
  const trail = new Trail();
  const heard = [{ from: 0, to: 1, what: 'peers: application', keys: ['first'] }];
  expect(trail.causesOf(recording)).toEqual(heard);
  entries.push(anEntry('c', { unit: 'p/1', seen: bag('second') }));
  expect(trail.causesOf(recording)).toEqual(heard);
  Object.assign(runs, { end: 'Committed' });
  expect(trail.causesOf(recording)).toEqual(heard);
});

it('looks once at a hook that has ended, however many come after it', () => {
  let looks = 0;
  const entries: Entry[] = [];
  const recording = { ...new Collector().recording, entries };
  const trail = new Trail();
  for (let number = 0; number < 500; number++) {
    const entry = anEntry(String(number), { unit: `p/${number % 3}` });
    const { seen } = entry;
    Object.defineProperty(entry, 'seen', {
      get: () => {
        looks += 1;
        return seen;
      },
    });
    entries.push(entry);
    trail.causesOf(recording);
  }
  expect(looks).toBeGreaterThanOrEqual(500);
  expect(looks).toBeLessThan(2_000);
});
