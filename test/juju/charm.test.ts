import { describe, expect, it } from 'vitest';
import {
  defineCharm,
  dispatch,
  drive,
  HookMisuse,
  type JujuEvent,
  relationOf,
  resume,
  take,
  vocabulary,
} from '../../src/index.ts';
import type { HookWorld } from '../../src/juju/index.ts';
import { openUnit } from '../../src/juju/unit.ts';
import { changed, type Lamp, lightAsked, lighthouse, ships } from './ships.ts';

const { name, events, learned, perform } = ships;
const parts = {
  name,
  machines: { 'light-asked': lightAsked },
  learned,
  perform,
  events: { 'light-relation-changed': 'light-asked' as const },
};

/** The misuse that a call throws. */
function misuse(call: () => unknown): HookMisuse {
  try {
    call();
  } catch (error) {
    if (error instanceof HookMisuse) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('defineCharm', () => {
  it('refuses an event that leads to no machine, and says which there are', () => {
    // @ts-expect-error no machine is called so
    const { kind, message } = misuse(() => defineCharm({ ...parts, events: { start: 'nowhere' } }));
    expect(kind).toBe('CharmInvalid');
    expect(message).toBe('lighthouse: start is to go through "nowhere": say "light-asked"');
  });

  it.each([
    ['light-relation-chagned', '"light-relation-changed"'],
    ['light-relaton-joined', '"light-relation-joined"'],
    ['config-chnaged', '"config-changed"'],
    ['lamp-pebble-raedy', '"lamp-pebble-ready"'],
    ['the-oil-storage-attach', '"the-oil-storage-attached"'],
    ['instal', '"install"'],
    ['confg-changed', '"config-changed" or "confg-relation-changed"'],
    ['light-bulb-departed', '"light-bulb-relation-departed"'],
    ['dusk', /"install" or "start" or .* or "secret-rotate"$/],
  ])('refuses an event that Juju never calls, %s, and says which was meant', (hook, meant) => {
    const broken = { ...parts, events: { 'config-changed': 'light-asked', [hook]: 'light-asked' } };
    const { kind, message } = misuse(() => defineCharm(broken as unknown as typeof parts));
    expect(kind).toBe('CharmInvalid');
    const [what, said] = message.split(': say ');
    expect(what).toBe(`lighthouse: its events name "${hook}", which Juju never calls`);
    expect(said).toEqual(typeof meant === 'string' ? meant : expect.stringMatching(meant));
  });

  it('takes an action for an event, and from a function any name', () => {
    const asked = defineCharm({ ...parts, events: { 'actions/light': 'light-asked' } });
    expect(asked.chartOf({ hook: 'actions/light' })).toBe('light-asked');
    const named = defineCharm({
      ...parts,
      events: ({ hook }) => (hook === 'dusk' && 'light-asked') || null,
    });
    expect(named.chartOf({ hook: 'dusk' })).toBe('light-asked');
  });

  it('knows its machines by their names', () => {
    const { id } = defineCharm(parts).machines['light-asked'];
    expect(id).toBe('light-asked');
  });

  it('refuses a machine under another name than its own', () => {
    const broken = { ...parts, machines: { other: lightAsked }, events: {} };
    expect(misuse(() => defineCharm(broken)).message).toBe(
      'lighthouse: the machine "light-asked" stands under the name "other"',
    );
  });

  it('refuses, in plain JavaScript, a request that nothing carries out', () => {
    const { Say: _, ...rest } = perform;
    const broken = { ...parts, perform: rest as typeof perform };
    expect(misuse(() => defineCharm(broken)).message).toContain(
      'nothing carries out Say, which light-asked asks for at say',
    );
  });

  it('refuses, in plain JavaScript, a request that is only promised', () => {
    const { chart, order, returns } = vocabulary({ learned: {} });
    const promised = async () => ({ _tag: 'Say' });
    const nodes = { say: order('Say it', promised as never, 'rtn'), rtn: returns };
    const machines = { 'light-asked': chart('light-asked', nodes) };
    const broken = { ...parts, machines } as unknown as typeof parts;
    expect(misuse(() => defineCharm(broken)).message).toBe(
      'light-asked: say asks for a promise that has no _tag: give at once what it asks for, as { _tag: … }',
    );
  });

  it.each(['machines', 'perform', 'learned', 'events'] as const)(
    'refuses a charm without %s',
    (part) => {
      const { [part]: _, ...rest } = parts;
      const broken = rest as typeof parts;
      expect(misuse(() => defineCharm(broken)).message).toBe(
        `lighthouse: it has no ${part}: give defineCharm { ${part}: … }`,
      );
    },
  );

  it('finds where a function leads only when it is called', () => {
    const charm = defineCharm({ ...parts, events: ({ hook }) => hook as 'light-asked' });
    expect(charm.chartOf({ hook: 'light-asked' })).toBe('light-asked');
    expect(misuse(() => charm.chartOf({ hook: 'start' })).message).toContain('"start"');
  });

  it('has no chart for what every object has', () => {
    expect(ships.chartOf({ hook: 'constructor' })).toBe(null);
    expect(events).toEqual(parts.events);
  });
});

describe('drive', () => {
  const ports = () => {
    const { juju, lamp } = lighthouse({ color: 'red' });
    return { juju: openUnit(juju.hook('l/0'), () => false), lamp };
  };

  it('drives one hook for who brings his own runtime, and goes on from a stored state', async () => {
    const states: string[] = [];
    const keep = (state: object) => async () => {
      states.push(JSON.stringify(state));
      return { _tag: 'Right' as const, right: undefined };
    };
    const whole = await drive(ships, ports(), { keep })('light-asked', changed(0))();
    expect(whole).toMatchObject({ right: { end: { _tag: 'Returned' } } });
    const again = await resume(ships, ports())(JSON.parse(states[2] ?? ''))();
    expect(again).toMatchObject({ right: { path: ['say', 'rtn2'] } });
  });

  it('says that there is no Juju', () => {
    const { lamp } = ports();
    const given = { lamp } as unknown as Lamp & HookWorld;
    expect(misuse(() => dispatch(ships, given)).message).toBe(
      'dispatch: it wants { juju, … }, and got no juju',
    );
  });

  it('names a hook that the charm has not', () => {
    const { kind, message } = misuse(() => drive(ships, ports())('dusk', changed(0)));
    expect(kind).toBe('HookUnknown');
    expect(message).toBe('dusk: the charm has no hook of this name: say "light-asked"');
  });

  it('names an answer that no edge bears', async () => {
    const charm = { ...ships, perform: { ...perform, Leader: () => 'perhaps' } };
    await expect(drive(charm, ports())('light-asked', changed(0))()).rejects.toThrow(
      'light-asked: is_leader cannot be answered "perhaps": say "yes" or "no" or "failed"',
    );
  });

  it.each([
    [5, 'a number'],
    [null, 'null'],
  ])('names a handler that gives %j', async (reply, kind) => {
    const charm = { ...ships, perform: { ...perform, Leader: () => reply as unknown as string } };
    await expect(drive(charm, ports())('light-asked', changed(0))()).rejects.toThrow(
      `what carries out Leader gave ${kind}: give nothing, true or false, a label, or { label, learned }`,
    );
  });

  it('refuses what no databag holds, and a promise where an attempt is to be', async () => {
    const { juju } = ports();
    expect(() => juju.publish(0, { beam: 5 as unknown as string })).toThrow('a number for "beam"');
    const promise = Promise.resolve() as unknown as Parameters<typeof take>[0];
    expect(() => take(promise)).toThrow('a function, and not its promise');
  });

  it('names a handler that is missing', async () => {
    const { Leader: _, ...rest } = perform;
    const charm = { ...ships, perform: rest as typeof perform };
    await expect(drive(charm, ports())('light-asked', changed(0))()).rejects.toThrow(
      'nothing carries out Leader',
    );
  });

  it('takes a failure as an answer as well', async () => {
    const failure = { _tag: 'Fog', class: 'unavailable' } as const;
    const charm = {
      ...ships,
      perform: { ...perform, Leader: () => ({ label: 'failed' as const, failure }) },
    };
    expect(await drive(charm, ports())('light-asked', changed(0))()).toMatchObject({
      right: { end: { _tag: 'Deferred', why: failure } },
    });
  });
});

describe('relationOf', () => {
  it('is the relation of an event, and -1 before a hook has begun', () => {
    expect([relationOf(changed(4)), relationOf(changed(0)), relationOf(null)]).toEqual([4, 0, -1]);
  });

  it('refuses an event that is about no relation', () => {
    const start: JujuEvent = { hook: 'start' };
    expect(misuse(() => relationOf(start)).message).toBe(
      'relationOf: the event is about no relation: let hooks of an endpoint alone lead to this chart',
    );
    const nothing = undefined as unknown as JujuEvent;
    expect(misuse(() => relationOf(nothing)).kind).toBe('ArgumentUnfit');
  });
});
