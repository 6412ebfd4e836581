/**
 * A whole Juju in memory for any charm: histories, the search, conformance of Juju's port.
 *
 * @module hookchart/testing
 */
export {
  type Action,
  type End,
  type Interruption,
  isHook,
  isOperation,
  type Operation,
  type OutsideAction,
  type RunHook,
} from './actions.ts';
export { violationsAtRest, violationsOf } from './checks.ts';
export {
  type Driven,
  type Fc,
  type History,
  type HistoryOptions,
  histories,
  historiesHold,
  topologies,
} from './commands.ts';
export {
  type ConformanceCase,
  cases,
  done,
  type JujuSubject,
  jujuConformance,
  refused,
} from './conformance/index.ts';
export { worldOf } from './deploy.ts';
export { type Bounds, defaultBounds } from './explore/bounds.ts';
export type { JujuBounds } from './explore/juju-bounds.ts';
export { loadCharm } from './explore/load.ts';
export type { Counts } from './explore/search.ts';
export {
  charmOfReplay,
  parseReplay,
  type Replay,
  type Replayed,
  type ReplayOptions,
  replay,
  type Told as StoryTold,
  type Wandered,
} from './explore/trace.ts';
export {
  type Counterexample,
  checkBounds,
  explore,
  type Searched,
  type Verified,
  verify,
} from './explore/verify.ts';
export { HookTools, type Kept, type Pending } from './hook-tools.ts';
export { actionsOf, kindsOf, type Surroundings } from './kinds.ts';
export type { Invariant, Outcome, Seen, Stepped, Violation } from './outcome.ts';
export { hooksOf, updateStatus } from './resolver.ts';
export { hooksEnd } from './resting.ts';
export { shortStory } from './rounds.ts';
export { dueSecrets } from './schedule.ts';
export { type Asking, asking, type Script } from './script.ts';
export type { SecretDetails, SecretTimes } from './secret-details.ts';
export type { SecretInfo } from './secret-info.ts';
export type { Reading, SecretTools } from './secret-tools.ts';
export { type Effort, shortest } from './shrink.ts';
export {
  eventOf,
  type Fault,
  type Happening,
  type Opened,
  type Opening,
  type OutsidePart,
  type OwnBound,
  type Ran,
  type Reductions,
  type SimulatedCharm,
  type SimulatedConfig,
  type Symmetric,
  simulatedCharm,
} from './simulated-charm.ts';
export { simulatedJuju } from './simulated-juju.ts';
export { dueHooks, type Rest, rest, Simulation, Violated } from './simulation.ts';
export { randomHistory, type Soaked, soak } from './soak.ts';
export { type Runner, type Running, runnerOf, step } from './step.ts';
export { tell } from './tell.ts';
export { ToolError } from './tool-error.ts';
export { type RelationView, type View, viewOf } from './view.ts';
export type { WholeLife } from './whole-life.ts';
export {
  type Application,
  type AskedAction,
  type Configuration,
  type DueOfSecret,
  type Heard,
  type Hook,
  isPeer,
  Misuse,
  type Options,
  type Outside,
  type OwnCharm,
  peerRelation,
  type Queued,
  type Relation,
  type Requirer,
  type StoredSecret,
  type Told,
  type Topology,
  type Unit,
  unitsOf,
  type WorkloadNotice,
  type World,
} from './world.ts';
