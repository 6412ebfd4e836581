/** Pebble's HTTP API: one server for each container, on a Unix socket; JSON in an envelope. */
import type { IncomingHttpHeaders } from 'node:http';
import * as v from 'valibot';
import { WorkloadProblem } from './workload.ts';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** What a call has come to: a result, or the number of a change that is under way. */
interface Outcome {
  readonly result?: unknown;
  readonly change?: string | null | undefined;
}

export interface PebbleClient {
  /** Sends what is asked and hands over the reply as it came. */
  readonly send: (call: Call) => Promise<Reply>;
  /** What a reply says; the error that it holds is a problem which says what was asked. */
  readonly opened: (reply: Reply, asked: Call) => Outcome;
  readonly call: (call: Call) => Promise<Outcome>;
  readonly post: (path: string, body: object) => Promise<Outcome>;
}

const envelope = v.object({
  type: v.picklist(['sync', 'async', 'error']),
  result: v.nullish(v.unknown()),
  change: v.nullish(v.string()),
});

/** How Pebble says why it does not do what it is asked, or cannot. */
export const failure = v.object({ message: v.string(), kind: v.optional(v.string()) });

export function pebbleClient(socket: string, left: () => number): PebbleClient {
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

  const opened: PebbleClient['opened'] = ({ body }, { method, path }) => {
    const text = body.toString('utf8');
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), envelope), text);
    if (!parsed.success)
      throw new WorkloadProblem(`Pebble at ${socket} answers with what is no answer of Pebble`);
    const { type, result, change } = parsed.output;
    if (type !== 'error') return { result, change };
    const said = v.safeParse(failure, result);
    const why = said.success ? said.output.message : 'it does not say why';
    throw new WorkloadProblem(`Pebble refuses ${method} ${path}: ${why}`);
  };

  const call = async (wanted: Call) => opened(await send(wanted), wanted);
  const post: PebbleClient['post'] = (path, body) =>
    call({ method: 'POST', path, headers: json, body: JSON.stringify(body) });
  return { send, opened, call, post };
}

const json = { 'Content-Type': 'application/json' };
