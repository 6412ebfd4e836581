/**
 * A charm of somebody else's, made with the doors of this package and nothing else: lighthouses that
 * light their lamps where ships ask for it. `forgets` is what a careless author would leave out.
 */
import * as v from 'valibot';
import { defineCharm, handlers, type JujuEvent, vocabulary } from '../../src/index.ts';
import { simulatedCharm } from '../../src/testing/index.ts';

interface LighthouseWords {
  readonly question: { readonly _tag: 'Leader' } | { readonly _tag: 'LampBurns' };
  readonly command: { readonly _tag: 'LightLamp' } | { readonly _tag: 'TellShips' };
  readonly learned: object;
  readonly event: JujuEvent;
}

const { hook, nothingLearned, asks, question, step, terminal, returns, defers, fails, onFailure } =
  vocabulary<LighthouseWords>({ learned: {} });

const watch = hook.createMachine({
  id: 'watch',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('a watch begins'),
      on: { start: { target: 'lamp_burns', actions: 'learn' } },
    },
    lamp_burns: {
      meta: question('Does the lamp burn?'),
      entry: asks(() => ({ _tag: 'LampBurns' })),
      on: { yes: 'is_leader', no: 'light_lamp' },
    },
    light_lamp: {
      meta: step('Light the lamp'),
      entry: asks(() => ({ _tag: 'LightLamp' })),
      on: { done: 'is_leader', 'out of oil': 'defer' },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { yes: 'tell_ships', no: 'rtn' },
    },
    tell_ships: {
      meta: step('Tell the ships that ask, and forget those that are gone'),
      entry: asks(() => ({ _tag: 'TellShips' })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    defer: defers,
    failed: fails,
  },
});

interface Lamp {
  readonly burns: () => boolean;
  /** False where there is no oil. */
  readonly light: () => boolean;
}

const log = { _tag: 'PeerApp' } as const;

const charmThat = (forgets: boolean) =>
  defineCharm({
    name: 'lighthouse',
    machines: { watch },
    events: {
      start: 'watch',
      'leader-elected': 'watch',
      'update-status': 'watch',
      'ships-relation-changed': 'watch',
      'ships-relation-broken': 'watch',
    },
    learned: v.object({}),
    endpoints: { peers: 'keepers' },
    perform: handlers<LighthouseWords, { readonly lamp: Lamp }>({
      Leader: ({ juju }) => juju.leader(),
      LampBurns: ({ lamp }) => lamp.burns(),
      LightLamp: ({ lamp }) => (lamp.light() ? 'done' : 'out of oil'),
      TellShips: async ({ juju }) => {
        const ships = await juju.relations('ships');
        for (const ship of ships)
          if ((await juju.remote(ship)).light === 'please') {
            juju.publish(ship, { light: 'burns' });
            juju.write(log, { [`ship-${ship}`]: 'told' });
          }
        for (const key of Object.keys(await juju.read(log)))
          if (forgets && !ships.has(Number(key.replace('ship-', ''))))
            juju.write(log, { [key]: '' });
      },
    }),
  });

export const lighthouseThat = (forgets: boolean) =>
  simulatedCharm({
    charm: charmThat(forgets),
    application: 'lighthouse',
    endpoints: ['ships'],
    requests: [{ light: 'please' }, {}],
    outside: {
      shared: {
        initial: { hasOil: true },
        actions: {
          DrainTank: {
            when: ({ hasOil }) => hasOil,
            becomes: () => ({ hasOil: false }),
            told: 'the oil is used up',
            bound: 'droughts',
          },
          FillTank: {
            when: ({ hasOil }) => !hasOil,
            becomes: () => ({ hasOil: true }),
            told: 'oil is brought',
            isFair: true,
          },
        },
      },
      unit: {
        initial: { burns: false },
        actions: {
          BlowOut: {
            when: ({ burns }) => burns,
            becomes: () => ({ burns: false }),
            told: (unit) => `the lamp of ${unit} goes out`,
            bound: 'storms',
          },
        },
      },
      open: ({ shared, own }, { step }) => {
        let { burns } = own;
        return {
          ports: {
            lamp: {
              burns: () => burns,
              light: () => {
                const isDamp = step('light the lamp') === 'damp match';
                burns ||= shared.hasOil && !isDamp;
                return burns;
              },
            },
          },
          state: () => ({ shared, own: { burns } }),
        };
      },
    },
    faults: { 'damp match': { told: 'and its match is damp', bound: 'storms' } },
    bounds: {
      droughts: { byDefault: 1, told: 'times that the oil is used up' },
      storms: { byDefault: 1, told: 'lamps that go out, and matches that are damp' },
    },
    invariants: [
      {
        name: 'ShipsSeeLight',
        claims: 'A ship that asks is told, and every lamp burns then.',
        atRest: ({ relations, outside, tested }) => [
          ...Object.entries(outside.units).flatMap(([unit, { burns }]) =>
            burns ? [] : [`the lamp of ${unit} is dark`],
          ),
          ...Object.entries(relations).flatMap(([id, { life, requirer, applications }]) =>
            life === 'alive' &&
            applications[requirer]?.light === 'please' &&
            applications[tested]?.light !== 'burns'
              ? [`ship ${id} is told nothing`]
              : [],
          ),
        ],
      },
      {
        name: 'NoGhostShips',
        claims: 'The log names no ship that is gone.',
        atRest: ({ relations, tested }) =>
          Object.keys(relations[0]?.applications[tested] ?? {}).flatMap((key) =>
            relations[key.replace('ship-', '')] === undefined ? [`the log keeps ${key}`] : [],
          ),
      },
    ],
  });

export const charm = charmThat(true);
export const simulated = lighthouseThat(true);
