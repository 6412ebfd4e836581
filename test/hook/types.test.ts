/** What the compiler says to authors: each line below an expectation must not compile. */
import { expect, it } from 'vitest';
import { createActor } from 'xstate';
import { advance, begin, plan } from '../../src/hook/index.ts';
import { dusk, lighthouse } from './lighthouse.ts';

const { ask, asks, chart, hook, nothingLearned, order, returns } = lighthouse;

it('words of a charm are inferred from its machine, and others refused', () => {
  const [state, request] = begin(dusk, { keeper: 'Ida' });
  if (request._tag === 'LightLamp') request.oil satisfies number | null;
  const actor = createActor(dusk);
  actor.getSnapshot().context.learned.oil satisfies number | null;
  expect(request).toEqual({ _tag: 'Weather' });

  const [oil, rtn] = [() => ({ _tag: 'LightLamp', oil: 1 }) as const, returns];
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error a request that is none of the charm's
    () => asks(() => ({ _tag: 'LightLamps', oil: 1 })),
    // @ts-expect-error a request without its payload
    () => asks(() => ({ _tag: 'LightLamp' })),
    // @ts-expect-error a request whose name is not all of it
    () => order('Light it', 'LightLamp', 'rtn'),
    // @ts-expect-error a question, where something is ordered
    () => order('Ask', 'Weather', 'rtn'),
    // @ts-expect-error a command, where something is asked
    () => ask('Light it?', () => ({ _tag: 'LightLamp', oil: 1 }), { yes: 'rtn' }),
    // @ts-expect-error an answer that leads to no node
    () => chart('dusk', { weather: ask('?', 'Weather', { clear: 'rtn', storm: 'rnt' }), rtn }),
    // @ts-expect-error a step that does
    () => chart('dusk', { light: order('Light it', oil, 'rnt'), rtn }),
    // @ts-expect-error a step that does in one of its ways
    () => chart('dusk', { light: order('Light it', oil, { done: 'rtn', dry: 'rnt' }), rtn }),
    // @ts-expect-error an event of another charm
    () => begin(dusk, { relation: 4 }),
    // @ts-expect-error what this charm does not learn
    () => advance(dusk, state, { label: 'storm', learned: { fog: 1 } }),
    // @ts-expect-error the same in a plan
    () => plan(dusk, { keeper: '' }, { weather: { label: 'storm', learned: { fog: 1 } } }),
    // @ts-expect-error a shape that no chart has
    () => hook.createMachine({ ...base, states: { a: { meta: { shape: 'cloud', label: '' } } } }),
    // @ts-expect-error an action that there is none of
    () => hook.createMachine({ ...base, on: { failed: { target: '.failed', actions: 'log' } } }),
    // @ts-expect-error a node that is not there
    () => actor.getSnapshot().matches('dawn'),
  ];
  const base = { id: 'dusk', context: nothingLearned };
  expect(refused).toHaveLength(14);
});

it('nodes that lead to each other compile, however they are written', () => {
  const oil = () => ({ _tag: 'LightLamp', oil: 1 }) as const;
  // Of what is put together as it runs the compiler knows no names.
  const [first, ...others]: string[] = ['one', 'two'];
  const put = [first, ...others].map((id, at) => [id, order('Light it', oil, others[at] ?? 'rtn')]);
  const weather = ask('?', 'Weather', { clear: 'rtn', storm: 'light' });
  // A label may be what every object has.
  const light = order('Light it', oil, { done: 'rtn', dry: 'rtn', constructor: 'rtn' });
  const charts = [
    chart('dusk', { weather, light, rtn: { ...returns } }),
    chart('dusk', { ...Object.fromEntries(put), rtn: returns }),
  ];
  expect(charts.map((machine) => Object.keys(machine.config.states ?? {}).length)).toEqual([5, 5]);
});
