export { MemoryPostgres, type MemoryRole } from './backend.ts';
export { seededEntropy } from './entropy.ts';
export { MemoryJuju, type MemoryJujuOptions } from './model.ts';
export { MemoryPgbouncer } from './pooler.ts';
