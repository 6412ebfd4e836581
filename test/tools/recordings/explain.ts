/**
 * What must have happened in a model, unrecorded, for Juju to run a hook: operators' and faults'
 * actions, and what units did whose hooks were not recorded. Each is an action of the simulation or
 * a change that an unseen unit makes; whether the hook may then run is the simulation's to say.
 */

import { simulated } from '../../../src/pgbouncer/testing/index.ts';
import { unitOf } from '../../../src/testing/deploy.ts';
import { entered, withScope } from '../../../src/testing/lifecycle.ts';
import { endpointOf, hooksOf, updateStatus } from '../../../src/testing/resolver.ts';
import { isSame } from '../../../src/testing/step.ts';
import {
  type Hook,
  isPeer,
  type Queued,
  type Relation,
  remoteOf,
  type World,
} from '../../../src/testing/world.ts';
import { eventVariables } from '../../pgbouncer/charm/environment.ts';
import { Differs, differs } from './differs.ts';
import { type Model, restartWords } from './model.ts';
import { applicationOf, isLeaderEvent, type Placed, relationOf } from './timeline.ts';

const removalWords =
  /remov|scal|destroy|kill|down|delet|detach|unrelat|leav|break|goes|gone|depart/i;
const configWords = /=|config|address|network|trust|option/i;

/** Lets happen what must have happened, and gives the hook as the simulation would run it. */
export function explained(model: Model, placed: Placed): Hook {
  const { hook: recorded } = placed;
  const name = recorded.unit;
  const wanted = wantedOf(model, placed);
  const failed = model.world.units[name]?.failed ?? null;
  if (failed !== null && !isAlike(failed, wanted)) {
    if (!model.says(placed, /resolv/i))
      throw differs('its hook failed and is to be run again', tell(failed), tell(wanted));
    model.take({ _tag: 'Resolve', unit: name });
  }
  if (failed !== null && isAlike(failed, wanted)) return checked(placed, failed);
  happen(model, placed, wanted);
  const seen = withoutNews(model, name, wanted, placed);
  const possible = [...hooksOf(seen, name), ...idle(seen, name)];
  const found =
    possible.find((one) => isAlike(one, wanted)) ?? possible.find((one) => isNearly(one, wanted));
  if (found !== undefined) return checked(placed, found);
  const next = possible.map(tell).join(' or ');
  throw new Differs(
    `Juju would not run ${tell(wanted)} now; next is ${next === '' ? 'nothing' : next}`,
  );
}

const tell = (hook: Hook): string => `${hook.name} ${JSON.stringify(eventVariables(hook))}`;

/** Of these it is the environment that differs, and is told. */
const isNearly = (one: Hook, other: Hook): boolean =>
  one.name === other.name && one.relation === other.relation;

const isAlike = (one: Hook, other: Hook): boolean =>
  isSame(
    { ...one, revision: one.revision ?? 0 },
    { ...other, revision: other.revision ?? one.revision ?? 0 },
  ) && one.remoteApplication === other.remoteApplication;

const kinds = [
  'JUJU_RELATION',
  'JUJU_RELATION_ID',
  'JUJU_REMOTE_APP',
  'JUJU_REMOTE_UNIT',
  'JUJU_DEPARTING_UNIT',
  'JUJU_SECRET_ID',
  'JUJU_SECRET_LABEL',
  'JUJU_SECRET_REVISION',
  'JUJU_WORKLOAD_NAME',
];

function checked({ hook: recorded }: Placed, hook: Hook): Hook {
  const expected: Record<string, string> = {
    ...eventVariables(hook),
    JUJU_UNIT_NAME: recorded.unit,
    JUJU_HOOK_NAME: recorded.hook,
    JUJU_DISPATCH_PATH: `hooks/${recorded.hook}`,
  };
  for (const key of new Set([...kinds, ...Object.keys(expected)])) {
    const [one, other] = [expected[key], recorded.environment[key]];
    if (one !== other)
      throw differs(
        key,
        one === undefined ? 'none' : `"${one}"`,
        other === undefined ? 'none' : `"${other}"`,
      );
  }
  return hook;
}

