/** What the compiler tells authors, told to those who have none: by name, before anything is run. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryJuju } from '../../src/juju/index.ts';
import {
  historiesHold,
  Misuse,
  rest,
  simulatedCharm,
  step,
  tell,
  worldOf,
} from '../../src/testing/index.ts';
import { charm, simulated } from './lighthouse.ts';

const outside = {
  shared: { initial: {} },
  unit: { initial: {} },
  open: () => ({ ports: {}, state: () => ({ shared: {}, own: {} }) }),
};
const brought = {
  charm,
  application: 'lighthouse',
  endpoints: ['ships'],
  requests: [{}],
  outside,
  invariants: [{ name: 'Calm', claims: 'All is calm.', always: () => [] }],
};
const acting = (action: object) => ({
  outside: { ...outside, unit: { initial: {}, actions: { Flip: action } } },
});
const flip = { becomes: (state: object) => state, told: 'it flips' };

/** Refused as `Misuse`, and with these words. */
const refused = (words: string) =>
  expect.objectContaining({ name: 'Misuse', message: expect.stringContaining(words) });

describe('what simulatedCharm is given', () => {
  it('is taken where it is as it has to be', () => {
    const whole = {
      ...brought,
      ...acting({ ...flip, told: () => 'it flips', when: () => true, isFair: true, weight: 0.5 }),
      faults: { damp: { told: 'and it is damp', bound: 'storms', at: () => true } },
      bounds: { storms: { byDefault: 0, told: 'storms' } },
      limits: { ships: 1 },
      reductions: { promptsIdle: true },
      address: () => null,
    };
    expect(() => simulatedCharm(whole as never)).not.toThrow();
  });

  it.each<[string, object, string]>([
    ['a number in a request', { requests: [{}, { a: 7 }] }, 'a of requests[1] is 7: a databag'],
    ['a request that is null', { requests: [null] }, 'requests[0] is null: give a record of'],
    ['an endpoint without a name', { endpoints: [4] }, 'wants endpoints[0] to be a text'],
    ['an endpoint twice', { endpoints: ['ships', 'ships'] }, 'two endpoints are called ships'],
    ['an action without told', acting({ becomes: flip.becomes }), 'told of the action Flip is not'],
    ['an action that tells 4', acting({ ...flip, told: 4 }), 'told of the action Flip is 4: it'],
    ['an action with "wen"', acting({ ...flip, wen: () => true }), '"wen", which nobody asks: say'],
    ['an action when true', acting({ ...flip, when: true }), 'when of the action Flip is true: it'],
    [
      'an action of weight NaN',
      acting({ ...flip, weight: Number.NaN }),
      'weight of the action Fli',
    ],
    ['an action of weight -1', acting({ ...flip, weight: -1 }), 'weight of the action Flip is -1'],
    ['an action isFair: 1', acting({ ...flip, isFair: 1 }), 'isFair of the action Flip is 1: it'],
    [
      'a fault at a text',
      { faults: { wet: { told: 'x', at: 'x' } } },
      'at of the fault wet is a t',
    ],
    ['a fault with "att"', { faults: { wet: { told: 'x', att: 1 } } }, 'the fault wet has "att"'],
    ['a bound of -1', { bounds: { fog: { byDefault: -1, told: 'x' } } }, 'byDefault of the bound'],
    ['a limit in words', { limits: { ships: 'one' } }, 'ships of limits is a text: it takes a who'],
    ['an address that is a text', { address: '10.0.0.1' }, 'address of its argument is a text'],
    ['options that are a number', { config: 4 }, 'config of its argument is 4: it takes a record'],
    ['a requirer that is a text', { requirer: 'x' }, 'requirer of its argument is a text'],
    [
      'a requirer without ask',
      { requirer: { hook: () => [] } },
      'wants ask of requirer to be a fu',
    ],
    ['soaked that is a text', { soaked: 'x' }, 'soaked of its argument is a text: it takes a func'],
    [
      'a reduction of no name',
      { reductions: { foo: 1 } },
      'reductions has "foo", which nobody ask',
    ],
    [
      'begins that is a text',
      { outside: { ...outside, unit: { initial: {}, begins: 'x' } } },
      'begins of outside.unit is a text: it takes a function',
    ],
    [
      'begins of what is shared',
      { outside: { ...outside, shared: { initial: {}, begins: () => ({}) } } },
      'outside.shared has "begins", which nobody asks',
    ],
    [
      'a unit without a beginning',
      { outside: { ...outside, unit: {} } },
      'initial of outside.unit is nothing: it takes anything',
    ],
    [
      'an outside with "opne"',
      { outside: { ...outside, opne: 1 } },
      '"opne", which nobody asks: s',
    ],
  ])('is refused by name: %s', (_, parts, words) => {
    const make = () => simulatedCharm({ ...brought, ...parts } as never);
    expect(make).toThrow(Misuse);
    expect(make).toThrow(words);
  });
});

