import * as E from 'fp-ts/lib/Either.js';
import {
  type Adapters,
  type DispatchRun,
  dispatch,
  type HookError,
  type JujuEvent,
  render,
  type Status,
} from '../pgbouncer/engine.ts';
import {
  type Fault,
  MemoryPgbouncer,
  MemoryPostgres,
  type PgbouncerState,
  type PostgresState,
} from '../pgbouncer/memory/index.ts';
import { HookTools, type Kept, type Pending } from './hook-tools.ts';
import { simulatedModel } from './model.ts';
import { ToolError } from './tool-error.ts';
import type { View } from './view.ts';
import { type Hook, leaseSeconds } from './world.ts';

/**
 * What befalls a hook at one of its steps, the n-th from 1: a statement of the backend, a reload of
 * the pooler, or at last the commit. `killed`: the process dies BEFORE the step. `outage`: PostgreSQL
 * goes down there. `deposed`: the lease runs out there. `commit lost`: whatever the step, Juju refuses
 * the commit, after it has made the hook's secrets. The others are the adapters' own faults.
 */
export interface Interruption {
  readonly at: number;
  readonly how: 'killed' | 'outage' | 'deposed' | 'commit lost' | Fault;
}

/** What one hook came to: everything that it changes, and nothing of the world that it did not see. */
export interface Outcome {
  /** Null where the hook failed; nothing of it reached Juju then. */
  readonly pending: Pending | null;
  /** What is in force all the same, where it was the commit that was refused; null elsewhere. */
  readonly kept?: Kept | null;
  /** Why it failed, in one line. */
  readonly failure: string | null;
  /** Seen at once, whether the hook ended well or not; null where none was set. */
  readonly status: Status | null;
  readonly isDeposed: boolean;
  readonly postgres: PostgresState;
  readonly pooler: PgbouncerState | null;
  readonly passwordsMade: number;
  readonly seconds: number;
  /** The steps that it took, the commit among them, at which it could be interrupted. */
  readonly steps: readonly string[];
  /** What the charm did, where it is one that tells. */
  readonly run: DispatchRun | null;
}

/** A charm: what a unit does in one hook. A rejection is a hook that failed. */
export type Charm = (
  adapters: Adapters,
  tools: HookTools,
) => Promise<E.Either<HookError, DispatchRun | null>>;

/** The charm that this project is about. */
export const pgbouncerCharm: Charm = (adapters, { view: { hook } }) =>
  dispatch(adapters)(eventOf(hook))();

/** A hook of the model, as the engine is told of it. */
export const eventOf = ({ name, relation, remoteUnit, departingUnit }: Hook): JujuEvent => ({
  hook: name,
  ...(relation === undefined ? {} : { relation }),
  ...(remoteUnit === undefined ? {} : { remoteUnit }),
  ...(departingUnit === undefined ? {} : { departingUnit }),
});

class Killed extends Error {}

/** Runs one hook of the provider on what it sees. */
export async function runHook(
  charm: Charm,
  view: View,
  interruption: Interruption | null = null,
): Promise<Outcome> {
  const tools = new HookTools(view);
  const postgres = new MemoryPostgres(view.postgres);
  const pooler = new MemoryPgbouncer(postgres, view.pooler ?? undefined);
  let { passwords } = view.made;
  let seconds = 0;
  const steps: string[] = [];
  const step = (name: string): Fault | null => {
    steps.push(name);
    if (interruption?.at !== steps.length) return null;
    switch (interruption.how) {
      case 'killed':
        throw new Killed();
      case 'outage':
        postgres.isUp = false;
        return null;
      case 'deposed':
        seconds += leaseSeconds;
        tools.depose();
        return null;
      case 'commit lost':
        return null;
      default:
        return interruption.how;
    }
  };
  postgres.tap = (name) => {
    seconds += view.postgresDelay;
    return step(name);
  };
  pooler.tap = step;
  const model = simulatedModel(tools);
  const adapters: Adapters = {
    juju: {
      ...model,
      commit: (changes) => async () => {
        step('commit');
        return model.commit(changes)();
      },
    },
    backend: postgres.hook(),
    pooler: pooler.hook(),
    entropy: { password: () => ({ secret: `password-${passwords++}` }) },
    clock: () => seconds * 1000,
  };
  let pending: Pending | null = null;
  let kept: Kept | null = null;
  let run: DispatchRun | null = null;
  let failure: string | null = null;
  try {
    const outcome = await charm(adapters, tools);
    if (E.isLeft(outcome)) failure = render(outcome.left);
    else {
      run = outcome.right;
      kept = tools.kept();
      if (interruption?.how === 'commit lost')
        throw new ToolError('commit', 1, 'state changing too quickly; try again soon');
      pending = tools.flush();
    }
  } catch (error) {
    if (error instanceof Killed) failure = `killed before: ${steps.at(-1)}`;
    else if (error instanceof ToolError) failure = error.message;
    else throw error;
  }
  return {
    pending,
    kept: pending === null ? kept : null,
    failure,
    status: tools.status,
    isDeposed: view.leader && interruption?.how === 'deposed' && interruption.at <= steps.length,
    postgres: postgres.state,
    pooler: view.pooler === null ? null : pooler.state,
    passwordsMade: passwords,
    seconds,
    steps,
    run,
  };
}
