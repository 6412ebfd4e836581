/** When somebody else may have to ask, or somebody else may have to be asked. */
const occasions: ReadonlySet<string> = new Set(['leader-elected', 'upgrade-charm']);

/** The hooks in which there is something to learn or to say of the relation with a collector of traces. */
export const isOfTracing = (hook: string, endpoint: string | undefined): boolean =>
  endpoint !== undefined &&
  (occasions.has(hook) ||
    ['created', 'changed', 'broken'].some((what) => hook === `${endpoint}-relation-${what}`));
