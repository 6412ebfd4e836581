/** What Juju does by itself: it tells units of what was delivered, and clears away what has ended. */
import type { Databag } from '../juju/index.ts';
import type { Pending } from './hook-tools.ts';
import { announced, heardOf } from './news.ts';
import { attended, withoutDue } from './schedule.ts';
import { queuedAs, withOneMore, withStorage } from './storage.ts';
import {
  applicationNamed,
  type Hook,
  isPeer,
  type Queued,
  type Relation,
  remoteOf,
  replaced,
  runsCharm,
  type Told,
  type Unit,
  unitNamed,
  unitsOf,
  type World,
} from './world.ts';

const nothing: Databag = {};

/**
 * The world after a hook that ended well: the unit has been told, and is told nothing twice. What it
 * was told of is as it was `seen` when the hook began: what a leader has written for its peers in the
 * meantime it is told of as well.
 */
export function delivered(world: World, name: string, hook: Hook, seen: World = world): World {
  const unit = unitNamed(world, name);
  if (hook.action !== undefined) return world;
  if (hook.name === 'remove') return withoutUnit(world, name);
  if (hook.name === 'stop')
    return withUnit(world, name, { ...unit, queue: ['remove'], failed: null });
  if (hook.secret !== undefined)
    return attended(withUnit(world, name, heardOf({ ...unit, failed: null }, hook)), hook);
  if (hook.check !== undefined || hook.notice !== undefined)
    return withUnit(world, name, heardOf({ ...unit, failed: null }, hook));
  if (hook.relation === undefined) {
    const queue = unit.queue.filter((queued) => queued !== queuedAs(hook));
    return withUnit(world, name, withStorage({ ...unit, queue, failed: null }, hook));
  }
  const relation = world.relations[hook.relation];
  const told = unit.told[hook.relation];
  if (relation === undefined) return withUnit(world, name, { ...unit, failed: null });
  if (hook.name.endsWith('-relation-broken')) {
    const left = withoutScope(world, hook.relation, name);
    return withUnit(left, name, {
      ...unit,
      failed: null,
      told: replaced(unit.told, hook.relation, undefined),
    });
  }
  const next = toldBy(hook, seen.relations[hook.relation] ?? relation, told, unit);
  const after = withUnit(world, name, {
    ...unit,
    failed: null,
    told: { ...unit.told, [hook.relation]: next },
  });
  return hook.name.endsWith('-relation-created') ? entered(after, name) : after;
}

/** A unit enters all relations that live at once, before any of their created has run. */
export function entered(world: World, name: string): World {
  const { application } = unitNamed(world, name);
  const ids = Object.entries(world.relations).flatMap(([id, { life, provider, requirer }]) =>
    life === 'alive' && (provider === application || requirer === application) ? [Number(id)] : [],
  );
  return ids.reduce((next, id) => withScope(next, id, name), world);
}

function toldBy(hook: Hook, relation: Relation, told: Told | undefined, unit: Unit): Told {
  const { remoteUnit } = hook;
  const before = told ?? { application: nothing, units: {}, changing: null };
  const kind = hook.name.slice(hook.name.lastIndexOf('-') + 1);
  if (kind === 'created') return { application: nothing, units: {}, changing: null };
  if (remoteUnit === undefined) {
    const remote = remoteOf(relation, unit.application);
    return { ...before, application: relation.applications[remote] ?? nothing };
  }
  if (kind === 'departed') {
    const changing = before.changing === remoteUnit ? null : before.changing;
    return { ...before, changing, units: replaced(before.units, remoteUnit, undefined) };
  }
  const units = { ...before.units, [remoteUnit]: relation.units[remoteUnit] ?? nothing };
  if (kind === 'joined') return { ...before, units, changing: remoteUnit };
  return { ...before, units, changing: before.changing === remoteUnit ? null : before.changing };
}

/** What a hook that ended well has written is in force, all of it. */
export function flushed(world: World, name: string, pending: Pending): World {
  let next = world;
  for (const [id, bags] of Object.entries(pending.bags))
    for (const [who, bag] of Object.entries(bags)) next = written(next, name, id, who, bag);
  const { state, blanks, secrets, secretsMade, secretsRemoved } = pending;
  const { blanks: _, ...unit } = unitNamed(next, name);
  const queue = (pending.storageAdded ?? []).reduce(withOneMore(unit), unit.queue);
  next = withUnit(next, name, {
    ...unit,
    queue,
    state,
    ...(blanks.length === 0 ? {} : { blanks }),
  });
  const isTouched = secretsRemoved.length > 0 || Object.keys(secrets).length > 0;
  if (!isTouched && secretsMade === world.made.secrets) return next;
  return announced(next, {
    ...next,
    secrets: withoutAll({ ...next.secrets, ...secrets }, secretsRemoved),
    made: { ...next.made, secrets: secretsMade },
  });
}

