/**
 * Drives hook machines: `begin` and `advance` without I/O, `plan`, `interpret`, `reconcile`, `dispatch`.
 *
 * @module hookchart
 */

export type {
  BackendEndpoints,
  Configuration,
  DatabaseEntry,
  EndpointInvalid,
  Lookup,
  PoolerUser,
  Wildcard,
} from '../domain/configuration.ts';
export { emptyConfiguration } from '../domain/configuration.ts';
export type { Deferral, DeferralsUnreadable } from '../domain/deferral.ts';
export type { HostPort } from '../domain/host-port.ts';
export type {
  KeptLogin,
  LedgerRecord,
  LedgerUnreadable,
  Refused,
} from '../domain/ledger.ts';
export type { Audit, Work } from '../domain/reconcile.ts';
export type { Refusal } from '../domain/refusal.ts';
export {
  type Attribute,
  type Databag,
  defaultPolicy,
  type ExtraRoles,
  type Policy,
} from '../domain/request.ts';
export type { Status } from '../domain/status.ts';
export { stateSchemas } from '../domain/stored-state.ts';
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
export { type DispatchOptions, dispatch } from './dispatch.ts';
export type { Keep, Onlookers } from './drive.ts';
export { type Broken, type HookError, render, type Unavailable } from './errors.ts';
export { interpret, type Options, reconcile } from './interpret.ts';
export type {
  Adapters,
  Attempt,
  Backend,
  Bag,
  Changes,
  Entropy,
  Holdings,
  Model,
  Pooler,
  Provisioned,
  SecretStore,
  Stray,
} from './ports.ts';
export type {
  ChartEnd,
  ChartRun,
  DispatchRun,
  HookRun,
  JujuEvent,
  Progress,
  Reconciled,
  ReconcileRun,
  RunEnd,
  Step,
  Watch,
} from './run.ts';
