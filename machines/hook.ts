import { vocabulary } from '../src/hook/index.ts';
import type { Context, PgbouncerWords } from './vocabulary.ts';

export const {
  hook,
  nothingLearned,
  asks,
  terminal,
  question,
  step,
  returns,
  defers,
  fails,
  onFailure,
} = vocabulary<PgbouncerWords>({ learned: { granted: null } });

/** The relation that the hook is about; -1 before `start`, when no request can be carried out. */
export const relationOf = (context: Context): number => context.event?.relation ?? -1;
