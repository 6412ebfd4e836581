/**
 * One hook of a charm of which nothing is known but its folder: its process, its calls, its files. A
 * hook that found the same before is not run again; its calls are made once more.
 */
import { createHash } from 'node:crypto';
import type { HookTools } from '../testing/index.ts';
import type { ActionTold } from './action-calls.ts';
import type { Answered, Call } from './call.ts';
import { deferredIn } from './deferred.ts';
import type { Description } from './description.ts';
import { type Environment, environmentOf, programOf } from './hook-environment.ts';
import type { Ended, Launcher } from './launch.ts';
import type { PebbleServer } from './pebble/server.ts';
import type { Containers } from './pod.ts';
import { answer, type Beside } from './tool-calls.ts';
import type { ToolServer } from './tool-server.ts';
import { type Files, stateFile, type UnitFolder } from './unit-files.ts';

/** A call and what came of it; one of Pebble is called so, and says by itself whether it writes. */
export interface MadeCall extends Call, Answered {
  readonly writes?: boolean;
}

/** What is known of a hook that was run, beside what it changed. */
export interface HookRecord extends Ended {
  readonly environment: Environment;
  readonly calls: readonly MadeCall[];
  /** The events that wait to be told again. */
  readonly deferred: readonly string[];
  readonly files: Files;
  readonly containers: Containers;
  /** What an action has told; null of hooks, and of one that told nothing. */
  readonly action: ActionTold | null;
}

/** All that hooks of one charm are run with. */
export interface Workshop {
  readonly charm: Description;
  readonly launcher: Launcher;
  readonly server: ToolServer;
  /** Null where the charm has no containers. */
  readonly pebble: PebbleServer | null;
  readonly folderOf: (unit: string) => UnitFolder;
  readonly storageOf: (unit: string, name: string) => string;
  /** Where a unit has a file that comes with the charm; a `ToolError` where it has none. */
  readonly resourceOf: (unit: string, name: string) => string;
  /** What is known of hooks that were run; null where each is to be run. */
  readonly memory: Map<string, HookRecord> | null;
  /** How many hooks came to be a process, and how many were known. */
  readonly counts: { run: number; known: number };
}

/** What one hook is run on. */
export interface HookOrder {
  readonly tools: HookTools;
  readonly beside: Beside;
  readonly files: Files;
  readonly containers: Containers;
  /** How many update-statuses the unit has run. */
  readonly statuses: number;
  /** Before each call that changes anything; it throws where the process is to die there. */
  readonly step: (tool: string) => void;
}

/** Runs it. What `step` has thrown is thrown again once the process is gone; `onEnd` is told before. */
export async function runHookOf(
  shop: Workshop,
  order: HookOrder,
  onEnd: (record: HookRecord) => void,
): Promise<HookRecord> {
  const key = keyOf(order);
  const known = shop.memory?.get(key);
  if (known !== undefined) {
    const again = repeated(shop, order, known);
    if (again === null) {
      shop.counts.known += 1;
      onEnd(known);
      return known;
    }
    return await run(shop, order, again, onEnd);
  }
  const record = await run(shop, order, { answers: [], thrown: null }, onEnd);
  shop.memory?.set(key, record);
  return record;
}

/** What a process is told before it is answered by the model: all that was found out already. */
interface Beginning {
  readonly answers: readonly Answered[];
  /** What befalls it after them. */
  readonly thrown: { readonly error: unknown } | null;
}

/** Makes the calls of a hook once more; null where each is answered as before. */
function repeated(shop: Workshop, order: HookOrder, record: HookRecord): Beginning | null {
  const answers: Answered[] = [];
  for (const call of record.calls) {
    try {
      if (isWriting(call)) order.step(nameOf(call));
    } catch (error) {
      return { answers, thrown: { error } };
    }
    // What a container held is known, and with it what Pebble answers.
    if (call.tool === pebble) {
      answers.push(call);
      continue;
    }
    const made = answered(shop, order, call);
    answers.push(made);
    if (made.exit !== call.exit || made.stdout !== call.stdout || made.stderr !== call.stderr)
      return { answers, thrown: null };
  }
  return null;
}

