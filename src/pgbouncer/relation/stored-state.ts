import * as v from 'valibot';
import type { PgbouncerWords, Refusal } from '../../../machines/index.ts';
import { isFailure, type StateSchemas } from '../../hook/index.ts';

const audit = v.object({
  orphans: v.array(v.object({ relation: v.number(), user: v.string() })),
  damaged: v.array(v.object({ relation: v.number(), what: v.string() })),
});

/** How the stored state of one of PgBouncer's hooks is read back: with `restore`. */
export const stateSchemas: StateSchemas<PgbouncerWords> = {
  event: v.object({
    relation: v.exactOptional(v.number()),
    departingUnit: v.exactOptional(v.string()),
    user: v.exactOptional(v.string()),
    damage: v.exactOptional(v.string()),
    refusal: v.exactOptional(v.custom<Refusal>(isRefusal, 'no refusal')),
  }),
  learned: v.object({
    // What is in it was written by this charm; the command that carries it takes it as it is.
    granted: v.nullable(v.custom<GrantedLike>(isGranted, 'no grant of a relation')),
    // States of version 0.1 know of none.
    audit: v.optional(v.nullable(audit), null),
  }),
};

type GrantedLike = NonNullable<PgbouncerWords['learned']['granted']>;

function isGranted(value: unknown): boolean {
  const grant = (value as { grant?: { relation?: unknown } } | null)?.grant;
  return typeof grant?.relation === 'number';
}

function isRefusal(value: unknown): boolean {
  return isFailure(value) && value.class === 'refused' && 'relation' in value;
}
