/**
 * The two functions that drive a machine, without I/O. A machine's configuration is compiled once
 * into a table, for control never reads context; XState's own `transition` is the reference, and a
 * property holds the two to the same states, contexts and requests.
 */
import { isRecord, kindOf } from '../misuse/given.ts';
import { HookMisuse, oneOf } from '../misuse/hook-misuse.ts';
import { instead } from '../misuse/nearest.ts';
import { failedNode, firstNode, type Node, nodesOf } from './nodes.ts';
import { type HookMachine, learn } from './vocabulary.ts';
import {
  type Answer,
  type Context,
  type End,
  isFailure,
  type Request,
  type Shape,
  type Signal,
  type Words,
} from './words.ts';

/**
 * Where a hook stands, as plain JSON. It is as secret as what it has learned: keep it where that
 * may be kept.
 */
export interface SecretState<W extends Words = Words> {
  readonly hook: string;
  readonly node: string;
  readonly context: Context<W>;
}

interface TableNode<W extends Words> {
  readonly node: Node<W>;
  readonly edges: Map<string, { readonly to: TableNode<W>; readonly learns: boolean }>;
}

type Table<W extends Words> = ReadonlyMap<string, TableNode<W>>;

const tables = new WeakMap<object, Table<Words>>();

/**
 * Starts a hook: the state after `start`, and the first request. `HookMisuse` where it is no hook machine.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { begin } from 'hookchart';
 * import { databaseRelationBroken } from 'hookchart/machines';
 *
 * const [, request] = begin(databaseRelationBroken, { relation: 4, user: 'relation_id_4' });
 * console.log(request._tag);
 * // UpdateConnectionInfo
 * ```
 */
export function begin<W extends Words>(
  machine: HookMachine<W>,
  event: W['event'],
): readonly [state: SecretState<W>, request: Request<W>] {
  const first = tableOf(machine).get(firstNode);
  const { context } = machine.config as { readonly context: Context<W> };
  return taken(machine, first as TableNode<W>, context, { type: 'start', event });
}

/**
 * Goes on with an answer. `HookMisuse` on an answer that names no edge of the node or teaches what
 * `vocabulary` does not know, on one to a hook that has ended, and on the state of another machine.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { advance, begin } from 'hookchart';
 * import { databaseRequested } from 'hookchart/machines';
 *
 * const [waiting] = begin(databaseRequested, { relation: 4 });
 * const [next, request] = advance(databaseRequested, waiting, { label: 'yes' });
 * console.log(next.node, request._tag);
 * // is_leader Leader
 * ```
 */
export function advance<W extends Words>(
  machine: HookMachine<W>,
  state: SecretState<W>,
  answer: Answer<W>,
): readonly [state: SecretState<W>, request: Request<W>] {
  const entry = entryOf(machine, state);
  return taken(machine, entry, state.context, signalOf(machine, state.node, answer));
}

/**
 * The request that a state waits for, as after a restart.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { begin, pending } from 'hookchart';
 * import { databaseRequested } from 'hookchart/machines';
 *
 * const [stored] = begin(databaseRequested, { relation: 4 });
 * console.log(pending(databaseRequested, stored)._tag);
 * // BackendReady
 * ```
 */
export const pending = <W extends Words>(
  machine: HookMachine<W>,
  state: SecretState<W>,
): Request<W> => requestAt(machine, entryOf(machine, state).node, state.context);

/**
 * How the node on which a state rests is drawn: a question asks, a step orders.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { begin, shapeAt } from 'hookchart';
 * import { databaseRequested } from 'hookchart/machines';
 *
 * const [waiting] = begin(databaseRequested, { relation: 4 });
 * console.log(waiting.node, shapeAt(databaseRequested, waiting));
 * // is_backend_ready question
 * ```
 */
export const shapeAt = <W extends Words>(
  machine: HookMachine<W>,
  state: SecretState<W>,
): Shape | null => entryOf(machine, state).node.drawing?.shape ?? null;

/**
 * Whether a request is the end of its hook.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { advance, begin, isEnd } from 'hookchart';
 * import { databaseRequested } from 'hookchart/machines';
 *
 * const [waiting, first] = begin(databaseRequested, { relation: 4 });
 * const [, last] = advance(databaseRequested, waiting, { label: 'no' });
 * console.log(isEnd(first), last._tag, isEnd(last));
 * // false Defer true
 * ```
 */
export const isEnd = (request: Request): request is End => ends.has(request?._tag);

/** The names of the ends, which no question and no command may bear. */
const ends: ReadonlySet<string> = new Set<End['_tag']>(['Defer', 'Return', 'Failed']);

