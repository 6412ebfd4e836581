import type { HookEvent, HookMachine, PgbouncerWords, State } from '../machines/index.ts';
import {
  attempt,
  type Driven,
  driven,
  endedWell,
  type Keep,
  machineOf,
  performed,
} from '../src/hook/index.ts';
import { openUnit } from '../src/juju/unit.ts';
import { type PgbouncerCharmOptions, pgbouncerCharm } from '../src/pgbouncer/commands/charm.ts';
import type { HookError } from '../src/pgbouncer/errors.ts';
import type { Adapters, Attempt } from '../src/pgbouncer/ports.ts';
import type { ChartRun, DispatchRun, Watch } from '../src/pgbouncer/run.ts';

export interface Options extends Pick<PgbouncerCharmOptions, 'policy'> {
  readonly keep?: Keep<PgbouncerWords> | undefined;
  readonly watch?: Watch | undefined;
}

/** A chart, and what else was left to do at the hook's end. */
export type HookRun = ChartRun & Pick<DispatchRun, 'dropped' | 'reconciled' | 'notes'>;

/**
 * One chart of PgBouncer's as a hook of its own, for tests of that chart, or of a state that was
 * stored on its way: from its event or that state, with what is left to do and the commit after it.
 */
export const interpret = (adapters: Adapters, { policy, keep, watch }: Options = {}) => {
  const charm = pgbouncerCharm(policy === undefined ? {} : { policy });
  return (machine: HookMachine) =>
    (from: HookEvent | State): Attempt<HookRun> =>
      attempt(async () => {
        const event = { hook: 'none' };
        const juju = openUnit(adapters.juju, () => false);
        const { backend, pooler, entropy, clock } = adapters;
        const session = charm.open({ juju, backend, pooler, entropy, clock }, event);
        const through = (
          one: HookMachine,
          start: Parameters<typeof driven<PgbouncerWords, HookError>>[1],
          observers: Options = {},
        ): Promise<Driven<PgbouncerWords, HookError>> =>
          driven<PgbouncerWords, HookError>(
            one,
            start,
            (request, at) => performed(charm.perform, session, request, at),
            { keep: observers.keep, watch: observers.watch, clock },
            {
              refused: async (why) => charm.refused?.(session, why),
              waitsFor: async () => (await charm.waitsFor?.(session)) ?? null,
            },
          );
        try {
          await charm.ready?.(session);
          const start = 'node' in from ? { state: from } : { event: from };
          const run = endedWell(await through(machine, start, { keep, watch }));
          const reconciled: Driven<PgbouncerWords, HookError>[] = [];
          const left = charm.leftToDo?.(session, [run]);
          for (let next = await left?.next(); next?.done === false; ) {
            const { hook, event: about } = next.value;
            const done = await through(machineOf(charm, hook), { event: about }, { watch });
            reconciled.push(done);
            next = await left?.next(done);
          }
          await juju.commit(await charm.status(session, { event, charts: [run], reconciled }));
          const { hook, event: about, path, steps, commands, end } = run;
          const { notes } = juju;
          return { hook, event: about, path, steps, commands, end, dropped: [], reconciled, notes };
        } finally {
          await charm.close?.(adapters);
        }
      });
};
