/**
 * Juju for any charm: its port, one hook of a unit, and the adapters over the hook tools and in memory.
 *
 * @module hookchart/juju
 */

export * from '../process/for-authors.ts';
export type * from '../shown/shown.ts';
export * from './charm.ts';
export type { Deferral } from './deferral.ts';
export { type DispatchOptions, type DispatchRun, dispatch, type HookWorld } from './dispatch.ts';
export type { Endpoints } from './endpoints.ts';
export { type DeferralsUnreadable, type JujuError, render } from './errors.ts';
export * from './hook-tools/index.ts';
export * from './memory.ts';
export type * from './port.ts';
export { statusOf } from './status.ts';
export type { Unit } from './unit.ts';