function taken<W extends Words>(
  machine: HookMachine<W>,
  { node, edges }: TableNode<W>,
  context: Context<W>,
  signal: Signal<W>,
): readonly [state: SecretState<W>, request: Request<W>] {
  const edge = edges.get(signal.type);
  if (edge === undefined) throw unfit(machine, node, edges, signal.type);
  if (!edge.learns && 'learned' in signal)
    throw misfit(
      machine,
      node.id,
      `its edge "${signal.type}" does not learn: add actions: 'learn'`,
    );
  const { to, learns } = edge;
  const known = learns ? learn(context, signal) : context;
  const state = { hook: machine.id, node: to.node.id, context: known };
  return [state, requestAt(machine, to.node, known)];
}

function unfit<W extends Words>(
  { id }: HookMachine<W>,
  node: Node<W>,
  edges: TableNode<W>['edges'],
  label: string,
): HookMisuse {
  const at = `${node.id} cannot be answered ${JSON.stringify(label)}`;
  if (node.final) return new HookMisuse('HasEnded', id, node.id, `${at}: the hook has ended there`);
  const why = label === 'done' ? ', which a handler says that returns nothing' : '';
  return new HookMisuse('AnswerUnfit', id, node.id, `${at}${why}: say ${oneOf([...edges.keys()])}`);
}

const misfit = <W extends Words>({ id }: HookMachine<W>, node: string, what: string): HookMisuse =>
  new HookMisuse('AnswerUnfit', id, node, `${node}: ${what}`);

function requestAt<W extends Words>(
  machine: HookMachine<W>,
  node: Node<W>,
  context: Context<W>,
): Request<W> {
  const request = node.request?.(context);
  const tag = request?._tag;
  const isAsked = typeof tag === 'string' && ends.has(tag) === node.final;
  if (request !== undefined && isAsked && (node.id !== failedNode || tag === 'Failed'))
    return request;
  throw unasked(machine, node, tag);
}

/** Why there is nothing that a node could ask. */
function unasked<W extends Words>(
  { id }: HookMachine<W>,
  { id: node, request, final }: Node<W>,
  tag: unknown,
): HookMisuse {
  if (node === firstNode)
    return new HookMisuse('StateForeign', id, node, `it has not begun: it rests on ${node}`);
  const invalid = (what: string) => new HookMisuse('MachineInvalid', id, node, `${node} ${what}`);
  if (request === null)
    return invalid('asks nothing: this is a drawing of a machine, and not the machine');
  if (typeof tag !== 'string') return invalid('asks for nothing that has a _tag');
  if (final) return invalid(`is final, and asks for ${tag}: end with returns, defers or fails`);
  return invalid(`asks for ${tag}, which only an end does: name the request otherwise`);
}

function entryOf<W extends Words>(machine: HookMachine<W>, state: SecretState<W>): TableNode<W> {
  const table = tableOf(machine);
  const foreign = (node: string | null, what: string) =>
    new HookMisuse('StateForeign', machine.id, node, what);
  if (!isRecord(state) || !isRecord(state.context) || !isRecord(state.context.learned))
    throw foreign(null, 'a state is what begin, advance or restore give');
  const { hook, node } = state;
  if (hook !== machine.id) throw foreign(node, `the state was left by ${hook}`);
  const entry = table.get(node);
  if (entry === undefined)
    throw foreign(node, `it has no node ${node}: a state of another version?`);
  return entry;
}

function tableOf<W extends Words>(machine: HookMachine<W>): Table<W> {
  const known = tables.get(machine) as Table<W> | undefined;
  if (known !== undefined) return known;
  const table = new Map(
    nodesOf(machine).map((node): [string, TableNode<W>] => [node.id, { node, edges: new Map() }]),
  );
  const failed = table.get(failedNode);
  for (const { node, edges } of table.values()) {
    for (const { label, to: id, learns } of node.edges) {
      const to = table.get(id);
      if (to !== undefined) edges.set(label, { to, learns });
    }
    if (!node.final && failed !== undefined) edges.set('failed', { to: failed, learns: true });
  }
  tables.set(machine, table as unknown as Table<Words>);
  return table;
}

function signalOf<W extends Words>(
  machine: HookMachine<W>,
  node: string,
  answer: Answer<W>,
): Signal<W> {
  const { label } = answer ?? {};
  if (typeof label !== 'string')
    throw misfit(machine, node, 'an answer is { label }, with the label of an edge');
  if (label === 'failed') {
    const failure = 'failure' in answer ? answer.failure : null;
    if (!isFailure(failure))
      throw misfit(machine, node, '"failed" needs a failure with a _tag and one of the classes');
    return { type: label, failure };
  }
  if (!('learned' in answer) || answer.learned === undefined) return { type: label };
  const { learned } = (machine.config as { readonly context: Context<W> }).context;
  if (!isRecord(answer.learned))
    throw misfit(
      machine,
      node,
      `its answer teaches ${kindOf(answer.learned)}: give learned a record`,
    );
  for (const key in answer.learned)
    if (!Object.hasOwn(learned, key))
      throw misfit(
        machine,
        node,
        `its answer teaches "${key}", which vocabulary({ learned }) does not know: add it there, or say ${instead(key, Object.keys(learned))}`,
      );
  return { type: label, learned: answer.learned };
}
