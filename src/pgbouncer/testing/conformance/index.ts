/** One suite for each of PgBouncer's own ports, as `hookchart/testing` has one for Juju's. */
export { type BackendSubject, backendConformance } from './backend.ts';
export { entropyConformance } from './entropy.ts';
export { type IdentitySubject, identityConformance } from './identity.ts';
export { type PoolerSubject, poolerConformance } from './pooler.ts';
