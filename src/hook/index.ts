/** The kit: words, machines, and what drives them without I/O. It knows no charm. */
export {
  advance,
  begin,
  isEnd,
  pending,
  type SecretState,
  shapeAt,
} from './conversation.ts';
export { HookMisuse, type HookMisuseKind } from './hook-misuse.ts';
export { type Edge, type Node, nodesOf } from './nodes.ts';
export { type Plan, type PlanAnswer, plan } from './plan.ts';
export {
  type Issue,
  restore,
  type Schema,
  type StateInvalid,
  type StateSchemas,
  type Validated,
} from './restore.ts';
export { type Masked, mask, masker, maskText, type Secret } from './secret.ts';
export {
  type Asks,
  type CreatedMachine,
  type EndState,
  type HookActions,
  type HookConfig,
  type HookMachine,
  type Speaks,
  type Vocabulary,
  vocabulary,
} from './vocabulary.ts';
export type {
  Answer,
  Context,
  Drawing,
  End,
  Failure,
  Request,
  Shape,
  Signal,
  Tagged,
  Words,
} from './words.ts';
