import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { halt } from '../../src/hook/index.ts';
import { type ActionsOf, refuseAction } from '../../src/juju/index.ts';
import { answerAction } from '../../src/process/index.ts';
import { lighthouse, ships } from '../juju/ships.ts';

const broken = { _tag: 'FileFailed', class: 'broken', path: '/full', code: 'ENOSPC' } as const;
const actions: ActionsOf<typeof ships> = {
  never: { parameters: v.object({}), run: async () => refuseAction('it is day') },
  burn: { parameters: v.object({}), run: async () => halt(broken) },
  odd: { parameters: v.object({}), run: async () => refuseAction('no \u001b[2J\nlamp') },
  lit: { parameters: v.object({}), run: async () => ({ lamps: [7], told: 'yes' }) },
};

/** What an action's process ends with, and what the operator was told. */
async function answered(name: string) {
  const world = lighthouse({});
  const told: unknown[] = [];
  const said = (what: unknown) => async () => {
    told.push(what);
    return E.right(undefined);
  };
  const action = {
    parameters: async () => E.right({}),
    succeed: (results: unknown) => said(results),
    fail: (why: string) => said(why),
  };
  const given = { juju: world.juju.hook('l/0'), lamp: world.lamp };
  return [await answerAction(name, { action }, ships, actions, given)(), told];
}

describe('an action’s process', () => {
  it('ends well with what came of it, or with why it is refused', async () => {
    expect(await answered('lit')).toEqual([E.right(null), [{ lamps: '[7]', told: 'yes' }]]);
    // A terminal is told nothing but words.
    expect(await answered('odd')).toEqual([E.right(null), ['no \\u001b[2J lamp']]);
    expect(await answered('never')).toEqual([E.right(null), ['it is day']]);
  });

  it('fails where the action has failed half-way: Juju would put in force what it had ordered', async () => {
    expect(await answered('burn')).toEqual([
      E.left(broken),
      ['/full could not be read or written (ENOSPC); check the folder and its owner'],
    ]);
  });
});
