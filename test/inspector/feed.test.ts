import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { hooks, nodesOf } from '../../machines/index.ts';
import { begin, dispatch, interpret, reconcile } from '../../src/engine/index.ts';
import {
  Collector,
  feedOf,
  type HookEntry,
  type InspectionEvent,
  parseRecording,
  Recorder,
  recordedCharm,
} from '../../src/inspector/index.ts';
import { randomHistory } from '../../src/testing/index.ts';
import { MemoryWorld } from '../memory-world.ts';

/** A feed with all that it told, as messages and as a recording. */
function listening(title = 'a test') {
  const messages: InspectionEvent[] = [];
  const collector = new Collector();
  let now = 0;
  const recorder = new Recorder(
    (message) => {
      messages.push(structuredClone(message));
      collector.take(message);
    },
    { title, now: () => ++now },
  );
  return { messages, recorder, collector };
}

const relation = 4;
const hooksIn = ({ recording }: Collector): readonly HookEntry[] =>
  recording.entries.filter((entry) => entry._tag === 'Hook');

async function requested() {
  const world = new MemoryWorld();
  world.juju.request(relation, { database: 'app' });
  const heard = listening();
  const run = await heard.recorder.hook(
    'p/1',
    { hook: 'database-relation-changed', relation },
    world.adapters('p/1'),
    ({ adapters, watch }) =>
      interpret(adapters, { watch })(hooks['database-requested'])({ relation })(),
  );
  if (E.isLeft(run)) throw new Error(run.left._tag);
  return { world, run: run.right, ...heard };
}