/** A leader is told of what it writes to its own application's peer databag, as all its peers are. */
function written(world: World, name: string, id: string, who: string, bag: Databag): World {
  const relation = world.relations[id];
  if (relation === undefined) return world;
  const isUnits = who === name;
  const next = {
    ...relation,
    ...(isUnits
      ? { units: { ...relation.units, [who]: bag } }
      : { applications: { ...relation.applications, [who]: bag } }),
  };
  return { ...world, relations: { ...world.relations, [id]: next } };
}

/** A unit is gone: it left all scopes, and with it its pod, its files and its leadership. */
export function withoutUnit(world: World, name: string): World {
  const { application } = unitNamed(world, name);
  let next: World = {
    ...world,
    units: replaced(world.units, name, undefined),
    secrets: withoutSecretsOf(world, name),
  };
  for (const id of Object.keys(world.relations)) next = withoutScope(next, Number(id), name);
  const owner = next.applications[application];
  if (owner === undefined) return next;
  if (owner.life === 'dying' && unitsOf(next, application).length === 0)
    return emptied(next, application);
  if (owner.leader !== name) return next;
  // Who leads a requirer makes no difference to the provider, so it is never without a leader for long.
  const isPlayed = !runsCharm(next, application) && owner.role === 'requirer';
  const leader = isPlayed ? (unitsOf(next, application)[0] ?? null) : null;
  return {
    ...next,
    applications: { ...next.applications, [application]: { ...owner, leader } },
  };
}

/** An application without units is gone, with its secrets and, where another is under test, with its peer relations. */
export function emptied(world: World, application: string): World {
  const isKept = ([, relation]: readonly [string, Relation]) =>
    application === world.tested || !isPeer(relation) || relation.provider !== application;
  return cleared({
    ...world,
    applications: replaced(world.applications, application, undefined),
    relations: Object.fromEntries(Object.entries(world.relations).filter(isKept)),
    secrets: withoutSecretsOf(world, application),
  });
}

/** The leader's lease has run out; a leader-elected that was not run yet is no longer called for. */
export function withoutLeader(world: World, name: string): World {
  const application = applicationNamed(world, name);
  const { leader } = application;
  const next = {
    ...world,
    applications: { ...world.applications, [name]: { ...application, leader: null } },
  };
  const unit = leader === null ? undefined : next.units[leader];
  if (leader === null || unit === undefined) return next;
  const queue = unit.queue.filter((queued) => queued !== 'leader-elected');
  return withUnit(next, leader, withoutDue({ ...unit, queue: follows(queue) }, next));
}

/** A unit that does not lead is told of the leader's settings, which nobody has any more, before it goes on. */
export const follows = (queue: readonly Queued[]): readonly Queued[] =>
  queue.includes('leader-settings-changed') || queue.includes('install')
    ? queue
    : [
        ...queue.filter((queued) => queued === 'start'),
        'leader-settings-changed',
        ...queue.filter((queued) => queued !== 'start'),
      ];

export const withUnit = (world: World, name: string, unit: Unit): World => ({
  ...world,
  units: { ...world.units, [name]: unit },
});

export function withScope(world: World, id: number, unit: string): World {
  const relation = world.relations[id];
  if (relation === undefined || relation.scope.includes(unit)) return world;
  const scope = [...relation.scope, unit].sort();
  return { ...world, relations: { ...world.relations, [id]: { ...relation, scope } } };
}

/** The last unit that leaves a dying relation takes it along, with its databags and its grants. */
function withoutScope(world: World, id: number, unit: string): World {
  const relation = world.relations[id];
  if (relation === undefined) return world;
  const scope = relation.scope.filter((other) => other !== unit);
  return cleared({
    ...world,
    relations: { ...world.relations, [id]: { ...relation, scope } },
  });
}

const withoutAll = (secrets: World['secrets'], gone: readonly string[]): World['secrets'] =>
  gone.length === 0
    ? secrets
    : Object.fromEntries(Object.entries(secrets).filter(([id]) => !gone.includes(id)));

function withoutSecretsOf({ secrets }: World, gone: string): World['secrets'] {
  const kept = Object.entries(secrets).filter(([, { owner }]) => owner !== gone);
  return kept.length === Object.keys(secrets).length ? secrets : Object.fromEntries(kept);
}

/** Relations that have ended are cleared away, and their grants with them. */
export function cleared(world: World): World {
  const ended = Object.entries(world.relations).filter(
    ([, relation]) => !isPeer(relation) && relation.life === 'dying' && relation.scope.length === 0,
  );
  if (ended.length === 0) return world;
  const gone = new Set(ended.map(([id]) => id));
  const isKept = ([id]: readonly [string, unknown]) => !gone.has(id);
  const kept = <Value>(record: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(record).filter(isKept));
  return {
    ...world,
    relations: kept(world.relations),
    units: Object.fromEntries(
      Object.entries(world.units).map(([name, unit]) => [name, { ...unit, told: kept(unit.told) }]),
    ),
    secrets: Object.fromEntries(
      Object.entries(world.secrets).map(([id, secret]) => [
        id,
        { ...secret, grants: secret.grants.filter((relation) => !gone.has(String(relation))) },
      ]),
    ),
  };
}
