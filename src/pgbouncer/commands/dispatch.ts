import * as juju from '../../juju/dispatch.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { Adapters, Attempt } from '../ports.ts';
import type { DispatchRun, Watch } from '../run.ts';
import { type PgbouncerCharmOptions, pgbouncerCharm } from './charm.ts';

export interface DispatchOptions extends PgbouncerCharmOptions {
  readonly watch?: Watch;
}

/** One hook of PgBouncer's charm, whole: `dispatch` of the kit, with the charm that these options make. */
export const dispatch = (
  adapters: Adapters,
  { watch, ...options }: DispatchOptions = {},
): ((event: JujuEvent) => Attempt<DispatchRun>) =>
  juju.dispatch(pgbouncerCharm(options), adapters, { watch });
