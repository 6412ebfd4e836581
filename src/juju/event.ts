import * as v from 'valibot';
import { HookMisuse, type Schema } from '../hook/index.ts';
import type { JujuEvent } from './port.ts';

const ofRelation = /^(.+)-relation-(created|joined|changed|departed|broken)$/;

/** Of which endpoint's relations a hook tells, and what. */
export interface RelationHook {
  readonly endpoint: string;
  readonly what: string;
}

/** Null for a hook that is of no relation. */
export function relationHook(hook: string): RelationHook | null {
  const [, endpoint, what] = ofRelation.exec(hook) ?? [];
  return endpoint === undefined || what === undefined ? null : { endpoint, what };
}

/** The same of an event, with its relation. */
export function relationIn({ hook, relation }: Partial<JujuEvent>) {
  const of = typeof hook === 'string' ? relationHook(hook) : null;
  return of === null || relation === undefined ? null : { ...of, relation };
}

/**
 * The relation that an event is about, for the requests of a machine: `relationOf(event)`. It is -1
 * before `start`, when nothing is carried out; `HookMisuse` for an event that is about none.
 *
 * @category Words and machines
 *
 * @example
 * ```ts
 * import { begin, relationOf, vocabulary } from 'hookchart';
 *
 * type Words = {
 *   question: never;
 *   command: { readonly _tag: 'Greet'; readonly relation: number };
 *   learned: object;
 *   event: { readonly relation?: number };
 * };
 * const { chart, order, returns } = vocabulary<Words>({ learned: {} });
 * const greets = chart('greets', {
 *   greet: order('Greet', ({ event }) => ({ _tag: 'Greet', relation: relationOf(event) }), 'rtn'),
 *   rtn: returns,
 * });
 * console.log(begin(greets, { relation: 4 })[1]);
 * // { _tag: 'Greet', relation: 4 }
 * ```
 */
export function relationOf(event: { readonly relation?: number } | null): number {
  const relation = event === null ? -1 : event?.relation;
  if (typeof relation === 'number') return relation;
  const what = 'the event is about no relation: let hooks of an endpoint alone lead to this chart';
  throw new HookMisuse('ArgumentUnfit', 'relationOf', null, what);
}

/** How an event of Juju's is read back where a machine starts on it as it is. */
export const calledSchema: Schema<JujuEvent> = v.object({
  hook: v.string(),
  relation: v.exactOptional(v.number()),
  remoteUnit: v.exactOptional(v.string()),
  departingUnit: v.exactOptional(v.string()),
  secretLabel: v.exactOptional(v.string()),
});
