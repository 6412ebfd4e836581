/** A charm that has nothing to do with databases: ships ask a lighthouse for light. */
import * as v from 'valibot';
import { defineCharm, halt, handlers, type JujuEvent, vocabulary } from '../../src/index.ts';
import { MemoryJuju } from '../../src/juju/index.ts';

export interface ShipWords {
  readonly question: { readonly _tag: 'Leader' } | { readonly _tag: 'LampReady' };
  readonly command:
    | { readonly _tag: 'Light'; readonly relation: number }
    | { readonly _tag: 'Say'; readonly relation: number; readonly beam: string | null };
  readonly learned: { readonly beam: string | null };
  readonly event: JujuEvent;
}

/** What the charm brings beside Juju. */
export interface Lamp {
  readonly lamp: { isReady: boolean; color: string; readonly lit: number[] };
}

const { hook, nothingLearned, asks, question, step, terminal, returns, defers, fails, onFailure } =
  vocabulary<ShipWords>({ learned: { beam: null } });

export const lightAsked = hook.createMachine({
  id: 'light-asked',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: {
      meta: terminal('light-relation-changed Hook'),
      on: { start: { target: 'is_leader', actions: 'learn' } },
    },
    is_leader: {
      meta: question('Is this unit the leader?'),
      entry: asks(() => ({ _tag: 'Leader' })),
      on: { yes: 'is_ready', no: 'rtn' },
    },
    rtn: returns,
    is_ready: {
      meta: question('Is there a lamp?'),
      entry: asks(() => ({ _tag: 'LampReady' })),
      on: { yes: 'light', no: 'defer' },
    },
    defer: defers,
    light: {
      meta: step('Light the lamp'),
      entry: asks(({ event }) => ({ _tag: 'Light', relation: event?.relation ?? -1 })),
      on: { done: { target: 'say', actions: 'learn' } },
    },
    say: {
      meta: step('Say so'),
      entry: asks(({ event, learned }) => ({
        _tag: 'Say',
        relation: event?.relation ?? -1,
        beam: learned.beam,
      })),
      on: { done: 'rtn2' },
    },
    rtn2: returns,
    failed: fails,
  },
});

export const ships = defineCharm({
  name: 'lighthouse',
  machines: { 'light-asked': lightAsked },
  events: { 'light-relation-changed': 'light-asked' },
  learned: v.object({ beam: v.nullable(v.string()) }),
  perform: handlers<ShipWords, Lamp>({
    Leader: ({ juju }) => juju.leader(),
    LampReady: ({ lamp }) => lamp.isReady,
    Light: async ({ juju, lamp }, { relation }) => {
      const { color = 'white' } = await juju.remote(relation);
      if (color === 'dark') halt({ _tag: 'NoSuchColor', class: 'refused', why: 'dark is none' });
      if (color === 'broken') halt({ _tag: 'LampBroken', class: 'broken', why: 'it fell' });
      if (color === 'late') halt({ _tag: 'OilLate', class: 'unavailable', why: 'no oil yet' });
      lamp.lit.push(relation);
      return { label: 'done', learned: { beam: color } };
    },
    Say: ({ juju }, { relation, beam }) => juju.publish(relation, { beam: beam ?? '' }),
  }),
});

/** One lighthouse of two keepers, `l/0` the leader, and the ships that are related. */
export function lighthouse(...asked: readonly Readonly<Record<string, string>>[]) {
  const juju = new MemoryJuju({
    application: 'l',
    units: ['l/0', 'l/1'],
    leader: 'l/0',
    endpoint: () => null,
  });
  for (const [relation, databag] of asked.entries()) juju.request(relation, databag, 'light');
  const lamp: Lamp['lamp'] = { isReady: true, color: 'white', lit: [] };
  return { juju, lamp };
}

export const changed = (relation: number): JujuEvent => ({
  hook: 'light-relation-changed',
  relation,
});
