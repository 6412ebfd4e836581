/**
 * The two functions that drive a machine, without I/O. A machine's configuration is compiled once
 * into a table, for control never reads context; XState's own `transition` is the reference, and a
 * property holds the two to the same states, contexts and requests.
 */
import { HookMisuse, oneOf } from './hook-misuse.ts';
import { failedNode, firstNode, type Node, nodesOf } from './nodes.ts';
import { type HookMachine, learn } from './vocabulary.ts';
import {
  type Answer,
  type Context,
  type End,
  isFailure,
  isRecord,
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
  readonly edges: ReadonlyMap<string, { readonly to: string; readonly learns: boolean }>;
}

type Table<W extends Words> = ReadonlyMap<string, TableNode<W>>;

const tables = new WeakMap<object, Table<Words>>();

/** Starts a hook: the state after `start`, and the first request. `HookMisuse` where it is no hook machine. */
export function begin<W extends Words>(
  machine: HookMachine<W>,
  event: W['event'],
): readonly [state: SecretState<W>, request: Request<W>] {
  const table = tableOf(machine);
  const config = machine.config as { readonly context: Context<W> };
  const state = { hook: machine.id, node: firstNode, context: config.context };
  return taken(machine, table, state, { type: 'start', event });
}

/**
 * Goes on with an answer. `HookMisuse` on an answer that names no edge of the node, on one to a hook
 * that has ended, and on the state of another machine.
 */
export function advance<W extends Words>(
  machine: HookMachine<W>,
  state: SecretState<W>,
  answer: Answer<W>,
): readonly [state: SecretState<W>, request: Request<W>] {
  const table = tableOf(machine);
  entryOf(machine, table, state);
  return taken(machine, table, state, signalOf(machine, state.node, answer));
}

/** The request that a state waits for, as after a restart. */
export const pending = <W extends Words>(
  machine: HookMachine<W>,
  state: SecretState<W>,
): Request<W> => requestAt(machine, tableOf(machine), state);

/** How the node on which a state rests is drawn: a question asks, a step orders. */
export const shapeAt = <W extends Words>(
  machine: HookMachine<W>,
  state: SecretState<W>,
): Shape | null => entryOf(machine, tableOf(machine), state).node.drawing?.shape ?? null;

/** Whether a request is the end of its hook. */
export const isEnd = (request: Request): request is End => ends.has(request._tag);

/** The names of the ends, which no question and no command may bear. */
const ends: ReadonlySet<string> = new Set<End['_tag']>(['Defer', 'Return', 'Failed']);

function taken<W extends Words>(
  machine: HookMachine<W>,
  table: Table<W>,
  state: SecretState<W>,
  signal: Signal<W>,
): readonly [state: SecretState<W>, request: Request<W>] {
  const { node, edges } = entryOf(machine, table, state);
  const edge = edges.get(signal.type);
  if (edge === undefined) throw unfit(machine, node, edges, signal.type);
  if (!edge.learns && 'learned' in signal && signal.learned !== undefined)
    throw misfit(
      machine,
      node.id,
      `its edge "${signal.type}" does not learn: add actions: 'learn'`,
    );
  const next = {
    hook: state.hook,
    node: edge.to,
    context: edge.learns ? learn(state.context, signal) : state.context,
  };
  return [next, requestAt(machine, table, next)];
}

function unfit<W extends Words>(
  { id }: HookMachine<W>,
  node: Node<W>,
  edges: TableNode<W>['edges'],
  label: string,
): HookMisuse {
  const at = `${node.id} cannot be answered ${JSON.stringify(label)}`;
  if (node.final) return new HookMisuse('HasEnded', id, node.id, `${at}: the hook has ended there`);
  return new HookMisuse('AnswerUnfit', id, node.id, `${at}: say ${oneOf([...edges.keys()])}`);
}

const misfit = <W extends Words>({ id }: HookMachine<W>, node: string, what: string): HookMisuse =>
  new HookMisuse('AnswerUnfit', id, node, `${node}: ${what}`);

function requestAt<W extends Words>(
  machine: HookMachine<W>,
  table: Table<W>,
  state: SecretState<W>,
): Request<W> {
  const { node } = entryOf(machine, table, state);
  const invalid = (what: string) =>
    new HookMisuse('MachineInvalid', machine.id, node.id, `${node.id} ${what}`);
  if (node.request === null && node.id !== firstNode)
    throw invalid('asks nothing: this is a drawing of a machine, and not the machine');
  if (node.request === null)
    throw new HookMisuse(
      'StateForeign',
      machine.id,
      node.id,
      `it has not begun: it rests on ${node.id}`,
    );
  const request = node.request(state.context);
  if (typeof request?._tag !== 'string') throw invalid('asks for nothing that has a _tag');
  if (node.id === failedNode && request._tag !== 'Failed')
    throw invalid(`asks for ${request._tag}: end it with fails`);
  if (ends.has(request._tag) !== node.final)
    throw invalid(
      node.final
        ? `is final, and asks for ${request._tag}: end with returns, defers or fails`
        : `asks for ${request._tag}, which only an end does: name the request otherwise`,
    );
  return request;
}

function entryOf<W extends Words>(
  { id }: HookMachine<W>,
  table: Table<W>,
  state: SecretState<W>,
): TableNode<W> {
  if (!isRecord(state) || !isRecord(state.context))
    throw new HookMisuse(
      'StateForeign',
      id,
      null,
      'a state is what begin, advance or restore give',
    );
  const { hook, node } = state;
  const entry = table.get(node);
  if (hook !== id) throw new HookMisuse('StateForeign', id, node, `the state was left by ${hook}`);
  if (entry === undefined)
    throw new HookMisuse(
      'StateForeign',
      id,
      node,
      `it has no node ${node}: a state of another version?`,
    );
  return entry;
}

function tableOf<W extends Words>(machine: HookMachine<W>): Table<W> {
  const known = tables.get(machine) as Table<W> | undefined;
  if (known !== undefined) return known;
  const table = new Map(
    nodesOf(machine).map((node): [string, TableNode<W>] => {
      const edges = new Map(node.edges.map(({ label, to, learns }) => [label, { to, learns }]));
      if (!node.final) edges.set('failed', { to: failedNode, learns: true });
      return [node.id, { node, edges }];
    }),
  );
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
  return { type: label, learned: answer.learned };
}
