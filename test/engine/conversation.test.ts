import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import {
  type Answer,
  databaseRelationBroken,
  databaseRequested,
  type Granted,
  hooks,
  type Signal,
} from '../../machines/index.ts';
import { advance, begin, pending, restore, type SecretState } from '../../src/engine/index.ts';

const granted: Granted = {
  grant: {
    relation: 4,
    state: 'provisioning',
    user: 'relation_id_4',
    database: 'app',
    attributes: [],
    roles: [],
    password: { secret: 'p' },
    secrets: {},
    place: null,
    verifier: { secret: 'v' },
    requestId: null,
    owner: 'm/a',
    published: null,
    error: null,
  },
};

const answer: fc.Arbitrary<Answer> = fc.constantFrom<Answer>(
  { _tag: 'Yes' },
  { _tag: 'No' },
  { _tag: 'Done' },
  { _tag: 'Done', granted },
  { _tag: 'Failed', failure: { _tag: 'Any', class: 'unavailable' } },
);

const signalOf = (given: Answer): Signal => {
  const { _tag, ...rest } = given;
  return { type: _tag.toLowerCase(), ...rest } as Signal;
};

describe.each(Object.values(hooks))('$id', (machine) => {
  it('property: stands where XState stands, knows what it knows, asks what it asks', () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 12 }), (answers) => {
        const event = { relation: 4, departingUnit: 'p/1' };
        let [snapshot] = initialTransition(machine);
        let actions: readonly { readonly type: string; readonly params: unknown }[] = [];
        [snapshot, actions] = transition(machine, snapshot, { type: 'start', event });
        let [state, request] = begin(machine, event);
        for (const given of answers) {
          expect(state.node).toBe(snapshot.value);
          expect(state.context).toEqual(snapshot.context);
          const asked = actions.filter(({ type }) => type === 'ask');
          if (asked.length > 0) expect(asked.map(({ params }) => params)).toEqual([request]);
          // XState moves a machine that is done, where its root handles the event.
          if (snapshot.status === 'active')
            [snapshot, actions] = transition(machine, snapshot, signalOf(given));
          [state, request] = advance(machine, state, given);
        }
        expect(state.node).toBe(snapshot.value);
      }),
    );
  });

  it('property: a state is JSON, and goes on from JSON as if nothing had been', () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 12 }), (answers) => {
        let [state] = begin(machine, { relation: 4 });
        for (const given of answers) {
          const restored = restore(machine, JSON.stringify(state));
          expect(restored).toEqual(E.right(state));
          [state] = advance(machine, state, given);
        }
      }),
    );
  });

  it('property: ends for every sequence of fitting answers', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (choices) => {
        let [state, request] = begin(machine, { relation: 4 });
        for (const choice of choices) {
          [state, request] = advance(machine, state, { _tag: choice ? 'Yes' : 'No' });
          [state, request] = advance(machine, state, { _tag: 'Done' });
        }
        expect(['Return', 'Defer']).toContain(request._tag);
      }),
    );
  });
});

describe('advance', () => {
  it('asks again where the answer does not fit', () => {
    const [state, request] = begin(databaseRequested, { relation: 4 });
    expect(advance(databaseRequested, state, { _tag: 'Done' })).toEqual([state, request]);
  });

  it('stays where it has ended', () => {
    const [start] = begin(databaseRequested, { relation: 4 });
    const [end, request] = advance(databaseRequested, start, { _tag: 'No' });
    expect(request).toEqual({ _tag: 'Defer' });
    const failure = { _tag: 'Late', class: 'broken' } as const;
    expect(advance(databaseRequested, end, { _tag: 'Failed', failure })).toEqual([end, request]);
  });

  it('names a node that is not of its chart', () => {
    const [state] = begin(databaseRequested, { relation: 4 });
    expect(() => advance(databaseRelationBroken, state, { _tag: 'Yes' })).toThrow(
      'database-relation-broken has no node is_backend_ready',
    );
    const unborn: SecretState = { ...state, node: 'hook_fired' };
    expect(() => pending(databaseRequested, unborn)).toThrow('has not begun');
  });
});

describe('restore', () => {
  const [state] = begin(databaseRequested, { relation: 4 });

  it.each([
    ['{', 'it is not JSON'],
    ['{}', 'hook is not as expected'],
    [JSON.stringify({ ...state, hook: 'other' }), 'it was left by other'],
    [JSON.stringify({ ...state, node: 'nowhere' }), 'the chart has no node nowhere'],
    [JSON.stringify({ ...state, context: { ...state.context, event: 4 } }), 'context.event'],
  ])('says what is wrong with %s', (json, why) => {
    expect(restore(databaseRequested, json)).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'StateInvalid', why: expect.stringContaining(why) },
    });
  });

  it('goes on in another process, from any node', () => {
    const stored: string[] = [];
    let [now, request] = begin(databaseRequested, { relation: 4 });
    for (const given of ['Yes', 'Yes', 'Done', 'Done', 'Done', 'Done', 'Done'] as const) {
      stored.push(JSON.stringify(now));
      [now, request] = advance(databaseRequested, now, { _tag: given });
    }
    expect(request).toEqual({ _tag: 'Return' });
    const script = `
      import { advance, restore, pending } from './dist/src/engine/index.js';
      import { databaseRequested as machine } from './dist/machines/index.js';
      for (const json of JSON.parse(process.argv[1])) {
        let state = restore(machine, json).right;
        let request = pending(machine, state);
        const path = [];
        while (request._tag !== 'Return') {
          path.push(state.node);
          const isQuestion = request._tag === 'Leader' || request._tag === 'BackendReady';
          [state, request] = advance(machine, state, { _tag: isQuestion ? 'Yes' : 'Done' });
        }
        console.log(path.join(' '), state.node);
      }`;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script, JSON.stringify(stored)],
      { encoding: 'utf8' },
    );
    const nodes = stored.map((json) => JSON.parse(json).node as string);
    expect(output.trim().split('\n')).toEqual(
      nodes.map((_, index) => [...nodes.slice(index), 'rtn2'].join(' ')),
    );
  });
});
