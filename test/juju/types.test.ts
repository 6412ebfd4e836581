/** What the compiler says to authors: each line below an expectation must not compile. */
import { expect, it } from 'vitest';
import { defineCharm, handlers } from '../../src/index.ts';
import { dispatchCharm } from '../../src/juju/index.ts';
import { type Lamp, lightAsked, type ShipWords, ships } from './ships.ts';

const { name, learned, perform } = ships;
const parts = { name, machines: { 'light-asked': lightAsked }, learned, perform };
const all = { Leader: () => true, LampReady: () => true, Light: () => {}, Say: () => {} };
const { Say: _, ...withoutSay } = perform;

it('a charm whose parts do not fit does not compile', () => {
  const other = (_: object, request: { readonly _tag: 'Say' }) => request._tag === 'Say';
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error a handler is missing
    () => handlers<ShipWords, Lamp>({ Leader: () => true }),
    // @ts-expect-error a handler answers what no chart could be told
    () => handlers<ShipWords, Lamp>({ ...all, Leader: () => 7 }),
    // @ts-expect-error a handler of another request
    () => handlers<ShipWords, Lamp>({ ...perform, Leader: other }),
    // @ts-expect-error the same where the words are those of the machines
    () => defineCharm({ ...parts, events: {}, perform: withoutSay }),
    // @ts-expect-error an event leads to a machine that is not there
    () => defineCharm({ ...parts, events: { start: 'light-askde' } }),
    // @ts-expect-error a function does
    () => defineCharm({ ...parts, events: () => 'light-askde' }),
    () =>
      // @ts-expect-error who starts on something else than Juju's event says how it is made of it
      defineCharm({
        ...parts,
        machines: {},
        events: {},
        perform: handlers<Omit<ShipWords, 'event'> & { readonly event: { readonly port: number } }>(
          all,
        ),
      }),
  ];
  const { machines } = defineCharm({ ...parts, events: {} });
  // @ts-expect-error a machine that the charm has not
  expect([refused.length, machines['light-askde']]).toEqual([7, undefined]);
});

it('a charm whose parts fit compiles, and needs no type arguments', () => {
  const charms = [
    defineCharm({ ...parts, events: { start: 'light-asked', stop: 'light-asked' } }),
    defineCharm({ ...parts, events: ({ hook }) => (hook === 'start' ? 'light-asked' : null) }),
    // Without ports the words are known by the machines.
    defineCharm({
      ...{ ...parts, events: { start: 'light-asked' } },
      perform: {
        ...all,
        Leader: ({ juju }) => juju.leader(),
        Say: ({ juju }, { relation, beam }) => juju.publish(relation, { beam: beam ?? '' }),
      },
    }),
  ];
  expect(charms.map(({ chartOf }) => chartOf({ hook: 'start' }))).toEqual(
    charms.map(() => 'light-asked'),
  );
});

it('a module without the ports that its charm needs does not compile', () => {
  const output = { out: () => {}, error: () => {} };
  const lamp: Lamp['lamp'] = { isReady: true, color: 'white', lit: [] };
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error its handlers need a lamp
    () => dispatchCharm({ charm: ships }, {}, output),
    // @ts-expect-error a lamp is more than that
    () => dispatchCharm({ charm: ships, ports: () => ({ lamp: true }) }, {}, output),
  ];
  const taken = [
    () => dispatchCharm({ charm: ships, ports: () => ({ lamp }) }, {}, output),
    () => dispatchCharm({ charm: ships, ports: async () => ({ lamp }), port: 80 }, {}, output),
  ];
  expect([refused.length, taken.length]).toEqual([2, 2]);
});
