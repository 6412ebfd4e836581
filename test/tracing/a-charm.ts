/** A charm of one chart, whose one step learns a password and does what a test says. */

import type { Unit } from 'hookchart';
import { defineCharm, type Secret, vocabulary } from 'hookchart';
import * as v from 'valibot';

interface LockWords {
  readonly question: { readonly _tag: 'Open' };
  readonly command:
    | { readonly _tag: 'MakeKey'; readonly door: number }
    | {
        readonly _tag: 'GiveKey';
        readonly to: { readonly name: string; readonly key: Secret | null };
      };
  readonly learned: { readonly key: Secret | null };
  readonly event: { readonly hook: string };
}

const words = vocabulary<LockWords>({ learned: { key: null } });
const { hook, asks, question, step, terminal, returns, fails, onFailure, nothingLearned } = words;

const machine = hook.createMachine({
  id: 'lock',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states: {
    hook_fired: { meta: terminal('lock'), on: { start: { target: 'is_open', actions: 'learn' } } },
    is_open: {
      meta: question('Is the door\\nopen?'),
      entry: asks(() => ({ _tag: 'Open' })),
      on: { yes: 'rtn', no: 'make_key' },
    },
    make_key: {
      meta: step('Make a key'),
      entry: asks(() => ({ _tag: 'MakeKey', door: 1 })),
      on: { done: { target: 'give_key', actions: 'learn' } },
    },
    give_key: {
      meta: step('Give it away'),
      entry: asks(({ learned: { key } }) => ({ _tag: 'GiveKey', to: { name: 'ann', key } })),
      on: { done: 'rtn' },
    },
    rtn: returns,
    failed: fails,
  },
});

export const password = 'correct horse battery staple';

/** What the last step does. */
export interface Door {
  readonly give: (name: string) => Promise<void> | void;
}

export const charm = defineCharm<LockWords, { readonly door: Door }, 'lock'>({
  name: 'lock',
  machines: { lock: machine },
  events: { start: 'lock' },
  learned: v.object({ key: v.nullable(v.object({ secret: v.string() })) }),
  perform: {
    Open: () => false,
    MakeKey: () => ({ label: 'done', learned: { key: { secret: password } } }),
    GiveKey: ({ door }: { readonly door: Door; readonly juju: Unit }, { to }) => door.give(to.name),
  },
});
