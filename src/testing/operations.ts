/** What operators, the controller and the machines do to a model, apart from hooks. */

import type { Databag } from '../juju/index.ts';
import type { Operation } from './actions.ts';
import { deployed, integrated, related } from './added.ts';
import { checkDatabag } from './check-parts.ts';
import { beginningOf, unitOf } from './deploy.ts';
import { HookTools } from './hook-tools.ts';
import {
  cleared,
  delivered,
  emptied,
  flushed,
  follows,
  withoutLeader,
  withoutUnit,
  withUnit,
} from './lifecycle.ts';
import { inherited, withoutWorkload } from './news.ts';
import { updateStatus } from './resolver.ts';
import { expired, rotated } from './schedule.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { viewOf } from './view.ts';
import {
  applicationNamed,
  type Configuration,
  isPeer,
  leaseSeconds,
  Misuse,
  type Queued,
  type Relation,
  relationNumbered,
  unitNamed,
  unitsOf,
  type World,
} from './world.ts';

const withRelation = (world: World, id: number, change: Partial<Relation>): World => ({
  ...world,
  relations: { ...world.relations, [id]: { ...relationNumbered(world, id), ...change } },
});

/** The Juju of a world after an operation; what is outside stays as it was. */
export function operated(charm: SimulatedCharm, world: World, action: Operation): World {
  switch (action._tag) {
    case 'Deploy':
      return deployed(charm, world, action);
    case 'Integrate':
      return integrated(world, action);
    case 'Relate':
      return related(charm, world, action.application);
    case 'RemoveRelation':
      return removed(world, action.relation, action.force === true);
    case 'Suspend':
      inLife(world, action.relation, 'alive');
      return withRelation(world, action.relation, { life: 'suspended', wasSuspended: true });
    case 'Resume':
      inLife(world, action.relation, 'suspended');
      return withRelation(world, action.relation, { life: 'alive' });
    case 'AddUnit':
      return scaledUp(charm, world, action.application);
    case 'RemoveUnit':
      unitNamed(world, action.unit);
      return action.force
        ? withoutUnit(world, action.unit)
        : withUnit(world, action.unit, { ...unitNamed(world, action.unit), life: 'dying' });
    case 'RemoveApplication':
      return withoutApplication(world, action.application);
    case 'Ask':
      checkDatabag('step', `the request of ${action.application}`, action.request);
      return asked(charm, world, action.application, action.request);
    case 'LosePod':
      return podLost(world, action.unit);
    case 'RestartAgent':
      return restarted(world, action.unit);
    case 'ChangeConfig':
      return reconfigured(world, action.application, action.values);
    case 'Upgrade':
      applicationNamed(world, action.application);
      return upgraded(world, action.application);
    case 'RotateSecret':
      return rotated(world, action.secret);
    case 'ExpireSecret':
      return expired(world, action.secret, action.revision);
    case 'Resolve':
      return resolved(world, action.unit);
    case 'LoseLeader':
      if (applicationNamed(world, action.application).leader === null)
        throw new Misuse(`${action.application} has no leader to lose`);
      return {
        ...withoutLeader(world, action.application),
        seconds: world.seconds + leaseSeconds,
      };
    case 'Elect':
      return elected(world, action.unit);
  }
}

function removed(world: World, id: number, isForced: boolean): World {
  if (isPeer(relationNumbered(world, id)))
    throw new Misuse('a peer relation goes with its application alone');
  const dying = withRelation(world, id, { life: 'dying', ...(isForced ? { scope: [] } : {}) });
  return cleared(dying);
}

function inLife(world: World, id: number, life: Relation['life']): void {
  const found = relationNumbered(world, id).life;
  if (found !== life) throw new Misuse(`relation ${id} is ${found}, not ${life}`);
}

function scaledUp(charm: SimulatedCharm, world: World, name: string): World {
  const application = applicationNamed(world, name);
  if (application.life === 'dying') throw new Misuse(`${name} is being removed`);
  const unit = `${name}/${application.unitsMade}`;
  const isPlayed = application.role === 'requirer' && application.charm === undefined;
  const isFirst = application.leader === null && isPlayed;
  const { storage } = application.charm ?? charm.life ?? { storage: [] };
  // What is played has nothing to do in the hooks of its units' own lives.
  const queue: readonly Queued[] = isPlayed ? ['start'] : beginningOf({ storage }, false);
  return {
    ...world,
    applications: {
      ...world.applications,
      [name]: {
        ...application,
        unitsMade: application.unitsMade + 1,
        leader: isFirst ? unit : application.leader,
      },
    },
    units: { ...world.units, [unit]: { ...unitOf(charm, name, application.unitsMade), queue } },
  };
}

