import * as E from 'fp-ts/lib/Either.js';
import type {
  Answer,
  Command,
  HookEvent,
  HookMachine,
  Request,
  State,
} from '../../machines/index.ts';
import {
  advance,
  begin,
  type End,
  isEnd,
  type Masked,
  masker,
  pending,
  shapeAt,
} from '../hook/index.ts';
import type { HookError } from './errors.ts';
import { perform } from './perform.ts';
import type { Attempt } from './ports.ts';
import { recordRefusal } from './provisioning.ts';
import type { ChartRun, RunEnd, Step, Watch } from './run.ts';
import type { Session } from './session.ts';
import { attempt, halt, take } from './steps.ts';

/** Stores a state; called after each answer, BEFORE the next request is carried out. */
export type Keep = (state: State) => Attempt<void>;

export interface Onlookers {
  readonly keep?: Keep | undefined;
  readonly watch?: Watch | undefined;
}

export interface Driven extends ChartRun {
  readonly failure: HookError | null;
}

/** Drives one machine to its end, from an event or on from a stored state. */
export async function drive(
  session: Session,
  machine: HookMachine,
  from: HookEvent | State,
  { keep, watch = () => {} }: Onlookers = {},
): Promise<Driven> {
  const { clock } = session.adapters;
  const mask = masker();
  const resumed = 'node' in from;
  const path = resumed ? [] : ['hook_fired'];
  const taken: Step[] = [];
  const commands: Masked<Command>[] = [];
  let failure: HookError | null = null;
  const event = resumed ? (from.context.event ?? {}) : from;
  watch({ _tag: 'Begun', machine, event, from: resumed ? from.node : 'hook_fired' });
  let [state, request] = resumed ? [from, pending(machine, from)] : begin(machine, from);
  while (!isEnd(request)) {
    const { node } = state;
    path.push(node);
    const asked = mask(request);
    const isCommand = shapeAt(machine, state) === 'step';
    watch({ _tag: 'Asked', node, request: asked });
    const started = clock();
    const outcome = await answered(session, request);
    const milliseconds = clock() - started;
    if (E.isLeft(outcome)) failure = outcome.left;
    const answer: Answer = E.isLeft(outcome)
      ? { label: 'failed', failure: outcome.left }
      : outcome.right;
    if (isCommand) commands.push(asked as Masked<Command>);
    const step = { node, request: asked, answer: mask(answer), milliseconds };
    taken.push(step);
    [state, request] = advance(machine, state, answer);
    watch({ _tag: 'Answered', to: state.node, ...step });
    if (keep !== undefined) await take(keep(state));
  }
  path.push(state.node);
  if (failure?.class === 'refused') await recordRefusal(session, failure);
  const end = await endOf(session, request, failure);
  watch({
    _tag: 'Ended',
    end: failure?.class === 'broken' ? { _tag: 'Failed', why: failure } : end,
  });
  return { hook: machine.id, event, path, steps: taken, commands, end, failure };
}

const answered = (session: Session, request: Exclude<Request, End>) =>
  attempt(() =>
    session.isLate()
      ? halt({ _tag: 'OutOfTime', class: 'unavailable', what: request._tag })
      : perform(session, request),
  )();

async function endOf(
  session: Session,
  request: Request,
  failure: HookError | null,
): Promise<RunEnd> {
  if (failure?.class === 'refused') return { _tag: 'Refused', why: failure };
  if (failure !== null) return { _tag: 'Deferred', why: failure };
  // A chart waits for nothing but its backend.
  if (request._tag === 'Defer') return { _tag: 'Deferred', why: await session.backendTrouble() };
  return { _tag: 'Returned' };
}
