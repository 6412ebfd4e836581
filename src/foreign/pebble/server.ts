/**
 * Stands in for the Pebble of each of a charm's containers: a server on a Unix socket, which works on
 * what the unit's containers hold as long as one hook of it runs.
 */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Misuse } from '../../testing/index.ts';
import type { Call } from '../call.ts';
import { type Change, changeShown, servicesChanged } from './change.ts';
import { type Container, ServiceRefused } from './container.ts';
import { Execution, type ExecutionOrder } from './execution.ts';
import { hasNamespaces, programIn } from './jail.ts';
import { planOf } from './plan.ts';
import { type Asked, contentOf, type Reply, refused, sync } from './reply.ts';
import { doingOf, replyTo } from './requests.ts';
import { WebSocketEnd } from './web-socket.ts';

/** The containers of the unit whose hook runs. */
interface PebbleSession {
  /** By name; they change as the hook goes on. */
  readonly containers: Map<string, Container>;
  /** Hears what is asked before it is done; no where the hook's process is about to die. */
  hears(call: Pick<Call, 'args' | 'input'>, isWriting: boolean): boolean;
  /** Hears that what is asked cannot be done here at all. */
  fails(error: Misuse): void;
}

/** All changes of one hook, by id. */
interface Current {
  readonly session: PebbleSession;
  readonly changes: Map<string, Change>;
  readonly executions: Map<string, Execution>;
  /** Who waits for a change to end. */
  waiting: (() => void)[];
}

export interface PebbleServer {
  /** The folder that a charm has at `/charm`. */
  readonly folder: string;
  /** From now on requests are about these containers; without them nobody answers. */
  serve(session: PebbleSession | null): void;
  close(): void;
}

/** Listens for each container, beside a folder `charm` with links to those that are up. */
export function openPebble(folder: string, names: readonly string[]): PebbleServer {
  let current: Current | null = null;
  const charm = join(folder, 'charm');
  const linkOf = (name: string) => join(charm, 'containers', name, 'pebble.socket');
  const servers = names.map((name, number) => {
    const socket = join(folder, `pebble-${number}.socket`);
    mkdirSync(join(charm, 'containers', name), { recursive: true });
    const server = createServer((request, response) =>
      received(request, (body) => {
        if (current === null) response.destroy();
        else answer(current, name, asOf(request, body), response, folder);
      }),
    );
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      if (current === null) stream.destroy();
      else connected(current, request, stream, head);
    });
    server.listen(socket);
    server.unref();
    return { name, server, socket };
  });
  const close = (server: Server) => {
    server.closeAllConnections();
    server.close();
  };
  return {
    folder: charm,
    serve: (session) => {
      for (const execution of current?.executions.values() ?? []) execution.kill();
      current =
        session === null
          ? null
          : { session, changes: new Map(), executions: new Map(), waiting: [] };
      for (const { name, socket } of servers) {
        const link = linkOf(name);
        rmSync(link, { force: true });
        if (session?.containers.get(name)?.isUp === true) symlinkSync(socket, link);
      }
    },
    close: () => {
      for (const { server } of servers) close(server);
    },
  };
}

function received(request: IncomingMessage, onBody: (body: Buffer) => void): void {
  const parts: Buffer[] = [];
  request.on('error', () => {});
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => onBody(Buffer.concat(parts)));
}

const asOf = (request: IncomingMessage, body: Buffer): Asked => ({
  method: request.method ?? 'GET',
  url: new URL(request.url ?? '/', 'http://localhost'),
  contentType: request.headers['content-type'] ?? 'application/json',
  body,
});

function answer(
  current: Current,
  name: string,
  asked: Asked,
  response: ServerResponse,
  folder: string,
): void {
  const { session } = current;
  const container = session.containers.get(name);
  const doing = doingOf(asked);
  const isHeard =
    doing === null ||
    session.hears({ ...doing.call, args: [name, ...doing.call.args] }, doing.isWriting);
  if (container === undefined || !isHeard) {
    response.destroy();
    return;
  }
  const send = ({ status, type, body, container: next }: Reply) => {
    if (next !== undefined) session.containers.set(name, next);
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
    response.end(body);
  };
  const { method, url } = asked;
  const what = `${method} ${url.pathname}`;
  const id = /^\/v1\/changes\/(\w+)(?:\/wait)?$/.exec(url.pathname)?.[1];
  if (what === 'POST /v1/services') send(serviceReply(current, asked, container));
  else if (what === 'POST /v1/exec') send(execReply(current, name, asked, container, folder));
  else if (what === 'GET /v1/changes') send(sync([]));
  else if (id !== undefined) waitFor(current, id, url, send);
  else send(replyTo(asked, container));
}

