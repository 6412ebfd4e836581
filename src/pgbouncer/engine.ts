/**
 * Drives hook machines: `begin` and `advance` without I/O, `plan`, `interpret`, `reconcile`, `dispatch`.
 *
 * @module hookchart
 */

export {
  type Answer,
  type Asks,
  advance,
  begin,
  type Context,
  type CreatedMachine,
  type Drawing,
  type Edge,
  type End,
  type EndState,
  type Failure,
  type HookActions,
  type HookConfig,
  type HookMachine,
  HookMisuse,
  type HookMisuseKind,
  type Issue,
  isEnd,
  type Masked,
  mask,
  type Node,
  nodesOf,
  type Plan,
  type PlanAnswer,
  pending,
  plan,
  type Request,
  restore,
  type Schema,
  type Secret,
  type SecretState,
  type Shape,
  type Signal,
  type Speaks,
  type StateInvalid,
  type StateSchemas,
  shapeAt,
  type Tagged,
  type Validated,
  type Vocabulary,
  vocabulary,
  type Words,
} from '../hook/index.ts';
export type { DeferralsUnreadable } from '../juju/errors.ts';
export type {
  Bag,
  Changes,
  Juju,
  JujuAttempt,
  JujuEvent,
  SecretStore,
  Status,
  Stray,
} from '../juju/port.ts';
export { type DispatchOptions, dispatch } from './commands/dispatch.ts';
export { interpret, type Options, reconcile } from './commands/interpret.ts';
export { type Broken, type HookError, render, type Unavailable } from './errors.ts';
export type {
  BackendEndpoints,
  Configuration,
  DatabaseEntry,
  EndpointInvalid,
  Lookup,
  PoolerUser,
  Wildcard,
} from './pooler/configuration.ts';
export { emptyConfiguration } from './pooler/configuration.ts';
export type {
  Adapters,
  Attempt,
  Backend,
  Entropy,
  Holdings,
  Outside,
  Pooler,
  Provisioned,
} from './ports.ts';
export type { HostPort } from './relation/host-port.ts';
export type {
  KeptLogin,
  LedgerRecord,
  LedgerUnreadable,
  Refused,
} from './relation/ledger.ts';
export type { Audit, Work } from './relation/reconcile.ts';
export type { Refusal } from './relation/refusal.ts';
export {
  type Attribute,
  type Databag,
  defaultPolicy,
  type ExtraRoles,
  type Policy,
} from './relation/request.ts';
export { stateSchemas } from './relation/stored-state.ts';
export type {
  ChartEnd,
  ChartRun,
  Deferral,
  DispatchRun,
  HookRun,
  Progress,
  Reconciled,
  ReconcileRun,
  RunEnd,
  Step,
  Watch,
} from './run.ts';
