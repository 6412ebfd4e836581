import { given, isRecord } from '../misuse/given.ts';
import { HookMisuse, oneOf } from '../misuse/hook-misuse.ts';
import { advance, begin, isEnd, pending, type SecretState, shapeAt } from './conversation.ts';
import { firstNode } from './nodes.ts';
import { type Asked, type At, answerOf, type Perform, performed, type Reply } from './perform.ts';
import type { ChartEnd, ChartRun, Driven, Step, Watch } from './run.ts';
import { type Masked, masker } from './secret.ts';
import { type Attempt, attempt, halt, haltedBy, take } from './steps.ts';
import type { HookMachine } from './vocabulary.ts';
import type { Answer, Failure, Request, Words } from './words.ts';

/** What is needed of a charm to drive its machines. */
export interface Drivable<W extends Words, Ports> {
  /** By the name of the hook, which is the machine's id. */
  readonly machines: Readonly<Record<string, HookMachine<W>>>;
  readonly perform: Perform<W, Ports>;
}

/** Stores a state; called after each answer, BEFORE the next request is carried out. */
export type Keep<W extends Words = Words> = (state: SecretState<W>) => Attempt<void>;

/** What a chart is driven with beside its charm and its ports. */
export interface DriveOptions<W extends Words = Words, Why extends Failure = Failure> {
  readonly keep?: Keep<W> | undefined;
  readonly watch?: Watch<W, Why> | undefined;
  /** Milliseconds on a clock that never goes back; without it nothing takes any time. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Drives a hook of a charm from its event to its end, for who brings a runtime of his own. The left
 * is a failure of the class `broken`: the hook is to be run again from its event. `HookMisuse` where
 * the charm has no such hook, no handler for a request, or an answer that names no edge.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { drive, vocabulary } from 'hookchart';
 *
 * const { ask, chart, order, returns } = vocabulary({ learned: {} });
 * const dusk = chart('dusk', {
 *   dark: ask('Is it dark?', 'Dark', { no: 'rtn', yes: 'light' }),
 *   light: order('Light the lamp', 'Light', 'rtn'),
 *   rtn: returns,
 * });
 * const lamp = { machines: { dusk }, perform: { Dark: () => true, Light: () => {} } };
 * const run = await drive(lamp, {})('dusk', {})();
 * if (run._tag === 'Right') console.log(run.right.path.join(' '));
 * // hook_fired dark light rtn
 * ```
 */
export const drive = <W extends Words, Ports>(
  charm: Drivable<W, Ports>,
  ports: Ports,
  options: DriveOptions<W> = {},
) => {
  given('drive', 'the charm', charm, drivable);
  heldOptions('drive', options);
  return (hook: string, event: W['event']): Attempt<ChartRun<W>> =>
    throughPorts(charm, ports, options, machineOf(charm, hook), { event });
};

/** Each of them may be missing; one that is there is called. */
export function heldOptions(to: string, options: unknown): void {
  given(to, 'the options', options, 'record');
  for (const part of ['keep', 'watch', 'clock'] as const) {
    const one: unknown = Reflect.get(options as object, part);
    if (one !== undefined) given(to, `the option ${part}`, one, 'function');
  }
}

const drivable = { machines: 'record', perform: 'record' } as const;

/**
 * Drives a hook on from a stored state, as `restore` reads it back.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { advance, begin, resume, vocabulary } from 'hookchart';
 *
 * const { ask, chart, order, returns } = vocabulary({ learned: {} });
 * const dusk = chart('dusk', {
 *   dark: ask('Is it dark?', 'Dark', { no: 'rtn', yes: 'light' }),
 *   light: order('Light the lamp', 'Light', 'rtn'),
 *   rtn: returns,
 * });
 * const lamp = { machines: { dusk }, perform: { Dark: () => true, Light: () => {} } };
 * const [asked] = begin(dusk, {});
 * const [stored] = advance(dusk, asked, { label: 'yes' });
 * const run = await resume(lamp, {})(stored)();
 * if (run._tag === 'Right') console.log(run.right.path.join(' '));
 * // light rtn
 * ```
 */
export const resume = <W extends Words, Ports>(
  charm: Drivable<W, Ports>,
  ports: Ports,
  options: DriveOptions<W> = {},
) => {
  given('resume', 'the charm', charm, drivable);
  heldOptions('resume', options);
  return (state: SecretState<W>): Attempt<ChartRun<W>> => {
    given('resume', 'the state', state, { hook: 'text', node: 'text', context: 'record' });
    return throughPorts(charm, ports, options, machineOf(charm, state.hook), { state });
  };
};

/** The machine of a hook; `HookMisuse` where the charm has none of that name. */
export function machineOf<W extends Words>(
  { machines }: Pick<Drivable<W, never>, 'machines'>,
  hook: string,
): HookMachine<W> {
  const machine = Object.hasOwn(machines, hook) ? machines[hook] : undefined;
  if (machine !== undefined) return machine;
  const what = `the charm has no hook of this name: say ${oneOf(Object.keys(machines))}`;
  throw new HookMisuse('HookUnknown', hook, null, what);
}

const throughPorts = <W extends Words, Ports>(
  { perform }: Drivable<W, Ports>,
  ports: Ports,
  options: DriveOptions<W>,
  machine: HookMachine<W>,
  from: From<W>,
): Attempt<ChartRun<W>> =>
  attempt(async () => {
    const carryOut: CarryOut<W> = (request, at) => performed(perform, ports, request, at);
    return endedWell(await driven(machine, from, carryOut, options));
  });

/** Where a chart begins: at its event, or on from a state. */
export type From<W extends Words> =
  | { readonly event: W['event']; readonly state?: undefined }
  | { readonly state: SecretState<W> };

/** Carries out one request; it may halt. */
export type CarryOut<W extends Words> = (request: Asked<W>, at: At) => Reply<W> | Promise<Reply<W>>;

/** A chart whose hook may go on; one that failed halts its hook. */
export function endedWell<W extends Words, Why extends Failure>(
  run: Driven<W, Why>,
): ChartRun<W, Why> {
  const { end } = run;
  return end._tag === 'Failed' ? halt(end.why) : { ...run, end };
}

/** Those failures that are refusals. */
export type Refused<Why extends Failure> = Why & { readonly class: 'refused' };

/** What is still to be done where a chart has come to its end. */
export interface Ending<Why extends Failure> {
  /** Puts a refusal on record. */
  readonly refused?: ((why: Refused<Why>) => Promise<void>) | undefined;
  /** Why a chart defers that nothing has failed; null where nobody knows. */
  readonly waitsFor?: (() => Promise<Why | null>) | undefined;
}

/** Goes through one machine, whoever carries out what it orders. */
export async function driven<W extends Words, Why extends Failure = Failure>(
  machine: HookMachine<W>,
  from: From<W>,
  carryOut: CarryOut<W>,
  { keep, watch, clock = () => 0 }: DriveOptions<W, Why>,
  { refused, waitsFor }: Ending<Why> = {},
): Promise<Driven<W, Why>> {
  const mask = masker();
  const event = from.state === undefined ? from.event : (from.state.context.event ?? {});
  const path: string[] = from.state === undefined ? [firstNode] : [];
  const steps: Step<W>[] = [];
  const commands: Masked<W['command']>[] = [];
  let failure: Why | null = null;
  watch?.({ _tag: 'Begun', machine, event, from: from.state?.node ?? firstNode });
  let [state, request] =
    from.state === undefined ? begin(machine, event) : [from.state, pending(machine, from.state)];
  while (!isEnd(request)) {
    const { node } = state;
    const asked: Asked<W> = request;
    path.push(node);
    const shown = mask(asked);
    watch?.({ _tag: 'Asked', node, request: shown });
    if (shapeAt(machine, state) === 'step') commands.push(shown as Masked<W['command']>);
    const started = clock();
    let answer: Answer<W>;
    try {
      const at = { hook: machine.id, node };
      const reply = carryOut(asked, at);
      answer = answerOf(isLater(reply) ? await reply : reply, asked, at);
    } catch (error) {
      answer = { label: 'failed', failure: haltedBy(error) };
    }
    const milliseconds = clock() - started;
    if ('failure' in answer) failure = answer.failure as Why;
    const step: Step<W> = { node, request: shown, answer: mask(answer), milliseconds };
    [state, request] = advance(machine, state, answer);
    steps.push(step);
    watch?.({ _tag: 'Answered', to: state.node, ...step });
    if (keep !== undefined) await take(keep(state));
  }
  path.push(state.node);
  if (failure?.class === 'refused') await refused?.(failure as Refused<Why>);
  const isWaiting = failure === null && request._tag === 'Defer';
  const end = endOf(request, isWaiting ? ((await waitsFor?.()) ?? null) : failure);
  watch?.({ _tag: 'Ended', end });
  return { hook: machine.id, event, path, steps, commands, end };
}

/** Whether a reply is still to come; one that is there already is not waited for. */
const isLater = <W extends Words>(
  reply: Reply<W> | Promise<Reply<W>>,
): reply is Promise<Reply<W>> => isRecord(reply) && 'then' in reply;

function endOf<Why extends Failure>(request: Request, failure: Why | null): ChartEnd<Why> {
  if (failure?.class === 'broken') return { _tag: 'Failed', why: failure };
  if (failure?.class === 'refused') return { _tag: 'Refused', why: failure };
  if (failure !== null || request._tag === 'Defer') return { _tag: 'Deferred', why: failure };
  return { _tag: 'Returned' };
}
