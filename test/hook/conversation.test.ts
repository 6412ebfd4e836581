import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import {
  databaseRelationBroken,
  databaseRequested,
  type Granted,
  hooks,
} from '../../machines/index.ts';
import {
  type Answer,
  advance,
  begin,
  type HookMachine,
  isEnd,
  nodesOf,
  pending,
  restore,
  type SecretState,
  type StateSchemas,
  vocabulary,
  type Words,
} from '../../src/hook/index.ts';
import { stateSchemas } from '../../src/pgbouncer/relation/stored-state.ts';
import { dusk, schemas } from './lighthouse.ts';

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

const failure = { _tag: 'Any', class: 'unavailable' } as const;

/** Every hook of PgBouncer's, with and without a relation, and one of another charm. */
const all: readonly (readonly [string, HookMachine, object, object, StateSchemas<Words>])[] = [
  ...Object.entries(hooks).flatMap(([name, machine]) =>
    [{ relation: 4, departingUnit: 'p/1' }, {}].map(
      (event) => [name, machine, event, { granted }, stateSchemas as StateSchemas<Words>] as const,
    ),
  ),
  ['dusk', dusk, { keeper: 'Ida' }, { oil: 3 }, schemas as StateSchemas<Words>],
];

/** One of the answers that fit where a state rests. */
function answerAt(machine: HookMachine, node: string, choice: number, learned: object): Answer {
  const edges = nodesOf(machine).find(({ id }) => id === node)?.edges ?? [];
  const edge = edges[choice % (edges.length + 1)];
  if (edge === undefined) return { label: 'failed', failure };
  return edge.learns && choice % 2 === 0 ? { label: edge.label, learned } : { label: edge.label };
}

const choices = fc.array(fc.nat(11), { minLength: 20, maxLength: 20 });

describe.each(all)('%s', (_, machine, event, learned, schemas) => {
  it('property: stands where XState stands, knows what it knows, asks what it asks', () => {
    fc.assert(
      fc.property(choices, (chosen) => {
        const xstate = machine as typeof databaseRequested;
        let [snapshot] = initialTransition(xstate);
        let actions: readonly { readonly type: string; readonly params: unknown }[] = [];
        [snapshot, actions] = transition(xstate, snapshot, { type: 'start', event });
        let [state, request] = begin(machine, event);
        for (const choice of chosen) {
          expect(state.node).toBe(snapshot.value);
          expect(state.context).toEqual(snapshot.context);
          const asked = actions.filter(({ type }) => type === 'ask');
          expect(asked.map(({ params }) => params)).toEqual([request]);
          if (isEnd(request)) break;
          const { label, ...rest } = answerAt(machine, state.node, choice, learned);
          [snapshot, actions] = transition(xstate, snapshot, { type: label, ...rest });
          [state, request] = advance(machine, state, { label, ...rest } as Answer);
        }
        expect(isEnd(request)).toBe(true);
      }),
    );
  });

  it('property: a state is JSON, and goes on from JSON as if nothing had been', () => {
    fc.assert(
      fc.property(choices, (chosen) => {
        let [state, request] = begin(machine, event);
        for (const choice of chosen) {
          const restored = restore(machine, JSON.stringify(state), schemas);
          expect(restored).toEqual(E.right(state));
          if (isEnd(request)) return;
          const answer = answerAt(machine, state.node, choice, learned);
          [state, request] = advance(machine, state, answer);
        }
      }),
    );
  });
});