async function run(
  shop: Workshop,
  order: HookOrder,
  { answers, thrown: planned }: Beginning,
  onEnd: (record: HookRecord) => void,
): Promise<HookRecord> {
  const { view } = order.tools;
  shop.counts.run += 1;
  const folder = shop.folderOf(view.unit);
  folder.put(order.files);
  const context = `${view.unit}-${view.hook.name}-${shop.counts.run}`;
  const environment = {
    ...environmentOf(view, shop.server, folder.path, context, (name) =>
      shop.storageOf(view.unit, name),
    ),
    // A unit of Kubernetes is on no machine.
    ...(shop.pebble === null ? {} : { JUJU_MACHINE_ID: '' }),
  };
  const calls: MadeCall[] = [];
  let thrown: { readonly error: unknown } | null = null;
  const die = (error: unknown): null => {
    thrown = { error };
    shop.launcher.kill();
    return null;
  };
  shop.server.serve(context, (call) => {
    if (thrown !== null) return null;
    const given = answers[calls.length];
    if (given === undefined && planned !== null) return die(planned.error);
    try {
      if (given === undefined && isWriting(call)) order.step(nameOf(call));
      const made = given ?? answered(shop, order, call);
      calls.push({ ...call, ...made });
      return made;
    } catch (error) {
      return die(error);
    }
  });
  const containers = new Map(Object.entries(order.containers));
  shop.pebble?.serve({
    containers,
    hears: (asked, writes) => {
      const call = { ...asked, ...{ tool: pebble, files: {}, writes, ...nothingSaid } };
      if (thrown !== null) return false;
      const isNew = answers[calls.length] === undefined;
      try {
        if (isNew && planned !== null) throw planned.error;
        if (isNew && writes) order.step(nameOf(call));
        calls.push(call);
        return true;
      } catch (error) {
        die(error);
        return false;
      }
    },
    fails: die,
  });
  const ended = await shop.launcher.run({
    ...{ program: programOf(view.hook), folder: folder.path, environment },
    charm: shop.pebble?.folder ?? null,
    isOtherwise: isOtherwise(order),
  });
  shop.server.serve(context, null);
  shop.pebble?.serve(null);
  const files = folder.take();
  const deferred = deferredIn(files.get(stateFile));
  const record: HookRecord = {
    ...{ ...ended, environment, calls, deferred, files },
    containers: Object.fromEntries(containers),
    action: order.beside.action ?? null,
  };
  onEnd(record);
  if (thrown !== null) throw (thrown as { readonly error: unknown }).error;
  // It ended before it came to the call at which it was to die.
  if (planned !== null) throw planned.error;
  return record;
}

const answered = (
  { charm, storageOf, resourceOf }: Workshop,
  { tools, beside }: HookOrder,
  call: Call,
): Answered =>
  answer(
    {
      ...{ tools, charm, beside },
      storage: (name) => storageOf(tools.view.unit, name),
      resource: (name) => resourceOf(tools.view.unit, name),
    },
    call,
  );

/**
 * Every other update-status may come to something else of the same, by what a process leaves to chance:
 * one that always wrote the same because nobody looked again would be taken for one that rests.
 */
const isOtherwise = ({ tools: { view }, statuses }: HookOrder): boolean =>
  view.hook.name === 'update-status' && statuses % 2 === 1;

/** All that a hook can see, the files included. */
function keyOf(order: HookOrder): string {
  const { tools, files, beside, containers } = order;
  const { view } = tools;
  const { outside: _, ...seen } = view;
  const { logged: __, action: ___, ...rest } = beside;
  return createHash('sha1')
    .update(JSON.stringify([seen, rest, containers, isOtherwise(order)]))
    .update(files.key())
    .digest('base64');
}

/** The tools that change something, at once or with the commit: a process may die before each. */
const isWriting = ({ tool, writes }: Pick<MadeCall, 'tool' | 'writes'>): boolean =>
  writes ??
  /-(set|add|delete|remove|grant|revoke|register|unregister)$|^(open|close)-port$/.test(tool);

/** By what a call of Pebble is called among those of hook tools. */
const pebble = 'pebble';

const nothingSaid = { exit: 0, stdout: '', stderr: '' };

/** What a process is killed before. */
const nameOf = ({ tool, args }: Pick<Call, 'tool' | 'args'>): string =>
  tool === pebble ? [tool, ...args.slice(0, 2)].join(' ') : tool;
