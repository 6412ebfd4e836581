import { type Command, InvalidArgumentError } from 'commander';
import { hooks } from '../../machines/index.ts';
import {
  type HookMachine,
  HookMisuse,
  nodesOf,
  type Plan,
  type PlanAnswer,
  plan,
  type Schema,
  type Words,
} from '../hook/index.ts';
import type { Charm } from '../juju/charm.ts';
import { calledSchema, relationHook } from '../juju/event.ts';
import type { JujuEvent } from '../juju/port.ts';
import { nearest } from '../misuse/nearest.ts';
import { pgbouncerCharm } from '../pgbouncer/commands/charm.ts';
import { stateSchemas } from '../pgbouncer/relation/stored-state.ts';
import { charmIn, charmOption } from './charm-module.ts';
import { machineOf } from './chart.ts';
import { json } from './output.ts';
import { wholeNumber } from './whole-number.ts';
import { WrongUse } from './wrong-use.ts';

interface PlanOptions {
  readonly answers?: Readonly<Record<string, PlanAnswer>>;
  readonly relation?: number;
  readonly event?: object;
  readonly charm?: string;
}

/** The command `plan`. */
export function addPlan(program: Command): void {
  program
    .command('plan')
    .usage('<hook> --answers <json> [options]')
    .description('print path, commands and end for given answers as JSON; nothing is carried out')
    .argument('[hook]', 'the hook, as its chart is called')
    .option(
      '--answers <json>',
      'required: the answers by node, e.g. {"is_backend_ready":"yes"}; a step that is not named is done',
      object('node ids and their labels'),
    )
    .option('--relation <id>', 'the relation that the hook is about (default: 0)', wholeNumber)
    .option(
      '--event <json>',
      'the event that starts the hook, where it is more than a relation',
      object('the event'),
    )
    .option(...charmOption)
    .action(async (named: string | undefined, options: PlanOptions) => {
      const charm = options.charm === undefined ? null : await charmIn(options.charm);
      const hook = chartNamed(named, charm);
      const machine = machineOf(hook, charm?.machines ?? hooks);
      const { answers } = options;
      if (answers === undefined)
        throw new WrongUse(`--answers is required: say --answers '${exampleOf(machine)}'`);
      if (options.event !== undefined && options.relation !== undefined)
        throw new WrongUse('name the relation or the whole event, not both');
      json(planned(machine, eventOf(charm, hook, options), answers));
    });
}

type Answers = Readonly<Record<string, PlanAnswer>>;

/** Plans; a node or an answer that there is not is told with the one that may have been meant. */
function planned(machine: HookMachine, event: Words['event'], answers: Answers): Plan {
  try {
    return plan(machine, event, answers);
  } catch (error) {
    if (!(error instanceof HookMisuse) || error.node === null) throw error;
    const nodes = nodesOf(machine);
    if (error.kind === 'NodeUnknown') {
      const known = nodes.map(({ id }) => id);
      throw new WrongUse(error.message, nearest(error.node, known));
    }
    const given = answers[error.node];
    if (error.kind !== 'AnswerUnfit' || typeof given !== 'string') throw error;
    const labels = nodes.find(({ id }) => id === error.node)?.edges.map(({ label }) => label);
    throw new WrongUse(error.message, nearest(given, labels ?? []));
  }
}

/** The chart that is meant; Juju's own name for a hook is answered with the chart that it goes through. */
function chartNamed(named: string | undefined, charm: Charm | null): string {
  const machines = charm?.machines ?? hooks;
  if (named === undefined)
    throw new WrongUse(
      `name a hook: there are ${Object.keys(machines).join(', ')}; as: plan ${Object.keys(machines)[0] ?? 'HOOK'} --answers '{}'`,
    );
  if (Object.hasOwn(machines, named)) return named;
  const chart = (charm ?? pgbouncerCharm()).chartOf({ hook: named, relation: 0 });
  if (chart === null) return named;
  throw new WrongUse(
    `${named} is a hook of Juju's, which goes through ${chart}: say plan ${chart}`,
  );
}

/** An answer to each question of a machine. */
function exampleOf(machine: HookMachine): string {
  const questions = nodesOf(machine).filter(({ drawing }) => drawing?.shape === 'question');
  return JSON.stringify(
    Object.fromEntries(questions.map(({ id, edges }) => [id, edges[0]?.label ?? ''])),
  );
}

/** What a machine starts on: the event that was given, or what the charm makes of Juju's call. */
function eventOf(
  charm: Charm | null,
  hook: string,
  { event, relation }: PlanOptions,
): Words['event'] {
  if (event !== undefined) return eventGiven(charm, hook, event);
  if (charm === null) return { relation: relation ?? 0 };
  const { events } = charm;
  const [called = hook] =
    typeof events === 'function'
      ? []
      : (Object.entries(events).find(([, chart]) => chart === hook) ?? []);
  const isOfRelation = relation !== undefined || relationHook(called) !== null;
  const whole: JujuEvent = { hook: called, ...(isOfRelation ? { relation: relation ?? 0 } : {}) };
  return charm.event.of(whole);
}

/** An event in full; one of Juju's has to be of a hook that goes through this chart. */
function eventGiven(charm: Charm | null, chart: string, event: object): Words['event'] {
  if (charm === null) return checked(stateSchemas.event, event, '{"relation":0}');
  const { events, chartOf } = charm;
  const isJujus = charm.event.schema === calledSchema;
  const led =
    typeof events === 'function'
      ? []
      : Object.keys(events).filter((hook) => events[hook] === chart);
  const called = led[0] ?? chart;
  const relation = relationHook(called) === null ? '' : ',"relation":0';
  const example = isJujus ? `{"hook":"${called}"${relation}}` : null;
  const read = checked(charm.event.schema, event, example);
  if (!isJujus || !('hook' in read) || typeof read.hook !== 'string') return read;
  const goes = chartOf({ ...read, hook: read.hook });
  if (goes === chart || led.length === 0) return read;
  throw new WrongUse(
    `--event names the hook ${JSON.stringify(read.hook)}, which goes through ${goes ?? 'no chart'}; through ${chart} ${led.length === 1 ? 'goes' : 'go'} ${led.join(', ')}: say --event '${example}'`,
  );
}

/** An event as the charm reads it back from a unit's state. */
function checked(
  schema: Schema<Words['event']>,
  event: object,
  example: string | null,
): Words['event'] {
  const outcome = schema['~standard'].validate(event);
  if (outcome instanceof Promise) throw new WrongUse("the charm's schema of events answers later");
  if (outcome.issues === undefined) return outcome.value;
  const told = outcome.issues.map(({ message, path = [] }) => {
    const at = path.map((key) => String(typeof key === 'object' ? key.key : key)).join('.');
    return at === '' ? message : `${at}: ${message}`;
  });
  const right = example === null ? '' : `; say --event '${example}'`;
  throw new WrongUse(`--event does not start a hook of this charm: ${told.join('; ')}${right}`);
}

const object = (what: string) => (text: string) => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError(`It is to be an object: ${what}.`);
  return value;
};
