/** What is left of relations that are gone, by their numbers, which stand for nothing else. */
import type { Databag } from '../juju/index.ts';
import type { World } from '../testing/index.ts';
import type { Pod } from './pod.ts';

type Foreign = World<null, Pod>;

/** Where something may be left; each in words. */
export const left = { secrets, databags, state };

function secrets({ secrets: all, tested, made, relations }: Foreign): readonly string[] {
  const isOwn = (owner: string) => owner === tested || owner.startsWith(`${tested}/`);
  return Object.entries(all).flatMap(([id, { owner, label, tracked }]) => {
    if (!isOwn(owner)) return [];
    // Who has read it is gone as well.
    const wasRead = Object.keys(tracked).some((unit) => !isOwn(unit));
    const isNamed = namesAny(label ?? '', goneIn({ made, relations }));
    return wasRead || isNamed
      ? [`the secret ${label === null ? id : `"${label}"`} of ${owner} is left`]
      : [];
  });
}

function databags(world: Foreign): readonly string[] {
  const gone = goneIn(world);
  // What a unit that is gone has written nobody can take away.
  const isThere = ([who]: readonly [string, Databag]) => world.units[who] !== undefined;
  return Object.values(world.relations).flatMap(({ endpoint, provider, applications, units }) =>
    [...Object.entries(applications), ...Object.entries(units).filter(isThere)].flatMap(
      ([who, bag]) =>
        keysAbout(bag, provider === world.tested ? gone : []).map(
          (key) => `${key} is left in the databag of ${who} in ${endpoint}`,
        ),
    ),
  );
}

function state(world: Foreign): readonly string[] {
  const gone = goneIn(world);
  return Object.entries(world.units).flatMap(([unit, { application, state: kept }]) =>
    keysAbout(kept, application === world.tested ? gone : []).map(
      (key) => `${key} is left in the state of ${unit}`,
    ),
  );
}

/** The numbers of relations that were made and are no more. */
const goneIn = ({ made, relations }: Pick<Foreign, 'made' | 'relations'>): readonly string[] =>
  Array.from({ length: Math.max(made.relations - 1001, 0) }, (_, at) => String(1001 + at)).filter(
    (id) => relations[id] === undefined,
  );

const keysAbout = (bag: Databag, gone: readonly string[]): readonly string[] =>
  Object.entries(bag).flatMap(([key, value]) =>
    namesAny(key, gone) || namesAny(value, gone) ? [key] : [],
  );

const namesAny = (text: string, numbers: readonly string[]): boolean =>
  (text.match(/\d+/g) ?? []).some((number) => numbers.includes(number));
