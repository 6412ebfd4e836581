/**
 * PgBouncer's charm as a value, its ports, and their adapters, real ones and in memory.
 *
 * @module hookchart/pgbouncer
 */
export type { Audit } from '../../machines/index.ts';
export {
  type PgbouncerCharm,
  type PgbouncerCharmOptions,
  pgbouncerCharm,
} from './commands/charm.ts';
export type { Slices, TlsMode } from './commands/rules.ts';
export { cryptoEntropy } from './entropy.ts';
export { type Broken, type HookError, render, type Unavailable } from './errors.ts';
export {
  emptyIdentity,
  emptyPgbouncer,
  emptyPostgres,
  type Fault,
  type IdentityState,
  MemoryIdentity,
  MemoryPgbouncer,
  MemoryPostgres,
  type MemoryRole,
  memoryAuthority,
  type PgbouncerState,
  type PostgresState,
  seededEntropy,
  type Tap,
} from './memory/index.ts';
export {
  type BackendEndpoints,
  type ClientTls,
  type Configuration,
  type DatabaseEntry,
  type EndpointInvalid,
  emptyConfiguration,
  type Lookup,
  type PoolerUser,
  type Wildcard,
} from './pooler/configuration.ts';
export {
  type Address,
  type PgbouncerOptions,
  type PgbouncerProcess,
  type ProcessGroup,
  pgbouncer,
  prepare,
  type Settings,
} from './pooler/index.ts';
export type {
  Adapters,
  Attempt,
  Backend,
  Entropy,
  Holdings,
  Identity,
  LoginOf,
  LookedAt,
  Outside,
  Pooler,
  PoolerDifference,
  Provisioned,
  TenantLogin,
} from './ports.ts';
export {
  type PostgresBackend,
  type PostgresOptions,
  postgres,
  type Tls,
} from './postgres/index.ts';
export type { CertificateFacts, RequestedCertificate } from './relation/certificate.ts';
export type { HostPort } from './relation/host-port.ts';
export type {
  KeptLogin,
  LedgerRecord,
  LedgerUnreadable,
  Refused,
} from './relation/ledger.ts';
export type { Work } from './relation/reconcile.ts';
export type { Refusal } from './relation/refusal.ts';
export {
  type Attribute,
  defaultPolicy,
  type ExtraRoles,
  type Policy,
} from './relation/request.ts';
export { stateSchemas } from './relation/stored-state.ts';
export type { DispatchRun, Watch } from './run.ts';
export {
  childProcess,
  type Described,
  type PebbleOptions,
  pebble,
  type SystemdOptions,
  systemd,
  type Workload,
} from './workload/index.ts';
