/**
 * The two functions that drive a machine, without I/O. A machine's configuration is compiled once
 * into a table, for control never reads context; XState's own `transition` is the reference, and a
 * property holds the two to the same states, contexts and requests.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import {
  type Answer,
  type Context,
  type End,
  type HookEvent,
  type HookMachine,
  learn,
  type Node,
  nodesOf,
  nothingLearned,
  type Request,
  type Signal,
} from '../../machines/index.ts';

/**
 * Where a hook stands, as plain JSON. It is as secret as the password in it: keep it where the
 * password may be kept.
 */
export interface SecretState {
  readonly hook: string;
  readonly node: string;
  readonly context: Context;
}

/** A stored state that cannot be gone on from. */
export interface StateInvalid {
  readonly _tag: 'StateInvalid';
  readonly hook: string;
  readonly why: string;
}

interface TableNode {
  readonly id: string;
  readonly request: Node['request'];
  readonly edges: ReadonlyMap<string, { readonly to: string; readonly learns: boolean }>;
}

type Table = ReadonlyMap<string, TableNode>;

const tables = new WeakMap<HookMachine, Table>();
const firstNode = 'hook_fired';
const failedNode = 'failed';

/** Starts a hook: the state after `start`, and the first request. */
export function begin(
  machine: HookMachine,
  event: HookEvent,
): readonly [state: SecretState, request: Request] {
  const state = { hook: machine.id, node: firstNode, context: nothingLearned };
  return signal(machine, state, { type: 'start', event });
}

/**
 * Goes on with an answer. An answer that the node does not wait for changes nothing: the same
 * request comes back.
 */
export function advance(
  machine: HookMachine,
  state: SecretState,
  answer: Answer,
): readonly [state: SecretState, request: Request] {
  return signal(machine, state, signalOf(answer));
}

/** The request that a state waits for, as after a restart. */
export function pending(machine: HookMachine, state: SecretState): Request {
  const node = nodeOf(machine, state.node);
  if (node.request === null)
    throw new Error(`${machine.id} has not begun: its state rests on ${state.node}`);
  return node.request(state.context);
}

export const isEnd = (request: Request): request is End =>
  request._tag === 'Defer' || request._tag === 'Return' || request._tag === 'Failed';

const stored = v.object({
  hook: v.string(),
  node: v.string(),
  context: v.object({
    event: v.object({ relation: v.number(), departingUnit: v.exactOptional(v.string()) }),
    granted: v.nullable(v.object({ grant: v.looseObject({ relation: v.number() }) })),
    failure: v.nullable(
      v.looseObject({
        _tag: v.string(),
        class: v.picklist(['unavailable', 'refused', 'broken']),
      }),
    ),
  }),
});

/** Reads a stored state back from JSON, for the machine that left it. */
export function restore(machine: HookMachine, json: string): E.Either<StateInvalid, SecretState> {
  const invalid = (why: string) => E.left({ _tag: 'StateInvalid' as const, hook: machine.id, why });
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return invalid('it is not JSON');
  }
  const parsed = v.safeParse(stored, value);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    return invalid(`${v.getDotPath(issue) ?? 'it'} is not as expected (${issue.expected})`);
  }
  const state = parsed.output as SecretState;
  if (state.hook !== machine.id) return invalid(`it was left by ${state.hook}`);
  if (!tableOf(machine).has(state.node)) return invalid(`the chart has no node ${state.node}`);
  return E.right(state);
}

function signal(
  machine: HookMachine,
  state: SecretState,
  signal: Signal,
): readonly [state: SecretState, request: Request] {
  const node = nodeOf(machine, state.node);
  const edge = node.edges.get(signal.type);
  if (edge === undefined) return [state, pending(machine, state)];
  const next = {
    hook: state.hook,
    node: edge.to,
    context: edge.learns ? learn(state.context, signal) : state.context,
  };
  return [next, pending(machine, next)];
}

function nodeOf(machine: HookMachine, id: string): TableNode {
  const node = tableOf(machine).get(id);
  if (node === undefined)
    throw new Error(`${machine.id} has no node ${id}: another chart's state?`);
  return node;
}

function tableOf(machine: HookMachine): Table {
  const known = tables.get(machine);
  if (known !== undefined) return known;
  const table = new Map(
    nodesOf(machine).map((node): [string, TableNode] => {
      const edges = new Map(node.edges.map(({ signal, to, learns }) => [signal, { to, learns }]));
      if (!node.final) edges.set('failed', { to: failedNode, learns: true });
      return [node.id, { id: node.id, request: node.request, edges }];
    }),
  );
  tables.set(machine, table);
  return table;
}

function signalOf(answer: Answer): Signal {
  switch (answer._tag) {
    case 'Yes':
      return { type: 'yes' };
    case 'No':
      return { type: 'no' };
    case 'Done':
      return answer.granted === undefined
        ? { type: 'done' }
        : { type: 'done', granted: answer.granted };
    case 'Failed':
      return { type: 'failed', failure: answer.failure };
  }
}
