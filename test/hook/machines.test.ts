import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { chartOf, print } from '../../src/chart/index.ts';
import { advance, begin, type HookMachine, nodesOf, plan, shapeAt } from '../../src/hook/index.ts';
import { dusk, lighthouse, states } from './lighthouse.ts';

const event = { keeper: 'Ida' };

describe('a machine of another charm', () => {
  it('is drawn with its own labels, and driven by them', () => {
    expect(print(chartOf(dusk))).toContain('weather -- too foggy to tell --> defer');
    expect(print(chartOf(dusk))).toContain('light -- out of oil --> defer');
    let [state, request] = begin(dusk, event);
    expect(request).toEqual({ _tag: 'Weather' });
    [state, request] = advance(dusk, state, { label: 'storm', learned: { oil: 3 } });
    expect(request).toEqual({ _tag: 'Manned', by: 'Ida' });
    [state, request] = advance(dusk, state, { label: 'yes' });
    expect([request, shapeAt(dusk, state)]).toEqual([{ _tag: 'LightLamp', oil: 3 }, 'step']);
    [, request] = advance(dusk, state, { label: 'out of oil' });
    expect(request).toEqual({ _tag: 'Defer' });
  });

  it('is planned: what is ordered is known by the shape of its node', () => {
    expect(plan(dusk, event, { weather: 'storm', manned: 'yes' })).toEqual({
      path: ['hook_fired', 'weather', 'manned', 'light', 'rtn'],
      commands: [{ _tag: 'LightLamp', oil: null }],
      end: { _tag: 'Return' },
    });
  });
});

describe('a machine that says no more than its chart', () => {
  const { ask, chart, defers, order } = lighthouse;
  const nodes = {
    weather: ask('How is the weather?', 'Weather', {
      clear: 'rtn',
      'too foggy to tell': 'defer',
      storm: 'manned',
    }),
    manned: ask(
      'Is somebody there?',
      ({ event }) => ({ _tag: 'Manned', by: event?.keeper ?? '' }),
      {
        yes: 'light',
        no: 'defer',
      },
    ),
    light: order(
      'Light the lamp',
      ({ learned }) => ({ _tag: 'LightLamp', oil: learned.oil }),
      'rtn',
    ),
    rtn: returns,
    defer: defers,
  };

  it('is the machine that XState makes of the same chart in full', () => {
    const short = chart('dusk', nodes);
    const { light } = states;
    const full = hook.createMachine({
      ...base,
      states: { ...states, light: { ...light, on: { done: 'rtn' } } },
    });
    expect(print(chartOf(short))).toBe(print(chartOf(full)));
    const answers = { weather: { label: 'storm', learned: { oil: 3 } }, manned: 'yes' };
    expect(plan(short, event, answers)).toEqual(plan(full, event, answers));
    expect(plan(short, event, answers).commands).toEqual([{ _tag: 'LightLamp', oil: 3 }]);
  });

  it('takes up what any answer teaches, and fails as any other', () => {
    const short = chart('dusk', nodes, 'It is dusk');
    expect(nodesOf(short)[0]?.drawing?.label).toBe('It is dusk');
    const [waiting] = begin(short, event);
    const [state] = advance(short, waiting, { label: 'clear', learned: { oil: 5 } });
    expect(state.context.learned).toEqual({ oil: 5 });
    const failure = { _tag: 'Fog', class: 'broken' } as const;
    expect(advance(short, waiting, { label: 'failed', failure })[1]).toEqual({
      _tag: 'Failed',
      failure,
    });
  });

  it('may come out of a step in more than one way', () => {
    const ways = { done: 'rtn', 'out of oil': 'defer' } as const;
    const light = order('Light the lamp', () => ({ _tag: 'LightLamp', oil: 1 }), ways);
    const short = chart('dusk', { light, rtn: returns, defer: defers });
    expect(print(chartOf(short))).toContain('light -- out of oil --> defer');
    expect(plan(short, event, {}).path.at(-1)).toBe('rtn');
    expect(plan(short, event, { light: 'out of oil' }).path.at(-1)).toBe('defer');
    const [lighting] = begin(short, event);
    const [{ context }] = advance(short, lighting, { label: 'out of oil', learned: { oil: 0 } });
    expect(context.learned).toEqual({ oil: 0 });
  });

  it('is refused where it leads nowhere', () => {
    expect(() => chart('dusk', {})).toThrow('leads to ""');
    const lit = order('Light it', () => ({ _tag: 'LightLamp', oil: 1 }), 'rnt');
    expect(() =>
      // @ts-expect-error a node that is not there
      chart('dusk', { lit, rtn: returns }),
    ).toThrow(
      'node "lit" has an edge "done" that leads to "rnt", which is no node of this machine: say "rtn"',
    );
    // Where no name is near each is told, but those to which nobody is led.
    const elsewhere: string = 'nowhere';
    const off = order('Put it off', () => ({ _tag: 'LightLamp', oil: 1 }), elsewhere);
    expect(() => chart('dusk', { off, rtn: returns })).toThrow(
      'leads to "nowhere", which is no node of this machine: say "off" or "rtn"',
    );
  });

  it('is refused where nothing leads to one of its nodes', () => {
    expect(() => chart('dusk', { rtn: returns, defer: defers })).toThrow(
      'dusk: nothing leads to node "defer": let an answer lead there, or leave it out',
    );
  });
});

