import { given } from '../misuse/given.ts';
import { HookMisuse, oneOf } from '../misuse/hook-misuse.ts';
import { advance, begin, isEnd, shapeAt } from './conversation.ts';
import { firstNode, type Node, nodesOf } from './nodes.ts';
import { type Masked, mask } from './secret.ts';
import type { HookMachine } from './vocabulary.ts';
import type { Answer, End, Words } from './words.ts';

/** The label of an edge, or an answer in full where it is to teach something. */
export type PlanAnswer<W extends Words = Words> = string | Answer<W>;

/** Which way a hook would go, and what it would order. Nothing is carried out. */
export interface Plan<W extends Words = Words> {
  readonly path: readonly string[];
  readonly commands: readonly Masked<W['command']>[];
  readonly end: Masked<End>;
}

/**
 * Drives a machine from a record of answers, by node. A step that is not named is `done`; a
 * question that is reached must be named. Throws `HookMisuse` on answers that do not fit.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { plan } from 'hookchart';
 * import { databaseRequested } from 'hookchart/machines';
 *
 * const { path, end } = plan(databaseRequested, { relation: 4 }, { is_backend_ready: 'no' });
 * console.log(path.join(' → '), end._tag);
 * // hook_fired → is_backend_ready → defer Defer
 * ```
 */
export function plan<W extends Words>(
  machine: HookMachine<W>,
  event: W['event'],
  answers: Readonly<Record<string, PlanAnswer<W>>>,
): Plan<W> {
  const nodes = new Map(nodesOf(machine).map((node) => [node.id, node]));
  given('plan', 'the answers', answers, 'record');
  for (const [id, given] of Object.entries(answers)) check(machine, nodes, id, given);
  const path: string[] = [firstNode];
  const commands: Masked<W['command']>[] = [];
  let [state, request] = begin(machine, event);
  for (;;) {
    const { node: id } = state;
    path.push(id);
    if (isEnd(request)) return { path, commands, end: mask(request) };
    const isStep = shapeAt(machine, state) === 'step';
    if (isStep) commands.push(mask(request));
    const named = Object.hasOwn(answers, id) ? answers[id] : undefined;
    const given = named ?? (isStep ? 'done' : undefined);
    if (given === undefined) {
      const what = `${id} is a question without an answer: say ${oneOf(labelsOf(nodes.get(id)))}`;
      throw new HookMisuse('QuestionOpen', machine.id, id, what);
    }
    [state, request] = advance(machine, state, answerOf(given));
  }
}

function answerOf<W extends Words>(given: PlanAnswer<W>): Answer<W> {
  if (typeof given !== 'string') return given;
  if (given === 'failed')
    return { label: given, failure: { _tag: 'Planned', class: 'unavailable' } };
  return { label: given };
}

const labelsOf = <W extends Words>(node: Node<W> | undefined): readonly string[] =>
  node?.edges.map(({ label }) => label) ?? [];

function check<W extends Words>(
  { id: hook }: HookMachine<W>,
  nodes: ReadonlyMap<string, Node<W>>,
  id: string,
  given: PlanAnswer<W>,
): void {
  const node = nodes.get(id);
  if (node === undefined) {
    const all = [...nodes.keys()].join(', ');
    throw new HookMisuse('NodeUnknown', hook, id, `there is no node "${id}"; the nodes are ${all}`);
  }
  const unfit = (what: string) => new HookMisuse('AnswerUnfit', hook, id, what);
  if (node.final || node.request === null) throw unfit(`${id} takes no answer`);
  const label = typeof given === 'string' ? given : given?.label;
  const fits = [...labelsOf(node), 'failed'];
  if (!fits.includes(label))
    throw unfit(`${id} cannot be answered ${JSON.stringify(given)}: say ${oneOf(fits)}`);
}
