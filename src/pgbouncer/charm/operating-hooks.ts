import { endpoints } from '../keys.ts';

/** Hooks in which there is something to learn of those who read metrics. */
export const isOfMetrics = (hook: string): boolean =>
  ['created', 'changed', 'broken'].some((what) => hook === `${endpoints.metrics}-relation-${what}`);

/** When a Grafana comes, to whom the leader gives the dashboard. */
export const isOfDashboard = (hook: string): boolean =>
  hook === `${endpoints.dashboard}-relation-created`;

/** The same of those who take logs; each of their units says where. */
export const isOfLogging = (hook: string): boolean =>
  ['changed', 'departed', 'broken'].some(
    (what) => hook === `${endpoints.logging}-relation-${what}`,
  );
