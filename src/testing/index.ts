/**
 * A whole Juju in memory, invariants, arbitraries, conformance, and the search.
 *
 * @module hookchart/testing
 */
export { type Action, tell } from './actions.ts';
export {
  type Driven,
  databags,
  type Fc,
  type HistoryOptions,
  histories,
  historiesHold,
  requests,
  topologies,
} from './commands.ts';
export {
  type BackendSubject,
  backendConformance,
  type ConformanceCase,
  entropyConformance,
  type ModelSubject,
  modelConformance,
  type PoolerSubject,
  poolerConformance,
} from './conformance/index.ts';
export { type Bounds, defaultBounds } from './explore/bounds.ts';
export type { Counts } from './explore/search.ts';
export {
  parseReplay,
  type Replay,
  type Replayed,
  type ReplayOptions,
  replay,
} from './explore/trace.ts';
export { type Counterexample, explore, type Searched } from './explore/verify.ts';
export { type Charm, type Interruption, type Outcome, pgbouncerCharm } from './hook-run.ts';
export { HookTools, type Kept, type Pending } from './hook-tools.ts';
export {
  credentialsWork,
  endpointsServe,
  entriesBelong,
  grantsEnd,
  hooksRepeat,
  type Invariant,
  invariants,
  nothingIsLost,
  rolesBelong,
  secretsGo,
  type Violation,
  violationsAtRest,
  violationsOf,
} from './invariants.ts';
export { actionsOf, type Kind, kinds, type Surroundings, surroundings } from './kinds.ts';
export { simulatedModel } from './model.ts';
export { hooksOf, updateStatus } from './resolver.ts';
export type { Reading, SecretInfo, SecretTools } from './secret-tools.ts';
export { type Rest, rest, Simulation, Violated } from './simulation.ts';
export { randomHistory, type Soaked, soak } from './soak.ts';
export { type Runner, runnerOf, type Stepped, step } from './step.ts';
export { ToolError } from './tool-error.ts';
export { type RelationView, type View, viewOf } from './view.ts';
export {
  type Application,
  type Hook,
  Misuse,
  type Queued,
  type Relation,
  type Requirer,
  type RequirerEvent,
  type StoredSecret,
  type Told,
  type Topology,
  type Unit,
  type World,
  worldOf,
} from './world.ts';
