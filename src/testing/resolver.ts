/**
 * Which hook a unit may run next, in Juju's order: a hook that failed; created of relations it has
 * not entered; leader-elected; then within one relation a changed that follows its joined, departed
 * of those who are gone, broken, the application's changed, joined, changed. Between relations the
 * order is random, so all of them are named. update-status comes when nothing else does.
 */

import { sameBag } from '../domain/databag.ts';
import type { Databag } from '../engine/index.ts';
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

/** The hooks of which Juju would run one next; empty where it has no reason to call the unit. */
export function hooksOf(world: World, name: string): readonly Hook[] {
  const unit = unitNamed(world, name);
  if (unit.failed !== null) return [unit.failed];
  const relations = relationsOf(world, unit);
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
  if (queued !== undefined) return [{ name: queued }];
  const next = relations.flatMap(([id, relation]) => {
    const told = unit.told[id];
    return told === undefined ? [] : (nextOf(world, name, unit, id, relation, told) ?? []);
  });
  return next.length === 0 && unit.life === 'dying' ? [{ name: 'stop' }] : next;
}

/** A hook that Juju runs whenever a unit has nothing else to do. */
export const updateStatus: Hook = { name: 'update-status' };

/** The relations that the hook tools list for a unit: those that it has entered, less one that is breaking. */
export const listedRelations = (world: World, unit: Unit): readonly number[] =>
  Object.entries(world.relations).flatMap(([id, relation]) => {
    const told = unit.told[id];
    if (told === undefined || isPeer(relation)) return [];
    const isBreaking = relation.life !== 'alive' && Object.keys(told.units).length === 0;
    return isBreaking ? [] : [Number(id)];
  });

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
  const of = (kind: string, remoteUnit?: string): Hook =>
    hook(kind, id, relation, unit, remoteUnit);
  if (told.changing !== null) return of('changed', told.changing);
  const isEnding = !isPeer(relation) && (relation.life !== 'alive' || unit.life === 'dying');
  const present = isEnding
    ? []
    : relation.scope.filter(
        (other) => other !== name && world.units[other]?.application === remote,
      );
  const gone = Object.keys(told.units)
    .sort()
    .find((seen) => !present.includes(seen));
  if (gone !== undefined) {
    const isLeaving =
      unit.life === 'dying' || world.applications[unit.application]?.life === 'dying';
    return { ...of('departed', gone), departingUnit: isLeaving ? name : gone };
  }
  if (isEnding) return of('broken');
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
  relation: number,
  { endpoint, provider, requirer }: Relation,
  { application }: Unit,
  remoteUnit?: string,
): Hook {
  const remoteApplication = provider === application ? requirer : provider;
  const name = `${endpoint}-relation-${kind}`;
  return remoteUnit === undefined
    ? { name, relation, remoteApplication }
    : { name, relation, remoteApplication, remoteUnit };
}
