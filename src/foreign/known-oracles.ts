/** Every oracle by which a charm may be judged, those that are learned among them. */
import { answersOracle } from './answers-learned.ts';
import { comesToRest, type Oracle, onceGone, whileRelated } from './oracles.ts';
import { workloadOracle } from './workload-learned.ts';

/** All with their claims; of those that are learned it is left open what the charm is held to. */
export const knownOracles = (own: readonly Oracle[] = []): readonly Oracle[] => [
  ...whileRelated,
  ...onceGone,
  ...own,
  comesToRest,
  answersOracle,
  workloadOracle,
];
