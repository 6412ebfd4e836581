import * as v from 'valibot';
import type { PgbouncerWords } from '../../../machines/index.ts';
import type { StateSchemas } from '../../hook/index.ts';

/** How the stored state of one of PgBouncer's hooks is read back: with `restore`. */
export const stateSchemas: StateSchemas<PgbouncerWords> = {
  event: v.object({
    relation: v.exactOptional(v.number()),
    departingUnit: v.exactOptional(v.string()),
  }),
  learned: v.object({
    // What is in it was written by this charm; the command that carries it takes it as it is.
    granted: v.nullable(v.custom<GrantedLike>(isGranted, 'no grant of a relation')),
  }),
};

type GrantedLike = NonNullable<PgbouncerWords['learned']['granted']>;

function isGranted(value: unknown): boolean {
  const grant = (value as { grant?: { relation?: unknown } } | null)?.grant;
  return typeof grant?.relation === 'number';
}
