import { describe, expect, it } from 'vitest';
import { type Entry, emptyRecording, recordReplay, tellEntry } from '../../src/inspector/index.ts';
import { spotOf, troublesOf } from '../../src/inspector/trouble.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { defaultBounds, type Replay } from '../../src/testing/index.ts';
import { anEntry } from './an-entry.ts';

const troubles = (...entries: Entry[]) => troublesOf({ ...emptyRecording(''), entries });
const note = (rest: Partial<Entry & { _tag: 'Note' }>): Entry => ({
  ...({ _tag: 'Note', id: 'n', at: 0, kind: 'violation', text: 'wrong', ok: false } as const),
  ...rest,
});
const violated = { invariant: 'I1', claims: 'It holds.', what: 'it does not', by: 'a' };

describe('what went wrong', () => {
  it('is what is violated, by the entry that did it', () => {
    expect(troubles(anEntry('a'), anEntry('b'), note({ violated }))).toEqual([
      {
        ...{ at: 2, sentence: 'it does not', invariant: 'I1', claims: 'It holds.' },
        ...{ culprit: 0, blame: 'did' },
      },
    ]);
  });

  it('at rest, is laid to the last run that was chosen', () => {
    const chosen = anEntry('a', { chosen: true });
    const rest = note({ violated: { ...violated, by: null } });
    expect(troubles(chosen, anEntry('b', { chosen: false }), rest)).toMatchObject([
      { culprit: 0, blame: 'chosen' },
    ]);
  });

  it('at rest, after what nobody chose, is laid to the last run that had to do with it', () => {
    const rest = (what: string) => note({ violated: { ...violated, by: null, what } });
    const chart = (relation: number) => ({
      hook: 'requested',
      event: { hook: 'r-relation-changed', relation },
      path: ['order'],
      steps: [],
      end: null,
    });
    const seen = anEntry('').seen;
    const all = [
      anEntry('a', { charts: [chart(3)] }),
      anEntry('b', { seen: { ...seen, did: [{ what: 'role tom', how: 'is new' }] } }),
      anEntry('c', { unit: 'p/1', seen: { ...seen, configuration: { before: null, after: 'b' } } }),
      anEntry('d', {
        ...{ unit: 'p/1', charts: [chart(13)] },
        seen: { ...seen, configuration: { before: null, after: 'b' } },
      }),
      anEntry('e', { side: 'other', charts: [chart(3)] }),
    ];
    const foreign = anEntry('f', { event: { hook: 'r-relation-broken', relation: 1001 } });
    expect(
      troubles(foreign, anEntry('g'), rest('the secret "r.1001" of p is left'))[0],
    ).toMatchObject({ culprit: 0, blame: 'touched' });
    const blamed = (what: string) => troubles(...all, rest(what))[0];
    expect(blamed('relation 3 asks in vain')).toMatchObject({ culprit: 0, blame: 'touched' });
    expect(blamed('role tom belongs to nobody')).toMatchObject({ culprit: 1, blame: 'touched' });
    expect(blamed('p/1 serves too much')).toMatchObject({ culprit: 2, blame: 'touched' });
    expect(blamed('all is wrong')).toMatchObject({ culprit: 3, blame: 'last' });
  });

  it('at rest, is laid to the run that put off what was never done', () => {
    const rest = (what: string) => note({ violated: { ...violated, by: null, what } });
    const changed = { hook: 'page-relation-changed', relation: 1001 };
    const off = (id: string, ...deferred: string[]) => anEntry(id, { deferred });
    const all = [
      off('a', 'on/start[1]'),
      { ...off('b', 'on/start[1]'), event: { ...changed, hook: 'page-relation-joined' } },
      { ...off('c', 'on/changed[2]'), event: changed },
      { ...off('d', 'on/changed[2]', 'on/changed[3]'), event: changed },
      off('e', 'on/changed[2]', 'on/changed[3]'),
      anEntry('f', { event: changed }),
    ];
    const blamed = (what: string, ...entries: Entry[]) => troubles(...entries, rest(what))[0];
    const lost = 'relation 1001 (page of one) has no page';
    expect(blamed(lost, ...all)).toMatchObject({ culprit: 2, blame: 'deferred' });
    expect(blamed('p/0 is active while on/start[1] waits', ...all)).toMatchObject({
      ...{ culprit: 0, blame: 'deferred' },
    });
    const written = { 'relation 1001: p': { page: '1' } };
    const answered = anEntry('g', { seen: { ...anEntry('').seen, written } });
    expect(blamed(lost, ...all, answered)).toMatchObject({ culprit: 5, blame: 'touched' });
    expect(blamed('relation 1002 has no page', ...all)).toMatchObject({ blame: 'last' });
  });

  it('at rest, is not laid to a unit that does not lead where one that does had to do with it', () => {
    const rest = note({ violated: { ...violated, by: null, what: 'relation 1001 has no page' } });
    const told = (id: string, how: string) =>
      anEntry(id, {
        event: { hook: 'page-relation-changed', relation: 1001 },
        seen: { ...anEntry('').seen, did: [{ what: 'is-leader --format=json', how }] },
      });
    expect(troubles(told('a', 'true'), told('b', 'false'), rest)[0]?.culprit).toBe(0);
    expect(troubles(told('a', 'False'), told('b', 'False'), rest)[0]?.culprit).toBe(1);
  });

  it('at rest, is laid to the chart of the run that was for it', () => {
    const one = (relation: number, node: string) => ({
      hook: 'requested',
      event: { hook: 'r-relation-changed', relation },
      path: ['fired', node],
      steps: [{ node, request: { _tag: 'Do' }, answer: null, at: 0, milliseconds: 0 }],
      end: null,
    });
    const run = anEntry('a', { charts: [one(3, 'serve'), one(4, 'serve')] });
    const states = { serve: { meta: { shape: 'step' } } };
    const definitions = { requested: { id: 'requested', states } };
    const [trouble] = troubles(
      run,
      note({ violated: { ...violated, by: null, what: 'relation 3' } }),
    );
    expect(spotOf(run, definitions, trouble)).toMatchObject({ chart: 0 });
    expect(spotOf(run, definitions)).toMatchObject({ chart: 1 });
  });

  it('is laid to the chart for the relation that it names, where the run served several', () => {
    const states = { begin: {}, tell: { meta: { shape: 'step' } } };
    const definitions = { told: { id: 'told', states } };
    const chart = (relation?: number) => ({
      ...{ hook: 'told', path: ['begin', 'tell'], end: null },
      event: relation === undefined ? {} : { relation },
      steps: [{ node: 'tell', request: { _tag: 'Tell' }, answer: null, milliseconds: 0 }],
    });
    const what = 'relation 1: it does not';
    const spot = (...charts: ReturnType<typeof chart>[]) => {
      const run = anEntry('a', { charts });
      const [trouble] = troubles(run, note({ violated: { ...violated, what } }));
      return spotOf(run, definitions, trouble)?.chart;
    };
    expect(spot(chart(3), chart(1), chart(2))).toBe(1);
    expect(spot(chart(3), chart(2))).toBe(1);
    // What was done for all of them at the end may have spoiled it.
    expect(spot(chart(1), chart(2), chart())).toBe(2);
  });

  it('is a check that does not hold, and else the hooks that failed', () => {
    const failed = anEntry('a', { end: 'Failed', failure: 'no server' });
    expect(troubles(failed)).toMatchObject([
      { at: 0, culprit: 0, sentence: 'update-status failed: no server' },
    ]);
    const check = note({ kind: 'check', text: 'it holds', detail: '1 of 2' });
    expect(troubles(failed, check)).toMatchObject([
      { at: 1, culprit: 0, sentence: 'it does not hold that it holds: 1 of 2' },
    ]);
    expect(troubles(anEntry('a'))).toEqual([]);
  });
});