function withoutApplication(world: World, name: string): World {
  let next: World = {
    ...world,
    applications: {
      ...world.applications,
      [name]: { ...applicationNamed(world, name), life: 'dying' },
    },
  };
  for (const unit of unitsOf(world, name))
    next = withUnit(next, unit, { ...unitNamed(next, unit), life: 'dying' });
  for (const [id, { requirer, provider: other }] of Object.entries(next.relations))
    if (requirer !== other && (requirer === name || other === name))
      next = withRelation(next, Number(id), { life: 'dying' });
  const isEmpty = unitsOf(next, name).length === 0;
  return isEmpty ? emptied(next, name) : cleared(next);
}

function asked({ requirer }: SimulatedCharm, world: World, name: string, request: Databag): World {
  const application = applicationNamed(world, name);
  if (application.role !== 'requirer') throw new Misuse(`${name} asks for nothing`);
  if (application.charm !== undefined)
    throw new Misuse(`${name} asks for what its own charm has it ask for`);
  const next = {
    ...world,
    applications: { ...world.applications, [name]: { ...application, request } },
  };
  if (application.leader === null) return next;
  const tools = new HookTools(viewOf(next, application.leader, updateStatus));
  requirer.ask(tools, { request, options: application.options });
  return flushed(next, application.leader, tools.flush());
}

function podLost(world: World, name: string): World {
  const unit = unitNamed(world, name);
  const isNew = unit.queue.includes('start') || unit.queue.includes('remove');
  const started = { ...unit, queue: ['start' as const, ...unit.queue] };
  // A machine that comes up again is started before anything else.
  return isNew ? world : restarted(withUnit(world, name, withoutWorkload(started)), name);
}

/** An agent that starts anew keeps what is left to do, and reads all else again. */
function restarted(world: World, name: string): World {
  const unit = unitNamed(world, name);
  const told = Object.fromEntries(
    Object.entries(unit.told).map(([id, one]) => [id, { ...one, isReread: true as const }]),
  );
  const leads = applicationNamed(world, unit.application).leader === name;
  const isStarted = !unit.queue.includes('install') && !unit.queue.includes('remove');
  const queue = leads || !isStarted || unit.life !== 'alive' ? unit.queue : follows(unit.queue);
  return withUnit(world, name, { ...unit, told, queue });
}

function reconfigured(world: World, application: string, values?: Configuration): World {
  const before = applicationNamed(world, application);
  const changed: World =
    values === undefined
      ? world
      : {
          ...world,
          applications: {
            ...world.applications,
            [application]: { ...before, config: { ...before.config, ...values } },
          },
        };
  return unitsOf(world, application).reduce((next, name) => {
    const unit = unitNamed(next, name);
    const isDue = unit.queue.includes('config-changed') || unit.queue.includes('remove');
    const isLeading = (queued: Queued) => queued.startsWith('leader-');
    const queue = [
      ...unit.queue.filter(isLeading),
      'config-changed' as const,
      ...unit.queue.filter((queued) => !isLeading(queued)),
    ];
    return isDue ? next : withUnit(next, name, { ...unit, queue });
  }, changed);
}

/** Units that are installed are told that their charm is a new one, and of their options after it. */
function upgraded(world: World, application: string): World {
  return unitsOf(world, application).reduce((next, name) => {
    const unit = unitNamed(next, name);
    const isElsewhere = unit.queue.includes('install') || unit.queue.includes('remove');
    if (isElsewhere || unit.life === 'dying') return next;
    const told = (['upgrade-charm', 'config-changed'] as const).filter(
      (hook) => !unit.queue.includes(hook),
    );
    return withUnit(next, name, { ...unit, queue: [...told, ...unit.queue] });
  }, world);
}

/** An operator lets a hook that failed be, and the unit goes on as though it had ended well. */
function resolved(world: World, name: string): World {
  const { failed } = unitNamed(world, name);
  if (failed === null) throw new Misuse(`${name} has no hook that failed`);
  return delivered(world, name, failed);
}

function elected(world: World, name: string): World {
  const unit = unitNamed(world, name);
  const application = applicationNamed(world, unit.application);
  if (application.leader !== null)
    throw new Misuse(`${application.leader} leads ${unit.application} until its lease runs out`);
  const queue = unit.queue.includes('leader-elected')
    ? unit.queue
    : (['leader-elected', ...unit.queue] as const);
  return inherited(
    {
      ...withUnit(world, name, {
        ...unit,
        queue: queue.filter((queued) => queued !== 'leader-settings-changed'),
      }),
      applications: { ...world.applications, [unit.application]: { ...application, leader: name } },
    },
    name,
  );
}
