/**
 * PgBouncer in a container that Pebble looks after: the layer that describes it, and what is done to
 * have it in force. Follows the HTTP API of canonical/pebble.
 */

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import * as v from 'valibot';
import { given } from '../../hook/index.ts';
import { lastWordsOf } from './last-words.ts';
import { hardLimitIn, withinLimit } from './limits.ts';
import { pebbleFiles, unknownUserIn } from './pebble-files.ts';
import { type Call, type PebbleClient, pebbleClient } from './pebble-http.ts';
import { type Described, layerOf, markIn, retiredLayerOf } from './pebble-layer.ts';
import { type Workload, WorkloadProblem } from './workload.ts';

export interface PebbleOptions {
  /** `/charm/containers/CONTAINER/pebble.socket` in the charm's own container. */
  readonly socket: string;
  /** The service's name, and the label of the layer that makes it. */
  readonly service: string;
  /** What the service runs, `/usr/sbin/pgbouncer`, on `iniFile`. */
  readonly program: string;
  readonly iniFile: string;
  /** Who it runs as in the container, and who owns its files. */
  readonly user: string;
  /** How many files it needs; as many as it may have, where those are fewer. */
  readonly openFiles: number;
  /** Where it listens, and no other process does, for the check; 127.0.0.1 by default. */
  readonly host?: string;
  /** What Pebble is told, where it is not PgBouncer that is run. */
  readonly layer?: (described: Described) => (mark: string) => string;
  /** The option that names the program, for who is to put it right; `pgbouncer-program` by default. */
  readonly option?: string;
  /** Milliseconds to wait for an answer, and for a change to be made. */
  readonly patience?: number;
  /** Milliseconds that are left to the hook. */
  readonly remaining?: () => number;
}

const services = v.array(v.object({ name: v.string(), current: v.string() }));
const task = v.object({ log: v.nullish(v.array(v.string())) });
const change = v.object({
  ready: v.boolean(),
  err: v.nullish(v.string()),
  tasks: v.nullish(v.array(task)),
});

/** Milliseconds that one request waits for a change, and between two of them at least. */
const wait = 4_000;
const pause = 200;

export function pebble(options: PebbleOptions): Workload {
  given('pebble', 'its options', options, {
    socket: 'text',
    service: 'text',
    program: 'text',
    iniFile: 'text',
    user: 'text',
    openFiles: 'number',
  });
  const { socket, service, program, iniFile, user, openFiles, host } = options;
  const { patience = 30_000, remaining = () => patience } = options;
  const left = () => Math.ceil(Math.max(1, Math.min(patience, remaining())));
  const client = pebbleClient(socket, left);
  const { send, call, post } = client;
  const { makeFolder, ...files } = pebbleFiles(client, user);

  let limit: Promise<number> | undefined;
  /** Pebble reads its own limits, and gives the hard one to what it starts. */
  const hardLimit = () => {
    limit ??= files.read('/proc/self/limits').then((text) => hardLimitIn(text));
    return limit;
  };

  const wanted = async () => {
    const layer = (options.layer ?? layerOf)({
      ...{ service, program, iniFile, user, host },
      openFiles: withinLimit(openFiles, await hardLimit()),
    });
    return { layer, mark: createHash('sha256').update(layer('')).digest('hex').slice(0, 12) };
  };

  const isCurrent = async (): Promise<boolean> => {
    const { mark } = await wanted();
    const { result } = await call({ method: 'GET', path: '/v1/plan?format=yaml' });
    return markIn(String(result), service) === mark;
  };

  /** What the image lacks is found out before the service that runs is ended for it. */
  const usable = async (): Promise<void> => {
    await makeFolder(dirname(iniFile));
    const path = `/v1/files?action=list&itself=true&path=${encodeURIComponent(program)}`;
    const { status } = await send({ method: 'GET', path });
    if (status === 404) throw new WorkloadProblem(missing(options), 'operator');
  };

  const added = { action: 'add', combine: true, label: service, format: 'yaml' };
  const planned = async (): Promise<void> => {
    if (await isCurrent()) return;
    await usable();
    const { layer, mark } = await wanted();
    await post('/v1/layers', { ...added, layer: layer(mark) });
  };

  const known = async () => {
    const path = `/v1/services?names=${encodeURIComponent(service)}`;
    const found = v.safeParse(services, (await call({ method: 'GET', path })).result);
    return found.success ? found.output : [];
  };

  const { option } = options;
  const act = pebbleActs(client, { socket, service, program, option, left });

  return {
    ...files,
    isCurrent,
    openFiles: hardLimit,
    // A `start` would do for a service that is down. One that runs it would leave as it is, and take
    // for one that runs by the newest plan ever after.
    start: async () => {
      await planned();
      await act('replan');
    },
    restart: async () => {
      await planned();
      await usable();
      await act('restart');
    },
    isRunning: async () => (await known()).some(({ current }) => current === 'active'),
    lastWords: async () => {
      const path = `/v1/logs?services=${encodeURIComponent(service)}&n=20`;
      const reply = await send({ method: 'GET', path }).catch(() => null);
      return reply === null ? '' : lastWordsOf(messagesIn(reply.body.toString('utf8')));
    },
    remove: async () => {
      // Nothing runs in a container that is not up, and one that was started anew knows nothing of it.
      const found = await known().catch((problem: unknown) => {
        if (problem instanceof WorkloadProblem) return [];
        throw problem;
      });
      if (found.length === 0) return;
      const layer = retiredLayerOf({ service, program, iniFile, user, openFiles });
      await post('/v1/layers', { ...added, layer });
      await act('stop');
    },
  };
}

