import { vocabulary } from '../src/hook/index.ts';
import type { Context, PgbouncerWords } from './vocabulary.ts';

export const {
  ask,
  asks,
  chart,
  defers,
  fails,
  hook,
  nothingLearned,
  onFailure,
  order,
  question,
  returns,
  step,
  terminal,
} = vocabulary<PgbouncerWords>({ learned: { granted: null, audit: null } });

/** The relation that the hook is about; -1 before `start`, when no request can be carried out. */
export const relationOf = (context: Context): number => context?.event?.relation ?? -1;

/** A request about that relation. */
export const about =
  <const Name extends string>(_tag: Name) =>
  (context: Context) => ({ _tag, relation: relationOf(context) });

/** The same, with what the relation has been given. */
export const aboutGrant =
  <const Name extends string>(_tag: Name) =>
  (context: Context) => ({
    _tag,
    relation: relationOf(context),
    granted: context.learned.granted,
  });
