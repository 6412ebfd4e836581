/** What the files of this room and its tests share of the kit, the ports and the charm. */

export type { Audit } from '../../machines/index.ts';
export {
  advance,
  begin,
  plan,
  type SecretState,
} from '../hook/index.ts';

export type {
  Bag,
  Changes,
  Juju,
  JujuAttempt,
  JujuEvent,
  SecretStore,
} from '../juju/port.ts';
export { type DispatchOptions, dispatch } from './commands/dispatch.ts';
export { type HookError, render } from './errors.ts';
export type {
  BackendEndpoints,
  Configuration,
  DatabaseEntry,
} from './pooler/configuration.ts';
export { emptyConfiguration } from './pooler/configuration.ts';
export type {
  Adapters,
  Attempt,
  Backend,
  Entropy,
  Holdings,
  Pooler,
  Provisioned,
} from './ports.ts';
export type { HostPort } from './relation/host-port.ts';
export {
  type Databag,
  defaultPolicy,
} from './relation/request.ts';
export { stateSchemas } from './relation/stored-state.ts';
export type {
  ChartEnd,
  ChartRun,
  DispatchRun,
  Driven,
  Watch,
} from './run.ts';
