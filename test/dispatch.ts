import { dispatch as dispatchCharm } from '../src/juju/dispatch.ts';
import type { JujuEvent } from '../src/juju/port.ts';
import { type PgbouncerCharmOptions, pgbouncerCharm } from '../src/pgbouncer/commands/charm.ts';
import type { Adapters, Attempt } from '../src/pgbouncer/ports.ts';
import type { DispatchRun, Watch } from '../src/pgbouncer/run.ts';

export interface DispatchOptions extends PgbouncerCharmOptions {
  readonly watch?: Watch;
}

/** One hook of PgBouncer's charm, whole, with the charm that these options make. */
export const dispatch = (
  adapters: Adapters,
  { watch, ...options }: DispatchOptions = {},
): ((event: JujuEvent) => Attempt<DispatchRun>) =>
  dispatchCharm(pgbouncerCharm(options), adapters, { watch });
