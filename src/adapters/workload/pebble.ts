/**
 * PgBouncer in a container that Pebble looks after. Follows the HTTP API of canonical/pebble: one
 * server for each container, on a Unix socket; JSON in an envelope; files as multipart bodies.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { FileProblem } from './files.ts';
import { type Workload, WorkloadProblem } from './workload.ts';

export interface PebbleOptions {
  /** `/charm/containers/CONTAINER/pebble.socket` in the charm's own container. */
  readonly socket: string;
  /** The service's name, and the label of the layer that makes it. */
  readonly service: string;
  /** What the service runs, `/usr/sbin/pgbouncer /etc/pgbouncer/pgbouncer.ini`. */
  readonly command: string;
  /** Who it runs as in the container, and who owns its files. */
  readonly user: string;
  /** Milliseconds to wait for an answer, and for a change to be made. */
  readonly patience?: number;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const envelope = v.object({
  type: v.picklist(['sync', 'async', 'error']),
  result: v.nullish(v.unknown()),
  change: v.nullish(v.string()),
});
const failure = v.object({ message: v.string(), kind: v.optional(v.string()) });
const fileResults = v.array(v.object({ path: v.string(), error: v.nullish(failure) }));
const services = v.array(v.object({ name: v.string(), current: v.string() }));
const plan = v.string();
const change = v.object({ ready: v.boolean(), err: v.nullish(v.string()) });

