/** Stands in for Pebble: one container's server on a Unix socket, which checks what it is asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { filesOfContainer } from './pebble-stand-in-files.ts';
import { type Done, StandInService } from './pebble-stand-in-service.ts';

const error = (kind: string, message: string) => ({ kind, message });

export class PebbleStandIn {
  readonly socket: string;
  /** What no client of Pebble would ask. */
  readonly objections: string[] = [];
  readonly requests: string[] = [];
  /** The first of its services. */
  readonly service: StandInService;
  readonly #services = new Map<string, StandInService>();
  readonly #changes: Promise<Done>[] = [];
  /** Who takes logs, as it was told last. */
  logging = '';
  /** How often a wait for a change is to end before it is ready, and at once. */
  slow = 0;
  /** Whom the client is: Pebble tells by its user's number. */
  isDenied = false;
  readonly #server: Server;
  readonly #files: ReturnType<typeof filesOfContainer>;

  /** What becomes of a change; tests have it be something else. */
  change = (id: string): Promise<Done> | undefined => this.#changes[Number(id) - 1];

  private constructor(socket: string) {
    this.socket = socket;
    this.service = this.named('pgbouncer');
    this.#files = filesOfContainer((is, what) => this.#holds(is, what));
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#serve(request, Buffer.concat(chunks), response));
    });
  }

  static async start(socket: string): Promise<PebbleStandIn> {
    const standIn = new PebbleStandIn(socket);
    await new Promise<void>((resolve) => standIn.#server.listen(socket, resolve));
    return standIn;
  }

  async stop(): Promise<void> {
    for (const service of this.#services.values()) await service.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, body: Buffer, response: ServerResponse): unknown {
    const url = new URL(request.url ?? '', 'http://localhost');
    this.requests.push(`${request.method} ${url.pathname}`);
    const sync = (result: unknown) =>
      json(response, 200, { type: 'sync', 'status-code': 200, status: 'OK', result });
    const refuse = (status: number, result: object) =>
      json(response, status, { type: 'error', 'status-code': status, status: 'no', result });
    const asked = () => {
      this.#holds(/^application\/json/.test(request.headers['content-type'] ?? ''), 'body is JSON');
      return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    };
    if (this.isDenied) return refuse(401, error('login-required', 'access denied'));
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /v1/files': {
        if (url.searchParams.get('action') === 'read')
          return this.#files.read(request, url, response);
        const found = this.#files.list(url);
        return found === null
          ? refuse(404, error('not-found', `stat ${url.searchParams.get('path')}: no such file`))
          : sync([found]);
      }
      case 'POST /v1/files':
        if (/^multipart/.test(request.headers['content-type'] ?? ''))
          return sync([this.#files.write(request.headers['content-type'] ?? '', body)]);
        return sync([this.#files.changed(asked())]);
      case 'GET /v1/plan':
        this.#holds(url.searchParams.get('format') === 'yaml', 'a plan is asked for as YAML');
        return sync([...this.#services.values()].map(({ plan }) => plan).join(''));
      case 'POST /v1/layers': {
        const { action, combine, label, format, layer } = asked();
        this.#holds(
          action === 'add' && combine === true && format === 'yaml' && typeof label === 'string',
          'a layer is added as YAML, combined under a label',
        );
        if (String(layer).startsWith('log-targets:')) this.logging = String(layer);
        else this.named(String(label)).planned(String(layer));
        return sync(true);
      }
      case 'GET /v1/services':
        return sync(this.#services.get(url.searchParams.get('names') ?? '')?.told() ?? []);
      case 'GET /v1/logs':
        response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
        return response.end(
          this.#services
            .get(url.searchParams.get('services') ?? '')
            ?.log(url.searchParams.get('n')),
        );
      case 'POST /v1/services': {
        const { action, services } = asked() as { action: string; services: string[] };
        if (action === 'replan' && services.length > 0)
          return refuse(400, error('', 'replan accepts no service names'));
        const change = this.#act(action, services);
        return json(response, 202, { type: 'async', 'status-code': 202, change, result: null });
      }
      default: {
        const id = /^\/v1\/changes\/(\d+)\/wait$/.exec(url.pathname)?.[1];
        if (id !== undefined) return this.#wait(id, url, response);
        this.#holds(false, `nothing is at ${request.method} ${url.pathname}`);
        return refuse(404, error('not-found', 'no such endpoint'));
      }
    }
  }

  /** One of its services, planned or not. */
  named(name: string): StandInService {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const made = new StandInService((is, what) => this.#holds(is, what), name);
    this.#services.set(name, made);
    return made;
  }

  /** Without names it is about all that are planned. */
  #act(action: string, names: readonly string[]): string {
    const planned = [...this.#services].filter(([, { plan }]) => plan !== '');
    const meant = names.length > 0 ? names : planned.map(([name]) => name);
    const each = meant.map((name) => this.named(name).act(action));
    const all = Promise.all(each).then(
      (done): Done =>
        done.find(({ err }) => err !== undefined) ?? done[0] ?? { ready: true, tasks: [] },
    );
    return String(this.#changes.push(all));
  }

  async #wait(id: string, url: URL, response: ServerResponse): Promise<unknown> {
    const timeout = /^(\d+\.\d{3})s$/.exec(url.searchParams.get('timeout') ?? '')?.[1];
    this.#holds(timeout !== undefined, 'a wait has an end');
    // As it is: without a kind.
    const result = { message: `timed out waiting for change after ${timeout}s` };
    const late = () => json(response, 504, { type: 'error', 'status-code': 504, result });
    if (this.slow > 0) {
      this.slow -= 1;
      return late();
    }
    const change = this.change(id);
    if (change === undefined) {
      const none = error('not-found', `cannot find change with id "${id}"`);
      return json(response, 404, { type: 'error', 'status-code': 404, result: none });
    }
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), Number(timeout) * 1_000);
    });
    const done = await Promise.race([change, end]);
    clearTimeout(timer);
    if (done === null) return late();
    return json(response, 200, { type: 'sync', 'status-code': 200, result: done });
  }

  #holds(is: boolean, what: string): void {
    if (!is) this.objections.push(what);
  }
}

function json(response: ServerResponse, status: number, body: object): unknown {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify(body));
}