function serviceReply(current: Current, asked: Asked, container: Container): Reply {
  try {
    const { kind, tasks, container: next } = servicesChanged(asked, container);
    const id = String(current.changes.size + 1);
    current.changes.set(id, { kind, tasks, ended: {} });
    return { ...begun(id, null), container: next };
  } catch (error) {
    if (error instanceof ServiceRefused) return refused(400, error.message);
    throw error;
  }
}

const begun = (change: string, result: object | null): Reply => ({
  status: 202,
  type: 'application/json',
  body: Buffer.from(
    JSON.stringify({ type: 'async', 'status-code': 202, status: 'Accepted', change, result }),
  ),
});

function execReply(
  current: Current,
  name: string,
  asked: Asked,
  container: Container,
  folder: string,
): Reply {
  const order = orderOf(contentOf(asked), container);
  const [program = ''] = order.command;
  if (!hasNamespaces()) {
    const why = `its charm runs ${program} in ${name}, and this machine lets nobody make namespaces (unshare --mount), in which programs of containers are run`;
    current.session.fails(new Misuse(why));
    return refused(500, why);
  }
  if (programIn(container.files, program) === null)
    return refused(400, `cannot find executable "${program}"`);
  if (container.files.get(order.folder)?.kind !== 'directory')
    return refused(400, `stat ${order.folder}: no such file or directory`);
  const id = String(current.changes.size + 1);
  const change = { kind: 'exec', tasks: [['exec', program]] as const };
  current.changes.set(id, { ...change, ended: null });
  const execution = new Execution(join(folder, 'container'), container.files, order, (end) => {
    const { files, ...ended } = end;
    const now = current.session.containers.get(name);
    if (now !== undefined && files !== null)
      current.session.containers.set(name, { ...now, files });
    current.changes.set(id, { ...change, ended });
    for (const told of current.waiting.splice(0)) told();
  });
  current.executions.set(id, execution);
  return begun(id, { 'task-id': id });
}

/** What a service's context gives, and over it what the call itself says. */
function orderOf(
  content: Readonly<Record<string, unknown>>,
  { layers }: Container,
): ExecutionOrder {
  const service = planOf(layers).services[String(content['service-context'])];
  const environment = { ...asTexts(service?.environment), ...asTexts(content.environment) };
  const folder = content['working-dir'] ?? service?.['working-dir'] ?? '/root';
  const seconds = Number(/^([\d.]+)s$/.exec(String(content.timeout))?.[1] ?? Number.NaN);
  return {
    command: Array.isArray(content.command) ? content.command.map(String) : [],
    environment,
    folder: String(folder),
    seconds: Number.isNaN(seconds) ? null : seconds,
    isSplit: content['split-stderr'] === true,
  };
}

const asTexts = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]))
    : {};

function waitFor(current: Current, id: string, url: URL, send: (reply: Reply) => void): void {
  const change = current.changes.get(id);
  if (change === undefined) {
    send(refused(404, `cannot find change with id "${id}"`, 'not-found'));
    return;
  }
  if (change.ended !== null || !url.pathname.endsWith('/wait')) {
    send(sync(changeShown(id, change)));
    return;
  }
  const seconds = Number.parseFloat(url.searchParams.get('timeout') ?? '');
  const late = `timed out waiting for change after ${url.searchParams.get('timeout')}`;
  let timer: NodeJS.Timeout | undefined;
  const told = () => {
    clearTimeout(timer);
    waitFor(current, id, url, send);
  };
  current.waiting.push(told);
  if (!Number.isNaN(seconds))
    timer = setTimeout(() => {
      current.waiting = current.waiting.filter((one) => one !== told);
      send(refused(504, late));
    }, seconds * 1000);
}

function connected(
  { executions }: Current,
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
): void {
  const [, task = '', end = ''] =
    /^\/v1\/tasks\/(\w+)\/websocket\/(control|stdio|stderr)$/.exec(request.url ?? '') ?? [];
  const execution = executions.get(task);
  const key = request.headers['sec-websocket-key'];
  if (execution === undefined || key === undefined) {
    stream.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  const socket = new WebSocketEnd(stream, key, head, (content, isText) =>
    execution.take(end, content, isText),
  );
  execution.connect(end, socket);
}
