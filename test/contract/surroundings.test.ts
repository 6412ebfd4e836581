/** What the functions around a charm's charts may not give back, and what is said of it. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { attempt, charmOf, dispatch, take, vocabulary } from '../../src/index.ts';
import { act, MemoryJuju } from '../../src/juju/index.ts';
import { hooksOf, step, worldOf } from '../../src/testing/index.ts';
import { lighthouseThat } from '../testing/lighthouse.ts';

const { ask, chart, defers, returns } = vocabulary({ learned: {} });
const dusk = chart('dusk', {
  dark: ask('Is it dark?', 'Dark', { no: 'rtn', later: 'defer' }),
  rtn: returns,
  defer: defers,
});
const parts = {
  ...{ name: 'lamp', machines: { dusk }, events: { start: 'dusk' } },
  ...{ learned: v.object({}), perform: { Dark: () => 'later' } },
  ...{ status: () => ({ name: 'active', message: '' }), open: (given: object) => given },
};
const deployment = { application: 'lamp', units: ['lamp/0'], leader: 'lamp/0' };
const given = () => ({
  juju: new MemoryJuju({ ...deployment, endpoint: () => null }).hook('lamp/0'),
});
/** A charm with other parts than the compiler would take. */
const charmWith = (other: object) => charmOf({ ...parts, ...other } as never);
const runWith = async (other: object) => dispatch(charmWith(other), given())({ hook: 'start' })();

const misuse = (said: RegExp) => ({ name: 'HookMisuse', message: expect.stringMatching(said) });
const later = async () => {};
const schema = v.object({});

describe('around its charts', () => {
  it.each<readonly [string, object, RegExp]>([
    ['isCalled that says nothing', { isCalled: later }, /^lamp: its isCalled gave nothing: give/],
    ['isCalled that says 1', { isCalled: () => 1 }, /isCalled gave a number: give true or false/],
    ['isAsked that says nothing', { isAsked: later }, /^lamp: its isAsked gave nothing: give true/],
    ['isAsked that says yes', { isAsked: async () => 'yes' }, /its isAsked gave a text: give/],
    [
      'waitsFor that says nothing',
      { waitsFor: later },
      /^lamp: its waitsFor gave nothing: give null/,
    ],
    ['waitsFor that says a word', { waitsFor: () => 'oil' }, /its waitsFor gave a text: give null/],
    ['waitsFor of no class', { waitsFor: () => ({ _tag: 'Oil' }) }, /its waitsFor gave a record: /],
    ['open that gives nothing', { open: () => {} }, /^lamp: its open gave nothing: give at once/],
    ['open that takes time', { open: later }, /^lamp: its open gave a promise: give at once the/],
    [
      'event.of that gives nothing',
      { event: { of: () => {}, schema } },
      /^lamp: its event.of gave nothing: give at once the record on which its machines start/,
    ],
    ['event.of that takes time', { event: { of: later, schema } }, /its event.of gave a promise: /],
    [
      'leftToDo that gives nothing',
      { leftToDo: () => {} },
      /^lamp: its leftToDo gave nothing: let/,
    ],
    ['leftToDo of a list', { leftToDo: () => ['dusk'] }, /its leftToDo gave a list: let it be/],
    [
      'leftToDo that yields nothing',
      {
        leftToDo: async function* () {
          yield undefined;
        },
      },
      /^lamp: its leftToDo yields nothing: yield { hook, event }/,
    ],
    [
      'leftToDo that yields half',
      {
        leftToDo: async function* () {
          yield { hook: 'dusk' };
        },
      },
      /its leftToDo yields a record with a text as its hook and nothing as its event: yield/,
    ],
    [
      'leftToDo of a machine that it has not',
      {
        leftToDo: async function* () {
          yield { hook: 'dawn', event: {} };
        },
      },
      /^dawn: the charm has no hook of this name: say "dusk"/,
    ],
  ])('%s is told by name', async (_, other, said) => {
    await expect(runWith(other)).rejects.toMatchObject(misuse(said));
  });

  it.each([
    'open',
    'ready',
    'isCalled',
    'isAsked',
    'comesLast',
    'refused',
    'waitsFor',
    'leftToDo',
    'close',
  ])('%s that is no function is refused where the charm is made', (part) => {
    const said = `charmOf: it wants the ${part} to be a function, and got a number`;
    expect(() => charmWith({ [part]: 5 })).toThrow(said);
  });

  it('an event without of is refused where it is run', () => {
    const charm = { ...charmWith({}), event: {} } as never;
    const said = 'dispatch: it wants of of the event of the charm to be a function';
    expect(() => dispatch(charm, given())).toThrow(said);
  });

  it('what fits is taken as it is', async () => {
    const oil = { _tag: 'Oil', class: 'unavailable' };
    const heard: unknown[] = [];
    const other = {
      ...{ isCalled: async () => true, isAsked: async () => true, waitsFor: async () => oil },
      event: { of: () => ({}), schema },
      leftToDo: async function* () {
        heard.push(yield { hook: 'dusk', event: {} });
      },
    };
    const left = [{ end: { _tag: 'Deferred', why: oil } }];
    expect(await runWith(other)).toMatchObject({ right: { charts: left, reconciled: left } });
    expect(heard).toMatchObject(left);
    expect(await runWith({ isCalled: async () => false })).toMatchObject({ right: { charts: [] } });
  });
});

