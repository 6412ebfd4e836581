import { request } from 'node:http';
import { connect } from 'node:net';
import { createWebSocketReceiver } from '@statelyai/inspect';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type HookMachine, hooks } from '../../machines/index.ts';
import * as left from '../../machines/left-to-do.ts';
import { nodesOf } from '../../src/hook/index.ts';
import {
  Collector,
  emptyRecording,
  feedOf,
  type Hub,
  type InspectionEvent,
  type Observer,
  openHub,
  parseRecording,
  Recorder,
  recordedCharm,
  socketFeed,
} from '../../src/inspector/index.ts';
import type { Adapters } from '../../src/pgbouncer/ports.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { randomHistory } from '../../src/testing/index.ts';
import { dispatch } from '../dispatch.ts';
import { interpret } from '../interpret.ts';
import { MemoryWorld } from '../memory-world.ts';
import { requested } from './listening.ts';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

async function open(recording = emptyRecording('a hub')): Promise<Hub> {
  const hub = await openHub(recording);
  closes.push(hub.close);
  return hub;
}

/** What Stately's receiver sees of a hub. */
function receive(hub: Hub) {
  const nodes = new Map<string, Set<string>>();
  const definitions = new Map<string, string>();
  const names = new Map<string, string>();
  createWebSocketReceiver({ server: hub.feed }).subscribe((event) => {
    if (event.type === '@xstate.actor') {
      names.set(event.sessionId, event.name ?? '');
      definitions.set(event.name ?? '', event.definition ?? '');
    }
    if (event.type === '@xstate.event') return;
    const name = names.get(event.sessionId) ?? '';
    const { value } = event.snapshot as { value?: string };
    nodes.set(name, (nodes.get(name) ?? new Set()).add(value ?? ''));
  });
  return { nodes, definitions };
}

const charts = Object.entries(hooks).map(
  ([name, machine]) =>
    [name, nodesOf(machine).flatMap(({ id, drawing }) => (drawing === null ? [] : [id]))] as const,
);

/** Goes through a chart of what is left to do: few histories have use for all of them. */
async function goThrough(machine: HookMachine, recorder: Recorder, isDown = false): Promise<void> {
  const world = new MemoryWorld();
  await world.relate(4);
  if (isDown) world.postgres.isUp = false;
  const refusal = { _tag: 'RequestWithdrawn', class: 'refused', relation: 4 } as const;
  const event = { relation: 4, user: 'relation_id_4', refusal };
  const hook = ({ adapters, watch }: Observer<Adapters>) =>
    interpret(adapters, { watch })(machine)(event)();
  await recorder.hook('p/1', { hook: machine.id }, world.adapters('p/1'), hook);
}

/** Somebody gives certificates, to two units, and goes; no history has one who does. */
async function certify(recorder: Recorder): Promise<void> {
  const world = new MemoryWorld();
  const relation = 9;
  world.juju.request(relation, {}, 'certificates');
  for (const [unit, what] of [
    ['p/1', 'created'],
    ['p/0', 'created'],
    ['p/1', 'changed'],
    ['p/1', 'broken'],
  ] as const) {
    const event = { hook: `certificates-relation-${what}`, relation };
    await recorder.hook(unit, event, world.adapters(unit), ({ adapters, watch }) =>
      dispatch(adapters, watch === undefined ? {} : { watch })(event)(),
    );
  }
}

describe('the receiver of @statelyai/inspect', () => {
  it.each(['that listens from the start', 'that comes late'])(
    '%s sees every node of every chart, and each definition',
    async (which) => {
      const hub = await open();
      const early = which.endsWith('start') ? receive(hub) : null;
      // Histories in memory let nothing else run meanwhile, and a feed has two seconds to be heard.
      const messages: InspectionEvent[] = [];
      const recorder = new Recorder((message) => messages.push(message), { title: 'histories' });
      // In the last one a leader is elected that has nothing to do, and a refusal is over, which is rare.
      for (const seed of [1, 2, 3, 4, 5, 6, 7, 51])
        await randomHistory(recordedCharm(recorder, simulated), seed);
      for (const machine of Object.values(left)) await goThrough(machine, recorder);
      // An operator asks for it, by an action.
      for (const isDown of [true, false])
        await goThrough(hooks['database-password-renewed'], recorder, isDown);
      await certify(recorder);
      const source = socketFeed(hub.source, (problem) => expect.fail(problem));
      for (const message of messages) source.send(message);
      await source.close();
      const { nodes, definitions } = early ?? receive(hub);
      const missing = () =>
        charts.flatMap(([name, ids]) =>
          ids.filter((id) => !nodes.get(name)?.has(id)).map((id) => `${name}: ${id}`),
        );
      await expect.poll(missing, { timeout: 4_000 }).toEqual([]);
      for (const [name, ids] of charts) {
        const definition = JSON.parse(definitions.get(name) ?? '{}');
        expect(Object.keys(definition.states)).toEqual([...ids, 'failed']);
      }
    },
  );
});

