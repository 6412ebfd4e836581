import type { Configuration } from './world.ts';

/** How units begin, where a charm is to go through all of its life and not through its relations alone. */
export interface WholeLife {
  /** Options as they are at first; `ChangeConfig` sets others. */
  readonly config: Configuration;
  /** Its storages, which are attached before a unit is installed. */
  readonly storage: readonly string[];
  /** Its peer relations but the first. */
  readonly morePeers: readonly string[];
  /** The id of the first relation that is made; those of peer relations are below it. */
  readonly firstRelation: number;
  /** How many steps a fair world is given to come to rest. */
  readonly patience: number;
}
