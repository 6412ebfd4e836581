import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { hooks } from '../../machines/index.ts';
import { begin, nodesOf, type Secret } from '../../src/hook/index.ts';
import { type ChangedFile, Collector, type InspectionEvent } from '../../src/inspector/index.ts';
import {
  type Configuration,
  emptyConfiguration,
} from '../../src/pgbouncer/pooler/configuration.ts';
import { aGrant } from '../a-grant.ts';
import { dispatch } from '../dispatch.ts';
import { interpret } from '../interpret.ts';
import { MemoryWorld } from '../memory-world.ts';
import { hooksIn, listening, relation, requested } from './listening.ts';

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
      on: { no: { target: 'rtn' }, yes: { target: 'get_user' } },
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
      { type: 'yes', node: 'is_backend_ready', answer: { label: 'yes' }, milliseconds: 0 },
      { type: 'ask', node: 'is_leader', request: { _tag: 'Leader' } },
      { type: 'yes', node: 'is_leader', answer: { label: 'yes' }, milliseconds: 0 },
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
    expect(entry?.seen.written['relation 4: p']).toMatchObject({
      username: 'relation_id_4',
      password: '********',
    });
    expect(entry?.seen.configuration?.after).toContain('app = host=');
    expect(entry?.seen.status).toEqual({ name: 'active', message: '' });
    const said = JSON.stringify(messages);
    const { password = '', uris = '' } = world.own(relation);
    expect(password.length).toBeGreaterThan(16);
    for (const secret of [password, uris]) expect(said).not.toContain(secret);
    const { verifier } = world.record(relation) as { verifier: Secret };
    expect(said).not.toContain(verifier.secret);
    expect(entry?.seen.written['peers: application']?.['relation-4']).toContain(
      '"verifier":"********"',
    );
    // A later hook reads what this one wrote.
    const { recorder, messages: later } = listening();
    for (const unit of world.juju.units)
      await recorder.hook(unit, { hook: 'update-status' }, world.adapters(unit), ({ adapters }) =>
        dispatch(adapters)({ hook: 'update-status' })(),
      );
    expect(later.length).toBeGreaterThan(5);
    for (const secret of [password, uris, verifier.secret])
      expect(JSON.stringify(later)).not.toContain(secret);
  });

  it('shows a hook that fails with the way that it went, and why', async () => {
    const world = new MemoryWorld();
    await world.relate(relation);
    world.pooler('p/1').configuration = emptyConfiguration;
    world.pooler('p/1').tap = () => 'fails';
    const { recorder, collector, messages } = listening();
    const event = { hook: 'update-status' };
    const outcome = await recorder.hook(
      'p/1',
      event,
      world.adapters('p/1'),
      ({ adapters, watch }) => dispatch(adapters, { watch })(event)(),
    );
    expect(E.isLeft(outcome)).toBe(true);
    const [entry] = hooksIn(collector);
    expect(entry).toMatchObject({
      end: 'Failed',
      failure: expect.stringContaining('it was told to reject the file'),
    });
    expect(entry?.charts[0]?.path.slice(-2)).toEqual(['update_pg', 'failed']);
    expect(entry?.charts[0]?.end).toMatchObject({ _tag: 'Failed' });
    expect(entry?.seen.written).toEqual({});
    expect(messages.at(-1)).toMatchObject({ snapshot: { status: 'error', value: 'failed' } });
  });

  it('is these messages', async () => {
    const world = new MemoryWorld();
    const { messages, recorder } = listening();
    recorder.note('chapter', 'A follower');
    world.juju.request(relation, { database: 'app', 'extra-user-roles': 'SUPERUSER' });
    for (const unit of ['p/0', 'p/1'])
      await recorder.hook(
        unit,
        { hook: 'database-relation-changed', relation },
        world.adapters(unit),
        ({ adapters, watch }) =>
          dispatch(adapters, { watch })({ hook: 'database-relation-changed', relation })(),
      );
    recorder.note('check', 'it was refused', false);
    const lines = messages.map((message) =>
      JSON.stringify('definition' in message ? { ...message, definition: '…' } : message),
    );
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('a-feed.jsonl');
  });

  it('masks a password that only an error would show, and one that was only read', async () => {
    const world = new MemoryWorld();
    const bag = await world.relate(relation);
    const password = bag.password ?? '';
    const { messages, recorder } = listening();
    const adapters = world.adapters('p/1');
    await recorder.hook('p/1', { hook: 'update-status' }, adapters, async ({ adapters }) => {
      await adapters.juju.read([{ _tag: 'OwnApp', relation }])();
      return E.left({
        _tag: 'SqlFailed',
        class: 'broken',
        statement: 'x',
        sqlState: 'X',
        message: password,
      });
    });
    const made = adapters.entropy;
    await recorder.hook(
      'p/1',
      { hook: 'update-status' },
      { ...adapters, entropy: made },
      async ({ adapters }) =>
        E.left({
          _tag: 'SqlFailed',
          class: 'broken',
          statement: 'x',
          sqlState: 'X',
          message: adapters.entropy.password().secret,
        }),
    );
    const failures = messages.flatMap((message) =>
      message.type === '@xstate.snapshot' ? [message.snapshot.error] : [],
    );
    expect(failures).toEqual(Array(2).fill('PostgreSQL failed to x: ******** (SQLSTATE X)'));
  });

  it('masks a verifier that only an error would show, as one that was made and one that is listed', async () => {
    const world = new MemoryWorld();
    const adapters = world.adapters('p/1');
    const { messages, recorder } = listening();
    const event = { hook: 'update-status' };
    const failed = (message: string) =>
      E.left({
        ...({ _tag: 'SqlFailed', class: 'broken', statement: 'x' } as const),
        ...{ sqlState: 'X', message },
      });
    await recorder.hook('p/1', event, adapters, async ({ adapters: { backend } }) => {
      const made = await backend.provision(aGrant(9), { owner: 'm/a', grants: [] })();
      return failed(E.isRight(made) ? made.right.verifier.secret : 'it was not made');
    });
    await recorder.hook('p/1', event, adapters, async ({ adapters: { pooler } }) => {
      const users = [{ name: 'u', verifier: { secret: 'SCRAM-SHA-256$listed' } }];
      await pooler.apply({ ...emptyConfiguration, users })();
      return failed('SCRAM-SHA-256$listed');
    });
    const failures = messages.flatMap((message) =>
      message.type === '@xstate.snapshot' ? [message.snapshot.error] : [],
    );
    expect(failures).toEqual(Array(2).fill('PostgreSQL failed to x: ******** (SQLSTATE X)'));
  });

  it('is not spoilt by what an application calls a password', async () => {
    const world = new MemoryWorld();
    world.juju.request(relation, { database: 'app', password: 'snapshot', uris: 'is_leader' });
    world.juju.request(5, { database: 'app', password: 'Committed', uris: 'database-requested' });
    const { collector, recorder } = listening();
    const event = { hook: 'database-relation-changed', relation };
    await recorder.hook('p/1', event, world.adapters('p/1'), ({ adapters, watch }) =>
      dispatch(adapters, { watch })(event)(),
    );
    const [entry] = hooksIn(collector);
    expect(entry).toMatchObject({ end: 'Committed', charts: [{ path: { length: 9 } }, {}] });
    expect(entry?.charts.map(({ hook }) => hook)).toEqual(Array(2).fill('database-requested'));
    expect(entry?.charts[0]?.path).toContain('is_leader');
    expect(entry?.seen.read['relation 4: application']).toMatchObject({ password: '********' });
  });

  it('shows PgBouncer’s own file where its adapter tells of it, from the first change to the last', async () => {
    const world = new MemoryWorld();
    const { recorder, collector } = listening();
    const { pooler, ...others } = world.adapters('p/1');
    const telling = (told: (file: ChangedFile) => void) => ({
      ...others,
      pooler: {
        ...pooler,
        apply: (configuration: Configuration) => async () => {
          told({ before: 'one', after: 'two' });
          told({ before: 'two', after: 'three' });
          return pooler.apply(configuration)();
        },
      },
    });
    const event = { hook: 'update-status' };
    await recorder.hook('p/1', event, telling, ({ adapters }) => dispatch(adapters)(event)());
    const [entry] = hooksIn(collector);
    expect(entry?.seen.configuration).toEqual({ before: 'one', after: 'three' });
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
