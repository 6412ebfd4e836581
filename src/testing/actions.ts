import type { Databag } from '../pgbouncer/engine.ts';
import type { Interruption } from './hook-run.ts';
import type { Hook } from './world.ts';

/** One thing that happens in a model, as plain data. */
export type Action =
  /** A unit runs a hook: one that Juju would run next, or update-status. */
  | {
      readonly _tag: 'RunHook';
      readonly unit: string;
      readonly hook: Hook;
      readonly interruption?: Interruption;
    }
  /** A requirer is related to the provider; the relation gets the next id. */
  | { readonly _tag: 'Relate'; readonly application: string }
  /** With force the hooks of the end are skipped. */
  | { readonly _tag: 'RemoveRelation'; readonly relation: number; readonly force?: true }
  | { readonly _tag: 'Suspend'; readonly relation: number }
  | { readonly _tag: 'Resume'; readonly relation: number }
  | { readonly _tag: 'AddUnit'; readonly application: string }
  | { readonly _tag: 'RemoveUnit'; readonly unit: string; readonly force?: true }
  | { readonly _tag: 'RemoveApplication'; readonly application: string }
  /** A requirer asks for something else from now on; its leader writes it. */
  | { readonly _tag: 'Ask'; readonly application: string; readonly request: Databag }
  /** The unit's pod is replaced: what it kept in files is gone. */
  | { readonly _tag: 'LosePod'; readonly unit: string }
  /** The unit's agent is started anew; its pod, its files and what was left to do stay. */
  | { readonly _tag: 'RestartAgent'; readonly unit: string }
  | { readonly _tag: 'ChangeConfig'; readonly application: string }
  /** An operator has Juju go on after a hook that failed, without running it again. */
  | { readonly _tag: 'Resolve'; readonly unit: string }
  /** The leader's lease runs out, and nobody has taken it up yet. */
  | { readonly _tag: 'LoseLeader'; readonly application: string }
  | { readonly _tag: 'Elect'; readonly unit: string }
  | { readonly _tag: 'StopPostgres' }
  | { readonly _tag: 'StartPostgres' }
  /** Each statement takes so many seconds from now on. */
  | { readonly _tag: 'SlowPostgres'; readonly seconds: number }
  | { readonly _tag: 'StopPooler'; readonly unit: string }
  | { readonly _tag: 'StartPooler'; readonly unit: string };

/** An action in one line of a story. */
export function tell(action: Action): string {
  switch (action._tag) {
    case 'RunHook':
      return `${action.unit} runs ${tellHook(action.hook)}${tellInterruption(action.interruption)}`;
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
      return `${action.application} is configured`;
    case 'Resolve':
      return `the failed hook of ${action.unit} is resolved`;
    case 'LoseLeader':
      return `${action.application} loses its leader`;
    case 'Elect':
      return `${action.unit} becomes the leader`;
    case 'StopPostgres':
      return 'PostgreSQL goes down';
    case 'StartPostgres':
      return 'PostgreSQL comes up';
    case 'SlowPostgres':
      return `each statement takes ${action.seconds} s from now on`;
    case 'StopPooler':
      return `the PgBouncer of ${action.unit} goes down`;
    case 'StartPooler':
      return `the PgBouncer of ${action.unit} comes up`;
  }
}

function tellHook({ name, relation, remoteUnit, departingUnit, secret, revision }: Hook): string {
  if (secret !== undefined) return `${name} of ${secret}, revision ${revision}`;
  const of = relation === undefined ? '' : ` of relation ${relation}`;
  const who = remoteUnit === undefined ? '' : ` (${remoteUnit})`;
  const leaving =
    departingUnit === undefined || departingUnit === remoteUnit ? '' : `, itself departing`;
  return `${name}${of}${who}${leaving}`;
}

function tellInterruption(interruption: Interruption | undefined): string {
  if (interruption === undefined) return '';
  const { at, how } = interruption;
  const what = {
    killed: 'and is killed',
    outage: 'while PostgreSQL goes down',
    deposed: 'and loses its leadership',
    lost: 'and loses a connection',
    'answer lost': 'and loses a connection after the work was done',
    fails: 'and is refused',
    half: 'and only half of the file is loaded',
    'commit lost': 'and Juju loses its commit',
  }[how];
  return `, ${what} at step ${at}`;
}
