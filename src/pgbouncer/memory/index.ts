/**
 * Juju, PostgreSQL, PgBouncer and passwords in memory, by the rules of the real ones.
 */

export { MemoryJuju } from '../../juju/memory.ts';
export {
  emptyPostgres,
  MemoryPostgres,
  type MemoryRole,
  type PostgresState,
} from './backend.ts';
export { seededEntropy } from './entropy.ts';
export {
  emptyIdentity,
  type IdentityState,
  MemoryIdentity,
  memoryAuthority,
} from './identity.ts';
export { emptyPgbouncer, MemoryPgbouncer, type PgbouncerState } from './pooler.ts';
export type { Fault, Tap } from './tap.ts';
