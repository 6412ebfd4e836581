import type { Databag } from '../juju/index.ts';
import type { Configuration, Hook, OwnCharm } from './world.ts';

/**
 * What befalls a hook at one of its steps, the n-th from 1: something that it does outside of Juju,
 * or at last the commit. `killed`: the process dies BEFORE the step. `deposed`: the lease runs out
 * there. `commit lost`: whatever the step, Juju refuses the commit, after it has made the hook's
 * secrets. Any other is a fault of the charm's own outside.
 */
export interface Interruption {
  readonly at: number;
  readonly how: string;
}

/** What may befall any hook. */
export const interruptions: readonly string[] = ['killed', 'deposed', 'commit lost'];

/** A unit runs a hook: one that Juju would run next, or update-status. */
export interface RunHook {
  readonly _tag: 'RunHook';
  readonly unit: string;
  readonly hook: Hook;
  readonly interruption?: Interruption;
}

/** One end of a relation. */
export interface End {
  readonly application: string;
  readonly endpoint: string;
}

/** What operators, the controller and the machines do, apart from hooks. */
export type Operation =
  /** An application beside the one under test, with a charm of its own. */
  | {
      readonly _tag: 'Deploy';
      readonly application: string;
      readonly units: number;
      readonly charm: OwnCharm;
    }
  /** Two applications are related, neither of which need be the one under test. */
  | { readonly _tag: 'Integrate'; readonly provider: End; readonly requirer: End }
  /** An application is related to the one under test; the relation gets the next id. */
  | { readonly _tag: 'Relate'; readonly application: string }
  /** With force the hooks of the end are skipped. */
  | { readonly _tag: 'RemoveRelation'; readonly relation: number; readonly force?: true }
  | { readonly _tag: 'Suspend'; readonly relation: number }
  | { readonly _tag: 'Resume'; readonly relation: number }
  | { readonly _tag: 'AddUnit'; readonly application: string }
  | { readonly _tag: 'RemoveUnit'; readonly unit: string; readonly force?: true }
  | { readonly _tag: 'RemoveApplication'; readonly application: string }
  /** An application asks for something else from now on; its leader writes it. */
  | { readonly _tag: 'Ask'; readonly application: string; readonly request: Databag }
  /** The unit's pod is replaced: what it had of its own outside of Juju is gone. */
  | { readonly _tag: 'LosePod'; readonly unit: string }
  /** The unit's agent is started anew; its pod and what was left to do stay. */
  | { readonly _tag: 'RestartAgent'; readonly unit: string }
  /** With values, those are in force from now on beside the others. */
  | { readonly _tag: 'ChangeConfig'; readonly application: string; readonly values?: Configuration }
  /** The charm is refreshed: its units are told so, and their files stay. */
  | { readonly _tag: 'Upgrade'; readonly application: string }
  /** The time has come to rotate a secret: its owner is told, which is a unit or who leads. */
  | { readonly _tag: 'RotateSecret'; readonly secret: string }
  /** A revision of a secret has come to its end: its owner is told, who is to remove it. */
  | { readonly _tag: 'ExpireSecret'; readonly secret: string; readonly revision: number }
  /** An operator has Juju go on after a hook that failed, without running it again. */
  | { readonly _tag: 'Resolve'; readonly unit: string }
  /** The leader's lease runs out, and nobody has taken it up yet. */
  | { readonly _tag: 'LoseLeader'; readonly application: string }
  | { readonly _tag: 'Elect'; readonly unit: string };

/** What happens to the charm's own outside, by the name that the charm gives it. */
export interface OutsideAction<Name extends string = string> {
  readonly _tag: Name;
  /** Whose, where each unit has one of its own. */
  readonly unit?: string;
}

/** One thing that happens in a model, as plain data. */
export type Action<Name extends string = string> = RunHook | Operation | OutsideAction<Name>;

/** The names of everything but what a charm brings. */
export const operationTags = [
  ...([
    'Deploy',
    'Integrate',
    'Relate',
    'RemoveRelation',
    'Suspend',
    'Resume',
    'AddUnit',
    'RemoveUnit',
  ] as const),
  ...(['RemoveApplication', 'Ask', 'LosePod', 'RestartAgent', 'ChangeConfig'] as const),
  ...(['Upgrade', 'Resolve', 'LoseLeader', 'Elect', 'RotateSecret', 'ExpireSecret'] as const),
] as const satisfies readonly Operation['_tag'][];

const operations: ReadonlySet<string> = new Set(operationTags);

/** Whether an action runs a hook. @category Stories */
export const isHook = (action: Action): action is RunHook => action?._tag === 'RunHook';

/**
 * Whether an action is an operator’s or befalls Juju, not what is outside of it.
 *
 * @category Stories
 */
export const isOperation = (action: Action): action is Operation => operations.has(action?._tag);
