import * as E from 'fp-ts/lib/Either.js';
import { given, isRecord } from '../misuse/given.ts';
import { HookMisuse } from '../misuse/hook-misuse.ts';
import type { SecretState } from './conversation.ts';
import { firstNode, nodesOf } from './nodes.ts';
import type { HookMachine } from './vocabulary.ts';
import { isFailure, type Words } from './words.ts';

/** A stored state that cannot be gone on from. It never says what a part of it held. */
export interface StateInvalid {
  readonly _tag: 'StateInvalid';
  readonly hook: string;
  readonly why: string;
}

/**
 * Reads what the outside keeps: any library that follows Standard Schema, valibot and zod among
 * them. It MUST answer at once.
 */
export interface Schema<Value> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Validated<Value> | Promise<Validated<Value>>;
  };
}

/** What was read, or what is wrong with it. */
export type Validated<Value> =
  | { readonly value: Value; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

/** Only its place is told: its message may quote a password. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** How the parts of a state that are a charm's own are read back. */
export interface StateSchemas<W extends Words> {
  readonly event: Schema<W['event']>;
  readonly learned: Schema<W['learned']>;
}

/**
 * Reads a stored state back from JSON, for the machine that left it. `HookMisuse` where a schema is
 * none, or does not answer at once.
 *
 * @category Running a machine
 *
 * @example
 * ```ts
 * import { begin, pending, restore } from 'hookchart';
 * import { databaseRequested } from 'hookchart/machines';
 * import { stateSchemas } from 'hookchart/pgbouncer';
 *
 * const [state] = begin(databaseRequested, { relation: 4 });
 * const stored = JSON.stringify(state);
 * const again = restore(databaseRequested, stored, stateSchemas);
 * if (again._tag === 'Right') console.log(pending(databaseRequested, again.right)._tag);
 * // BackendReady
 * ```
 */
export function restore<W extends Words>(
  machine: HookMachine<W>,
  json: string,
  schemas: StateSchemas<W>,
): E.Either<StateInvalid, SecretState<W>> {
  const nodes = nodesOf(machine);
  given('restore', 'the state', json, 'text');
  const invalid = (why: string) => E.left({ _tag: 'StateInvalid' as const, hook: machine.id, why });
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return invalid('it is not JSON');
  }
  if (!isRecord(value) || typeof value.hook !== 'string' || typeof value.node !== 'string')
    return invalid('it has no hook and node');
  const { hook, node, context } = value;
  if (hook !== machine.id) return invalid(`it was left by ${hook}`);
  if (node === firstNode) return invalid('it was left before "start"');
  if (!nodes.some(({ id }) => id === node)) return invalid(`the chart has no node ${node}`);
  if (!isRecord(context)) return invalid('it has no context');
  const { failure } = context;
  if (failure !== null && !isFailure(failure)) return invalid('context.failure is no failure');
  const parts: Record<string, unknown> = {};
  for (const part of ['event', 'learned'] as const) {
    const outcome = validated(machine.id, `context.${part}`, schemas?.[part], context[part]);
    if (outcome.issues !== undefined)
      return invalid(`${placed(outcome.issues, 'context', part)} is not as expected`);
    parts[part] = outcome.value;
  }
  return E.right({ hook, node, context: { ...parts, failure } } as SecretState<W>);
}

/** What a schema says of a value; `HookMisuse` where it is none, or does not answer at once. */
export function validated<Value>(
  hook: string,
  part: string,
  schema: Schema<Value> | undefined,
  value: unknown,
): Validated<Value> {
  const misuse = (what: string) =>
    new HookMisuse('SchemaUnfit', hook, null, `the schema of ${part} ${what}`);
  const validate = schema?.['~standard']?.validate;
  if (typeof validate !== 'function')
    throw misuse('is missing, or does not follow Standard Schema');
  let outcome: unknown;
  try {
    outcome = validate(value);
  } catch {
    throw misuse('throws: it has to say what is wrong in its result');
  }
  if (outcome instanceof Promise) {
    outcome.catch(() => {});
    throw misuse('answers later: it has to answer at once');
  }
  if (!isRecord(outcome) || !('value' in outcome || Array.isArray(outcome.issues)))
    throw misuse('yields neither a value nor issues');
  return outcome as unknown as Validated<Value>;
}

/** Where the first issue is: `context.learned.oil`. */
export const placed = ([issue]: readonly Issue[], ...within: readonly string[]): string =>
  [
    ...within,
    ...(issue?.path ?? []).map((key) => String(typeof key === 'object' ? key.key : key)),
  ].join('.');