describe('restore', () => {
  const [state] = begin(databaseRequested, { relation: 4 });
  const { context } = state;

  it.each([
    ['{', 'it is not JSON'],
    ['{}', 'it has no hook and node'],
    [JSON.stringify({ ...state, hook: 'other' }), 'it was left by other'],
    [JSON.stringify({ ...state, node: 'nowhere' }), 'the chart has no node nowhere'],
    [JSON.stringify({ ...state, node: 'hook_fired' }), 'it was left before "start"'],
    [JSON.stringify({ ...state, context: null }), 'it has no context'],
    [JSON.stringify({ ...state, context: { ...context, event: 4 } }), 'context.event'],
    [JSON.stringify({ ...state, context: { ...context, learned: {} } }), 'context.learned'],
    [JSON.stringify({ ...state, context: { ...context, failure: {} } }), 'context.failure'],
    [
      JSON.stringify({ ...state, context: { ...context, learned: { granted: { grant: {} } } } }),
      'context.learned.granted is not as expected',
    ],
  ])('says what is wrong with %s', (json, why) => {
    expect(restore(databaseRequested, json, stateSchemas)).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'StateInvalid', why: expect.stringContaining(why) },
    });
  });

  it.each([
    ['answers later', async () => ({ value: { keeper: '' } })],
    ['answers later', () => Promise.reject(new Error('boom'))],
    ['throws', () => assert.fail('boom')],
    ['yields neither', () => undefined],
    ['yields neither', () => ({})],
    ['is missing', undefined],
  ])('a schema that %s is a misuse', (words, validate) => {
    const [left] = begin(dusk, { keeper: 'Ida' });
    const event = { '~standard': { validate } } as unknown as (typeof schemas)['event'];
    expect(() => restore(dusk, JSON.stringify(left), { ...schemas, event })).toThrow(
      expect.objectContaining({
        name: 'HookMisuse',
        kind: 'SchemaUnfit',
        message: expect.stringContaining(`the schema of context.event ${words}`),
      }),
    );
  });

  it('says where a state is not as expected, and nothing of what it holds', () => {
    const [left] = begin(dusk, { keeper: 'Ida' });
    const spoiled = { ...left, context: { ...left.context, learned: { oil: 'hunter2' } } };
    const outcome = restore(dusk, JSON.stringify(spoiled), schemas);
    expect(outcome).toMatchObject({ left: { why: 'context.learned.oil is not as expected' } });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  it('goes on in another process, from any node', () => {
    const stored: string[] = [];
    let [now, request] = begin(databaseRequested, { relation: 4 });
    for (const label of ['yes', 'yes', 'done', 'done', 'done', 'done', 'done']) {
      stored.push(JSON.stringify(now));
      [now, request] = advance(databaseRequested, now, { label });
    }
    expect(request).toEqual({ _tag: 'Return' });
    const script = `
      import { advance, pending, restore } from 'hookchart';
      import { stateSchemas } from 'hookchart/pgbouncer';
      import { databaseRequested as machine } from 'hookchart/machines';
      for (const json of JSON.parse(process.argv[1])) {
        let state = restore(machine, json, stateSchemas).right;
        let request = pending(machine, state);
        const path = [];
        while (request._tag !== 'Return') {
          path.push(state.node);
          const isQuestion = request._tag === 'Leader' || request._tag === 'BackendReady';
          [state, request] = advance(machine, state, { label: isQuestion ? 'yes' : 'done' });
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

describe('misuse', () => {
  const [state] = begin(databaseRequested, { relation: 4 });
  const answering = (given: unknown) => () => advance(databaseRequested, state, given as Answer);
  const [atDusk] = begin(dusk, { keeper: 'Ida' });

  it.each([
    ['a label of no edge', { label: 'maybe' }, 'AnswerUnfit', 'say "no" or "yes" or "failed"'],
    [
      'the label of another node’s edge',
      { label: 'done' },
      'AnswerUnfit',
      'cannot be answered "done", which a handler says that returns nothing: say "no" or "yes"',
    ],
    ['no label', { _tag: 'Yes' }, 'AnswerUnfit', 'an answer is { label }'],
    ['nothing', undefined, 'AnswerUnfit', 'an answer is { label }'],
    ['a failure that says nothing', { label: 'failed' }, 'AnswerUnfit', 'needs a failure'],
  ])('%s', (_, given, kind, words) => {
    expect(answering(given)).toThrow(
      expect.objectContaining({
        name: 'HookMisuse',
        kind,
        hook: 'database-requested',
        node: 'is_backend_ready',
        message: expect.stringContaining(words),
      }),
    );
  });

  it('what nobody would learn', () => {
    expect(() => advance(dusk, atDusk, { label: 'clear', learned: { oil: 3 } })).toThrow(
      'its edge "clear" does not learn: add actions: \'learn\'',
    );
  });

  it.each([
    ['oli', 'add it there, or say "oil"'],
    ['Oil', 'add it there, or say "oil"'],
    ['toString', 'add it there, or say "oil"'],
  ])('what no vocabulary knows: %s', (key, would) => {
    const taught = { [key]: 'hunter2' } as unknown as { oil: number };
    expect(() => advance(dusk, atDusk, { label: 'storm', learned: taught })).toThrow(
      expect.objectContaining({
        ...{ name: 'HookMisuse', kind: 'AnswerUnfit', hook: 'dusk', node: 'weather' },
        message: `dusk: weather: its answer teaches "${key}", which vocabulary({ learned }) does not know: ${would}`,
      }),
    );
  });

  it('what no vocabulary knows, by the nearest name of several, and of none', () => {
    const asking = (learned: object) => {
      const { ask, chart, returns } = vocabulary<Words>({ learned });
      const question = ask('Which?', () => ({ _tag: 'Which' }), { yes: 'rtn', no: 'rtn' });
      const machine = chart('which', { which: question, rtn: returns });
      const [asked] = begin(machine, {});
      return (taught: object) => advance(machine, asked, { label: 'yes', learned: taught });
    };
    const known = { database: null, password: null, port: null, user: null };
    expect(() => asking(known)({ prot: 1 })).toThrow('or say "port"');
    expect(() => asking(known)({ user: 'a', passwd: 'x' })).toThrow('or say "password"');
    expect(() => asking({})({ port: 1 })).toThrow('or say nothing, for there is none');
    expect(asking(known)({ user: 'a', port: 1 })[1]).toEqual({ _tag: 'Return' });
  });

  it('an answer to a hook that has ended', () => {
    const [ended] = advance(databaseRequested, state, { label: 'no' });
    for (const given of [{ label: 'yes' }, { label: 'failed', failure }])
      expect(() => advance(databaseRequested, ended, given)).toThrow(
        expect.objectContaining({
          kind: 'HasEnded',
          message: expect.stringContaining('has ended'),
        }),
      );
  });

  it('a state of another machine, or of another version', () => {
    expect(() => advance(databaseRelationBroken, state, { label: 'yes' })).toThrow(
      'database-relation-broken: the state was left by database-requested',
    );
    const elsewhere: SecretState = { ...state, node: 'gone' };
    expect(() => pending(databaseRequested as HookMachine, elsewhere)).toThrow(
      'it has no node gone: a state of another version?',
    );
    for (const given of [undefined, null, 'x', {}])
      expect(() => advance(dusk, given as never, { label: 'clear' })).toThrow(
        'dusk: a state is what begin, advance or restore give',
      );
    const unborn: SecretState = { ...state, node: 'hook_fired' };
    expect(() => pending(databaseRequested as HookMachine, unborn)).toThrow('it has not begun');
  });
});
