import { isRecord } from '../misuse/given.ts';
import { HookMisuse } from '../misuse/hook-misuse.ts';
import { instead } from '../misuse/nearest.ts';
import type { Asks, HookMachine } from './vocabulary.ts';
import type { Context, Drawing, Request, Words } from './words.ts';

export interface Edge {
  /** What an answer calls it; `start` leads away from the first node. */
  readonly label: string;
  readonly to: string;
  /** Whether it takes up what an answer teaches. */
  readonly learns: boolean;
}

/** One state of a hook machine, read from its configuration. */
export interface Node<W extends Words = Words> {
  readonly id: string;
  /** Null for the one node that no chart draws. */
  readonly drawing: Drawing | null;
  /** Null for the first node, which waits for `start`, and where only the drawing is known. */
  readonly request: ((context: Context<W>) => Request<W>) | null;
  readonly final: boolean;
  readonly edges: readonly Edge[];
}

/** The node on which a hook rests before `start`, and the one to which `failed` leads. */
export const firstNode = 'hook_fired';
export const failedNode = 'failed';

/** Whether a node is one of the two, to which no answer leads. */
const isOwn = (id: string): boolean => id === firstNode || id === failedNode;

/**
 * Reads a machine's configuration, in the order in which it is written. Throws `HookMisuse` on one that
 * breaks the rules of `vocabulary`: what no chart can draw is not driven either.
 *
 * @category Words and machines
 *
 * @example
 * ```ts
 * import { nodesOf } from 'hookchart';
 * import { databaseRequested } from 'hookchart/machines';
 *
 * const leads = nodesOf(databaseRequested).find(({ id }) => id === 'is_leader');
 * console.log(leads?.edges.map(({ label, to }) => `${label}: ${to}`).join(', '));
 * // no: rtn, yes: get_user
 * ```
 */
export function nodesOf<W extends Words>(machine: HookMachine<W>): readonly Node<W>[] {
  const config = machine?.config;
  const before = isRecord(config) ? read.get(config) : undefined;
  if (before !== undefined) return before as readonly Node<W>[];
  const nodes = readNodes(machine);
  read.set(config, nodes);
  return nodes;
}

/** A machine is asked for its nodes where it is made, where its charm is, and where it is driven. */
const read = new WeakMap<object, unknown>();

