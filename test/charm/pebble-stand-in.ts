/** Stands in for Pebble: one container's server on a Unix socket, which checks what it is asked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { identity } from '../../src/demo/servers/child.ts';

const error = (kind: string, message: string) => ({ kind, message });

export class PebbleStandIn {
  readonly socket: string;
  /** What no client of Pebble would ask. */
  readonly objections: string[] = [];
  readonly requests: string[] = [];
  /** How often a wait for a change is to time out before it is ready. */
  slow = 1;
  /** Why the service is not to start. */
  refusal: string | null = null;
  readonly #server: Server;
  #layers = '';
  #service: ChildProcess | null = null;
  #changes = 0;

  private constructor(socket: string) {
    this.socket = socket;
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

  /** The service dies, and nobody starts it again. */
  async kill(): Promise<void> {
    const child = this.#service;
    this.#service = null;
    if (child === null) return;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }

  async stop(): Promise<void> {
    await this.kill();
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
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /v1/files':
        return this.#read(request, url, response);
      case 'POST /v1/files':
        if (/^multipart/.test(request.headers['content-type'] ?? ''))
          return sync([this.#write(request.headers['content-type'] ?? '', body)]);
        return sync([this.#changed(asked())]);
      case 'GET /v1/plan':
        this.#holds(url.searchParams.get('format') === 'yaml', 'a plan is asked for as YAML');
        return sync(this.#layers);
      case 'POST /v1/layers': {
        const { action, combine, label, format, layer } = asked();
        this.#holds(
          action === 'add' && combine === true && format === 'yaml' && typeof label === 'string',
          'a layer is added as YAML, combined under a label',
        );
        this.#holds(/override: (replace|merge)/.test(String(layer)), 'each service overrides');
        this.#layers = String(layer);
        return sync(true);
      }
      case 'GET /v1/services': {
        const name = url.searchParams.get('names') ?? '';
        if (!this.#layers.includes(`  ${name}:`)) return sync([]);
        const current = this.#service === null ? 'inactive' : 'active';
        return sync([{ name, startup: 'enabled', current }]);
      }
      case 'POST /v1/services': {
        const { action, services } = asked();
        const isKnown = ['start', 'stop', 'restart', 'replan', 'autostart'].includes(
          String(action),
        );
        this.#holds(isKnown && Array.isArray(services), 'services are acted on by name');
        void this.#act(String(action));
        this.#changes += 1;
        const change = String(this.#changes);
        return json(response, 202, { type: 'async', 'status-code': 202, change, result: null });
      }
      default: {
        const id = /^\/v1\/changes\/(\d+)\/wait$/.exec(url.pathname)?.[1];
        if (id !== undefined) return this.#wait(url, response);
        this.#holds(false, `nothing is at ${request.method} ${url.pathname}`);
        return refuse(404, error('not-found', 'no such endpoint'));
      }
    }
  }

  #wait(url: URL, response: ServerResponse): unknown {
    this.#holds(/^\d+\.\d{3}s$/.test(url.searchParams.get('timeout') ?? ''), 'a wait has an end');
    if (this.slow > 0) {
      this.slow -= 1;
      const result = error('timeout', 'timed out waiting for change');
      return json(response, 504, { type: 'error', 'status-code': 504, result });
    }
    const err = this.refusal ?? undefined;
    return json(response, 200, {
      type: 'sync',
      'status-code': 200,
      result: { ready: true, err },
    });
  }

  async #act(action: string): Promise<void> {
    if (action === 'restart') await this.kill();
    if (this.refusal !== null || this.#service !== null) return;
    const [program = '', ...args] = (/command: (.+)/.exec(this.#layers)?.[1] ?? '').split(' ');
    this.#holds(/user: \S+/.test(this.#layers), 'PgBouncer does not run as root');
    this.#service = spawn(program, args, { ...identity(), stdio: 'ignore' });
  }

  #read(request: IncomingMessage, url: URL, response: ServerResponse): void {
    this.#holds(request.headers.accept === 'multipart/form-data', 'files come as multipart');
    const path = url.searchParams.get('path') ?? '';
    let content: Buffer | null = null;
    try {
      content = readFileSync(path);
    } catch {
      // Said in the result below, with HTTP 200.
    }
    const missing = { path, error: error('not-found', `stat ${path}: no such file or directory`) };
    const result = [content === null ? missing : { path }];
    const boundary = 'of-the-stand-in';
    const part = (name: string, body: Buffer | string) =>
      Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name=${name}\r\n\r\n`),
        Buffer.from(body),
        Buffer.from('\r\n'),
      ]);
    const answer = JSON.stringify({ type: 'sync', 'status-code': 200, result });
    response.writeHead(200, { 'Content-Type': `multipart/form-data; boundary=${boundary}` });
    response.end(
      Buffer.concat([
        ...(content === null ? [] : [part(`"files"; filename="${path}"`, content)]),
        // It may come last.
        part('"response"', answer),
        Buffer.from(`--${boundary}--\r\n`),
      ]),
    );
  }

  #write(type: string, body: Buffer): object {
    const boundary = /boundary=(.+)$/.exec(type)?.[1] ?? '';
    const [, first = '', second = ''] = body.toString('latin1').split(`--${boundary}`);
    this.#holds(
      /name="request"\r\nContent-Type: application\/json/.test(first),
      'request is first',
    );
    const wanted = JSON.parse(first.split('\r\n\r\n')[1] ?? '{}');
    const [file] = wanted.files ?? [];
    this.#holds(wanted.action === 'write' && wanted.files?.length === 1, 'one file is written');
    this.#holds(/^[0-7]{3}$/.test(file.permissions), 'permissions are octal, as text');
    this.#holds(
      file.permissions === '600' || file.permissions === '400',
      'only its owner reads it',
    );
    this.#holds(typeof file.user === 'string', 'files belong to whom the service runs as');
    this.#holds(second.includes(`name="files"; filename="${file.path}"`), 'the file follows');
    const content = second.slice(second.indexOf('\r\n\r\n') + 4, -2);
    writeFileSync(`${file.path}.new`, Buffer.from(content, 'latin1'), { mode: 0o600 });
    const who = identity();
    if ('uid' in who) chownSync(`${file.path}.new`, who.uid, who.gid);
    renameSync(`${file.path}.new`, file.path);
    return { path: file.path };
  }

  #changed({ action, paths, dirs }: Record<string, unknown>): object {
    if (action === 'make-dirs') {
      const [folder] = dirs as { path: string; permissions: string; user: string }[];
      const { path = '', permissions = '', user } = folder ?? {};
      this.#holds(permissions === '700' && user === 'postgres', 'a folder is its user’s alone');
      mkdirSync(path, { recursive: true });
      return { path };
    }
    const [only] = paths as { path: string; recursive?: boolean }[];
    this.#holds(action === 'remove' && only?.recursive === true, 'what is missing is no error');
    rmSync(only?.path ?? '', { force: true });
    return { path: only?.path };
  }

  #holds(is: boolean, what: string): void {
    if (!is) this.objections.push(what);
  }
}

function json(response: ServerResponse, status: number, body: object): unknown {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify(body));
}
