import { endpoints } from '../keys.ts';

/** Hooks in which there is something to learn of those who read metrics. */
export const isOfMetrics = (hook: string): boolean =>
  ['created', 'changed', 'broken'].some((what) => hook === `${endpoints.metrics}-relation-${what}`);
