/** What the compiler says to authors: each line below an expectation must not compile. */
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { defineCharm } from '../../src/index.ts';
import { dispatchCharm } from '../../src/juju/index.ts';
import { type Lamp, type ShipWords, ships } from './ships.ts';

const { name, machines, learned, perform } = ships;
const parts = { name, machines, learned, events: {} };
const all = { Leader: () => true, LampReady: () => true, Light: () => {}, Say: () => {} };

it('a charm whose parts do not fit does not compile', () => {
  const other = (_: object, request: { readonly _tag: 'Say' }) => request._tag === 'Say';
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error a handler is missing
    () => defineCharm<ShipWords, Lamp>({ ...parts, perform: { Leader: () => true } }),
    // @ts-expect-error a handler answers what no chart could be told
    () => defineCharm<ShipWords, Lamp>({ ...parts, perform: { ...all, Leader: () => 7 } }),
    // @ts-expect-error a handler of another request
    () => defineCharm<ShipWords, Lamp>({ ...parts, perform: { ...perform, Leader: other } }),
    () =>
      // @ts-expect-error who starts on something else than Juju's event says how it is made of it
      defineCharm<Omit<ShipWords, 'event'> & { readonly event: { readonly port: number } }>({
        ...parts,
        machines: {},
        perform: all,
        learned: v.object({ beam: v.nullable(v.string()) }),
      }),
  ];
  expect(refused).toHaveLength(4);
});

it('a module without the ports that its charm needs does not compile', () => {
  const voices = { out: () => {}, error: () => {} };
  const lamp: Lamp['lamp'] = { isReady: true, color: 'white', lit: [] };
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error its handlers need a lamp
    () => dispatchCharm({ charm: ships }, {}, voices),
    // @ts-expect-error a lamp is more than that
    () => dispatchCharm({ charm: ships, ports: () => ({ lamp: true }) }, {}, voices),
  ];
  const taken = [
    () => dispatchCharm({ charm: ships, ports: () => ({ lamp }) }, {}, voices),
    () => dispatchCharm({ charm: ships, ports: async () => ({ lamp }), port: 80 }, {}, voices),
  ];
  expect([refused.length, taken.length]).toEqual([2, 2]);
});
