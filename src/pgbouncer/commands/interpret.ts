import type { HookEvent, HookMachine, PgbouncerWords, State } from '../../../machines/index.ts';
import { driven, type Keep, performed } from '../../hook/index.ts';
import { openUnit } from '../../juju/unit.ts';
import type { Adapters, Attempt } from '../ports.ts';
import type { HookRun, ReconcileRun, Watch } from '../run.ts';
import { auditBackend } from './audit.ts';
import { type PgbouncerCharmOptions, pgbouncerCharm } from './charm.ts';
import type { Session } from './session.ts';
import { attempt, halt } from './steps.ts';

export interface Options extends Pick<PgbouncerCharmOptions, 'policy'> {
  readonly keep?: Keep<PgbouncerWords> | undefined;
  readonly watch?: Watch | undefined;
}

/**
 * Drives a machine against the world: from a hook event, or on from a stored state. At the end it
 * does what else is left to do, commits to Juju all at once, and lets go of the connections.
 *
 * The left is what broke: nothing was committed, and the hook is to be run again from its event.
 * A world that is not ready ends the run `Deferred`, a request that cannot be served `Refused`.
 */
export const interpret =
  (adapters: Adapters, { policy, keep, watch }: Options = {}) =>
  (machine: HookMachine) =>
  (from: HookEvent | State): Attempt<HookRun> =>
    attempt(async () => {
      const { session, charm, end, started, through } = opened(adapters, policy);
      try {
        const start = 'node' in from ? { state: from } : { event: from };
        const { failure, ...run } = await through(machine, start, { keep, watch });
        if (failure?.class === 'broken') halt(failure);
        const reconciled = await end(session, [run]);
        const milliseconds = adapters.clock() - started;
        return { ...run, reconciled, notes: session.juju.notes, milliseconds };
      } finally {
        await charm.close?.(adapters);
      }
    });

/**
 * Does what is left to do, whoever was told: on leader-elected, update-status, upgrade, and when
 * peers or the backend change. It also asks the backend what it holds for this deployment.
 */
export const reconcile = (
  adapters: Adapters,
  { policy }: Pick<Options, 'policy'> = {},
): Attempt<ReconcileRun> =>
  attempt(async () => {
    const { session, charm, end, started } = opened(adapters, policy);
    try {
      if (await session.juju.leader()) {
        await session.info();
        if (await session.backendReady()) await auditBackend(session);
      }
      const reconciled = await end(session, []);
      const milliseconds = adapters.clock() - started;
      return { reconciled, notes: session.juju.notes, milliseconds };
    } finally {
      await charm.close?.(adapters);
    }
  });

function opened(adapters: Adapters, policy: Options['policy']) {
  const charm = pgbouncerCharm(policy === undefined ? {} : { policy });
  const event = { hook: 'none' };
  const juju = openUnit(adapters.juju, () => false);
  const session = charm.open({ ...adapters, juju }, event);
  const through = (
    machine: HookMachine,
    from: Parameters<typeof driven<PgbouncerWords, HookRunError>>[1],
    seen: Pick<Options, 'keep' | 'watch'>,
  ) =>
    driven<PgbouncerWords, HookRunError>(
      machine,
      from,
      (request, at) => performed(charm.perform, session, request, at),
      { ...seen, clock: adapters.clock },
      {
        refused: (why) => charm.refused?.(session, why) ?? Promise.resolve(),
        waitsFor: () => session.backendTrouble(),
      },
    );
  const end = async (of: Session, charts: Parameters<NonNullable<typeof charm.reconcile>>[1]) => {
    const reconciled =
      (await charm.reconcile?.(of, charts, async (hook, from) => {
        const machine = charm.machines[hook];
        return machine === undefined ? null : (await through(machine, { event: from }, {})).failure;
      })) ?? [];
    await juju.commit(await charm.status(of, { event, charts, reconciled }));
    return reconciled;
  };
  return { session, charm, end, started: adapters.clock(), through };
}

type HookRunError = NonNullable<Extract<HookRun['end'], { _tag: 'Refused' }>['why']>;