function readNodes<W extends Words>(machine: HookMachine<W>): readonly Node<W>[] {
  const config = machine?.config as Part | undefined;
  const name = typeof machine?.id === 'string' ? machine.id : 'what was given';
  const invalid = (node: string | null, what: string) =>
    new HookMisuse('MachineInvalid', name, node, what);
  if (!isRecord(config) || !isRecord(config.states))
    throw invalid(null, 'it is no hook machine: make one with hook.createMachine');
  if (typeof config.id !== 'string' || config.id.trim() === '')
    throw invalid(null, 'it has no id: give it the name of its hook');
  refuse(config, rootKeys, (key) => invalid(null, `the machine has "${key}": ${why(key)}`));
  const states = config.states as Readonly<Record<string, unknown>>;
  if (config.initial !== firstNode || Object.keys(states)[0] !== firstNode)
    throw invalid(null, `its first state, and the initial one, must be ${firstNode}`);
  if (!isFailure(config.on))
    throw invalid(null, `"on" must be onFailure: from everywhere "failed" leads to ${failedNode}`);
  if (!isContext(config.context))
    throw invalid(null, 'its context must be nothingLearned, as vocabulary gives it');
  const nodes = Object.entries(states).map(([id, state]): Node<W> => {
    if (!isIdentifier(id))
      throw invalid(
        id,
        `no chart can name a node ${JSON.stringify(id)}: use letters, digits and _`,
      );
    const wrong = (what: string) => invalid(id, `node "${id}" ${what}`);
    if (!isRecord(state)) throw wrong('is empty: say how it is drawn and what it asks');
    refuse(state, stateKeys, (key) => wrong(`has "${key}": ${why(key)}`));
    const { type, meta, entry, on } = state;
    if (type !== undefined && type !== 'final')
      throw wrong(`is ${JSON.stringify(type)}: a node is a plain state, or final`);
    if (id !== failedNode && !isDrawing(meta))
      throw wrong('is not drawn: give it a meta, as terminal, question or step make it');
    if (isDrawing(meta) && !isLabel(meta.label))
      throw wrong(
        `has the label ${JSON.stringify(meta.label)}, which no chart can draw: use words, and "\\\\n" in a text of JavaScript for the end of a line`,
      );
    const request = requestIn<W>(entry, id, wrong);
    const edges = edgesIn(on, states, wrong);
    const final = type === 'final';
    if (isRecord(meta) && id !== firstNode && final !== ends.has(meta.shape))
      throw wrong(
        `is drawn as ${JSON.stringify(meta.shape)}: ${final ? 'an end' : 'a question or a step'} is not`,
      );
    if (id === firstNode && !(edges.length === 1 && edges[0]?.label === 'start' && edges[0].learns))
      throw wrong("has one edge: start: { target: …, actions: 'learn' }");
    if (id !== firstNode && edges.some(({ label }) => label === 'start'))
      throw wrong('has an edge "start", which leads away from the first node alone');
    if (final && edges.length > 0) throw wrong('is final, and nothing leads away from the end');
    if (!final && edges.length === 0) throw wrong('leads nowhere: say where its answers lead');
    return { id, drawing: isDrawing(meta) ? meta : null, request, final, edges };
  });
  const last = nodes.find(({ id }) => id === failedNode);
  if (last === undefined || !last.final || last.drawing !== null)
    throw invalid(failedNode, `the state ${failedNode} is missing: add "${failedNode}: fails"`);
  const circle = circleIn(nodes);
  if (circle !== null)
    throw invalid(circle, `the way leads back to ${circle}: a hook ends, and waits by deferring`);
  // Where no way leads back, each node that is not reached comes after one to which nothing leads.
  const targets = new Set(nodes.flatMap(({ edges }) => edges.map(({ to }) => to)));
  const lost = nodes.map(({ id }) => id).find((id) => !isOwn(id) && !targets.has(id));
  if (lost !== undefined)
    throw invalid(
      lost,
      `nothing leads to node "${lost}": let an answer lead there, or leave it out`,
    );
  return nodes;
}

/** A node from which a way leads back to it; null where each way ends. */
function circleIn(nodes: readonly Pick<Node, 'id' | 'edges'>[]): string | null {
  const left = new Map(nodes.map(({ id, edges }) => [id, edges]));
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    for (const [id, edges] of left) if (edges.every(({ to }) => !left.has(to))) left.delete(id);
  }
  // Of those that are left each leads on to another one: whoever goes on comes round.
  let id = left.keys().next().value ?? null;
  for (const _ of [...left]) id = left.get(id ?? '')?.find(({ to }) => left.has(to))?.to ?? null;
  return id;
}

type Part = Readonly<Record<string, unknown>>;

const rootKeys = new Set(['id', 'context', 'initial', 'on', 'states', 'description', 'version']);
const stateKeys = new Set(['type', 'meta', 'entry', 'on', 'description']);

const why = (key: string): string =>
  ({
    states: 'a chart has no nodes within nodes',
    always: 'an answer decides, so ask a question there',
    after: 'a hook waits for answers, never for the clock',
    invoke: 'a node asks or orders, and the runtime carries it out',
    exit: 'what is to be done is ordered by a node of its own',
    type: 'a hook is in one place at a time',
  })[key] ?? 'hook machines know nothing of that; see the rules of vocabulary';

function refuse(
  part: Part,
  allowed: ReadonlySet<string>,
  error: (key: string) => HookMisuse,
): void {
  for (const key in part) if (part[key] !== undefined && !allowed.has(key)) throw error(key);
}

