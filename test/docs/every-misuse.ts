/** One way into each kind of misuse; the compiler misses those that are not here. */
import { databaseRelationDeparted as machine } from '../../machines/index.ts';
import { print } from '../../src/chart/index.ts';
import {
  advance,
  begin,
  defineCharm,
  drive,
  type HookMisuseKind,
  plan,
  restore,
  type StateSchemas,
  vocabulary,
} from '../../src/index.ts';
import { stateSchemas } from '../../src/pgbouncer/index.ts';

const started = begin(machine, { relation: 4 })[0];
const atQuestion = advance(machine, started, { label: 'done' })[0];
const ended = advance(machine, atQuestion, { label: 'no' })[0];
const { hook, nothingLearned } = vocabulary({ learned: {} });
/** As a charm without types has it. */
const bare = { machines: { [machine.id]: machine }, perform: JSON.parse('{}') };

export const everyMisuse: Readonly<Record<HookMisuseKind, () => unknown>> = {
  MachineInvalid: () => hook.createMachine({ id: 'dusk', context: nothingLearned, states: {} }),
  StateForeign: () => begin(machine, {}) && advance(machine, { ...started, hook: 'dusk' }, yes),
  HasEnded: () => advance(machine, ended, yes),
  NodeUnknown: () => plan(machine, { relation: 4 }, { is_leader: 'yes' }),
  AnswerUnfit: () => advance(machine, atQuestion, { label: 'done' }),
  QuestionOpen: () => plan(machine, { relation: 4 }, {}),
  HookUnknown: () => drive(bare, {})('database-relation-changed', {}),
  HandlerMissing: () => drive(bare, {})(machine.id, { relation: 4 })(),
  CharmInvalid: () =>
    defineCharm({
      name: 'website',
      machines: {},
      events: JSON.parse('{ "config-changed": "website-requested" }'),
      learned: stateSchemas.learned,
      perform: {},
    }),
  SchemaUnfit: () =>
    restore(machine, JSON.stringify(started), JSON.parse('{}') as StateSchemas<never>),
  ArgumentUnfit: () => print(JSON.parse('{}')),
};

const yes = { label: 'yes' };
