/**
 * The two functions that drive a machine, without I/O. A machine's configuration is compiled once
 * into a table, for control never reads context; XState's own `transition` is the reference, and a
 * property holds the two to the same states, contexts and requests.
 */
import * as E from 'fp-ts/lib/Either.js';
import { HookMisuse, oneOf } from './hook-misuse.ts';
import { failedNode, firstNode, type Node, nodesOf } from './nodes.ts';
import { type HookMachine, learn } from './vocabulary.ts';
import type { Answer, Context, End, Request, Shape, Signal, Words } from './words.ts';

/**
 * Where a hook stands, as plain JSON. It is as secret as what it has learned: keep it where that
 * may be kept.
 */
export interface SecretState<W extends Words = Words> {
  readonly hook: string;
  readonly node: string;
  readonly context: Context<W>;
}

/** A stored state that cannot be gone on from. */
export interface StateInvalid {
  readonly _tag: 'StateInvalid';
  readonly hook: string;
  readonly why: string;
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
  return taken(machine, tableOf(machine), state, signalOf(machine, state.node, answer));
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

/**
 * Reads what the outside keeps: any library that follows Standard Schema, valibot and zod among
 * them. It MUST answer at once.
 */
export interface Schema<Value> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Validated<Value> | Promise<Validated<Value>>;
  };
}

/** What was read, or what is wrong with it. */
export type Validated<Value> =
  | { readonly value: Value; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** How the parts of a state that are a charm's own are read back. */
export interface StateSchemas<W extends Words> {
  readonly event: Schema<W['event']>;
  readonly learned: Schema<W['learned']>;
}

/** Reads a stored state back from JSON, for the machine that left it. */
export function restore<W extends Words>(
  machine: HookMachine<W>,
  json: string,
  schemas: StateSchemas<W>,
): E.Either<StateInvalid, SecretState<W>> {
  const invalid = (why: string) => E.left({ _tag: 'StateInvalid' as const, hook: machine.id, why });
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return invalid('it is not JSON');
  }
  if (!isRecord(value) || typeof value.hook !== 'string' || typeof value.node !== 'string')
    return invalid('it has no hook and node');
  const { hook, node, context } = value;
  if (hook !== machine.id) return invalid(`it was left by ${hook}`);
  if (node === firstNode) return invalid('it was left before "start"');
  if (!tableOf(machine).has(node)) return invalid(`the chart has no node ${node}`);
  if (!isRecord(context)) return invalid('it has no context');
  const { failure } = context;
  if (failure !== null && !isFailure(failure)) return invalid('context.failure is none');
  const parsed = (['event', 'learned'] as const).map((part) => {
    const outcome = schemas[part]['~standard'].validate(context[part]);
    if (outcome instanceof Promise) return `the schema of context.${part} does not answer at once`;
    return outcome.issues === undefined
      ? { value: outcome.value }
      : `context.${part}: ${outcome.issues[0]?.message}`;
  });
  const [event, learned] = parsed;
  if (typeof event === 'string') return invalid(event);
  if (typeof learned === 'string') return invalid(learned);
  return E.right({
    hook,
    node,
    context: { event: event?.value, learned: learned?.value, failure },
  } as SecretState<W>);
}

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
  { hook, node }: SecretState<W>,
): TableNode<W> {
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

const classes: ReadonlySet<unknown> = new Set(['unavailable', 'refused', 'broken']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFailure = (value: unknown): value is NonNullable<Context['failure']> =>
  isRecord(value) && typeof value._tag === 'string' && classes.has(value.class);