describe('a history that is run again', { timeout: 30_000 }, () => {
  const few = { units: 1, relations: 1 };
  const history: Replay = {
    bounds: { ...defaultBounds(simulated), ...few },
    served: 0,
    actions: [{ _tag: 'Relate', application: 'app1' }],
    chosen: [0],
  };

  it('says that nothing is violated any more, and what was chosen', async () => {
    const { entries, clock } = await recordReplay(simulated, history);
    expect(clock).toBe('model');
    expect(entries.filter(({ chosen }) => chosen === true)).toMatchObject([
      { kind: 'action', text: 'app1 is related', of: 'app1' },
    ]);
    expect(entries.at(-1)).toMatchObject({ kind: 'check', ok: true });
    const other = entries.find((entry) => entry._tag === 'Hook' && entry.side === 'other');
    expect(other).toMatchObject({
      unit: 'app1/0',
      seen: { written: { 'relation 1: application': { database: 'db1' } } },
    });
  });

  it('says that the charm is another one, or another version, where it cannot go on', async () => {
    const hook = { name: 'database-relation-changed', relation: 9 };
    const actions = [...history.actions, { _tag: 'RunHook', unit: 'pgbouncer/0', hook } as const];
    const recording = await recordReplay(simulated, { ...history, actions });
    const last = recording.entries.at(-1) ?? expect.fail('nothing is recorded');
    const text =
      'the charm cannot go through the history that was written: it is another charm, or another version of it';
    const detail = expect.stringMatching(
      /^Juju would not run database-relation-changed of relation 9 on pgbouncer\/0 now; /,
    );
    expect(last).toMatchObject({ kind: 'chapter', ok: false, text, detail });
    expect(JSON.stringify(last)).not.toContain('{\\"');
    // It is no run's doing, and what does not go on is told where it ends.
    expect(troublesOf(recording)).toMatchObject([{ sentence: text, culprit: null }]);
    expect(tellEntry(last, recording)).toEqual([
      expect.stringMatching(/^✗ the charm cannot go .* version of it: Juju would not run/),
    ]);
  });
});