export function pebble({
  socket,
  service,
  command,
  user,
  patience = 30_000,
  remaining = () => patience,
}: PebbleOptions): Workload {
  const left = () => Math.ceil(Math.max(1, Math.min(patience, remaining())));
  const send = async ({ method, path, headers = {}, body }: Call): Promise<Reply> => {
    // On a machine nobody waits for what only a container needs.
    const { request } = await import('node:http');
    return new Promise((resolve, reject) => {
      const problem = (why: string) => reject(new WorkloadProblem(`Pebble at ${socket}: ${why}`));
      const outgoing = request(
        { socketPath: socket, method, path, headers, timeout: left() },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', (error) => problem(error.message));
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
      outgoing.on('error', (error) => problem(error.message));
      outgoing.end(body);
    });
  };

  const opened = (text: string) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), envelope), text);
    if (parsed.success) return parsed.output;
    throw new WorkloadProblem(`Pebble at ${socket} answers with what is no answer of Pebble`);
  };

  /** What a call results in; an answer of the type `error` is a problem that says what was asked. */
  const call = async (wanted: Call) => {
    const { type, result, change } = opened((await send(wanted)).body.toString('utf8'));
    if (type !== 'error') return { result, change };
    const said = v.safeParse(failure, result);
    const why = said.success ? said.output.message : 'it does not say why';
    throw new WorkloadProblem(`Pebble refuses ${wanted.method} ${wanted.path}: ${why}`);
  };
  const post = (path: string, body: object) =>
    call({ method: 'POST', path, headers: json, body: JSON.stringify(body) });

  const read = async (path: string): Promise<string | null> => {
    const reply = await send({
      method: 'GET',
      path: `/v1/files?action=read&path=${encodeURIComponent(path)}`,
      headers: { Accept: 'multipart/form-data' },
    });
    const boundary = /boundary="?([^";]+)"?/.exec(reply.headers['content-type'] ?? '')?.[1];
    if (boundary === undefined) throw refusal(opened(reply.body.toString('utf8')).result, path);
    const parts = partsOf(reply.body, boundary);
    const response = parts.find(({ name }) => name === 'response');
    const error = fileError(opened(response?.content.toString('utf8') ?? '').result);
    if (error?.kind === 'not-found') return null;
    if (error !== null) throw new FileProblem(path, { code: error.message });
    return parts.find(({ name }) => name === 'files')?.content.toString('utf8') ?? '';
  };

  /** PgBouncer writes beside its configuration, so the folder is its user's. */
  const folders = new Set<string>();
  const madeFolder = async (path: string): Promise<void> => {
    if (folders.has(path)) return;
    const dirs = [{ path, 'make-parents': true, permissions: '700', user }];
    const error = fileError((await post('/v1/files', { action: 'make-dirs', dirs })).result);
    if (error !== null) throw new FileProblem(path, { code: error.message });
    folders.add(path);
  };

  const write = async (path: string, content: string): Promise<void> => {
    const boundary = randomBytes(16).toString('hex');
    await madeFolder(dirname(path));
    const file = { path, permissions: '600', user };
    const disposition = 'Content-Disposition: form-data; name=';
    const body = [
      `--${boundary}`,
      `${disposition}"request"`,
      'Content-Type: application/json',
      '',
      JSON.stringify({ action: 'write', files: [file] }),
      `--${boundary}`,
      `${disposition}"files"; filename="${path}"`,
      'Content-Type: application/octet-stream',
      '',
      content,
      `--${boundary}--`,
      '',
    ].join('\r\n');
    const type = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    const { result } = await call({ method: 'POST', path: '/v1/files', headers: type, body });
    const error = fileError(result);
    if (error !== null) throw new FileProblem(path, { code: error.message });
  };

  const remove = async (path: string): Promise<void> => {
    const paths = [{ path, recursive: true }];
    const error = fileError((await post('/v1/files', { action: 'remove', paths })).result);
    if (error !== null) throw new FileProblem(path, { code: error.message });
  };

  /** Starts or restarts the service and waits until Pebble has done it. */
  const act = async (action: 'start' | 'restart'): Promise<void> => {
    const { change: id } = await post('/v1/services', { action, services: [service] });
    if (typeof id === 'string') await made(id, action);
  };

  const made = async (id: string, action: string): Promise<void> => {
    const until = performance.now() + left();
    while (performance.now() < until) {
      const reply = await send({ method: 'GET', path: `/v1/changes/${id}/wait?timeout=4.000s` });
      const done = v.safeParse(change, opened(reply.body.toString('utf8')).result);
      // What was not ready within the four seconds is an error of its own: ask again.
      if (!done.success || !done.output.ready) continue;
      if (!done.output.err) return;
      throw new WorkloadProblem(`Pebble cannot ${action} ${service}: ${done.output.err}`);
    }
    throw new WorkloadProblem(`Pebble did not ${action} ${service} in time`);
  };

  const layer = [
    'services:',
    `  ${service}:`,
    '    override: replace',
    `    summary: PgBouncer`,
    '    startup: enabled',
    `    command: ${command}`,
    `    user: ${user}`,
    '',
  ].join('\n');

  /** A layer is added where the plan does not run this command yet. */
  const planned = async (): Promise<void> => {
    const { result } = await call({ method: 'GET', path: '/v1/plan?format=yaml' });
    const found = v.safeParse(plan, result);
    if (found.success && found.output.includes(`command: ${command}\n`)) return;
    const added = { action: 'add', combine: true, label: service, format: 'yaml', layer };
    await post('/v1/layers', added);
  };

  const isActive = async (): Promise<boolean> => {
    const path = `/v1/services?names=${encodeURIComponent(service)}`;
    const found = v.safeParse(services, (await call({ method: 'GET', path })).result);
    return found.success && found.output.some(({ current }) => current === 'active');
  };

  return {
    read,
    replace: (path, content) => (content === null ? remove(path) : write(path, content)),
    // Pebble replaces files whole by itself: what is left there is its own, and under other names.
    tidy: async () => {},
    start: async () => {
      await planned();
      if (!(await isActive())) await act('start');
    },
    restart: async () => {
      await planned();
      await act('restart');
    },
    // The container goes with its unit.
    remove: async () => {},
  };
}

const json = { 'Content-Type': 'application/json' };

/** With files Pebble answers 200 and says in the result what became of each. */
function fileError(result: unknown): v.InferOutput<typeof failure> | null {
  const parsed = v.safeParse(fileResults, result);
  if (!parsed.success) throw refusal(result, 'a file');
  return parsed.output[0]?.error ?? null;
}

function refusal(result: unknown, what: string): WorkloadProblem {
  const said = v.safeParse(failure, result);
  return new WorkloadProblem(
    `Pebble says nothing of ${what}${said.success ? `: ${said.output.message}` : ''}`,
  );
}

interface Part {
  readonly name: string;
  readonly content: Buffer;
}

/** The parts of a multipart body, in the order in which they came. */
function partsOf(body: Buffer, boundary: string): readonly Part[] {
  const mark = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let from = body.indexOf(mark);
  while (from >= 0) {
    const to = body.indexOf(mark, from + mark.length);
    if (to < 0) break;
    const part = body.subarray(from + mark.length + 2, to - 2);
    const blank = part.indexOf('\r\n\r\n');
    const name = /name="([^"]*)"/.exec(part.subarray(0, blank).toString('utf8'))?.[1] ?? '';
    parts.push({ name, content: part.subarray(blank + 4) });
    from = to;
  }
  return parts;
}
