import { isOfTracing } from '../../process/tracing-hooks.ts';
import { endpoints } from '../keys.ts';
import { chartNameOf, isOwnSecret } from '../relation/events.ts';
import { isOfDashboard, isOfLogging, isOfMetrics } from './operating-hooks.ts';

/** Hooks without a chart in which a unit learns whose relation is whose. */
export const teaches = (hook: string): boolean =>
  hook === 'database-relation-created' || hook === 'pgb-peers-relation-created';

/** Hooks that are nothing to this charm, unless a deferred one waits for any occasion. */
export const isIdle = (hook: string, secretLabel?: string): boolean =>
  isOwnSecret(hook === 'secret-changed' ? secretLabel : undefined) ||
  (chartNameOf(hook) === null &&
    !teaches(hook) &&
    !others.has(hook) &&
    !isOfTracing(hook, endpoints.tracing) &&
    !isOfMetrics(hook) &&
    !isOfDashboard(hook) &&
    !isOfLogging(hook));

const others = new Set(['install', 'remove', 'secret-remove']);
