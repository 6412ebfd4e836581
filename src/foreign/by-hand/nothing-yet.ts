/** A model before anything is in it. */
import type { Description } from '../description.ts';
import type { Kept } from './kept.ts';

/** No application is under test where somebody looks at all of them. */
export const nobody: Description = {
  ...{ folder: '', name: '-', entry: { _tag: 'Dispatch' }, endpoints: [], peers: [] },
  ...{
    options: [],
    storage: [],
    mostStorage: {},
    containers: [],
    actions: [],
    resources: {},
    document: {},
  },
};

export const nothingYet: Kept = {
  world: {
    ...{ seconds: 0, tested: nobody.name, applications: {}, units: {}, relations: {} },
    ...{ hasSecrets: true, secrets: {}, outside: { shared: null, units: {} } },
    made: { relations: 0, secrets: 0 },
  },
  ...{ charms: {}, crashes: {}, logged: 0 },
};
