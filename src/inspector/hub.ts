/** Where feeds meet onlookers: a server on the loopback interface, and nowhere else. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Collector } from './collect.ts';
import { feedOf } from './feed.ts';
import { livePage } from './page-file.ts';
import type { InspectionEvent } from './protocol.ts';
import type { Send } from './recorder.ts';
import type { Recording } from './recording.ts';

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

const host = '127.0.0.1';
/** The paths of WebSockets. */
const paths = ['/source', '/feed', '/page'] as const;

/**
 * Serves the page, and passes on what it is fed. Port 0 takes any that is free. A port that is taken
 * rejects with Node's own error.
 */
export async function openHub(
  recording: Recording,
  { port = 0 }: { readonly port?: number } = {},
): Promise<Hub> {
  const collector = new Collector(recording);
  const page = livePage();
  const server = createServer((request, response) => {
    const isPage = request.url === '/' || request.url?.startsWith('/?');
    if (!isOurs(request)) response.writeHead(403).end();
    else if (!isPage || request.method !== 'GET') response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  const sockets = new WebSocketServer({ noServer: true });
  const listeners = new Set<WebSocket>();

  const pass = (message: InspectionEvent, from?: WebSocket) => {
    collector.take(message);
    const text = JSON.stringify(message);
    for (const listener of listeners) if (listener !== from) listener.send(text);
  };
  const welcome = (socket: WebSocket, path: (typeof paths)[number]) => {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const message = parse(String(data));
      if (message !== null) pass(message, socket);
    });
    if (path === '/source') return;
    listeners.add(socket);
    socket.on('close', () => listeners.delete(socket));
    if (path === '/page')
      socket.send(JSON.stringify({ type: recordingType, recording: collector.recording }));
    else for (const message of feedOf(collector.recording)) socket.send(JSON.stringify(message));
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = paths.find((known) => known === request.url);
    if (path === undefined || !isOurs(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
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
    recording: () => collector.recording,
    send: pass,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The one message that only the page is sent: all that was recorded until now. */
const recordingType = '@hookchart.recording';

/**
 * A browser lets any web page open a WebSocket to this machine, and any name can be made to lead
 * here: only those are let in that asked for this machine, and were not sent by another's page.
 */
function isOurs({ headers: { host: asked, origin } }: IncomingMessage): boolean {
  if (asked === undefined || !/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(asked)) return false;
  return origin === undefined || origin === `http://${asked}`;
}

/** What is no message of the protocol is passed over. */
function parse(text: string): InspectionEvent | null {
  try {
    const value = JSON.parse(text);
    const isMessage =
      typeof value?._version === 'string' &&
      typeof value.sessionId === 'string' &&
      typeof (value.type === '@xstate.event' ? value.event : value.snapshot) === 'object' &&
      /^@xstate\.(actor|event|snapshot)$/.test(value.type);
    return isMessage ? value : null;
  } catch {
    return null;
  }
}