describe('who is there', () => {
  it.each<[string, object, string]>([
    ['nobody', { fleet: null }, 'requirers.fleet is null: give a record'],
    [
      'one with numbers',
      { fleet: { units: 1, request: { a: 7 } } },
      'a of the request of fleet is',
    ],
    ['one that asks nothing', { fleet: { units: 1 } }, 'request of requirers.fleet is nothing'],
    ['one of "1" units', { fleet: { units: '1', request: {} } }, 'units of requirers.fleet is a t'],
    ['one with "unit"', { fleet: { units: 1, unit: 1, request: {} } }, '"unit", which nobody asks'],
  ])('is refused by name: %s', (_, requirers, words) => {
    expect(() => worldOf(simulated, { requirers } as never)).toThrow(refused(words));
  });

  it.each<[object, string]>([
    [{ units: '1' }, 'units of the topology is a text'],
    [{ unit: 1 }, 'the topology has "unit", which nobody asks: say "units"'],
  ])('is refused by name: %j', (parts, words) => {
    expect(() => worldOf(simulated, { requirers: {}, ...parts } as never)).toThrow(refused(words));
  });
});

describe('what happens', () => {
  const topology = { units: 1, requirers: { fleet: { units: 1, request: {} } } };
  const ask = { _tag: 'Ask', application: 'fleet' };

  it.each<[string, object, string]>([
    ['asks for numbers', { ...ask, request: { a: 3 } }, 'a of the request of fleet is 3'],
    ['asks for nothing', ask, 'the request of fleet is nothing: give a record of texts'],
  ])('is refused by name where it %s', async (_, action, words) => {
    const world = worldOf(simulated, topology);
    await expect(step(simulated, world, action as never)).rejects.toEqual(refused(words));
  });

  it.each<[string, unknown, string]>([
    ['text', 'killed', 'the interruption of the action is a text'],
    ['name that nobody knows', { at: 1, how: 'kild' }, '"kild": say "killed"'],
    ['place in words', { at: 'first', how: 'killed' }, 'at of the interruption of the action is a'],
  ])('is refused by name where its interruption is a %s', async (_, interruption, words) => {
    const { world } = await rest(simulated, worldOf(simulated, topology));
    const hook = { name: 'update-status' };
    const action = { _tag: 'RunHook', unit: 'lighthouse/0', hook, interruption };
    await expect(step(simulated, world, action as never)).rejects.toEqual(refused(words));
  });

  it("may be a fault of the charm's own", async () => {
    const { world } = await rest(simulated, worldOf(simulated, topology));
    const interruption = { at: 1, how: 'damp match' };
    const hook = { name: 'update-status' };
    const action = { _tag: 'RunHook', unit: 'lighthouse/0', hook, interruption } as const;
    expect(await step(simulated, world, action)).toHaveProperty('outcome');
  });

  it('is told in words, or refused by name', () => {
    const mute = simulatedCharm({ ...brought, ...acting({ ...flip, told: () => 4 }) } as never);
    const action = { _tag: 'Flip', unit: 'lighthouse/0' };
    expect(() => tell(mute, action)).toThrow(refused('told of Flip gave a number: give a text'));
  });
});

describe('histories', () => {
  it.each<[string, unknown, object, string]>([
    ['no arbitrary', 4, {}, 'it wants the topology to be a record with generate'],
    ['a bound in the wrong place', undefined, { units: 2 }, 'its options has "units", which nobo'],
    ['a bound in words', undefined, { around: { units: 'x' } }, 'units of around is a text'],
    ['numbers', undefined, { around: { requests: [{ a: 1 }] } }, 'a of requests[0] is 1'],
  ])('are refused by name where they are given %s', (_, topologies, options, words) => {
    const make = () => historiesHold(fc, simulated, topologies as never, options as never);
    expect(make).toThrow(refused(words));
  });
});

describe('a Juju in memory', () => {
  const options = { application: 'web', units: ['web/0'], leader: 'web/0', endpoint: () => null };

  it.each(['web/1', undefined])('is not led by %j, which it has not', (leader) => {
    const make = () => new MemoryJuju({ ...options, leader } as never);
    expect(make).toThrow(/^MemoryJuju: it has no unit .*: say "web\/0"$/);
  });

  it('may be led by nobody', () => {
    expect(new MemoryJuju({ ...options, leader: null }).leader).toBeNull();
  });

  it.each<[unknown, unknown, string]>([
    ['4', {}, 'it wants the relation to be a number, and got a text'],
    [4, { a: 1 }, 'it holds texts, and got a number for "a"'],
    [4, undefined, 'it wants the values to be a record, and got nothing'],
  ])('takes no relation %j that says %j', (relation, remote, words) => {
    const juju = new MemoryJuju(options);
    expect(() => juju.request(relation as never, remote as never)).toThrow(words);
  });
});
