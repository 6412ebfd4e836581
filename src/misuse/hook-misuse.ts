/** What was wrong with what the kit was given. */
export type HookMisuseKind =
  /** A machine that breaks the rules of `vocabulary`. */
  | 'MachineInvalid'
  /** A state of another machine, or of another version of it. */
  | 'StateForeign'
  /** A hook that has ended takes no answer any more. */
  | 'HasEnded'
  /** A record of answers names a node that the chart has not. */
  | 'NodeUnknown'
  /** An answer that names no edge of the node, or cannot be read. */
  | 'AnswerUnfit'
  /** A question that was reached, and has no answer. */
  | 'QuestionOpen'
  /** A charm has no hook of that name. */
  | 'HookUnknown'
  /** A request that nothing in the charm carries out. */
  | 'HandlerMissing'
  /** A charm whose parts do not fit together. */
  | 'CharmInvalid'
  /** A schema that does not read a state at once. */
  | 'SchemaUnfit'
  /** A public function was given what it cannot work on. */
  | 'ArgumentUnfit';

/**
 * A defect of the caller's, not of the world's: the message says what was wrong, where, and what
 * would do. Thrown, as the compiler would have said it had it known.
 */
export class HookMisuse extends Error {
  override readonly name = 'HookMisuse';
  readonly kind: HookMisuseKind;
  /** The machine's id, or what else it is about: the charm, the function that was called. */
  readonly hook: string;
  /** The node that it is about; null where it is about the machine as a whole. */
  readonly node: string | null;

  constructor(kind: HookMisuseKind, hook: string, node: string | null, what: string) {
    super(`${hook}: ${what}`);
    this.kind = kind;
    this.hook = hook;
    this.node = node;
  }
}

/** `"yes" or "no"`; where there is nothing to choose from it says so. */
export const oneOf = (labels: readonly string[]): string =>
  labels.map((label) => JSON.stringify(label)).join(' or ') || 'nothing, for there is none';
