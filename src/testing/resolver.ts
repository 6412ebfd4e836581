/**
 * Which hook a unit may run next, in Juju's order: a hook that failed; install; created of relations
 * it has not entered; leader-elected or leader-settings-changed, config-changed, start; then within
 * one relation a changed that follows its joined, departed of those who are gone, broken, the
 * application's changed, joined, changed. Between relations the order is random, and hooks about
 * secrets come among them, so all of them are named. update-status comes when nothing else does.
 */

import type { Databag } from '../juju/index.ts';
import { aWorld, given } from './given.ts';
import { sameBag } from './same-bag.ts';
import { queuedHook, storageHook } from './storage.ts';
import {
  type Hook,
  isPeer,
  type Relation,
  remoteOf,
  type Told,
  type Unit,
  unitNamed,
  type World,
} from './world.ts';

/**
 * The hooks of which Juju would run one next; empty where it has no reason to call the unit.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { hooksOf, step, worldOf } from 'hookchart/testing';
 *
 * const before = worldOf(simulated, { units: 1, requirers: { shop: { units: 1, request: {} } } });
 * const { world } = await step(simulated, before, { _tag: 'Relate', application: 'shop' });
 * console.log(hooksOf(world, 'shop/0').map(({ name }) => name));
 * // [ 'database-relation-created' ]
 * ```
 */
export function hooksOf(world: World, name: string): readonly Hook[] {
  given('hooksOf', 'the world', world, aWorld);
  const unit = unitNamed(world, name);
  if (unit.failed !== null) return [unit.failed];
  const relations = relationsOf(world, unit);
  const [first] = unit.queue;
  // Even a unit that is to go is installed first, so that there is something to stop.
  if (first === 'install' || first === 'remove' || first?.endsWith('-storage-attached'))
    return [queuedHook(first)];
  if (unit.life === 'alive') {
    const created = relations.flatMap(([id, relation]) =>
      relation.life === 'alive' && unit.told[id] === undefined
        ? [hook('created', id, relation, unit)]
        : [],
    );
    if (created.length > 0) return created;
  }
  // A unit that goes before it was started is not started any more.
  const [queued] = unit.queue.filter((name) => unit.life === 'alive' || name === 'leader-elected');
  if (queued !== undefined) return [queuedHook(queued)];
  const news = unit.news ?? [];
  const next = relations.flatMap(([id, relation]) => {
    const told = unit.told[id];
    return told === undefined ? [] : (nextOf(world, name, unit, id, relation, told) ?? []);
  });
  if (unit.life !== 'dying') return [...news, ...next];
  const detaching = (unit.attached ?? []).map((one): Hook => storageHook(one, 'detaching'));
  const left = [...detaching, ...next];
  return [...news, ...(left.length === 0 ? [{ name: 'stop' }] : left)];
}

/** A hook that Juju runs whenever a unit has nothing else to do. */
export const updateStatus: Hook = { name: 'update-status' };

/**
 * Whether the hook tools know a relation: a unit enters all that live as soon as it is installed,
 * and each of them at the latest with its created.
 */
export const isKnown = (unit: Unit, id: number, { life }: Relation): boolean =>
  unit.told[id] !== undefined || (unit.life === 'alive' && life === 'alive');

/**
 * Whether `relation-ids` lists it. An agent reads a relation's life when it enters it, and does not
 * look again: one that is being broken is listed like all others, until the agent is restarted.
 */
export function isListed(unit: Unit, id: number, relation: Relation): boolean {
  const told = unit.told[id];
  if (told?.isReread !== true || isPeer(relation)) return isKnown(unit, id, relation);
  return relation.life === 'alive' || Object.keys(told.units).length > 0;
}

/** Its name on the side of an application. */
export const endpointOf = (
  { endpoint, requirerEndpoint, provider }: Relation,
  application: string,
): string => (application === provider ? endpoint : (requirerEndpoint ?? endpoint));

function relationsOf(
  world: World,
  { application }: Unit,
): readonly (readonly [number, Relation])[] {
  return Object.entries(world.relations).flatMap(([id, relation]) =>
    relation.provider === application || relation.requirer === application
      ? [[Number(id), relation] as const]
      : [],
  );
}

function nextOf(
  world: World,
  name: string,
  unit: Unit,
  id: number,
  relation: Relation,
  told: Told,
): Hook | null {
  const remote = remoteOf(relation, unit.application);
  const of = (kind: string, remoteUnit?: string): Hook => {
    const whole = hook(kind, id, relation, unit, remoteUnit);
    if (kind !== 'broken' || told.isReread !== true) return whole;
    const { remoteApplication: _, ...rest } = whole;
    return rest;
  };
  if (told.changing !== null) return of('changed', told.changing);
  // An agent that was restarted takes the peer relation for one that can break.
  const isOther = !isPeer(relation) || told.isReread === true;
  const isEnding = relation.life !== 'alive' || unit.life === 'dying';
  // A unit departs as soon as it knows that it is to go, before it has left.
  const present = isEnding
    ? []
    : relation.scope.filter((other) => {
        const there = world.units[other];
        return other !== name && there?.application === remote && there.life === 'alive';
      });
  const gone = Object.keys(told.units)
    .sort()
    .find((seen) => !present.includes(seen));
  if (gone !== undefined) {
    const isLeaving =
      unit.life === 'dying' || world.applications[unit.application]?.life === 'dying';
    return { ...of('departed', gone), departingUnit: isLeaving ? name : gone };
  }
  if (isEnding) return isOther ? of('broken') : null;
  if (!sameBag(relation.applications[remote] ?? {}, told.application)) return of('changed');
  const joining = present.find((other) => told.units[other] === undefined);
  if (joining !== undefined) return of('joined', joining);
  const moved = present.find(
    (other) => !sameBag(relation.units[other] ?? {}, told.units[other] as Databag),
  );
  return moved === undefined ? null : of('changed', moved);
}

function hook(
  kind: string,
  id: number,
  relation: Relation,
  { application }: Unit,
  remoteUnit?: string,
): Hook {
  const remoteApplication = remoteOf(relation, application);
  const name = `${endpointOf(relation, application)}-relation-${kind}`;
  return remoteUnit === undefined
    ? { name, relation: id, remoteApplication }
    : { name, relation: id, remoteApplication, remoteUnit };
}
