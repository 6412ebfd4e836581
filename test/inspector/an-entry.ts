import type { HookEntry } from '../../src/inspector/index.ts';

/** A hook that did nothing, but for what a test gives it. */
export const anEntry = (id: string, rest: Partial<HookEntry> = {}): HookEntry => ({
  _tag: 'Hook',
  id,
  unit: 'p/0',
  event: { hook: 'update-status' },
  at: 0,
  milliseconds: 0,
  charts: [],
  reconciled: [],
  dropped: [],
  end: 'Committed',
  failure: null,
  seen: { read: {}, written: {}, configuration: null, status: null },
  ...rest,
});