const { hook, nothingLearned, asks, step, returns, onFailure } = lighthouse;
const base = { id: 'dusk', context: nothingLearned, initial: 'hook_fired', on: onFailure, states };
const withState = (name: string, state: object) => ({
  ...base,
  states: { ...states, [name]: state },
});
const light = (on: object) => withState('light', { ...states.light, on });
const weather = (part: object) => withState('weather', { ...states.weather, ...part });

describe('a machine that breaks the rules is refused by name, wherever it is given', () => {
  it.each([
    ['nested states', weather({ states: { inner: {} } }), 'weather', 'no nodes within nodes'],
    ['parallel states', weather({ type: 'parallel' }), 'weather', 'is "parallel"'],
    ['a parallel machine', { ...base, type: 'parallel' }, null, 'in one place at a time'],
    ['always', weather({ always: 'rtn' }), 'weather', 'ask a question there'],
    ['a timer', weather({ after: { 10: 'rtn' } }), 'weather', 'never for the clock'],
    [
      'an invoked actor',
      weather({ invoke: { src: 'x' } }),
      'weather',
      'the runtime carries it out',
    ],
    ['an exit action', weather({ exit: 'learn' }), 'weather', 'ordered by a node of its own'],
    ['a guard', light({ done: { target: 'rtn', guard: () => true } }), 'light', '"guard"'],
    ['two targets', light({ done: ['rtn', 'defer'] }), 'light', 'one target'],
    ['another action', light({ done: { target: 'rtn', actions: 'log' } }), 'light', '"learn"'],
    ['a target that is not there', light({ done: 'nowhere' }), 'light', 'no node of this machine'],
    ['an edge for every event', light({ '*': 'rtn' }), 'light', 'no chart can draw'],
    ['an edge of its own to failed', light({ failed: 'rtn' }), 'light', 'onFailure leads it'],
    ['a node that leads nowhere', light({}), 'light', 'leads nowhere'],
    [
      'an end that goes on',
      withState('rtn', { ...returns, on: { done: 'light' } }),
      'rtn',
      'the end',
    ],
    ['a node that asks nothing', weather({ entry: undefined }), 'weather', 'asks nothing'],
    [
      'a node that asks twice',
      weather({ entry: [asks(() => ({ _tag: 'Weather' }))] }),
      'weather',
      'one asks',
    ],
    ['a node that is not drawn', weather({ meta: undefined }), 'weather', 'is not drawn'],
    [
      'a shape that is none',
      weather({ meta: { shape: 'cloud', label: '' } }),
      'weather',
      'is not drawn',
    ],
    [
      'a label on two lines',
      weather({ meta: lighthouse.question('Is it\ndark?') }),
      'weather',
      'has the label "Is it\\ndark?", which no chart can draw: use words, and "\\\\n"',
    ],
    [
      'a label without words',
      weather({ meta: lighthouse.question(' ') }),
      'weather',
      'has the label " ", which no chart can draw',
    ],
    ['no failed state', { ...base, states: { ...states, failed: undefined } }, 'failed', 'failed'],
    ['a failed state that is drawn', withState('failed', returns), 'failed', 'add "failed: fails"'],
    ['no way to failed', { ...base, on: {} }, null, 'onFailure'],
    ['a circle', light({ done: 'weather' }), 'weather', 'leads back to weather'],
    [
      'a node to which nothing leads',
      withState('lost', { ...states.light, on: { done: 'rtn' } }),
      'lost',
      'nothing leads to node "lost"',
    ],
    [
      'nodes that lead to each other alone',
      {
        ...base,
        states: {
          ...states,
          lost: { ...states.light, on: { done: 'gone' } },
          gone: { ...states.light, on: { done: 'rtn' } },
        },
      },
      'lost',
      'nothing leads to node "lost"',
    ],
    ['no id', { ...base, id: '' }, null, 'it has no id'],
    ['a node that Mermaid cannot name', withState('my node', states.light), 'my node', 'letters'],
    ['a node with a word of Mermaid’s', withState('end', states.light), 'end', 'no chart can name'],
    ['an edge to failed', light({ done: 'failed' }), 'light', 'is an answer itself'],
    ['an edge back to the start', light({ done: 'hook_fired' }), 'light', 'answers lead on'],
    ['a label with a space at its end', light({ 'done ': 'rtn' }), 'light', 'no chart can draw'],
    ['a label of two lines', light({ 'a\nb': 'rtn' }), 'light', 'no chart can draw'],
    [
      'a start that does not learn',
      withState('hook_fired', { ...states.hook_fired, on: { start: 'weather' } }),
      'hook_fired',
      "actions: 'learn'",
    ],
    ['no context', { ...base, context: undefined }, null, 'must be nothingLearned'],
    ['a context that is made anew', { ...base, context: () => ({}) }, null, 'nothingLearned'],
    ['"start" in the middle', light({ start: 'rtn' }), 'light', 'from the first node alone'],
    [
      'an end drawn as a step',
      withState('rtn', { ...returns, meta: step('x') }),
      'rtn',
      'an end is not',
    ],
    ['a question drawn as an end', weather({ meta: returns.meta }), 'weather', 'or a step is not'],
    ['another first node', { ...base, initial: 'weather' }, null, 'must be hook_fired'],
    ['no states', { id: 'dusk' }, null, 'hook.createMachine'],
  ])('%s', (_, config, node, words) => {
    const machine: HookMachine = { id: 'dusk', config: config as HookMachine['config'] };
    const refused = expect.objectContaining({
      name: 'HookMisuse',
      kind: 'MachineInvalid',
      hook: 'dusk',
      node,
      message: expect.stringContaining(words),
    });
    for (const use of [
      nodesOf,
      chartOf,
      (m: HookMachine) => begin(m, {}),
      (m: HookMachine) => plan(m, {}, {}),
    ])
      expect(() => use(machine)).toThrow(refused);
  });

  it.each([[undefined], [null], [{}], ['dusk']])('%j is no machine', (given) => {
    expect(() => begin(given as never, {})).toThrow('it is no hook machine');
  });

  it('a machine of plain XState is told what is missing', () => {
    const machine = createMachine({ id: 'plain', initial: 'a', states: { a: {} } });
    expect(() => begin(machine, {})).toThrow('plain: its first state, and the initial one');
  });

  it('a request that bears the name of an end, and an end that asks', () => {
    const named = { ...states.weather, entry: asks(() => ({ _tag: 'Return' })) };
    const [machine, asking] = [
      { id: 'dusk', config: withState('weather', named) as HookMachine['config'] },
      {
        id: 'dusk',
        config: withState('rtn', {
          type: 'final',
          meta: returns.meta,
          entry: asks(() => ({ _tag: 'Weather' })),
        }) as HookMachine['config'],
      },
    ];
    expect(() => begin(machine, event)).toThrow('asks for Return, which only an end does');
    const [state] = begin(asking, event);
    expect(() => advance(asking, state, { label: 'clear' })).toThrow(
      'is final, and asks for Weather',
    );
  });
});

it('is refused where it is made, before XState speaks', () => {
  const { hook } = lighthouse;
  expect(() => hook.createMachine({ ...base, states: { ...states, light: {} } })).toThrow(
    expect.objectContaining({ name: 'HookMisuse', node: 'light' }),
  );
});

describe('plan', () => {
  it('takes no answer from what every object has', () => {
    const named = withState('constructor', states.light);
    const machine = {
      id: 'dusk',
      config: {
        ...named,
        states: {
          ...named.states,
          manned: { ...states.manned, on: { yes: 'constructor', no: 'light' } },
        },
      } as HookMachine['config'],
    };
    expect(plan(machine, event, { weather: 'storm', manned: 'yes' }).path).toContain('constructor');
  });

  it('names what may be said where nothing was', () => {
    expect(() => plan(dusk, event, {})).toThrow(
      'dusk: weather is a question without an answer: say "clear" or "too foggy to tell" or "storm"',
    );
  });
});