/** The hook that a recording tells of, as far as it can be told. */
function wantedOf(model: Model, { hook: recorded }: Placed): Hook {
  const { environment, hook: name } = recorded;
  const id = relationOf(recorded);
  if (name.startsWith('secret-')) {
    const secret = environment.JUJU_SECRET_ID ?? '';
    const known = model.world.units[recorded.unit]?.news ?? [];
    const revision =
      name === 'secret-changed'
        ? known.find((one) => one.name === name && one.secret === secret)?.revision
        : Number(environment.JUJU_SECRET_REVISION ?? Number.NaN);
    return { name, secret, ...(revision === undefined ? {} : { revision }) };
  }
  if (id === null) return { name };
  const {
    JUJU_REMOTE_APP: app,
    JUJU_REMOTE_UNIT: unit,
    JUJU_DEPARTING_UNIT: departing,
  } = environment;
  return {
    name,
    relation: id,
    ...(app ? { remoteApplication: app } : {}),
    ...(unit ? { remoteUnit: unit } : {}),
    ...(departing === undefined ? {} : { departingUnit: departing }),
  };
}

const idle = (world: World, name: string): readonly Hook[] => {
  const unit = world.units[name];
  const isBusy = unit === undefined || unit.life !== 'alive' || unit.failed !== null;
  const news = unit?.news?.length ?? 0;
  return isBusy || hooksOf(world, name).length > news ? [] : [updateStatus];
};

function happen(model: Model, placed: Placed, wanted: Hook): void {
  const { hook: recorded } = placed;
  const { unit: name, hook } = recorded;
  if (hook === 'install') {
    install(model, placed);
    return;
  }
  const unit = model.world.units[name];
  if (unit === undefined)
    throw new Differs(model.gone.has(name) ? 'the unit is gone' : 'a unit begins with install');
  if (hook === 'leader-elected' && !unit.queue.includes('leader-elected')) model.lead(placed, true);
  else if (hook === 'leader-settings-changed' && !unit.queue.includes(hook)) {
    if (model.leads(name)) model.lead(placed, false);
    else if (model.says(placed, restartWords)) model.take({ _tag: 'RestartAgent', unit: name });
  } else if (hook === 'start' && !unit.queue.includes('start')) {
    // A machine that comes up again starts before its unit does anything else.
    const ran = model.timeline
      .ran(placed)
      .some((one) => one.hook === 'start' || one.hook === 'leader-settings-changed');
    if (!ran && model.says(placed, restartWords)) model.take({ _tag: 'LosePod', unit: name });
  } else if (hook === 'config-changed' && !unit.queue.includes(hook)) {
    if (model.says(placed, configWords) || model.isConfigured(placed))
      model.change(name, (one) => ({
        ...one,
        queue: [
          ...one.queue.filter((queued) => queued.startsWith('leader')),
          'config-changed',
          ...one.queue.filter((queued) => !queued.startsWith('leader')),
        ],
      }));
  } else if (hook.endsWith('-pebble-ready') && !unit.queue.includes('install'))
    model.change(name, (one) => ({ ...one, queue: [hook as Queued, ...one.queue] }));
  else if (hook === 'upgrade-charm' && model.says(placed, /upgrad|refresh/i))
    model.change(name, (one) => ({ ...one, queue: [hook as Queued, ...one.queue] }));
  else if (hook === 'stop') leave(model, placed);
  else if (wanted.relation !== undefined) ofRelation(model, placed, wanted, wanted.relation);
  else if (wanted.secret !== undefined) model.hearOfUnseen(placed, wanted);
}

