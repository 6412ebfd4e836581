/** A charm that has nothing to do with databases: its words, and one hook. */
import * as v from 'valibot';
import { type StateSchemas, vocabulary } from '../../src/hook/index.ts';

export interface LighthouseWords {
  readonly question:
    | { readonly _tag: 'Weather' }
    | { readonly _tag: 'Manned'; readonly by: string };
  readonly command: { readonly _tag: 'LightLamp'; readonly oil: number | null };
  readonly learned: { readonly oil: number | null };
  readonly event: { readonly keeper: string };
}

export const lighthouse = vocabulary<LighthouseWords>({ learned: { oil: null } });
const { hook, nothingLearned, asks, question, step, terminal, returns, defers, fails, onFailure } =
  lighthouse;

export const states = {
  hook_fired: {
    meta: terminal('dusk Hook'),
    on: { start: { target: 'weather', actions: 'learn' } },
  },
  weather: {
    meta: question('How is the weather?'),
    entry: asks(() => ({ _tag: 'Weather' })),
    on: {
      clear: 'rtn',
      'too foggy to tell': 'defer',
      storm: { target: 'manned', actions: 'learn' },
    },
  },
  manned: {
    meta: question('Is somebody there?'),
    entry: asks(({ event }) => ({ _tag: 'Manned', by: event?.keeper ?? '' })),
    on: { yes: 'light', no: 'defer' },
  },
  light: {
    meta: step('Light the lamp'),
    entry: asks(({ learned }) => ({ _tag: 'LightLamp', oil: learned.oil })),
    on: { done: 'rtn', 'out of oil': 'defer' },
  },
  rtn: returns,
  defer: defers,
  failed: fails,
} as const;

export const dusk = hook.createMachine({
  id: 'dusk',
  context: nothingLearned,
  initial: 'hook_fired',
  on: onFailure,
  states,
});

export const schemas: StateSchemas<LighthouseWords> = {
  event: v.object({ keeper: v.string() }),
  learned: v.object({ oil: v.nullable(v.number()) }),
};
