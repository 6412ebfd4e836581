/**
 * One suite for each port, for whoever writes an adapter: a list of cases, each with a name and a
 * function that rejects where the adapter does not hold to it. They know no test runner.
 */
export { type BackendSubject, backendConformance } from './backend.ts';
export type { ConformanceCase } from './case.ts';
export { entropyConformance } from './entropy.ts';
export { type ModelSubject, modelConformance } from './model.ts';
export { type PoolerSubject, poolerConformance } from './pooler.ts';