function install(model: Model, placed: Placed): void {
  const { unit: name } = placed.hook;
  const application = applicationOf(name);
  if (model.world.units[name] !== undefined) throw new Differs('the unit is installed already');
  if (model.gone.has(name)) throw new Differs('the unit is gone');
  const rest = model.timeline.of(name, placed.place);
  const first = rest.find(({ hook }) => isLeaderEvent(hook))?.hook.hook as Queued | undefined;
  model.addApplication(application);
  const leader = model.world.applications[application]?.leader ?? null;
  if (first === 'leader-elected' && leader === null) model.crown(name);
  model.addUnit(name, [
    'install',
    ...(first === 'leader-elected'
      ? (['leader-elected'] as const)
      : (['leader-settings-changed'] as const)),
    'config-changed',
    'start',
  ]);
  // A peer relation is there from the beginning.
  const peers = model.timeline.hooks.find(
    ({ hook }) =>
      hook.hook.endsWith('-relation-created') &&
      applicationOf(hook.unit) === application &&
      hook.environment.JUJU_REMOTE_APP === application,
  )?.hook;
  if (peers !== undefined)
    relate(model, placed, peers.hook, relationOf(peers) ?? 0, application, application);
}

function relate(
  model: Model,
  placed: Placed,
  hook: string,
  id: number,
  application: string,
  remote: string,
): void {
  if (model.world.relations[id] !== undefined) return;
  const other = model.timeline.hooks.find(
    (one) => relationOf(one.hook) === id && applicationOf(one.hook.unit) === remote,
  )?.hook.environment.JUJU_RELATION;
  const relation: Relation = {
    endpoint: hook.replace(/-relation-[a-z]+$/, ''),
    ...(other === undefined || remote === application
      ? {
          requirerEndpoint:
            remote === application ? hook.replace(/-relation-[a-z]+$/, '') : 'database',
        }
      : { requirerEndpoint: other }),
    provider: application,
    requirer: remote,
    life: 'alive',
    wasSuspended: false,
    applications: {},
    units: {},
    scope: [],
  };
  model.addApplication(remote);
  model.addRelation(id, relation, placed);
}

function ofRelation(model: Model, placed: Placed, wanted: Hook, id: number): void {
  const { unit: name } = placed.hook;
  const application = applicationOf(name);
  const kind = wanted.name.slice(wanted.name.lastIndexOf('-') + 1);
  if (model.world.relations[id] === undefined) {
    if (kind !== 'created') throw new Differs(`there is no relation ${id} yet`);
    if (wanted.remoteApplication === undefined)
      throw new Differs('a relation has an application at its other end');
    relate(model, placed, wanted.name, id, application, wanted.remoteApplication);
  }
  const relation = model.world.relations[id] as Relation;
  if (relation.provider !== application && relation.requirer !== application)
    throw new Differs(`relation ${id} is not one of ${application}`);
  const remote = remoteOf(relation, application);
  const other = wanted.remoteUnit;
  if (other !== undefined && applicationOf(other) !== remote)
    throw differs('JUJU_REMOTE_UNIT', `a unit of ${remote}`, other);
  if (kind === 'joined' && other !== undefined) appear(model, id, other);
  if (kind === 'changed') model.announce(placed, id, other);
  if (kind === 'departed' && other !== undefined) depart(model, placed, wanted, id, other);
  if (kind === 'broken') breaks(model, placed, wanted, id);
}

/**
 * The world as far as a unit's agent knows of relations that it has not entered yet: those that its
 * hook lists, whether anybody has been told of them before or not.
 */