function requestIn<W extends Words>(
  entry: unknown,
  id: string,
  wrong: (what: string) => HookMisuse,
): Node<W>['request'] {
  if (id === firstNode) {
    if (entry === undefined) return null;
    throw wrong('asks something: it waits for "start" alone');
  }
  if (!isRecord(entry) || entry.type !== 'ask')
    throw wrong('asks nothing: its entry must be one asks(…)');
  const params = entry.params as Asks<W>['params'] | undefined;
  return params === undefined ? null : (context) => params({ context });
}

function edgesIn(on: unknown, states: Part, wrong: (what: string) => HookMisuse): readonly Edge[] {
  if (on === undefined) return [];
  if (!isRecord(on)) throw wrong('has an "on" that is no record of edges');
  const others = Object.keys(states).filter((id) => !isOwn(id));
  return Object.entries(on).map(([label, transition]) => {
    const edge = typeof transition === 'string' ? { target: transition } : transition;
    const where = `has an edge ${JSON.stringify(label)} that`;
    if (label === failedNode) throw wrong(`${where} is everywhere already: onFailure leads it`);
    if (!isDrawable(label)) throw wrong(`${where} no chart can draw: use words`);
    if (!isRecord(edge) || typeof edge.target !== 'string')
      throw wrong(`${where} is not one target: an answer leads to one node`);
    const { target, actions } = edge;
    refuse(edge, edgeKeys, (key) =>
      wrong(`${where} has ${JSON.stringify(key)}: an answer decides, and nothing beside it`),
    );
    if (actions !== undefined && actions !== 'learn')
      throw wrong(`${where} does more than "learn": order it by a node of its own`);
    if (isOwn(target))
      throw wrong(`${where} leads to ${target}: answers lead on, and "failed" is an answer itself`);
    if (!Object.hasOwn(states, target))
      throw wrong(
        `${where} leads to "${target}", which is no node of this machine: say ${instead(target, others)}`,
      );
    return { label, to: target, learns: actions === 'learn' };
  });
}

const edgeKeys = new Set(['target', 'actions', 'description']);

/** How Mermaid names a node, and the words that it keeps for itself. */
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ofMermaid: ReadonlySet<string> = new Set(
  'end subgraph style class classDef click linkStyle graph flowchart call href interpolate default _self _blank _parent _top'.split(
    ' ',
  ),
);

export const isIdentifier = (id: string): boolean => identifier.test(id) && !ofMermaid.has(id);

/** Whether a node that is drawn may be called so. */
export const isNodeName = (id: string): boolean =>
  isIdentifier(id) && id !== failedNode && id !== '__proto__';

/** Whether a node may bear a label: it has words, and stands on one line of a chart. */
export const isLabel = (label: string): boolean => label.trim() !== '' && !unprintable.test(label);

/** What would end a line, is half a character, or is none that is seen. */
export const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether an edge may bear a label. */
export const isDrawable = (label: string): boolean => drawable.test(label) && label !== '__proto__';

/** Words without what would be trimmed, broken or taken for markup; `*` is XState's for any event. */
const drawable = /^[^\s\p{C}*`](?:[^\p{C}\p{Zl}\p{Zp}*`]*[^\s\p{C}*`])?$/u;

/** How ends are drawn. */
const ends: ReadonlySet<unknown> = new Set(['terminal', 'defer']);

const shapes: ReadonlySet<unknown> = new Set(['terminal', 'question', 'step', 'defer']);

const isDrawing = (meta: unknown): meta is Drawing =>
  isRecord(meta) && shapes.has(meta.shape) && typeof meta.label === 'string';

const isContext = (context: unknown): boolean =>
  isRecord(context) && ['event', 'learned', 'failure'].every((key) => key in context);

const isFailure = (on: unknown): boolean =>
  isRecord(on) &&
  Object.keys(on).length === 1 &&
  isRecord(on[failedNode]) &&
  on[failedNode].target === `.${failedNode}` &&
  on[failedNode].actions === 'learn';
