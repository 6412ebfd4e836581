/** The kit: words, machines, and what drives them without I/O. It knows no charm. */
export {
  advance,
  begin,
  isEnd,
  pending,
  type SecretState,
  shapeAt,
} from './conversation.ts';
export {
  type Drivable,
  type DriveOptions,
  drive,
  driven,
  endedWell,
  type Keep,
  machineOf,
  type Refused,
  resume,
} from './drive.ts';
export { given, unfit, type Wanted } from './given.ts';
export { HookMisuse, type HookMisuseKind, oneOf } from './hook-misuse.ts';
export { type Edge, type Node, nodesOf } from './nodes.ts';
export { type Asked, type Named, type Perform, performed, type Reply } from './perform.ts';
export { type Plan, type PlanAnswer, plan } from './plan.ts';
export {
  type Issue,
  restore,
  type Schema,
  type StateInvalid,
  type StateSchemas,
  type Validated,
} from './restore.ts';
export type { ChartEnd, ChartRun, Driven, Progress, RunEnd, Step, Watch } from './run.ts';
export { type Masked, mask, maskText, type Secret } from './secret.ts';
export { type Attempt, attempt, halt, once, right, take } from './steps.ts';
export {
  type Asks,
  type CreatedMachine,
  type DrawnNode,
  type EndState,
  type HookActions,
  type HookConfig,
  type HookMachine,
  type Made,
  type Speaks,
  type Vocabulary,
  vocabulary,
} from './vocabulary.ts';
export {
  type Answer,
  type Context,
  type Drawing,
  type End,
  type Failure,
  isFailure,
  isRecord,
  type Request,
  type Shape,
  type Signal,
  type Tagged,
  type Words,
} from './words.ts';