describe('an action', () => {
  const acting = (action: unknown) =>
    act(charmWith({}), { ring: action } as never, given())('ring', {})();

  it.each<readonly [string, unknown, RegExp]>([
    ['nothing', later, /^lamp: its action ring gave nothing: give a record of results, an empty/],
    ['a text', () => 'rung', /its action ring gave a text: give a record/],
    ['a list', () => ['rung'], /its action ring gave a list: give a record/],
    ['a function', () => ({ rung: later }), /gave a function as its result "rung": give what JSON/],
    [
      'a big number',
      () => ({ rung: 5n }),
      /gave a bigint as its result "rung": give what JSON has/,
    ],
    ['nothing as a result', () => ({ rung: undefined }), /gave nothing as its result "rung": give/],
  ])('whose run gives %s is told by name', async (_, run, said) => {
    await expect(acting({ parameters: schema, run })).rejects.toMatchObject(misuse(said));
  });

  it.each([null, 5, {}, { parameters: schema }, { parameters: schema, run: 'ring' }])(
    'that is %j is told by name',
    async (action) => {
      const said = /^lamp: its action ring has no function run: give { parameters, run }/;
      await expect(acting(action)).rejects.toMatchObject(misuse(said));
    },
  );

  it('of a charm that opens nothing is told so', async () => {
    const run = act(
      charmWith({ open: later }),
      { ring: { parameters: schema, run: later } } as never,
      given(),
    );
    await expect(run('ring', {})()).rejects.toMatchObject(misuse(/^lamp: its open gave a promise/));
  });
});

describe('an attempt', () => {
  it.each<readonly [string, unknown, RegExp]>([
    ['a left without its tag', { left: { _tag: 'Fog', class: 'broken' } }, /^take: .* no Either/],
    ['a right without its tag', { right: 5 }, /^take: its attempt yields no Either/],
    ['a left of nothing', { _tag: 'Left' }, /^halt: a failure has a _tag/],
    ['a left of no class', { _tag: 'Left', left: { _tag: 'Fog' } }, /^halt: .* as its class/],
  ])('that yields %s is told by name', async (_, either, said) => {
    const taking = attempt(() => take((async () => either) as never));
    await expect(taking()).rejects.toMatchObject(misuse(said));
  });
});

describe('a simulated charm', () => {
  const simulated = lighthouseThat(true);
  const world = worldOf(simulated, { units: 1, requirers: {} });
  const unit = 'lighthouse/0';
  const told = (said: RegExp) => ({ name: 'Misuse', message: expect.stringMatching(said) });

  it.each<readonly [string, unknown, RegExp]>([
    ['nothing', undefined, /^run of the charm gave nothing: give { _tag: 'Right', right }/],
    ['a run by itself', { charts: [] }, /^run of the charm gave a record: give/],
    ['a left without its tag', { left: {} }, /^run of the charm gave a record: give/],
    ['a right of nothing', { _tag: 'Right' }, /^run of the charm gave a right with nothing: give/],
  ])('whose run gives %s is told by name', async (_, ran, said) => {
    const charm = { ...simulated, run: async () => ran } as never;
    const action = { _tag: 'RunHook', unit, hook: hooksOf(world, unit)[0] } as never;
    await expect(step(charm, world, action)).rejects.toMatchObject(told(said));
  });

  /** The oil is used up, as somebody wrote it. */
  const drained = (other: object) => {
    const { shared } = simulated.outside;
    const DrainTank = { ...shared.actions.DrainTank, ...other };
    const outside = { ...simulated.outside, shared: { ...shared, actions: { DrainTank } } };
    return step({ ...simulated, outside } as never, world, { _tag: 'DrainTank' });
  };
  it.each<readonly [string, object, RegExp]>([
    [
      'when says nothing',
      { when: () => {} },
      /^when of DrainTank gave nothing: give true or false/,
    ],
    ['when takes time', { when: later }, /^when of DrainTank gave a promise: give/],
    ['becomes gives nothing', { becomes: () => {} }, /^becomes of DrainTank gave nothing: give at/],
    [
      'becomes takes time',
      { becomes: later },
      /^becomes of DrainTank gave a promise: give at once/,
    ],
  ])('whose outside is lost, since %s, is told by name', async (_, other, said) => {
    await expect(drained(other)).rejects.toMatchObject(told(said));
  });
});
