export {
  emptyPostgres,
  MemoryPostgres,
  type MemoryRole,
  type PostgresState,
} from './backend.ts';
export { seededEntropy } from './entropy.ts';
export { MemoryJuju, type MemoryJujuOptions } from './model.ts';
export { emptyPgbouncer, MemoryPgbouncer, type PgbouncerState } from './pooler.ts';
export type { Fault, Tap } from './tap.ts';
