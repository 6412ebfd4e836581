/**
 * Juju for any charm: its port, one hook of a unit, and the adapters over the hook tools and in memory.
 *
 * @module hookchart/juju
 */

export {
  type CharmModule,
  type Closing,
  type DispatchCharmOptions,
  dispatchCharm,
  type HookOutput,
  type Served,
  type Whereabouts,
  type WithoutPorts,
  type WithPorts,
} from '../process/index.ts';
export {
  type Action,
  type ActionRefused,
  type ActionResults,
  type Actions,
  type ActionsOf,
  type ActionWorld,
  act,
  refuseAction,
} from './action.ts';
export {
  type Charm,
  type CharmConfig,
  type CharmEvent,
  charmOf,
  defineCharm,
  type Ended,
  type EventOf,
  handlers,
  type Surroundings,
} from './charm.ts';
export type { Deferral } from './deferral.ts';
export { type DispatchOptions, type DispatchRun, dispatch, type HookWorld } from './dispatch.ts';
export type { Endpoints } from './endpoints.ts';
export { type DeferralsUnreadable, type JujuError, render } from './errors.ts';
export {
  type ActionTools,
  type Environment,
  type EnvironmentInvalid,
  type HookRelation,
  type HookSecret,
  type JujuModel,
  type JujuSecrets,
  juju,
  parseEnvironment,
  type RequiredAnswer,
  renderEnvironment,
  type Variables,
} from './hook-tools/index.ts';
export { MemoryJuju, type MemoryJujuOptions, type StoredSecret } from './memory.ts';
export type {
  Bag,
  Changes,
  Databag,
  Juju,
  JujuAttempt,
  JujuEvent,
  SecretStore,
  Status,
  Stray,
} from './port.ts';
export type { Eyes, Shown, ShownRecords, Visible } from './shown.ts';
export { statusOf } from './status-of.ts';
export type { Unit } from './unit.ts';
