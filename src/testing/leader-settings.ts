/** What a leader says to all units of its application by `leader-set`, as charms did before peer relations. */
import type { Databag } from '../juju/index.ts';
import { follows, withUnit } from './lifecycle.ts';
import { sameBag } from './same-bag.ts';
import { applicationNamed, replaced, unitNamed, unitsOf, type World } from './world.ts';

/** Others than who said it are told that it is another thing than before, but who is going. */
export function withSettings(world: World, speaker: string, settings: Databag): World {
  const name = unitNamed(world, speaker).application;
  const { settings: before = {}, ...application } = applicationNamed(world, name);
  if (sameBag(before, settings)) return world;
  const said = Object.keys(settings).length === 0 ? application : { ...application, settings };
  const next = { ...world, applications: replaced(world.applications, name, said) };
  return unitsOf(next, name)
    .filter((unit) => unit !== speaker && unitNamed(next, unit).life === 'alive')
    .reduce((told, unit) => {
      const one = unitNamed(told, unit);
      return withUnit(told, unit, { ...one, queue: follows(one.queue) });
    }, next);
}
