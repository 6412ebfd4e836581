import {
  type Answer,
  type Command,
  type End,
  type HookEvent,
  type HookMachine,
  nodesOf,
  type Request,
} from '../../machines/index.ts';
import { type Masked, mask } from '../domain/secret.ts';
import { advance, begin, isEnd } from './conversation.ts';

/** The label of an edge, or an answer in full where it is to teach something. */
export type PlanAnswer = 'yes' | 'no' | 'done' | 'failed' | Answer;

/** Which way a hook would go, and what it would order. Nothing is carried out. */
export interface Plan {
  readonly path: readonly string[];
  readonly commands: readonly Masked<Command>[];
  readonly end: Masked<End>;
}

/** Answers that no hook could be given; the message says which, and what would do. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/**
 * Drives a machine from a record of answers, by node. A step that is not named is `done`; a
 * question that is reached must be named. Throws `PlanError` on answers that do not fit.
 */
export function plan(
  machine: HookMachine,
  event: HookEvent,
  answers: Readonly<Record<string, PlanAnswer>>,
): Plan {
  check(machine, answers);
  const path = ['hook_fired'];
  const commands: Masked<Command>[] = [];
  let [state, request] = begin(machine, event);
  for (;;) {
    path.push(state.node);
    if (isEnd(request)) return { path, commands, end: mask(request) };
    if (isCommand(request)) commands.push(mask(request));
    const given = answers[state.node] ?? (isCommand(request) ? 'done' : undefined);
    if (given === undefined)
      throw new PlanError(`${state.node} is a question without an answer: say "yes" or "no"`);
    [state, request] = advance(machine, state, answerOf(given));
  }
}

const questions = new Set<Request['_tag']>([
  'BackendReady',
  'Leader',
  'BackendReadyAndLeader',
  'UnitDeparting',
  'DepartingFlagged',
]);

export const isCommand = (request: Exclude<Request, End>): request is Command =>
  !questions.has(request._tag);

const tags = { yes: 'Yes', no: 'No', done: 'Done' } as const;

function answerOf(given: PlanAnswer): Answer {
  if (typeof given !== 'string') return given;
  if (given === 'failed')
    return { _tag: 'Failed', failure: { _tag: 'Planned', class: 'unavailable' } };
  return { _tag: tags[given] };
}

function check(machine: HookMachine, answers: Readonly<Record<string, PlanAnswer>>): void {
  const nodes = new Map(nodesOf(machine).map((node) => [node.id, node]));
  for (const [id, given] of Object.entries(answers)) {
    const node = nodes.get(id);
    if (node === undefined)
      throw new PlanError(
        `${machine.id} has no node "${id}"; its nodes are ${[...nodes.keys()].join(', ')}`,
      );
    if (node.final || node.drawing === null || node.request === null)
      throw new PlanError(`${id} takes no answer`);
    const label = typeof given === 'string' ? given : String(given?._tag).toLowerCase();
    const fits = [...node.edges.map(({ signal }) => signal), 'failed'];
    if (!fits.includes(label))
      throw new PlanError(
        `${id} cannot be answered ${JSON.stringify(given)}: say ${fits.map((fit) => `"${fit}"`).join(' or ')}`,
      );
  }
}
