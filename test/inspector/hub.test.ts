import { request } from 'node:http';
import { createWebSocketReceiver } from '@statelyai/inspect';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { hooks, nodesOf } from '../../machines/index.ts';
import {
  emptyRecording,
  type Hub,
  openHub,
  Recorder,
  recordedCharm,
  socketFeed,
} from '../../src/inspector/index.ts';
import { randomHistory } from '../../src/testing/index.ts';

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

describe('the receiver of @statelyai/inspect', () => {
  it.each(['that listens from the start', 'that comes late'])(
    '%s sees every node of every chart, and each definition',
    async (which) => {
      const hub = await open();
      const early = which.endsWith('start') ? receive(hub) : null;
      const source = socketFeed(hub.source, (problem) => expect.fail(problem));
      const recorder = new Recorder(source.send, { title: 'random histories' });
      for (const seed of [1, 2, 3, 4, 5, 6])
        await randomHistory(seed, { charm: recordedCharm(recorder) });
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

describe('a feed whose onlooker goes away', () => {
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