describe('a feed', () => {
  it('is one actor for the hook and one for its chart, with the definition of its machine', async () => {
    const { messages } = await requested();
    const actors = messages.filter((message) => message.type === '@xstate.actor');
    expect(
      actors.map(({ name, sessionId, rootId, parentId }) => ({
        name,
        sessionId,
        rootId,
        parentId,
      })),
    ).toEqual([
      { name: 'a test', sessionId: 'story', rootId: 'story', parentId: undefined },
      { name: 'p/1 database-relation-changed', sessionId: '1', rootId: '1', parentId: undefined },
      { name: 'database-requested', sessionId: '1.0', rootId: '1', parentId: '1' },
    ]);
    const definition = JSON.parse(actors[2]?.definition ?? '');
    expect(Object.keys(definition.states)).toEqual(
      nodesOf(hooks['database-requested']).map(({ id }) => id),
    );
    expect(definition.states.is_leader).toMatchObject({
      description: 'is this unit the leader',
      on: { no: 'rtn', yes: 'get_user' },
    });
    for (const message of messages) expect(message._version).toBe('0.7.2');
  });

  it('shows each node as it is reached, each request and each answer', async () => {
    const { messages, run } = await requested();
    const chart = messages.filter(({ sessionId }) => sessionId === '1.0');
    const nodes = chart.flatMap((message) =>
      'snapshot' in message ? [message.snapshot.value] : [],
    );
    expect(nodes).toEqual(run.path);
    const events = chart.flatMap((message) =>
      message.type === '@xstate.event' ? [message.event] : [],
    );
    expect(events.slice(0, 5)).toEqual([
      { type: 'start', event: { relation } },
      { type: 'ask', node: 'is_backend_ready', request: { _tag: 'BackendReady' } },
      { type: 'yes', node: 'is_backend_ready', answer: { _tag: 'Yes' }, milliseconds: 0 },
      { type: 'ask', node: 'is_leader', request: { _tag: 'Leader' } },
      { type: 'yes', node: 'is_leader', answer: { _tag: 'Yes' }, milliseconds: 0 },
    ]);
    expect(events.length).toBe(1 + 2 * run.steps.length);
    expect(chart.at(-1)).toMatchObject({
      type: '@xstate.snapshot',
      snapshot: { status: 'done', value: 'rtn2', output: { _tag: 'Returned', why: null } },
    });
  });

  it('tells what the hook read and wrote, with its configuration, and not one password', async () => {
    const { messages, collector, world } = await requested();
    const [entry] = hooksIn(collector);
    expect(entry?.seen.read['relation 4: application']).toEqual({ database: 'app' });
    expect(entry?.seen.written['relation 4: pooler']).toMatchObject({
      username: 'relation_id_4',
      password: '********',
    });
    expect(entry?.seen.configuration?.after).toContain('app = host=');
    expect(entry?.seen.status).toEqual({ name: 'active', message: '' });
    const said = JSON.stringify(messages);
    const { password = '', uris = '' } = world.own(relation);
    expect(password.length).toBeGreaterThan(16);
    for (const secret of [password, uris]) expect(said).not.toContain(secret);
    const { password: auth } = JSON.parse(world.peer()['auth-user'] ?? '');
    expect(said).not.toContain(auth.secret);
    // A later hook reads what this one wrote.
    const { recorder, messages: later } = listening();
    for (const unit of world.juju.units)
      await recorder.hook(unit, { hook: 'update-status' }, world.adapters(unit), ({ adapters }) =>
        reconcile(adapters)(),
      );
    expect(later.length).toBeGreaterThan(5);
    for (const secret of [password, uris, auth.secret])
      expect(JSON.stringify(later)).not.toContain(secret);
  });

  it('shows a hook that fails with the way that it went, and why', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    world.postgres.tap = (step) => (step === 'commit' ? null : 'fails');
    const { recorder, collector, messages } = listening();
    const outcome = await recorder.hook(
      'p/1',
      { hook: 'database-relation-changed', relation },
      world.adapters('p/1'),
      ({ adapters, watch }) =>
        dispatch(adapters, { watch })({ hook: 'database-relation-changed', relation })(),
    );
    expect(E.isLeft(outcome)).toBe(true);
    const [entry] = hooksIn(collector);
    expect(entry).toMatchObject({
      end: 'Failed',
      failure: expect.stringContaining('it was told to fail'),
    });
    expect(entry?.charts[0]?.path.slice(-2)).toEqual(['create_user_and_db', 'failed']);
    expect(entry?.charts[0]?.end).toMatchObject({ _tag: 'Failed' });
    expect(entry?.seen.written).toEqual({});
    expect(messages.at(-1)).toMatchObject({ snapshot: { status: 'error', value: 'failed' } });
  });

  it('shows a process that is lost on the node that it was on', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app' });
    world.postgres.tap = () => {
      throw new Error('SIGKILL');
    };
    const { recorder, collector } = listening();
    const hook = recorder.hook(
      'p/1',
      { hook: 'database-relation-changed', relation },
      world.adapters('p/1'),
      ({ adapters, watch }) =>
        interpret(adapters, { watch })(hooks['database-requested'])({ relation })(),
    );
    await expect(hook).rejects.toThrow('SIGKILL');
    const [entry] = hooksIn(collector);
    expect(entry).toMatchObject({ end: 'Failed', failure: 'SIGKILL' });
    expect(entry?.charts[0]).toMatchObject({ end: null });
    expect(entry?.charts[0]?.steps.at(-1)).toMatchObject({
      node: 'create_user_and_db',
      answer: null,
    });
  });

  it('of a chart that goes on from a stored state begins where it rested', async () => {
    const world = new MemoryWorld();
    const { recorder, collector } = listening();
    const machine = hooks['leader-elected'];
    const [state] = begin(machine, {});
    await recorder.hook(
      'p/1',
      { hook: 'leader-elected' },
      world.adapters('p/1'),
      ({ adapters, watch }) => interpret(adapters, { watch })(machine)(state)(),
    );
    expect(hooksIn(collector)[0]?.charts[0]?.path[0]).toBe(state.node);
  });

  it('passes over what is not of its words, and another program’s actors', () => {
    const collector = new Collector();
    const foreign = {
      type: '@xstate.actor',
      name: 'light',
      sessionId: 'x:0',
      rootId: 'x:0',
      parentId: undefined,
      id: null,
      _version: '0.7.2',
      createdAt: '1',
      definition: '{}',
      snapshot: { status: 'active', value: 'red' },
    } as unknown as InspectionEvent;
    expect(collector.take(foreign)).toBe(null);
    expect(collector.recording.entries).toEqual([]);
  });
});

describe('a recording', () => {
  it('property: told as a feed and gathered again is the same', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { recorder, collector } = listening();
      recorder.note('chapter', `history ${seed}`);
      await randomHistory(seed, { charm: recordedCharm(recorder) });
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

  it('that was begun is gone on with where it stands', async () => {
    const { messages, collector } = await requested();
    for (let told = 0; told <= messages.length; told++) {
      const first = new Collector();
      for (const message of messages.slice(0, told)) first.take(message);
      const second = new Collector(structuredClone(first.recording));
      for (const message of messages.slice(told)) second.take(message);
      expect(second.recording).toEqual(collector.recording);
    }
  });

  it('that is none is refused with the place of what is wrong', () => {
    expect(parseRecording('{')).toEqual(E.left('it is not JSON'));
    expect(parseRecording('{"format":"hookchart-recording","version":2}')).toEqual(
      E.left('version is not as expected (1)'),
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
