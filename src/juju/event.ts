import * as v from 'valibot';
import type { Schema } from '../hook/index.ts';
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
export function relationIn({
  hook,
  relation,
}: Partial<JujuEvent>): (RelationHook & { readonly relation: number }) | null {
  const of = typeof hook === 'string' ? relationHook(hook) : null;
  return of === null || relation === undefined ? null : { ...of, relation };
}

/** How an event of Juju's is read back where a machine starts on it as it is. */
export const calledSchema: Schema<JujuEvent> = v.object({
  hook: v.string(),
  relation: v.exactOptional(v.number()),
  remoteUnit: v.exactOptional(v.string()),
  departingUnit: v.exactOptional(v.string()),
  secretLabel: v.exactOptional(v.string()),
});
