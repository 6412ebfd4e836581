/** Where feeds meet observers: a server on the loopback interface, and nowhere else. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { given } from '../hook/index.ts';
import { feedOf } from './feed.ts';
import { Keeper, parseMessage, type Weighed } from './keep.ts';
import { livePage } from './page-file.ts';
import { type InspectionEvent, noted } from './protocol.ts';
import type { Send } from './recorder.ts';
import { type Recording, recordingParts } from './recording.ts';

export interface Hub {
  /** The page, `http://127.0.0.1:PORT/`. */
  readonly page: string;
  /** Where hooks send their feed to: the value of `HOOKCHART_INSPECT`. */
  readonly source: string;
  /** Where clients of the protocol listen; they hear all from the beginning. */
  readonly feed: string;
  /** What was fed until now. */
  readonly recording: () => Recording;
  /** Feeds the hub from within the process. */
  readonly send: Send;
  readonly close: () => Promise<void>;
}

export interface HubOptions {
  readonly port?: number;
  /** What is kept, in bytes: 64 MiB, or 256 where a number of `entries` is given. */
  readonly kept?: number;
  /** How many entries are kept; all that fit where it is missing. */
  readonly entries?: number;
  /** Words, one of which the unit or the hook of a run is to contain; missing, every run is taken. */
  readonly only?: readonly string[];
}

const host = '127.0.0.1';
/** The paths of WebSockets. */
const paths = ['/source', '/feed', '/page'] as const;

const mebibyte = 1024 * 1024;
const most = {
  message: 8 * mebibyte,
  kept: 64 * mebibyte,
  /** Where somebody says how many entries: so much is theirs to take. */
  counted: 256 * mebibyte,
  /** What may wait for one that listens. */
  waiting: 16 * mebibyte,
  listeners: 32,
  connections: 1_000,
};

/**
 * Serves the page, and passes on what it is fed, whatever that is. Port 0 takes any that is free. A
 * port that is taken rejects with Node's own error. Where more is fed than is kept, the oldest runs
 * go, those that failed last, and the feed says so once.
 *
 * @category Showing
 *
 * @example
 * ```ts
 * import { emptyRecording, openHub } from 'hookchart/inspect';
 *
 * const hub = await openHub(emptyRecording('live'));
 * console.log(hub.page.startsWith('http://127.0.0.1:'));
 * // true
 * await hub.close();
 * ```
 */
export async function openHub(recording: Recording, options: HubOptions = {}): Promise<Hub> {
  const { port = 0, ...limits } = options;
  const { kept = limits.entries === undefined ? most.kept : most.counted } = limits;
  given('openHub', 'the recording', recording, recordingParts);
  const keeper = new Keeper(recording, { ...limits, bytes: kept });
  const page = Buffer.from(livePage());
  const server = createServer((request, response) => {
    const isPage = request.url === '/' || request.url?.startsWith('/?');
    if (!isOurs(request)) response.writeHead(403).end();
    else if (!isPage || request.method !== 'GET') response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  server.maxConnections = most.connections;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: most.message });
  /** Those who listen, with what may wait for them. */
  const listeners = new Map<WebSocket, number>();
  /** Those of them that are pages: they let go of what the hub lets go of. */
  const pages = new Set<WebSocket>();
  let hasToldOfLimit = false;

  const tell = (text: string, from?: WebSocket, only?: ReadonlySet<WebSocket>) => {
    for (const [listener, allowance] of listeners) {
      if (only?.has(listener) === false) continue;
      const waiting = listener.bufferedAmount;
      if (waiting > allowance) {
        listeners.delete(listener);
        listener.terminate();
      } else if (listener !== from) listener.send(text);
      // Of what was told in the beginning nothing is left to wait for.
      if (waiting === 0) listeners.set(listener, most.waiting);
    }
  };
  const pass = (weighed: Weighed, from?: WebSocket) => {
    const gone = keeper.take(weighed);
    if (gone === null) return;
    tell(JSON.stringify(weighed.message), from);
    if (gone.size === 0) return;
    const ids = [...gone].map(({ id }) => id);
    tell(JSON.stringify({ type: goneType, ids }), undefined, pages);
    if (hasToldOfLimit) return;
    hasToldOfLimit = true;
    pass(weigh(noted({ ...limitNote, at: Date.now() })));
  };
  const welcome = (socket: WebSocket, path: (typeof paths)[number]) => {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const weighed = parseMessage(String(data));
      if (weighed !== null) pass(weighed, socket);
    });
    if (path === '/source') return;
    socket.on('close', () => {
      listeners.delete(socket);
      pages.delete(socket);
    });
    if (path === '/page') {
      pages.add(socket);
      socket.send(JSON.stringify({ type: recordingType, recording: keeper.recording }));
    } else for (const message of feedOf(keeper.recording)) socket.send(JSON.stringify(message));
    listeners.set(socket, socket.bufferedAmount + most.waiting);
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // It may be gone before it is let in.
    socket.on('error', () => {});
    const path = paths.find((known) => known === request.url);
    if (path === undefined || !isOurs(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    if (path !== '/source' && listeners.size >= most.listeners) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => welcome(opened, path));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const at = `${host}:${(server.address() as AddressInfo).port}`;
  return {
    page: `http://${at}/`,
    source: `ws://${at}/source`,
    feed: `ws://${at}/feed`,
    recording: () => keeper.recording,
    send: (message) => pass(weigh(message)),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const weigh = (message: InspectionEvent): Weighed => ({
  message,
  weight: JSON.stringify(message).length,
});

const limitNote = {
  _tag: 'Note',
  id: 'limit',
  kind: 'action',
  text: 'more was fed than the inspector keeps; the oldest runs have gone from its memory, those that failed last',
  ok: true,
} as const;

/** What only the page is sent: all that was recorded until now, and what has gone of it. */
const recordingType = '@hookchart.recording';
const goneType = '@hookchart.gone';

/**
 * A browser lets any web page open a WebSocket to this machine, and any name can be made to lead
 * here: only those are let in that asked for this machine, and were not sent by another's page.
 */
function isOurs({ headers: { host: asked, origin } }: IncomingMessage): boolean {
  if (asked === undefined || !/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(asked)) return false;
  return origin === undefined || origin === `http://${asked}`;
}