export function withRelationsListed(model: Model, placed: Placed, hook: Hook): World {
  const { unit: name, calls } = placed.hook;
  const application = applicationOf(name);
  const listed = calls.flatMap(({ tool, exit, stdout }) =>
    tool === 'relation-ids' && exit === 0 ? [JSON.parse(stdout) as string[]] : [],
  );
  const asked = new Set(
    calls.flatMap(({ tool, exit, argv }) =>
      tool === 'relation-ids' && exit === 0 ? argv.filter((arg) => !arg.startsWith('-')) : [],
    ),
  );
  for (const key of listed.flat()) {
    const id = Number(key.split(':')[1]);
    const created = model.timeline
      .of(name, placed.place)
      .find(
        (one) =>
          one.place <= placed.quiet &&
          one.hook.hook.endsWith('-relation-created') &&
          one.hook.environment.JUJU_RELATION_ID === key,
      );
    const remote = created?.hook.environment.JUJU_REMOTE_APP;
    if (created !== undefined && remote !== undefined)
      relate(model, placed, created.hook.hook, id, application, remote);
  }
  const told = model.world.units[name]?.told ?? {};
  const isUnheard = ([id, relation]: readonly [string, Relation]): boolean =>
    told[id] === undefined &&
    hook.relation !== Number(id) &&
    [relation.provider, relation.requirer].includes(application) &&
    asked.has(endpointOf(relation, application)) &&
    !listed.flat().includes(`${endpointOf(relation, application)}:${id}`) &&
    !isPeer(relation) &&
    !model.wasThere(Number(id), placed);
  const relations = Object.entries(model.world.relations).filter((one) => !isUnheard(one));
  return withLifeRead(
    { ...model.world, relations: Object.fromEntries(relations) },
    name,
    (key) => asked.has(key.split(':')[0] ?? ''),
    (key) => listed.flat().includes(key),
    model.wasRestarted(placed) && mayEnd(model, placed),
  );
}

/** Whether relations may have been removed, and not units alone. */
function mayEnd(model: Model, placed: Placed): boolean {
  const actions = model.actionsBefore(placed);
  const isUnits = /\bunit\b/i.test(actions) || actions.includes(placed.hook.unit);
  return !isUnits || /relation|application/i.test(actions);
}

/** An agent that was restarted has read whether a relation lives, before it ended or after that. */
function withLifeRead(
  world: World,
  name: string,
  isAsked: (key: string) => boolean,
  isListed: (key: string) => boolean,
  mayHaveRead: boolean,
): World {
  const unit = world.units[name];
  if (unit === undefined) return world;
  const relations = { ...world.relations };
  const told = { ...unit.told };
  for (const [id, one] of Object.entries(unit.told)) {
    const relation = relations[id];
    if (relation === undefined || isPeer(relation)) continue;
    if (one.isReread !== true && !mayHaveRead) continue;
    const key = `${endpointOf(relation, unit.application)}:${id}`;
    if (!isAsked(key) || Object.keys(one.units).length > 0) continue;
    const { isReread: _, ...unread } = one;
    if (isListed(key)) told[id] = unread;
    else if (mayHaveRead && (unit.life === 'dying' || relation.life === 'dying')) {
      told[id] = { ...one, isReread: true };
      relations[id] = { ...relation, life: 'dying' };
    }
  }
  return { ...world, relations, units: { ...world.units, [name]: { ...unit, told } } };
}

/** A unit at the other end has entered the relation; one that was recorded must be there and installed. */
function appear(model: Model, id: number, other: string): void {
  const isSeen = model.timeline.applications.has(applicationOf(other));
  const there = model.world.units[other];
  if (there === undefined && isSeen) return;
  if (there === undefined) model.addUnit(other, []);
  if (there?.queue.includes('install')) return;
  if (isSeen) model.world = entered(model.world, other);
  else model.world = withScope(model.world, id, other);
}

function leave(model: Model, placed: Placed): boolean {
  const { unit: name } = placed.hook;
  if (model.world.units[name]?.life === 'dying') return true;
  if (!model.timeline.isLeaving(name, placed) || !mayLeave(model, placed, name)) return false;
  model.take({ _tag: 'RemoveUnit', unit: name });
  return true;
}

/** Whether what was done before may have been the end of this unit. */
function mayLeave(model: Model, placed: Placed, unit: string): boolean {
  const actions = model.actionsBefore(placed);
  if (actions.includes(unit)) return true;
  if (!model.says(placed, removalWords)) return false;
  return !/relation/i.test(actions) || /unit|application|scal|machine/i.test(actions);
}

