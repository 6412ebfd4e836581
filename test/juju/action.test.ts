import * as E from 'fp-ts/lib/Either.js';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type ActionsOf, act, refuseAction } from '../../src/juju/index.ts';
import { changed, lighthouse, ships } from './ships.ts';

type World = ReturnType<typeof lighthouse>;
const actions: ActionsOf<typeof ships> = {
  lit: {
    parameters: v.object({ most: v.optional(v.number(), 1) }),
    run: async ({ ports }, { most }: { readonly most: number }) => {
      expectTypeOf(ports.juju.name).toBeString();
      ports.juju.publish(0, { beam: 'blue' });
      return { lamps: ports.lamp.lit.slice(0, most) };
    },
  },
  light: {
    parameters: v.object({}),
    isForLeader: true,
    run: async ({ hook }) => ({ charts: (await hook(changed(0))).charts.map(({ path }) => path) }),
  },
  never: { parameters: v.strictObject({}), run: async () => refuseAction('it is day') },
};

const asked = (world: World, name: string, parameters: unknown = {}, unit = 'l/0') =>
  act(ships, actions, { juju: world.juju.hook(unit), lamp: world.lamp })(name, parameters)();

const refusal = (why: string) => E.left({ _tag: 'ActionRefused', class: 'refused', why });

describe('an action of any charm', () => {
  it('has the charm’s ports, and commits nothing', async () => {
    const world = lighthouse({ color: 'red' });
    world.lamp.lit.push(7, 8);
    expect(await asked(world, 'lit')).toEqual(E.right({ lamps: [7] }));
    expect(await asked(world, 'lit', { most: 2 })).toEqual(E.right({ lamps: [7, 8] }));
    expect(world.juju.databag({ _tag: 'OwnApp', relation: 0 })).toEqual({});
  });

  it('may run a hook, which commits as Juju’s do', async () => {
    const world = lighthouse({ color: 'red' });
    const outcome = await asked(world, 'light');
    expect(outcome).toMatchObject(E.right({ charts: [expect.arrayContaining(['light', 'say'])] }));
    expect(world.juju.databag({ _tag: 'OwnApp', relation: 0 })).toEqual({ beam: 'red' });
  });

  it('is refused where only the leader can, where a parameter is unfit, or where it says so', async () => {
    const world = lighthouse({});
    expect(await asked(world, 'light', {}, 'l/1')).toEqual(
      refusal('only the leader can, which `juju status` marks with a star'),
    );
    expect(await asked(world, 'lit', { most: 'all' })).toEqual(
      refusal(
        'parameter most is not as expected (Invalid type: Expected number but received "all")',
      ),
    );
    expect(await asked(world, 'never')).toEqual(refusal('it is day'));
    expect(await asked(world, 'never', { ever: 1 })).toEqual(
      refusal(
        'parameter ever is not as expected (Invalid key: Expected never but received "ever")',
      ),
    );
    expect(await asked(world, 'dim')).toMatchObject(
      E.left({ why: expect.stringMatching(/^the charm has no such action: say .*lit.*light/) }),
    );
    expect(await asked(world, 'constructor')).toMatchObject(E.left({ _tag: 'ActionRefused' }));
  });
});
