import { chartNameOf } from '../domain/events.ts';

/** Hooks without a chart in which a unit learns whose relation is whose. */
export const teaches = (hook: string): boolean =>
  hook === 'database-relation-created' || hook === 'pgb-peers-relation-created';

/** Hooks that are nothing to this charm, unless a deferred one waits for any occasion. */
export const isIdle = (hook: string): boolean =>
  chartNameOf(hook) === null && !teaches(hook) && hook !== 'install' && hook !== 'remove';