function depart(model: Model, placed: Placed, wanted: Hook, id: number, other: string): void {
  if (leave(model, placed)) return;
  const relation = model.world.relations[id] as Relation;
  const there = model.world.units[other];
  if (relation.life !== 'alive' || there === undefined || there.life === 'dying') return;
  if (wanted.departingUnit === placed.hook.unit) return;
  if (!model.says(placed, removalWords)) return;
  const isSeen = model.timeline.applications.has(applicationOf(other));
  const rest = model.timeline.of(placed.hook.unit, placed.place);
  const breaksLater = rest.some(
    ({ hook, place }) =>
      place <= placed.quiet && relationOf(hook) === id && hook.hook.endsWith('-broken'),
  );
  if (!isPeer(relation) && breaksLater) model.take({ _tag: 'RemoveRelation', relation: id });
  else if (!isSeen) model.forget(id, other);
  else if (
    model.timeline.hooks.some(
      (one) =>
        one.place >= placed.place - 50 &&
        one.hook.unit === other &&
        model.timeline.isLeaving(other, one),
    )
  )
    model.take({ _tag: 'RemoveUnit', unit: other });
}

function breaks(model: Model, placed: Placed, wanted: Hook, id: number): void {
  const { unit: name } = placed.hook;
  const relation = model.world.relations[id] as Relation;
  const isLeaving = leave(model, placed);
  if (
    !isLeaving &&
    relation.life === 'alive' &&
    !isPeer(relation) &&
    model.says(placed, removalWords)
  )
    model.take({ _tag: 'RemoveRelation', relation: id });
  const told = model.world.units[name]?.told[id];
  if (
    wanted.remoteApplication === undefined &&
    told !== undefined &&
    told.isReread !== true &&
    model.wasRestarted(placed)
  )
    model.change(name, (unit) => ({
      ...unit,
      told: { ...unit.told, [id]: { ...told, isReread: true } },
    }));
}

/** The world as far as a unit has heard of it: nothing is new to it but what the hook is about. */
function withoutNews(model: Model, name: string, wanted: Hook, placed: Placed): World {
  const { world } = model;
  const unit = world.units[name];
  if (unit === undefined) return world;
  const relations: Record<string, Relation> = {};
  const told = { ...unit.told };
  for (const [key, relation] of Object.entries(world.relations)) {
    const id = Number(key);
    if (relation.provider !== unit.application && relation.requirer !== unit.application) continue;
    const one = unit.told[id];
    const isAbout = wanted.relation === id;
    if (one === undefined) {
      if (isAbout || isPeer(relation) || model.wasThere(id, placed)) relations[key] = relation;
      continue;
    }
    const remote = remoteOf(relation, unit.application);
    const joining = isAbout && wanted.name.endsWith('-joined') ? [wanted.remoteUnit ?? ''] : [];
    const leaving = isAbout && wanted.name.endsWith('-departed') ? [wanted.remoteUnit ?? ''] : [];
    const known = [
      ...Object.keys(one.units),
      ...joining.filter((other) => relation.scope.includes(other)),
    ];
    const stays = known.filter((other) => !(leaving.includes(other) && model.hasLeft(id, other)));
    const news =
      isAbout && wanted.name.endsWith('-changed') ? model.news(name, id, wanted.remoteUnit) : null;
    const about = wanted.remoteUnit ?? remote;
    const bags = Object.fromEntries(
      Object.keys(one.units).map((other) => [other, one.units[other] ?? {}]),
    );
    relations[key] = {
      ...relation,
      scope: [...stays, name].sort(),
      applications: {
        ...relation.applications,
        [remote]: news !== null && about === remote ? news : one.application,
      },
      units: {
        ...relation.units,
        ...bags,
        ...(news !== null && about !== remote ? { [about]: news } : {}),
      },
    };
  }
  const there = Object.fromEntries(
    Object.entries(world.units).map(([other, one]) => [
      other,
      other === name || hasDeparted(wanted, other) ? one : { ...one, life: 'alive' as const },
    ]),
  );
  for (const [, relation] of Object.entries(relations))
    for (const other of relation.scope) there[other] ??= unitOf(simulated, applicationOf(other), 0);
  return { ...world, relations, units: { ...there, [name]: { ...unit, told } } };
}

const hasDeparted = (wanted: Hook, other: string): boolean =>
  wanted.name.endsWith('-departed') && wanted.remoteUnit === other;
