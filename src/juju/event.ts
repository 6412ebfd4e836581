import * as v from 'valibot';
import type { Schema } from '../hook/index.ts';
import type { JujuEvent } from './port.ts';

const ofRelation = /^(.+)-relation-(created|joined|changed|departed|broken)$/;

/** Of which endpoint's relations a hook tells, and what; null for any other hook. */
export function relationHook(
  hook: string,
): { readonly endpoint: string; readonly what: string } | null {
  const [, endpoint, what] = ofRelation.exec(hook) ?? [];
  return endpoint === undefined || what === undefined ? null : { endpoint, what };
}

/** Which relation an event tells of, where it is a hook of one; null for any other. */
export function relationIn({ hook, relation }: Partial<JujuEvent>): RelationHook | null {
  const of = typeof hook === 'string' ? relationHook(hook) : null;
  return of === null || relation === undefined ? null : { ...of, relation };
}

export interface RelationHook {
  readonly endpoint: string;
  readonly what: string;
  readonly relation: number;
}

/** How an event of Juju's is read back where a machine starts on it as it is. */
export const calledSchema: Schema<JujuEvent> = v.object({
  hook: v.string(),
  relation: v.exactOptional(v.number()),
  remoteUnit: v.exactOptional(v.string()),
  departingUnit: v.exactOptional(v.string()),
  secretLabel: v.exactOptional(v.string()),
});