/** Has Pebble do something with a service, and waits until it is done. */
function pebbleActs(
  { send, opened, post }: PebbleClient,
  {
    socket,
    service,
    program,
    option,
    left,
  }: Pick<PebbleOptions, 'socket' | 'service' | 'program'> & {
    readonly option: string | undefined;
    readonly left: () => number;
  },
): (action: 'replan' | 'restart' | 'stop') => Promise<void> {
  const problemOf = (action: string, { err, tasks }: v.InferOutput<typeof change>) => {
    const why = String(err).replace(/\s+/g, ' ');
    if (/\bunknown (user|group)\b/.test(why))
      return new WorkloadProblem(unknownUserIn(why), 'operator');
    // As the shell says it of what it is to run.
    if (/exited quickly with code 12[67]\b/.test(why))
      return new WorkloadProblem(missing({ program, option }), 'operator');
    const logs = (tasks ?? []).flatMap(({ log }) => log ?? []);
    const said = lastWordsOf(logs.flatMap(outputIn).join('\n'));
    const words = said === '' ? '' : `; ${option === undefined ? 'PgBouncer' : 'it'} says: ${said}`;
    return new WorkloadProblem(`Pebble cannot ${action} ${service}: ${why}${words}`);
  };

  const made = async (id: string, action: string): Promise<void> => {
    const until = performance.now() + left();
    for (;;) {
      const rest = until - performance.now();
      if (rest <= 0) throw new WorkloadProblem(`Pebble did not ${action} ${service} in time`);
      const seconds = (Math.min(wait, Math.max(pause, rest - pause)) / 1_000).toFixed(3);
      const asked: Call = { method: 'GET', path: `/v1/changes/${id}/wait?timeout=${seconds}s` };
      const began = performance.now();
      const reply = await send(asked);
      // That the change was not ready in this time is no failure of it: ask again.
      const isLate = reply.status === 504;
      const done = isLate ? null : v.safeParse(change, opened(reply, asked).result);
      if (done !== null && !done.success)
        throw new WorkloadProblem(`Pebble at ${socket} does not say what became of change ${id}`);
      if (done?.output.ready === true) {
        if (done.output.err) throw problemOf(action, done.output);
        return;
      }
      // Whatever answers in its place, and at once, is not asked without end.
      await after(Math.max(0, pause - (performance.now() - began)));
    }
  };

  return async (action) => {
    const named = action === 'replan' ? [] : [service];
    const { change: id } = await post('/v1/services', { action, services: named });
    if (typeof id !== 'string')
      throw new WorkloadProblem(`Pebble at ${socket} does not say how it goes on to ${action}`);
    await made(id, action);
  };
}

const missing = ({
  program,
  option,
}: {
  readonly program: string;
  readonly option?: string | undefined;
}): string =>
  `the container has no program ${program} that it could run: set ${option ?? 'pgbouncer-program'} to where its image has ${option === undefined ? 'PgBouncer' : 'one'}`;

/** What a service has said, of what Pebble says of a task: it stands there further to the right. */
const outputIn = (entry: string): readonly string[] =>
  entry.split('\n').filter((line) => line.startsWith('    '));

const logLine = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

/** Of JSON in lines. */
const messagesIn = (text: string): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const parsed = v.safeParse(logLine, line);
      return parsed.success ? [parsed.output.message] : [];
    })
    .join('\n');