const status = (hub: Hub, headers: Record<string, string>, path = '/') =>
  new Promise<number>((resolve, reject) => {
    request(new URL(path, hub.page), { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

const connects = (url: string, headers: Record<string, string>) =>
  new Promise<boolean>((resolve) => {
    const socket = new WebSocket(url, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('a hub', () => {
  it('listens on loopback, for those who asked for this machine', async () => {
    const hub = await open();
    expect(new URL(hub.page).hostname).toBe('127.0.0.1');
    const { host, port } = new URL(hub.page);
    // Another address of this machine, which a server on all interfaces would answer at.
    const elsewhere = `http://127.0.0.2:${port}/`;
    await expect(status({ ...hub, page: elsewhere }, { host })).rejects.toThrow('ECONNREFUSED');
    expect(await status(hub, {})).toBe(200);
    expect(await status(hub, { host: 'evil.example' })).toBe(403);
    expect(await status(hub, {}, '/etc/passwd')).toBe(404);
    expect(await connects(hub.feed, {})).toBe(true);
    expect(await connects(hub.feed, { origin: `http://${host}` })).toBe(true);
    expect(await connects(hub.feed, { origin: 'http://evil.example' })).toBe(false);
    expect(await connects(hub.feed, { host: 'evil.example' })).toBe(false);
    expect(await connects(hub.feed.replace('/feed', '/else'), {})).toBe(false);
  });

  it('passes over what is no message, and goes on', async () => {
    const hub = await open();
    const socket = new WebSocket(hub.source);
    await new Promise((resolve) => socket.once('open', resolve));
    for (const text of [
      '',
      'null',
      '7',
      '{}',
      '{"type":"@xstate.snapshot","sessionId":"1","_version":"1"}',
    ])
      socket.send(text);
    socket.close();
    await new Promise((resolve) => socket.once('close', resolve));
    new Recorder(hub.send, { title: 'later' }).note('chapter', 'it goes on');
    expect(hub.recording()).toMatchObject({ title: 'later', entries: [{ text: 'it goes on' }] });
  });

  it('rejects where its port is taken', async () => {
    const hub = await open();
    const port = Number(new URL(hub.page).port);
    await expect(openHub(emptyRecording(''), { port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

const opened = async (url: string): Promise<WebSocket> => {
  const socket = new WebSocket(url, { maxPayload: 1024 ** 3 });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
};
const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.once('close', resolve));
/** Feeds a note through the socket, and waits until the hub has it: all that was sent before is done. */
async function passes(hub: Hub, socket: WebSocket, text: string): Promise<void> {
  new Recorder((message) => socket.send(JSON.stringify(message))).note('chapter', text);
  await expect
    .poll(() => hub.recording().entries.at(-1), { timeout: 20_000 })
    .toMatchObject({ text });
}

describe('a hub that is sent nonsense', () => {
  const nonsense = fc.oneof(
    fc.constantFrom(null, '', 7, -1e308, [], {}, '__proto__', 'constructor', 'x'.repeat(10_000)),
    fc.constant({ _tag: 'Hook', charts: 7, entries: null }),
    fc.jsonValue({ maxDepth: 3 }),
  );
  /** A message of a real feed with nonsense in one place of it. */
  const spoiled = (messages: readonly InspectionEvent[]) =>
    fc
      .tuple(fc.constantFrom(...messages), fc.array(fc.nat(20), { maxLength: 6 }), nonsense)
      .map(([message, way, value]) => {
        const copy: Record<string, unknown> = structuredClone({ ...message });
        let place = copy;
        for (const [index, turn] of way.entries()) {
          const keys = Object.keys(place);
          const key = keys[turn % Math.max(1, keys.length)] ?? 'type';
          const next = place[key];
          if (index === way.length - 1 || typeof next !== 'object' || next === null) {
            place[key] = value;
            break;
          }
          place = next as Record<string, unknown>;
        }
        return JSON.stringify(copy);
      });
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 1_000 }),
    fc.constantFrom('[', '{"a":', '[[],').map((part) => part.repeat(300_000)),
    fc
      .constantFrom(50, 200, 5_000, 500_000)
      .map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`)
      .chain((deep) =>
        fc.constantFrom(
          deep,
          `{"_version":"1","type":"@xstate.snapshot","sessionId":"story","snapshot":{"output":${deep}}}`,
          JSON.stringify({
            _version: '1',
            type: '@xstate.actor',
            sessionId: '1.0',
            rootId: '1',
            name: 'deep',
            definition: deep,
            snapshot: { value: 'x', context: { event: {} } },
          }),
        ),
      ),
    fc.json(),
  );

  it('property: goes on, and what it has gathered is a recording', async () => {
    const { messages } = await requested();
    const hub = await open();
    const source = await opened(hub.source);
    for (const message of messages) source.send(JSON.stringify(message));
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ arbitrary: spoiled(messages), weight: 4 }, anything), {
          minLength: 20,
          maxLength: 40,
        }),
        async (hostile) => {
          for (const text of hostile) source.send(text);
          await passes(hub, source, `round ${++round}`);
          const recording = hub.recording();
          expect(parseRecording(JSON.stringify(recording))).toEqual(E.right(recording));
          const again = new Collector();
          for (const message of feedOf(recording)) again.take(message);
          expect(again.recording.entries.length).toBe(recording.entries.length);
        },
      ),
      { numRuns: 50 },
    );
    const listener = new WebSocket(hub.feed);
    const heard: string[] = [];
    listener.on('message', (text) => heard.push(String(text)));
    await expect.poll(() => heard.at(-1)).toContain(`round ${round}`);
  }, 60_000);

  it('property: a collector takes anything', async () => {
    const { messages } = await requested();
    const collector = new Collector();
    fc.assert(
      fc.property(
        fc.oneof(
          spoiled(messages).map((text) => JSON.parse(text)),
          nonsense,
        ),
        (value) => {
          collector.take(value as InspectionEvent);
        },
      ),
      { numRuns: 2_000 },
    );
    const { recording } = collector;
    expect(parseRecording(JSON.stringify(recording))).toEqual(E.right(recording));
  });

  it('turns away what is too big, and goes on', async () => {
    const hub = await open();
    const [big, bigger] = [await opened(hub.source), await opened(hub.feed)];
    const ends = Promise.all([closed(big), closed(bigger)]);
    big.on('error', () => {});
    bigger.on('error', () => {});
    big.send('x'.repeat(8 * 1024 * 1024 + 1));
    bigger.send(Buffer.alloc(100 * 1024 * 1024));
    expect([1006, 1009]).toContain((await ends)[0]);
    const source = await opened(hub.source);
    source.send('['.repeat(8 * 1024 * 1024));
    source.send(`[${'[],'.repeat(2_700_000)}0]`);
    await passes(hub, source, 'it goes on');
  }, 30_000);

  it('bears thousands of connections, whole ones, half ones, and such as are gone at once', async () => {
    const hub = await open();
    const { port } = new URL(hub.page);
    const half = [...Array(2_500).keys()].map((index) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      if (index % 3 === 0) socket.write('GET /source HTTP/1.1\r\nHost: 127');
      if (index % 3 === 1) socket.destroy();
      return socket;
    });
    await Promise.all(
      half
        .filter((_, index) => index % 3 !== 1)
        .map(
          (socket) =>
            new Promise((resolve) => socket.once('connect', resolve).once('close', resolve)),
        ),
    );
    for (const socket of half) socket.destroy();
    for (const path of ['/else', '/source', '/feed'])
      for (let time = 0; time < 20; time++) {
        const socket = connect(Number(port), '127.0.0.1');
        socket.on('error', () => {});
        await new Promise((resolve) => socket.once('connect', resolve));
        const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1`, 'Connection: Upgrade'];
        const key = ['Upgrade: websocket', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`];
        const text = [...lines, ...key, 'Sec-WebSocket-Version: 13', '', ''].join('\r\n');
        await new Promise((resolve) => socket.write(text, resolve));
        socket.resetAndDestroy();
      }
    await expect.poll(() => status(hub, {}).catch(() => 0), { timeout: 10_000 }).toBe(200);
    await passes(hub, await opened(hub.source), 'it goes on');
    const listeners = await Promise.all([...Array(32).keys()].map(() => opened(hub.feed)));
    expect(await connects(hub.page.replace('http', 'ws').concat('page'), {})).toBe(false);
    listeners[0]?.terminate();
    await expect.poll(() => connects(hub.feed, {})).toBe(true);
  }, 30_000);
});

describe('a hub that is fed much', () => {
  const note = 'x'.repeat(1024 * 1024);

  it('drops those who do not listen, and nobody else', async () => {
    const hub = await open();
    const [slow, quick] = [await opened(hub.feed), await opened(hub.feed)];
    const ended = closed(slow);
    slow.pause();
    let heard = 0;
    quick.on('message', () => {
      heard += 1;
    });
    const recorder = new Recorder(hub.send);
    for (let told = 1; told <= 40; told++) {
      recorder.note('action', note);
      await expect.poll(() => heard).toBeGreaterThanOrEqual(told);
    }
    slow.resume();
    expect(await ended).toBe(1006);
    expect(quick.readyState).toBe(WebSocket.OPEN);
  }, 30_000);

  it('tells all to one who comes late, however much it is, and slow as it may be', async () => {
    const hub = await open();
    const recorder = new Recorder(hub.send);
    for (let told = 1; told <= 40; told++) recorder.note('action', note);
    const late = await opened(hub.page.replace('http', 'ws').concat('page'));
    recorder.note('chapter', 'the last');
    const last = await new Promise((resolve) => {
      late.on('message', (text) => {
        if (String(text).includes('the last')) resolve('heard');
      });
      late.once('close', resolve);
    });
    expect(last).toBe('heard');
  }, 30_000);

  it('lets the oldest runs go as a whole, says so once, and passes over what still comes of them', async () => {
    const { messages } = await requested();
    const hub = await openHub(emptyRecording('much'), { kept: 100_000 });
    closes.push(hub.close);
    const runs = 200;
    const renamed = (run: number) =>
      messages.map((message) =>
        JSON.parse(JSON.stringify(message).replaceAll(/"1(\.0)?"/g, `"${run}$1"`)),
      );
    for (let run = 1; run <= runs; run++) for (const message of renamed(run)) hub.send(message);
    const { entries } = hub.recording();
    expect(JSON.stringify(entries).length).toBeLessThan(100_000);
    expect(entries.length).toBeGreaterThan(3);
    expect(entries.filter(({ id }) => id === 'limit').length).toBe(0);
    expect(entries.map(({ id }) => id)).toEqual(
      entries.map((_, index) => String(runs - entries.length + 1 + index)),
    );
    for (const entry of entries) expect(entry).toMatchObject({ end: 'Committed' });
    const before = structuredClone(hub.recording());
    for (const message of renamed(1).slice(2)) hub.send(message);
    expect(hub.recording()).toEqual(before);
  });

  it('keeps so many entries, the newest and what went wrong', async () => {
    const hub = await openHub(emptyRecording('many'), { entries: 10 });
    closes.push(hub.close);
    const recorder = new Recorder(hub.send);
    for (let told = 1; told <= 300; told++)
      recorder.note(told % 100 === 0 ? 'check' : 'action', `note ${told}`, told % 100 !== 0);
    const texts = () => hub.recording().entries.map((entry) => 'text' in entry && entry.text);
    expect(texts().length).toBe(10);
    // The note of the limit is the newest but for those that came after it; nothing else stayed.
    expect(texts().filter((text) => /^note [123]00$/.test(String(text)))).toEqual([
      'note 100',
      'note 200',
      'note 300',
    ]);
    expect(texts().slice(2, -1)).toEqual(
      [293, 294, 295, 296, 297, 298, 299].map((n) => `note ${n}`),
    );
    // Of what went wrong the oldest goes first, where nothing else is left to go.
    for (let told = 301; told <= 320; told++) recorder.note('check', `note ${told}`, false);
    expect(texts()).toEqual([...Array(10).keys()].map((at) => `note ${311 + at}`));
  });

  it('keeps so many entries as well where they are more than it keeps unasked', async () => {
    const kept = async (options: Parameters<typeof openHub>[1]) => {
      const hub = await openHub(emptyRecording('large'), options);
      closes.push(hub.close);
      const recorder = new Recorder(hub.send);
      const text = 'x'.repeat(1024 * 1024);
      for (let told = 0; told < 80; told++) recorder.note('action', text);
      return hub.recording().entries.length;
    };
    expect(await kept({})).toBeLessThan(65);
    expect(await kept({ entries: 80 })).toBe(80);
  });

  it('keeps a hook that failed longer than those that returned, and those that run', async () => {
    const { messages } = await requested();
    const hub = await openHub(emptyRecording('runs'), { entries: 4 });
    closes.push(hub.close);
    const feed = (run: number, failure: boolean, upTo = messages.length) => {
      for (const message of messages.slice(0, upTo)) {
        const text = JSON.stringify(message).replaceAll(/"1(\.0)?"/g, `"${run}$1"`);
        const ended = failure ? text.replaceAll('"Committed"', '"Failed"') : text;
        hub.send(JSON.parse(ended));
      }
    };
    feed(1, false);
    feed(2, true);
    feed(3, false, 4);
    for (let run = 4; run <= 9; run++) feed(run, false);
    const kept = hub.recording().entries.filter((entry) => entry._tag === 'Hook');
    expect(kept.map(({ id, end }) => [id, end])).toEqual([
      ['2', 'Failed'],
      ['3', 'Running'],
      ['8', 'Committed'],
      ['9', 'Committed'],
    ]);
  });

  it('takes only runs of which the unit or the hook is asked for', async () => {
    const { messages } = await requested();
    for (const [only, count] of [
      [['relation-changed'], 1],
      [['update-status', 'p/1'], 1],
      [['update-status'], 0],
    ] as const) {
      const hub = await openHub(emptyRecording('some'), { only });
      closes.push(hub.close);
      const listener = await opened(hub.feed);
      const heard: string[] = [];
      listener.on('message', (text) => heard.push(String(text)));
      for (const message of messages) hub.send(message);
      new Recorder(hub.send).note('chapter', 'the last');
      await expect.poll(() => heard.at(-1)).toContain('the last');
      const { entries } = hub.recording();
      expect(entries.filter(({ _tag }) => _tag === 'Hook').length, only.join()).toBe(count);
      expect(
        heard.some((text) => text.includes('is_leader')),
        only.join(),
      ).toBe(count > 0);
      expect(entries.at(-1)).toMatchObject({ text: 'the last' });
    }
  });

  it('says in the feed that runs have gone, once', async () => {
    const hub = await openHub(emptyRecording('much'), { kept: 10_000 });
    closes.push(hub.close);
    const listener = await opened(hub.feed);
    const heard: string[] = [];
    listener.on('message', (text) => heard.push(String(text)));
    const recorder = new Recorder(hub.send);
    for (let told = 1; told <= 500; told++) recorder.note('action', `note ${told}`);
    await expect.poll(() => heard.at(-1)).toContain('note 500');
    expect(heard.filter((text) => text.includes('the oldest runs have gone')).length).toBe(1);
  });
});

describe('a feed whose observer goes away', () => {
  it('ends all the same, and says so once', async () => {
    const hub = await openHub(emptyRecording(''));
    const told: string[] = [];
    const feed = socketFeed(hub.source, (problem) => told.push(problem));
    const recorder = new Recorder(feed.send, { title: 'heard' });
    await expect.poll(() => hub.recording().title).toBe('heard');
    await hub.close();
    await expect.poll(() => told).toEqual([`the inspector at ${hub.source} has gone away`]);
    recorder.note('chapter', 'unheard');
    await feed.close();
    expect(told.length).toBe(1);
  });
});

describe('a feed to nowhere', () => {
  it.each([
    ['ws://127.0.0.1:9/source', 'does not listen'],
    ['http://127.0.0.1:9', 'does not listen'],
    ['nonsense', 'is no address of an inspector'],
    ['ftp://127.0.0.1/', 'is no address of an inspector'],
  ])('%s is told once, and stops nobody', async (url, words) => {
    const told: string[] = [];
    const feed = socketFeed(url, (problem) => told.push(problem));
    new Recorder(feed.send).note('chapter', 'unheard');
    await feed.close();
    expect(told.length).toBe(1);
    expect(told[0]).toContain(words);
  });
});
