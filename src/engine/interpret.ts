import type { HookEvent, HookMachine, State } from '../../machines/index.ts';
import { defaultPolicy, type Policy } from '../domain/request.ts';
import { auditBackend } from './audit.ts';
import { drive, type Onlookers } from './drive.ts';
import {
  commit,
  inSession,
  mattersOfOperator,
  reasonOfLeader,
  reasonOfWork,
  reasonToWait,
} from './hook-session.ts';
import type { Adapters, Attempt } from './ports.ts';
import { reconcileSession } from './reconciliation.ts';
import { rulesOf } from './rules.ts';
import type { HookRun, ReconcileRun } from './run.ts';
import { halt } from './steps.ts';

export interface Options extends Onlookers {
  /** Which role attributes an application may be given; `CREATEDB` and `CREATEROLE` by default. */
  readonly policy?: Policy;
}

/**
 * Drives a machine against the world: from a hook event, or on from a stored state. At the end it
 * does what else is left to do, commits to Juju all at once, and lets go of the connections.
 *
 * The left is what broke: nothing was committed, and the hook is to be run again from its event.
 * A world that is not ready ends the run `Deferred`, a request that cannot be served `Refused`.
 */
export const interpret = (
  adapters: Adapters,
  { policy = defaultPolicy, ...onlookers }: Options = {},
) => {
  const rules = rulesOf(policy);
  return (machine: HookMachine) =>
    (from: HookEvent | State): Attempt<HookRun> =>
      inSession(adapters, rules, async (session) => {
        const started = adapters.clock();
        const { failure, ...driven } = await drive(session, machine, from, onlookers);
        if (failure?.class === 'broken') halt(failure);
        const reconciled = await reconcileSession(session, driven.commands);
        const matters = mattersOfOperator([driven.end], reconciled);
        await commit(session, reasonToWait(driven.end) ?? reasonOfWork(reconciled), matters);
        return {
          ...driven,
          reconciled,
          notes: session.notes,
          milliseconds: adapters.clock() - started,
        };
      });
};

/**
 * Does what is left to do, whoever was told: on leader-elected, update-status, upgrade, and when
 * peers or the backend change. It also asks the backend what it holds for this deployment.
 */
export const reconcile = (
  adapters: Adapters,
  { policy = defaultPolicy }: Pick<Options, 'policy'> = {},
): Attempt<ReconcileRun> =>
  inSession(adapters, rulesOf(policy), async (session) => {
    const started = adapters.clock();
    if (await session.leader()) {
      await session.info();
      if (await session.backendReady()) await auditBackend(session);
    }
    const reconciled = await reconcileSession(session, []);
    const waitingFor = reasonOfWork(reconciled) ?? (await reasonOfLeader(session));
    await commit(session, waitingFor, mattersOfOperator([], reconciled));
    return { reconciled, notes: session.notes, milliseconds: adapters.clock() - started };
  });
