import { kindOf } from '../hook/index.ts';
import { type Action, type Interruption, isHook, isOperation, type Operation } from './actions.ts';
import { aCharm, anAction, given } from './given.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { type Hook, Misuse } from './world.ts';

/**
 * An action in one line of a story.
 *
 * @category Stories
 *
 * @example
 * ```ts
 * import { simulated } from 'hookchart/pgbouncer/testing';
 * import { tell } from 'hookchart/testing';
 *
 * const hook = { name: 'database-relation-changed', relation: 1 };
 * console.log(tell(simulated, { _tag: 'RunHook', unit: 'pgbouncer/0', hook }));
 * // pgbouncer/0 runs database-relation-changed of relation 1
 * ```
 */
export function tell(charm: SimulatedCharm, action: Action): string {
  given('tell', 'the charm', charm, aCharm);
  given('tell', 'the action', action, anAction);
  if (isHook(action)) {
    const { unit, hook, interruption } = action;
    return `${unit} runs ${tellHook(hook)}${tellInterruption(charm, interruption)}`;
  }
  if (isOperation(action)) return tellOperation(action);
  const { shared, unit } = charm.outside;
  const told = shared.actions[action._tag]?.told ?? unit.actions[action._tag]?.told;
  if (told === undefined) return action._tag;
  if (typeof told === 'string') return told;
  const said: unknown = told(action.unit ?? '');
  if (typeof said === 'string') return said;
  throw new Misuse(`told of ${action._tag} gave ${kindOf(said)}: give a text at once`);
}

function tellOperation(action: Operation): string {
  switch (action._tag) {
    case 'Deploy':
      return `${action.application} is deployed`;
    case 'Integrate': {
      const [one, other] = [action.requirer, action.provider];
      return `${one.application}:${one.endpoint} is related to ${other.application}:${other.endpoint}`;
    }
    case 'Relate':
      return `${action.application} is related`;
    case 'RemoveRelation':
      return `relation ${action.relation} is removed${action.force ? ' by force' : ''}`;
    case 'Suspend':
      return `relation ${action.relation} is suspended`;
    case 'Resume':
      return `relation ${action.relation} is resumed`;
    case 'AddUnit':
      return `${action.application} gets one more unit`;
    case 'RemoveUnit':
      return `${action.unit} is removed${action.force ? ' by force' : ''}`;
    case 'RemoveApplication':
      return `${action.application} is removed`;
    case 'Ask':
      return `${action.application} asks for ${JSON.stringify(action.request)}`;
    case 'LosePod':
      return `${action.unit} loses its pod`;
    case 'RestartAgent':
      return `the agent of ${action.unit} is restarted`;
    case 'ChangeConfig':
      return `${action.application} is configured${action.values === undefined ? '' : ` with ${JSON.stringify(action.values)}`}`;
    case 'Upgrade':
      return `${action.application} is refreshed`;
    case 'RotateSecret':
      return `it is time to rotate ${action.secret}`;
    case 'ExpireSecret':
      return `revision ${action.revision} of ${action.secret} has expired`;
    case 'Resolve':
      return `the failed hook of ${action.unit} is resolved`;
    case 'LoseLeader':
      return `${action.application} loses its leader`;
    case 'Elect':
      return `${action.unit} becomes the leader`;
  }
}

/** A hook by its name, with what it is about. */
export function tellHook(hook: Hook): string {
  const { name, relation, remoteUnit, departingUnit, secret, revision, action } = hook;
  if (action !== undefined) {
    const isBare = Object.keys(action.parameters).length === 0;
    return `the action ${name}${isBare ? '' : ` with ${JSON.stringify(action.parameters)}`}`;
  }
  if (secret !== undefined)
    return `${name} of ${secret}${revision === undefined ? '' : `, revision ${revision}`}`;
  const { check, notice, storage } = hook;
  if (storage !== undefined) return `${name} of ${storage}`;
  if (check !== undefined) return `${name} of ${check}`;
  if (notice !== undefined) return `${name} of ${notice.key}`;
  const of = relation === undefined ? '' : ` of relation ${relation}`;
  const who = remoteUnit === undefined ? '' : ` (${remoteUnit})`;
  const leaving =
    departingUnit === undefined || departingUnit === remoteUnit ? '' : `, itself departing`;
  return `${name}${of}${who}${leaving}`;
}

const jujuOwn: Readonly<Record<string, string>> = {
  killed: 'and is killed',
  deposed: 'and loses its leadership',
  'commit lost': 'and Juju loses its commit',
};

function tellInterruption(charm: SimulatedCharm, interruption: Interruption | undefined): string {
  if (interruption === undefined) return '';
  const { at, how } = interruption;
  return `, ${jujuOwn[how] ?? charm.faults[how]?.told ?? `and meets "${how}"`} at step ${at}`;
}
