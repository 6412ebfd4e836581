import { describe, expect, it } from 'vitest';
import { causesOf } from '../../src/inspector/causes.ts';
import {
  emptyRecording,
  type HookEntry,
  mermaidOf,
  type Recording,
  relationsIn,
  sequenceOf,
} from '../../src/inspector/index.ts';
import { lanesOf } from '../../src/inspector/lanes.ts';
import { anEntry } from './an-entry.ts';

const nothing = anEntry('').seen;
const hook = (
  id: string,
  unit: string,
  event: HookEntry['event'],
  seen: Partial<HookEntry['seen']> = {},
  rest: Partial<HookEntry> = {},
) => anEntry(id, { unit, event, seen: { ...nothing, ...seen }, ...rest });

const changed = { hook: 'database-relation-changed', relation: 4 };
const recording: Recording = {
  ...emptyRecording('a request'),
  charm: { name: 'pooler', peers: 'peers' },
  entries: [
    hook(
      '0',
      'app/0',
      { hook: 'database-relation-created', relation: 4 },
      { written: { 'relation 4: application': { database: 'app' } } },
      { side: 'other' },
    ),
    { _tag: 'Note', id: '1', at: 0, kind: 'action', text: 'the server goes down', ok: true },
    hook('2', 'p/0', changed, {
      written: {
        'relation 4: p': { password: '********', old: '' },
        'peers: application': { 'relation-4': '{}' },
      },
      did: [{ what: 'secret users', how: 'made' }],
    }),
    hook('3', 'p/1', { hook: 'peers-relation-changed', relation: 0 }),
    hook('4', 'app/0', changed, {}, { side: 'other' }),
    hook('5', 'p/1', { hook: 'secret-changed', secretLabel: 'users' }),
    // Told once more of what it has heard.
    hook('6', 'p/1', { hook: 'peers-relation-changed', relation: 0 }),
    hook(
      '7',
      'p/2',
      { ...changed, relation: 7 },
      { read: { 'relation 7: application': { a: '1' } } },
    ),
  ],
};

describe('causes', () => {
  it('lead from a write to who was told of it, once for each version', () => {
    expect(causesOf(recording)).toEqual([
      { from: 0, to: 2, what: 'relation 4: application', keys: ['database'] },
      { from: 2, to: 3, what: 'peers: application', keys: ['relation-4'] },
      { from: 2, to: 4, what: 'relation 4: ours', keys: ['password', 'old'] },
      { from: 2, to: 5, what: 'secret users', keys: [] },
      { from: null, to: 7, what: 'relation 7: application', keys: ['a'] },
    ]);
  });
});

describe('lanes', () => {
  it('are what is outside, who asks, and who is asked', () => {
    const { lanes, laneOf, otherSide } = lanesOf(recording.entries);
    expect(lanes.map(({ name }) => name)).toEqual([
      'outside',
      'app',
      'relation 7',
      'p/0',
      'p/1',
      'p/2',
    ]);
    expect(recording.entries.map(laneOf)).toEqual([1, 0, 3, 4, 1, 4, 4, 5]);
    expect([otherSide(4), otherSide(7), otherSide(9)]).toEqual([1, 2, -1]);
  });
});

describe('the life of a relation', () => {
  it('is a sequence for Mermaid: from who asks, through the peers, and back', () => {
    expect(relationsIn(recording)).toEqual([4, 7]);
    const definitions = { requested: { id: 'requested' } };
    expect(mermaidOf(sequenceOf({ ...recording, definitions }, 4)).split('\n')).toEqual([
      'sequenceDiagram',
      '  title relation 4',
      '  participant a0 as app',
      '  participant a1 as p/0',
      '  participant a2 as p/1',
      '  Note over a0: database-relation-created',
      '  a0->>a1: database-relation-changed (database)',
      '  a1->>a0: password, no old',
      '  a1->>a2: peers-relation-changed (relation-4)',
      '  Note over a0: database-relation-changed',
      '',
    ]);
  });

  it('of a charm without charts has a box for each of its hooks, and for what it put off', () => {
    const requested = { hook: 'page-relation-changed', relation: 1001 };
    const run = (id: string, event: HookEntry['event'], rest: Partial<HookEntry> = {}) =>
      hook(id, 'p/0', event, {}, rest);
    const entries = [
      run('0', { hook: 'start' }, { deferred: ['on/start[1]'] }),
      run('1', requested, { deferred: ['on/start[1]', 'on/page[2]', 'on/page[3]'] }),
      hook('2', 'p/1', requested, {}, { end: 'Failed', failure: 'exit code 1' }),
      run('3', { hook: 'update-status' }, { deferred: ['on/page[2]', 'on/page[3]'] }),
      run('4', { hook: 'leader-elected' }, { deferred: ['on/page[3]'] }),
      hook('5', 'p/1', { hook: 'update-status' }),
      run('6', { hook: 'page-relation-changed', relation: 1002 }),
      run('7', { hook: 'update-status' }, { deferred: ['on/update[4]'] }),
      run('8', { hook: 'update-status' }),
    ];
    const { lines } = sequenceOf({ ...emptyRecording('foreign'), entries }, 1001);
    const boxes = lines.flatMap((line) => (line._tag === 'Did' ? [[line.at, line.text]] : []));
    expect(boxes).toEqual([
      [1, 'page-relation-changed: deferred'],
      [2, 'page-relation-changed: failed, exit code 1'],
      [3, 'update-status: deferred'],
      [4, 'leader-elected: deferred, on/page[2] waits no more'],
      [6, 'page-relation-changed: returned, on/page[3] waits no more'],
    ]);
  });
});
