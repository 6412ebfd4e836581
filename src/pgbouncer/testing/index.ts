/**
 * PgBouncer's charm in the simulated Juju: requirers, invariants I1 to I9, arbitraries, conformance of
 * its ports.
 *
 * @module hookchart/pgbouncer/testing
 */
export { databags, requests, topologies } from './arbitraries.ts';
export { certificatesVerify } from './certificates-verify.ts';
export type { CertifiedUnit, CertifiedWorld } from './certified-outside.ts';
export {
  type BackendSubject,
  backendConformance,
  entropyConformance,
  type IdentitySubject,
  identityConformance,
  type PoolerSubject,
  poolerConformance,
} from './conformance/index.ts';
export {
  credentialsWork,
  endpointsServe,
  entriesBelong,
  grantsEnd,
  hooksRepeat,
  invariants,
  nothingIsLost,
  type PgbouncerInvariant,
  rolesBelong,
  secretsGo,
} from './invariants.ts';
export { type PgbouncerWorld, provider, type Shared } from './outside.ts';
export type { RequirerOptions } from './requirer.ts';
export { simulated, simulatedInSlices } from './simulated.ts';
export { simulatedWithTls } from './simulated-with-tls.ts';
