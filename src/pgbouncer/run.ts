/** The kit's runs, in PgBouncer's words. */
import type { PgbouncerWords } from '../../machines/index.ts';
import type * as kit from '../hook/index.ts';
import type * as deferral from '../juju/deferral.ts';
import type * as dispatch from '../juju/dispatch.ts';
import type { HookError } from './errors.ts';

/** How a chart ended, whether or not its hook got as far as having a run. */
export type ChartEnd = kit.ChartEnd<HookError>;
/** Told of each chart as it goes, those of a hook that fails included. MUST NOT throw. */
export type Watch = kit.Watch<PgbouncerWords, HookError>;
/** How one chart was gone through, for eyes. */
export type ChartRun = kit.ChartRun<PgbouncerWords, HookError>;
/** A chart that was gone through, whatever became of it. */
export type Driven = kit.Driven<PgbouncerWords, HookError>;
/** A hook that ended deferred. */
export type Deferral = deferral.Deferral<PgbouncerWords>;
/** What one Juju hook did: the charts of what was deferred, then its own, then what else was left. */
export type DispatchRun = dispatch.DispatchRun<PgbouncerWords, HookError>;
